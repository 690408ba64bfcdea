import { Button } from '@fluentui/react-components';
import { CheckmarkCircle16Filled, LockClosed16Filled, QuestionCircle16Regular, SubtractCircle16Regular } from '@fluentui/react-icons';
import type { CoverageEntry, Node, NotEvaluatedCause, RecommendationDetails } from '@nodeward/api';
import { useNavigate } from 'react-router';
import { GradeTag } from '../../parts/grade-tag.tsx';
import { NodeStateTag } from '../../parts/state-tag.tsx';
import { Reassess, ReassessNode } from '../../parts/reassess.tsx';
import { shortImage } from '../../parts/short-image.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';

const factClasses = ['os-packages', 'kernel', 'node-components', 'go-modules'] as const;

/** 影響を受けるリソース: each node with its state, evidence and coverage per fact class. */
export function ResourcesTab({ details }: { readonly details: RecommendationDetails }) {
  const m = useMessages();
  const { recommendation: row, nodes } = details;
  const notAssessed = nodes.filter(({ state }) => state === 'not-assessed');
  return (
    <div className="col g12 grow" style={{ padding: '14px 20px 20px', borderTop: '1px solid var(--colorNeutralStroke2)', overflow: 'auto', background: 'var(--colorNeutralBackground3)' }}>
      {notAssessed.length > 0 && (
        <div className="cards ways" style={{ flexShrink: 0 }}>
          <ReadCard nodes={notAssessed} />
          <WaysCard details={details} />
        </div>
      )}
      <section className="card col flush" style={{ flexShrink: 0 }} aria-label={m.unassessed.perNode}>
        <div className="cardhead">
          <h2>{m.unassessed.perNode}</h2>
          <span className="lbl">{m.unassessed.perNodeCount(row.nodes, row.notAssessedNodes)}</span>
        </div>
        <NodeTable nodes={nodes} />
      </section>
    </div>
  );
}

function NodeTable({ nodes }: { readonly nodes: readonly Node[] }) {
  const { m, time, language } = usePreferences();
  return (
    <div className="tw" role="region" tabIndex={0} aria-label={m.unassessed.perNode}>
      <table className="tbl" style={{ minWidth: language === 'ja' ? 1290 : 1426 }} aria-label={m.unassessed.perNode}>
        <colgroup>
          <col />
          <col style={{ width: language === 'ja' ? 88 : 128 }} />
          <col style={{ width: 122 }} />
          {factClasses.map((fact) => <col key={fact} style={{ width: language === 'ja' ? 118 : 142 }} />)}
          <col style={{ width: 70 }} />
          <col style={{ width: 116 }} />
          <col style={{ width: 112 }} />
          <col style={{ width: 60 }} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">{m.jobs.columnsNode.node}</th>
            <th scope="col">{m.recommendation.columns.state}</th>
            <th scope="col">{m.details.evidence}</th>
            {factClasses.map((fact) => <th key={fact} scope="col">{m.fact[fact]}</th>)}
            <th scope="col" className="r">{m.recommendation.columns.cves}</th>
            <th scope="col">{m.details.nodeImage}</th>
            <th scope="col" className="r">{m.unassessed.lastTry}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <tr key={node.id}>
              <th scope="row" className="mono" title={node.name}>{node.name}</th>
              <td title={node.cause === null ? undefined : m.cause[node.cause]}><NodeStateTag state={node.state} /></td>
              <td><GradeTag grade={node.assessment?.grade ?? null} /></td>
              {factClasses.map((fact) => <td key={fact}><FactCell node={node} fact={fact} /></td>)}
              <td className="r">{node.openVulnerabilities === null ? <span className="unk">{m.unit.unknown}</span> : m.unit.number(node.openVulnerabilities)}</td>
              <td className="mono" title={node.image}>{shortImage(node.image)}</td>
              <td className="r dim">{node.assessment === null ? m.details.neverAssessed : time.full(node.assessment.finishedAt ?? node.assessment.startedAt)}</td>
              <td><ReassessNode nodeId={node.id} name={node.name} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What the newest assessment says about one fact class; silence is "unknown", never "read". */
function FactCell({ node, fact }: { readonly node: Node; readonly fact: (typeof factClasses)[number] }) {
  const m = useMessages();
  const coverage = node.assessment?.coverage ?? [];
  const entry = coverage.find(({ subject }) => subject === fact) ?? coverage.find(({ subject, state }) => state !== 'read' && state !== 'out-of-scope' && (subject === 'disk' || subject.startsWith('partition')));
  if (entry === undefined) return <span className="st unk"><QuestionCircle16Regular />{m.unit.unknown}</span>;
  return <CoverageTag entry={entry} />;
}

function CoverageTag({ entry }: { readonly entry: CoverageEntry }) {
  const m = useMessages();
  const title = [m.coverageReason[entry.reason], entry.detail ?? ''].join(' ').trim();
  const colour = entry.state === 'read' ? 'ok' : 'unk';
  return (
    <span className={`st ${colour}`} title={title}>
      {entry.state === 'read' ? <CheckmarkCircle16Filled /> : entry.state === 'encrypted' ? <LockClosed16Filled /> : entry.state === 'out-of-scope' ? <SubtractCircle16Regular /> : <QuestionCircle16Regular />}
      {m.coverageState[entry.state]}
    </span>
  );
}

interface SubjectLine {
  readonly entry: CoverageEntry;
  readonly nodes: number;
}

/** Same subject, state and reason on several nodes make one line. */
function linesOf(nodes: readonly Node[]): readonly SubjectLine[] {
  const entries = nodes.flatMap(({ assessment }) => assessment?.coverage ?? []);
  return [...Map.groupBy(entries, ({ subject, state, reason }) => `${subject}|${state}|${reason}`).values()].flatMap((same) => {
    const [entry] = same;
    return entry === undefined ? [] : [{ entry, nodes: same.length }];
  });
}

function ReadCard({ nodes }: { readonly nodes: readonly Node[] }) {
  const m = useMessages();
  const lines = linesOf(nodes).toSorted((left, right) => Number(left.entry.state === 'read') - Number(right.entry.state === 'read'));
  const silent = nodes.filter(({ assessment }) => assessment === null || assessment.coverage.length === 0);
  const facts: Readonly<Record<string, string>> = m.fact;
  return (
    <section className="card col g8">
      <h2>{m.unassessed.readTitle}</h2>
      {lines.length === 0 && <p className="sub">{m.unassessed.nothingRead}</p>}
      {lines.map(({ entry, nodes: n }) => (
        <div key={`${entry.subject}${entry.reason}`} className="row top">
          <CoverageTag entry={entry} />
          <div className="grow">
            <div>{facts[entry.subject] ?? <span className="mono">{entry.subject}</span>} <span className="dim s12">{m.unassessed.onNodes(n, nodes.length)}</span></div>
            <div className="dim s12 break">{m.coverageReason[entry.reason]}{entry.detail !== undefined && <> · <span className="code">{entry.detail}</span></>}</div>
          </div>
        </div>
      ))}
      {silent.length > 0 && (
        <dl className="why">
          {silent.map((node) => (
            <div key={node.id} style={{ display: 'contents' }}>
              <dt className="break">{node.name}</dt>
              <dd>{node.cause === null ? m.unit.unknown : m.cause[node.cause]}{node.assessment?.detail != null && <div className="code">{node.assessment.detail}</div>}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

type Way = 'plan' | 'reassess' | 'connection' | 'database' | 'unencrypted' | 'unsupported';

/** Only ways that this version has. */
const waysFor: Record<NotEvaluatedCause, readonly Way[]> = {
  'no-nodes': ['connection'],
  'plan-off': ['plan'],
  unreachable: ['connection', 'reassess'],
  failed: ['reassess', 'connection'],
  encrypted: ['unencrypted', 'reassess'],
  unsupported: ['unsupported', 'reassess'],
  'no-advisories': ['database', 'reassess'],
  'image-not-published': ['connection', 'reassess'],
  incomplete: ['unsupported', 'reassess'],
  'never-assessed': ['reassess'],
};
const inSettings: ReadonlySet<Way> = new Set<Way>(['plan', 'connection', 'database']);

function WaysCard({ details: { recommendation: row, nodes } }: { readonly details: RecommendationDetails }) {
  const m = useMessages();
  const navigate = useNavigate();
  const causes = new Set([...(row.cause === null ? [] : [row.cause]), ...nodes.flatMap(({ cause }) => (cause === null ? [] : [cause]))]);
  const ways = [...new Set([...causes].flatMap((cause) => waysFor[cause]))].toSorted((left, right) => Number(left === 'reassess') - Number(right === 'reassess'));
  return (
    <section className="card col">
      <h2>{m.unassessed.waysTitle}</h2>
      {ways.map((way, index) => {
        const [title, text] = m.unassessed.ways[way];
        return (
          <div key={way} className="row gap12 wrap" style={{ padding: '12px 0', borderTop: index === 0 ? 0 : '1px solid var(--colorNeutralStroke2)' }}>
            <div className="grow" style={{ minWidth: 220 }}>
              <b>{title}</b>
              <div className="sub">{text}</div>
            </div>
            {inSettings.has(way) && <Button style={{ minWidth: 150 }} onClick={() => void navigate('/settings')} aria-label={`${m.recommendation.toSettings}: ${title}`}>{m.recommendation.toSettings}</Button>}
            {way === 'reassess' && <Reassess scope={{ kind: 'pool', id: row.poolId }} label={m.details.reassess} accessibleName={`${m.details.reassess}: ${row.pool}`} appearance="secondary" />}
          </div>
        );
      })}
    </section>
  );
}
