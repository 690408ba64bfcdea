import { Button, MessageBar, MessageBarBody, MessageBarTitle, Tab, TabList } from '@fluentui/react-components';
import { Clock16Regular, ShieldTask20Regular, Wrench16Regular } from '@fluentui/react-icons';
import type { RecommendationDetails } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { findingsQuery, recommendationQuery } from '../../api/queries.ts';
import { connectionName } from '../../parts/connection-name.ts';
import { Essentials } from '../../parts/essentials.tsx';
import { GradeTag } from '../../parts/grade-tag.tsx';
import { Instant } from '../../parts/instant.tsx';
import type { Messages } from '../../i18n/messages.ts';
import { isCountUnknown, openCountText } from '../../parts/open-count.tsx';
import { reasonText } from '../../parts/reason.tsx';
import { Reassess } from '../../parts/reassess.tsx';
import { countSeverities, countVulnerabilities, Severity, SeverityMix } from '../../parts/severity.tsx';
import { StateTag } from '../../parts/state-tag.tsx';
import { fixPath, jobPath, listPath, poolPath } from '../../paths.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';
import { LoadingView, QueryView } from '../../shell/query-view.tsx';
import { Page } from '../../shell/page.tsx';
import { ActionTab } from './action-tab.tsx';
import { CvePane } from './cve-pane.tsx';
import { Description } from './description.tsx';
import { FindingsTab } from './findings-tab.tsx';
import { isActive, useFindingsView } from './findings-view.ts';
import { ResourcesTab } from './resources-tab.tsx';

const tabs = ['action', 'findings', 'resources'] as const;

export function DetailsPage() {
  const m = useMessages();
  const { poolId = '' } = useParams();
  const query = useQuery(recommendationQuery(poolId));
  if (query.data !== undefined) return <Details details={query.data} key={poolId} />;
  return (
    <Page trail={[[m.shell.recommendations, '/recommendations'], ['…']]} title={m.recommendation.title}>
      <QueryView query={query}>{() => <LoadingView />}</QueryView>
    </Page>
  );
}

function Details({ details }: { readonly details: RecommendationDetails }) {
  const m = useMessages();
  const navigate = useNavigate();
  const { cve } = useParams();
  const [search, setSearch] = useSearchParams();
  const { recommendation: row } = details;
  const findings = useQuery(findingsQuery(row.poolId));
  const view = useFindingsView(findings.data ?? []);
  const unknown = isCountUnknown(row);
  const tab = cve !== undefined ? 'findings' : (tabs.find((name) => name === search.get('tab')) ?? (row.state === 'not-evaluated' ? 'resources' : 'findings'));
  const active = (findings.data ?? []).filter(isActive);
  const count = unknown || findings.data === undefined ? openCountText(m, row) : openCountText(m, { ...row, openVulnerabilities: countVulnerabilities(active) });
  const choose = (value: string) => {
    if (cve !== undefined) void navigate({ pathname: poolPath(row.poolId), search: `?tab=${value}` });
    else setSearch((previous) => new URLSearchParams([...[...previous].filter(([name]) => name !== 'tab'), ['tab', value]]), { replace: true });
  };
  const slim = cve !== undefined;
  return (
    <Page
      pane={slim && <CvePane poolId={row.poolId} pool={row.pool} cve={cve} order={view.order} />}
      trail={[[m.shell.recommendations, '/recommendations'], slim ? [`${row.pool} · ${row.cluster}`, poolPath(row.poolId)] : [`${row.pool} · ${row.cluster}`], ...(slim ? [[cve] as const] : [])]}
      icon={<ShieldTask20Regular className="brandc" style={{ width: 28, height: 28 }} />}
      title={m.recommendation.title}
      subtitle={<>{m.details.nodePool} <b>{row.pool}</b> · {m.details.cluster} <b>{row.cluster}</b></>}
      right={<StateTag state={row.state} />}
      commands={
        <>
          {!unknown && (
            <Button className="primary" appearance="primary" size="small" icon={<Wrench16Regular />} aria-label={m.recommendation.fixName} onClick={() => void navigate(fixPath(row.poolId))}>
              {m.recommendation.fix}
            </Button>
          )}
          <Reassess scope={{ kind: 'pool', id: row.poolId }} label={m.details.reassess} />
        </>
      }
    >
      {!slim && <Banners details={details} />}
      {!slim && <Facts details={details} />}
      {!slim && <Description details={details} />}
      <div className="col grow bleed listing fullbleed" style={{ minHeight: 300 }}>
        <div className="row between wrap" style={{ padding: '0 20px 0 10px' }}>
          <TabList size="small" selectedValue={tab} onTabSelect={(_, { value }) => choose(String(value))}>
            <Tab value="action">{m.details.tabs.action}</Tab>
            <Tab value="findings">{m.details.tabCount(m.details.tabs.findings, count)}</Tab>
            <Tab value="resources">{m.details.tabCount(m.details.tabs.resources, m.unit.number(details.nodes.length))}</Tab>
          </TabList>
          {!slim && <SeverityMix counts={countSeverities(active)} />}
        </div>
        {tab === 'action' && <ActionTab details={details} />}
        {tab === 'findings' && (
          <QueryView query={findings}>{() => <FindingsTab details={details} view={view} selected={cve} />}</QueryView>
        )}
        {tab === 'resources' && <ResourcesTab details={details} />}
      </div>
    </Page>
  );
}

/** The worst cause in its most exact words, with how many nodes have it where others have another. */
function causeText(m: Messages, { recommendation: row, nodes }: RecommendationDetails): string {
  if (row.cause === null) return m.unit.unknown;
  const reasons = new Set(nodes.filter(({ cause }) => cause === row.cause).map(({ assessment }) => assessment?.reason ?? null));
  const text = reasonText(m, row.cause, reasons.size === 1 ? [...reasons][0] : null);
  return row.causeNodes === null || row.causeNodes === row.nodes ? text : `${text} (${m.causeNodes(row.causeNodes, row.nodes)})`;
}

function Banners({ details }: { readonly details: RecommendationDetails }) {
  const { recommendation: row } = details;
  const { m, time } = usePreferences();
  return (
    <>
      {row.state === 'not-evaluated' && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{m.unassessed.title(causeText(m, details))}</MessageBarTitle>
            {row.cause === 'plan-off' ? m.unassessed.planOff : m.unassessed.text(row.notAssessedNodes, row.nodes)}
          </MessageBarBody>
        </MessageBar>
      )}
      {row.state !== 'not-evaluated' && row.notAssessedNodes > 0 && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{m.details.partlyUnknown(row.notAssessedNodes, row.nodes)}</MessageBarTitle>
            {m.details.partlyUnknownText}
          </MessageBarBody>
        </MessageBar>
      )}
      {row.freshness === 'stale' && row.lastAssessedAt !== null && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{m.details.staleTitle}</MessageBarTitle>
            {m.details.staleText(time.full(row.lastAssessedAt))}
          </MessageBarBody>
        </MessageBar>
      )}
      {row.activeJobId !== null && (
        <MessageBar intent="info">
          <MessageBarBody>
            {m.details.jobRuns} <Link to={jobPath(row.activeJobId)}>{m.details.openJob}</Link>
          </MessageBarBody>
        </MessageBar>
      )}
    </>
  );
}

function Facts({ details }: { readonly details: RecommendationDetails }) {
  const { m, time } = usePreferences();
  const { recommendation: row } = details;
  const assessed = row.lastAssessedAt === null ? m.details.neverAssessed : m.details.lastAssessed(time.full(row.lastAssessedAt), time.relative(row.lastAssessedAt));
  return (
    <Essentials
      rows={[
        [m.recommendation.riskLevel, row.riskLevel === null ? <span className="unk">{row.state === 'not-evaluated' ? m.unit.unknown : m.unit.none}</span> : <span key="risk" title={m.details.worstOpen}><Severity severity={row.riskLevel} /></span>],
        [m.details.freshness, <span key="freshness"><Clock16Regular style={{ verticalAlign: 'text-bottom' }} /> {m.details.hours(details.freshnessIntervalHours)} <span className="dim">({assessed})</span></span>],
        [m.details.evidence, <GradeTag key="grade" grade={details.grade} />],
        [m.details.scope, [m.details.connection(connectionName(m, { kind: row.connectionKind, name: row.connection })), ...(details.region === null ? [] : [details.region])].join(' / ')],
        [m.details.lastChange, row.lastChangedAt === null ? m.unit.none : <Instant key="change" at={row.lastChangedAt} />],
        [m.details.nodeImage, <span key="image" className="mono">{row.image}</span>],
        [m.details.nodes, m.details.nodesOf(row.nodes, row.notAssessedNodes)],
        [m.details.kubernetes, details.kubernetesVersion ?? m.unit.unknown],
        [m.details.cluster, <Link key="cluster" to={listPath('/inventory', { clusterId: row.clusterId })}>{row.cluster}</Link>],
      ]}
    />
  );
}
