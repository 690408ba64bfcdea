import { Button } from '@fluentui/react-components';
import { Wrench16Regular } from '@fluentui/react-icons';
import type { FleetSummary, Recommendation, RecommendationState, Severity as SeverityCode } from '@nodeward/api';
import { useNavigate } from 'react-router';
import { Figure, SplitBar } from '../../parts/essentials.tsx';
import { Severity, severityColour } from '../../parts/severity.tsx';
import { shortImage } from '../../parts/short-image.ts';
import { StateTag, stateColour } from '../../parts/state-tag.tsx';
import { targetPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';

interface SummaryCardsProps {
  readonly summary: FleetSummary;
  readonly recommendations: readonly Recommendation[];
}

export function SummaryCards({ summary, recommendations }: SummaryCardsProps) {
  return (
    <div className="cards lead">
      <StatesCard summary={summary} recommendations={recommendations} />
      <RiskCard summary={summary} />
      <BestActionCard summary={summary} />
    </div>
  );
}

function StatesCard({ summary: { nodePools }, recommendations }: SummaryCardsProps) {
  const m = useMessages();
  const states: readonly (readonly [RecommendationState, number])[] = [
    ['unhealthy', nodePools.unhealthy],
    ['healthy', nodePools.healthy],
    ['not-evaluated', nodePools.notEvaluated],
    ...(nodePools.notApplicable > 0 ? [['not-applicable', nodePools.notApplicable] as const] : []),
  ];
  const nodesIn = (state: RecommendationState) => recommendations.filter((row) => row.state === state).reduce((sum, row) => sum + row.nodes, 0);
  return (
    <section className="card col g8">
      <div className="row between wrap">
        <h2>{m.recommendation.statesCard}</h2>
        <span className="lbl">{m.recommendation.allPools(states.map(([, n]) => m.unit.number(n)).join(' + '), nodePools.total)}</span>
      </div>
      <div className="row wrap" style={{ gap: 16 }}>
        {states.map(([state, n]) => (
          <div key={state} className="grow col">
            <StateTag state={state} />
            <Figure large value={m.unit.number(n)} unit={m.unit.pools(n)} />
            <span className="lbl">{m.unit.node(nodesIn(state))}</span>
          </div>
        ))}
      </div>
      <SplitBar parts={states.map(([state, value]) => ({ value, colour: stateColour[state], hatched: state === 'not-evaluated' }))} />
    </section>
  );
}

const always: readonly SeverityCode[] = ['critical', 'high', 'medium', 'low'];

function RiskCard({ summary: { riskLevels } }: { readonly summary: FleetSummary }) {
  const m = useMessages();
  const rare: readonly SeverityCode[] = ['negligible', 'unknown'];
  const levels = [...always, ...rare.filter((level) => riskLevels[level] > 0)];
  const all = Math.max(1, levels.reduce((sum, level) => sum + riskLevels[level], 0));
  return (
    <section className="card col g4">
      <h2>{m.recommendation.riskLevel}</h2>
      {levels.map((level) => (
        <div key={level} className="hb">
          <Severity severity={level} />
          <span style={{ width: `${(riskLevels[level] / all) * 100}%`, background: `var(--${severityColour[level]})` }} />
          <span className="n"><b>{m.unit.number(riskLevels[level])}</b><small>{m.unit.pools(riskLevels[level])}</small></span>
        </div>
      ))}
    </section>
  );
}

function BestActionCard({ summary: { mostEffective, forecastsKnown } }: { readonly summary: FleetSummary }) {
  const m = useMessages();
  const navigate = useNavigate();
  if (mostEffective === null) {
    return (
      <section className="card col g4">
        <h2>{m.recommendation.bestCard}</h2>
        <p className="sub">{forecastsKnown ? m.recommendation.bestNone : m.recommendation.bestUnknown}</p>
      </section>
    );
  }
  const { action, pool, cluster, poolId, currentImage } = mostEffective;
  const effect = action.introduced === 0 ? m.recommendation.introducesNone : m.recommendation.introduces(action.introduced);
  return (
    <section className="card col g4">
      <h2>{m.recommendation.bestCard}</h2>
      <Figure large value={m.unit.number(action.fixed)} unit={m.recommendation.bestFigure(action.fixed)} />
      <div className="break">
        <b>{pool}</b> <span className="dim">· {cluster}</span>
      </div>
      <div className="row wrap">
        <Button size="small" appearance="primary" icon={<Wrench16Regular />} aria-label={`${m.recommendation.fixName}: ${pool}`} onClick={() => void navigate(targetPath(poolId, action))}>
          {m.recommendation.fix}
        </Button>
        <span className="lbl break">
          {m.operation[action.kind]}
          {action.target !== null && action.kind === 'node-image' && <span title={`${currentImage} → ${action.target}`}>{`: ${shortImage(currentImage)} → ${shortImage(action.target)}`}</span>}
          {' · '}
          <span className={action.introduced === 0 ? '' : 'intro'}>{effect}</span>
        </span>
      </div>
    </section>
  );
}
