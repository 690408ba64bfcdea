import { Button } from '@fluentui/react-components';
import { QuestionCircle16Regular } from '@fluentui/react-icons';
import type { CoverageEntry, CoverageReason, Node, NotEvaluatedCause, RecommendationDetails } from '@nodeward/api';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { CoverageSubject, CoverageTag } from '../../parts/coverage-tag.tsx';
import { GradeTag } from '../../parts/grade-tag.tsx';
import { NodeStateTag } from '../../parts/state-tag.tsx';
import { detailText, Reason, reasonText, remedyText } from '../../parts/reason.tsx';
import { Reassess, ReassessNode } from '../../parts/reassess.tsx';
import { shortImage } from '../../parts/short-image.ts';
import { addConnectionPath, listPath, nodePath } from '../../paths.ts';
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
        <NodeTable nodes={nodes} image={row.image} />
      </section>
    </div>
  );
}

const pageSize = 100;

function NodeTable({ nodes, image }: { readonly nodes: readonly Node[]; /** The pool's: a node is said to have another one. */ readonly image: string }) {
  const { m, time, language } = usePreferences();
  const [limit, setLimit] = useState(pageSize);
  return (
    <div className="tw" role="region" tabIndex={0} aria-label={m.unassessed.perNode}>
      <table className="tbl" style={{ minWidth: language === 'ja' ? 1120 : 1164 }} aria-label={m.unassessed.perNode}>
        <colgroup>
          <col />
          <col style={{ width: language === 'ja' ? 84 : 124 }} />
          <col style={{ width: language === 'ja' ? 156 : 168 }} />
          {factClasses.map((fact) => <col key={fact} style={{ width: language === 'en' ? 128 : fact === 'node-components' ? 136 : 114 }} />)}
          <col style={{ width: 76 }} />
          <col style={{ width: 92 }} />
          <col style={{ width: 50 }} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">{m.jobs.columnsNode.node}</th>
            <th scope="col">{m.recommendation.columns.state}</th>
            <th scope="col">{m.details.evidence}</th>
            {factClasses.map((fact) => <th key={fact} scope="col">{m.fact[fact]}</th>)}
            <th scope="col" className="r">{m.recommendation.columns.cves}</th>
            <th scope="col" className="r">{m.unassessed.lastTry}</th>
            <th scope="col"><span className="sr">{m.shell.commands}</span></th>
          </tr>
        </thead>
        <tbody>
          {nodes.slice(0, limit).map((node) => (
            <tr key={node.id}>
              <th scope="row" className="mono" title={node.name}><Link to={nodePath(node.id)}>{node.name}</Link>{node.image !== image && <div className="dim s12" title={node.image}>{shortImage(node.image)}</div>}</th>
              <td title={node.cause === null ? undefined : reasonText(m, node.cause, node.assessment?.reason)}><NodeStateTag state={node.state} /></td>
              <td><GradeTag grade={node.assessment?.grade ?? null} /></td>
              {factClasses.map((fact) => <td key={fact}><FactCell node={node} fact={fact} /></td>)}
              <td className="r">{node.openVulnerabilities === null ? <span className="unk">{m.unit.unknown}</span> : m.unit.number(node.openVulnerabilities)}</td>
              <td className="r dim" title={node.assessment === null ? undefined : time.full(node.assessment.finishedAt ?? node.assessment.startedAt)}>{node.assessment === null ? m.details.neverAssessed : time.ago(node.assessment.finishedAt ?? node.assessment.startedAt)}</td>
              <td><ReassessNode nodeId={node.id} name={node.name} /></td>
            </tr>
          ))}
        </tbody>
      </table>
      {nodes.length > limit && <div className="more"><Button size="small" onClick={() => setLimit(limit + pageSize)}>{m.list.more(nodes.length - limit)}</Button></div>}
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
  const silent = nodes.filter(({ assessment }) => assessment === null || assessment.coverage.length === 0 || (assessment.reason !== null && assessment.coverage.every(({ reason }) => reason !== assessment.reason)));
  return (
    <section className="card col g8">
      <h2>{m.unassessed.readTitle}</h2>
      {lines.length === 0 && <p className="sub">{m.unassessed.nothingRead}</p>}
      {lines.length > 0 && <div className="reads">{lines.map(({ entry, nodes: n }, index) => (
        <div key={`${entry.subject}${entry.reason}`}>
          <CoverageTag entry={entry} />
          <div>
            <div><CoverageSubject subject={entry.subject} /> <span className="dim s12">· {m.unassessed.onNodes(n, nodes.length)}</span></div>
            <div className="dim s12 break">{m.coverageReason[entry.reason]}{entry.detail !== undefined && <> · <span className="code">{detailText(m, entry.detail)}</span></>}</div>
            {remedyText(m, entry.reason) !== undefined && lines.findIndex((line) => line.entry.reason === entry.reason) === index && <div className="sub s12">{remedyText(m, entry.reason)}</div>}
          </div>
        </div>
      ))}</div>}
      {silent.length > 0 && (
        <div className="col g8">
          {groupsOf(silent).map(([key, members]) => <SilentNodes key={key} nodes={members} />)}
        </div>
      )}
    </section>
  );
}

/** Nodes that say the same make one entry, or a pool of a thousand nodes would be a wall. */
const groupsOf = (nodes: readonly Node[]) => [...Map.groupBy(nodes, ({ cause, assessment }) => `${cause}|${assessment?.reason}|${assessment?.detail}`)];
const named = 3;

function SilentNodes({ nodes }: { readonly nodes: readonly Node[] }) {
  const m = useMessages();
  const [node] = nodes;
  if (node === undefined) return null;
  const names = nodes.map(({ name }) => name);
  return (
    <div className="poolcard s12">
      <span className="break dim" title={names.join(', ')}>{names.slice(0, named).join(', ')}{names.length > named && ` ${m.unassessed.moreNodes(names.length - named)}`}</span>
      {node.cause === null ? <span className="unk">{m.unit.unknown}</span> : <div><Reason cause={node.cause} reason={node.assessment?.reason} detail={node.assessment?.detail} /></div>}
    </div>
  );
}

type Way = 'plan' | 'reassess' | 'connection' | 'database' | 'unencrypted' | 'unsupported' | 'sources' | 'images';

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

/** What a reason leaves to do, where it is more exact than its cause. */
const waysForReason: Readonly<Partial<Record<CoverageReason, readonly Way[]>>> = {
  'image-list-not-published': ['sources', 'reassess'],
  'image-list-unreachable': ['sources', 'reassess'],
  'image-publisher-without-lists': ['images'],
  'image-list-without-packages': ['images'],
  'windows-node': ['unsupported'],
};
const opens: Readonly<Partial<Record<Way, string>>> = { plan: '/settings', connection: '/settings', database: '/settings', sources: '/settings', images: listPath(addConnectionPath, { kind: 'images' }) };

/** Each node by its reason; the pool's own cause where no node says one. */
function waysOf({ recommendation: row, nodes }: RecommendationDetails): readonly Way[] {
  const own = nodes.flatMap(({ cause, assessment }) => (cause === null ? [] : [(assessment?.reason == null ? undefined : waysForReason[assessment.reason]) ?? waysFor[cause]]));
  const all = own.length === 0 && row.cause !== null ? [waysFor[row.cause]] : own;
  return [...new Set(all.flat())].toSorted((left, right) => Number(left === 'reassess') - Number(right === 'reassess'));
}

function WaysCard({ details }: { readonly details: RecommendationDetails }) {
  const m = useMessages();
  const navigate = useNavigate();
  const { recommendation: row } = details;
  return (
    <section className="card col">
      <h2>{m.unassessed.waysTitle}</h2>
      {waysOf(details).map((way, index) => {
        const [title, text] = m.unassessed.ways[way];
        const to = opens[way];
        const open = way === 'images' ? m.connect.add : m.recommendation.toSettings;
        return (
          <div key={way} className="row gap12 wrap" style={{ padding: '12px 0', borderTop: index === 0 ? 0 : '1px solid var(--colorNeutralStroke2)' }}>
            <div className="grow" style={{ minWidth: 220 }}>
              <b>{title}</b>
              <div className="sub">{text}</div>
            </div>
            {to !== undefined && <Button style={{ minWidth: 150 }} onClick={() => void navigate(to)} aria-label={`${open}: ${title}`}>{open}</Button>}
            {way === 'reassess' && <Reassess scope={{ kind: 'pool', id: row.poolId }} label={m.details.reassess} accessibleName={`${m.details.reassess}: ${row.pool}`} appearance="secondary" />}
          </div>
        );
      })}
    </section>
  );
}
