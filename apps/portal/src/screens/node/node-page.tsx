import { MessageBar, MessageBarBody, MessageBarTitle, Tab, TabList } from '@fluentui/react-components';
import { Server20Regular } from '@fluentui/react-icons';
import type { CoverageReason, NodeEvidence, NotEvaluatedCause } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { nodeEvidenceQuery } from '../../api/queries.ts';
import { useAddress } from '../../parts/address.ts';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Essentials } from '../../parts/essentials.tsx';
import { GradeTag } from '../../parts/grade-tag.tsx';
import { Instant } from '../../parts/instant.tsx';
import { factBehind, reasonText, remedyText } from '../../parts/reason.tsx';
import { Reassess } from '../../parts/reassess.tsx';
import { NodeStateTag } from '../../parts/state-tag.tsx';
import { listPath, poolPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';
import { Page } from '../../shell/page.tsx';
import { LoadingView, QueryView } from '../../shell/query-view.tsx';
import { CveCount } from '../inventory/node-cells.tsx';
import { AssessmentsTab } from './assessments-tab.tsx';
import { EvidenceTab } from './evidence-tab.tsx';
import { PackagesTab } from './packages-tab.tsx';

const tabs = ['evidence', 'packages', 'assessments'] as const;

/** One node: where it stands, by which evidence, and what is on it. */
export function NodePage() {
  const m = useMessages();
  const { nodeId = '' } = useParams();
  const query = useQuery(nodeEvidenceQuery(nodeId));
  if (query.data !== undefined) return <NodeView evidence={query.data} key={nodeId} />;
  return (
    <Page trail={[['Nodeward', '/overview'], [m.shell.inventory, '/inventory'], ['…']]} title={m.shell.inventory}>
      <QueryView query={query}>{() => <LoadingView />}</QueryView>
    </Page>
  );
}

function NodeView({ evidence }: { readonly evidence: NodeEvidence }) {
  const m = useMessages();
  const address = useAddress();
  const { node } = evidence;
  const tab = address.oneOf('tab', tabs) ?? 'evidence';
  const reason = node.reason ?? (node.cause !== null && saidByCoverage.has(node.cause) ? reasonOf(evidence.coverage) : null);
  return (
    <Page
      trail={[['Nodeward', '/overview'], [m.shell.inventory, '/inventory'], [`${node.pool} · ${node.cluster}`, listPath('/inventory', { poolId: node.poolId })], [node.name]]}
      icon={<Server20Regular className="brandc" style={{ width: 28, height: 28 }} />}
      title={node.name}
      subtitle={<>{m.details.nodePool} <Link to={poolPath(node.poolId)}>{node.pool}</Link> · {m.details.cluster} <b>{node.cluster}</b></>}
      right={<NodeStateTag state={node.state} />}
      commands={<Reassess scope={{ kind: 'node', id: node.id }} label={m.details.reassess} />}
    >
      {node.cause !== null && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{node.state === 'not-assessed' ? m.unassessed.title(reasonText(m, node.cause, reason)) : reasonText(m, node.cause, reason)}</MessageBarTitle>
            {remedyText(m, reason)}
            {factBehind(node.detail) !== undefined && <div className="code">{node.detail}</div>}
          </MessageBarBody>
        </MessageBar>
      )}
      <Facts evidence={evidence} />
      <div className="col grow bleed listing fullbleed" style={{ minHeight: 320 }}>
        <TabList size="small" style={{ paddingInline: 10 }} selectedValue={tab} onTabSelect={(_, { value }) => address.change({ tab: value === 'evidence' ? undefined : String(value), q: undefined, vulnerable: undefined })}>
          {tabs.map((name) => <Tab key={name} value={name}>{m.node.tabs[name]}</Tab>)}
        </TabList>
        {tab === 'evidence' && <EvidenceTab evidence={evidence} />}
        {tab === 'packages' && <PackagesTab nodeId={node.id} />}
        {tab === 'assessments' && <AssessmentsTab nodeId={node.id} />}
      </div>
    </Page>
  );
}

/** Causes of which coverage knows more. Where advisories are missing, what was read is not the reason. */
const saidByCoverage: ReadonlySet<NotEvaluatedCause> = new Set<NotEvaluatedCause>(['encrypted', 'unsupported', 'incomplete', 'failed']);

/** Where only coverage says why: the first entry that was not read and for which something can be done. */
function reasonOf(coverage: NodeEvidence['coverage']): CoverageReason | null {
  const unread = coverage.filter(({ state }) => state !== 'read' && state !== 'out-of-scope' && state !== 'no-feed');
  return (unread.find(({ subject }) => subject === 'os-packages') ?? unread[0])?.reason ?? null;
}

function Facts({ evidence: { node, runningKernel, operatingSystem } }: { readonly evidence: NodeEvidence }) {
  const m = useMessages();
  const sources: Readonly<Record<string, string>> = m.node.kernelSources;
  const unknown = <span className="unk">{m.unit.unknown}</span>;
  return (
    <Essentials
      rows={[
        [m.node.os, operatingSystem ?? unknown],
        [m.node.kernel, runningKernel === null ? unknown : <><span className="mono">{runningKernel.release}</span> <span className="dim">({m.node.kernelFrom(sources[runningKernel.from] ?? runningKernel.from)})</span></>],
        [m.details.evidence, <GradeTag key="grade" grade={node.grade} />],
        [m.node.kubelet, node.kubeletVersion ?? unknown],
        [m.node.runtime, node.containerRuntimeVersion ?? unknown],
        [m.inventory.columns.cves, <span key="cves"><CveCount n={node.openVulnerabilities} lowerBound={node.state === 'not-assessed'} /> {node.openVulnerabilities !== null && node.state !== 'not-assessed' && <span className="dim">{m.unit.cves(node.openVulnerabilities)}</span>}</span>],
        [m.node.id, <span key="id" className="row gap4 wrap" title={node.id}><CopyButton text={node.id} name={m.node.id} />{!isSecureContext && <span className="mono">{node.id}</span>}</span>],
        [m.details.nodeImage, <span key="image" className="mono">{node.image}</span>],
        [m.inventory.columns.assessed, node.lastAssessedAt === null ? m.details.neverAssessed : <Instant key="at" at={node.lastAssessedAt} />],
      ]}
    />
  );
}
