import { type EvidenceGrade, evidenceGrade, type Overview, type RecommendationState } from '@nodeward/api';
import { CountLink } from '../../parts/count-link.tsx';
import { SplitBar } from '../../parts/essentials.tsx';
import { GradeIcon } from '../../parts/grade-tag.tsx';
import { StateTag, stateColour } from '../../parts/state-tag.tsx';
import { listPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';

interface StateFigures {
  readonly state: Exclude<RecommendationState, 'not-applicable'>;
  readonly nodeState: 'unhealthy' | 'healthy' | 'not-assessed';
  readonly nodes: number;
  readonly pools: number;
}

/** 正常 + 異常 + 未評価 = all, printed as a sum; why, by which evidence, and how old. */
export function CoverageCard({ overview: { nodes, nodePools, notAssessedCauses, grades, freshness } }: { readonly overview: Overview }) {
  const m = useMessages();
  const states: readonly StateFigures[] = [
    { state: 'unhealthy', nodeState: 'unhealthy', nodes: nodes.unhealthy, pools: nodePools.unhealthy },
    { state: 'healthy', nodeState: 'healthy', nodes: nodes.healthy, pools: nodePools.healthy },
    { state: 'not-evaluated', nodeState: 'not-assessed', nodes: nodes.notAssessed, pools: nodePools.notEvaluated },
  ];
  return (
    <section className="card col g8">
      <div className="row between wrap">
        <h2>{m.overview.coverage}</h2>
        <span className="lbl">{m.overview.allNodes(states.map((state) => m.unit.number(state.nodes)).join(' + '), nodes.total)}</span>
      </div>
      <div className="row wrap" style={{ gap: 16 }}>
        {states.map(({ state, nodeState, ...of }) => (
          <div key={state} className="grow col">
            <StateTag state={state} />
            <CountLink size="large" n={of.nodes} unit={m.unit.nodes(of.nodes)} to={listPath('/inventory', { state: nodeState })} label={m.recommendationState[state]} />
            <span className="lbl"><CountLink n={of.pools} unit={m.unit.pools(of.pools)} to={listPath('/recommendations', { state })} label={m.recommendationState[state]} /> {m.unit.pools(of.pools)}</span>
          </div>
        ))}
      </div>
      <SplitBar parts={states.map(({ state, nodes: value }) => ({ value, colour: stateColour[state], hatched: state === 'not-evaluated' }))} />
      <dl className="facts">
        <Line label={m.overview.causes}>
          {notAssessedCauses.length === 0 && <span className="dim">{m.unit.none}</span>}
          {notAssessedCauses.map(({ cause, nodes: n }) => (
            <span key={cause} title={m.cause[cause]}>{m.overview.causeShort[cause]} <CountLink n={n} to={listPath('/inventory', { state: 'not-assessed', cause })} label={m.cause[cause]} unit={m.unit.nodes(n)} /></span>
          ))}
        </Line>
        <Line label={m.overview.evidence}>
          {grades.toSorted((left, right) => gradeOrder.indexOf(left.grade) - gradeOrder.indexOf(right.grade)).map(({ grade, nodes: n }) => <GradeCount key={grade} grade={grade} n={n} />)}
        </Line>
        <Line label={m.overview.freshness}>
          {(['fresh', 'stale', 'unknown'] as const).filter((age) => age === 'fresh' || freshness[age] > 0).map((age) => (
            <span key={age} className={age === 'fresh' ? '' : age === 'stale' ? 'warn' : 'unk'}>
              {m.overview.freshnessOf[age]} <CountLink n={freshness[age]} to={listPath('/recommendations', { state: allStates, freshness: age })} label={m.overview.freshnessOf[age]} unit={m.unit.pools(freshness[age])} /> <span className="dim">{m.unit.pools(freshness[age])}</span>
            </span>
          ))}
        </Line>
      </dl>
    </section>
  );
}

const gradeOrder: readonly string[] = [...evidenceGrade.options, 'none'];
const allStates = 'unhealthy,healthy,not-evaluated,not-applicable';

function Line({ label, children }: { readonly label: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function GradeCount({ grade, n }: { readonly grade: EvidenceGrade | 'none'; readonly n: number }) {
  const m = useMessages();
  const name = grade === 'none' ? m.noGrade : m.grade[grade];
  return (
    <span className="row gap4" style={{ display: 'inline-flex' }}>
      {grade !== 'none' && <GradeIcon grade={grade} />}
      {name} <CountLink n={n} to={listPath('/inventory', { grade })} label={name} unit={m.unit.nodes(n)} />
    </span>
  );
}
