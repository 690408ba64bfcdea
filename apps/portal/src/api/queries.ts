import { type CallArguments, type ConnectionKind, createApiClient, type Endpoints, type FindingList } from '@nodeward/api';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';

/** The server that delivered this page. */
export const api = createApiClient();

/** While something runs, lists are read again even where no event arrives. */
const whileRunning = 2_000;
const endedJobs: ReadonlySet<string> = new Set(['succeeded', 'succeeded-with-residual', 'preflight-failed', 'failed', 'cancelled']);
export const isEnded = (state: string): boolean => endedJobs.has(state);

export const serverQuery = queryOptions({ queryKey: ['server'], queryFn: ({ signal }) => api.call('getServerInformation', { signal }), staleTime: Infinity });

export const recommendationsQuery = queryOptions({
  queryKey: ['recommendations'],
  queryFn: ({ signal }) => api.call('listRecommendations', { signal }),
  refetchInterval: (query) => (query.state.data?.recommendations.some(({ activeJobId, cause }) => activeJobId !== null || cause === 'never-assessed') === true ? whileRunning : false),
});

export const recommendationQuery = (poolId: string) =>
  queryOptions({ queryKey: ['pool', poolId, 'recommendation'], queryFn: ({ signal }) => api.call('getRecommendation', { parameters: { poolId }, signal }) });

/** Every finding of the pool, page after page: the list groups, sorts and filters what it has. */
export const findingsQuery = (poolId: string) =>
  queryOptions({ queryKey: ['pool', poolId, 'findings'], queryFn: ({ signal }) => allFindings(poolId, signal) });

async function allFindings(poolId: string, signal: AbortSignal): Promise<FindingList['findings']> {
  const findings: FindingList['findings'] = [];
  let cursor: string | null = null;
  do {
    const page: FindingList = await api.call('listFindings', {
      parameters: { poolId },
      query: { state: 'all', limit: 1000, ...(cursor === null ? {} : { cursor }) },
      signal,
    });
    findings.push(...page.findings);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return findings;
}

export const vulnerabilityQuery = (poolId: string, vulnerability: string) =>
  queryOptions({
    queryKey: ['pool', poolId, 'vulnerability', vulnerability],
    queryFn: ({ signal }) => api.call('getVulnerability', { parameters: { poolId, vulnerability }, signal }),
  });

export const fixQuery = (poolId: string) =>
  queryOptions({ queryKey: ['pool', poolId, 'fix'], queryFn: ({ signal }) => api.call('getFix', { parameters: { poolId }, signal }) });

export const ledgerQuery = (poolId: string) =>
  queryOptions({ queryKey: ['pool', poolId, 'ledger'], queryFn: ({ signal }) => api.call('listLedger', { parameters: { poolId }, signal }) });

export const jobsQuery = queryOptions({
  queryKey: ['jobs'],
  queryFn: ({ signal }) => api.call('listUpgradeJobs', { signal }),
  refetchInterval: (query) => (query.state.data?.jobs.some(({ state }) => !isEnded(state)) === true ? whileRunning : false),
});

export const jobQuery = (jobId: string) =>
  queryOptions({
    queryKey: ['job', jobId],
    queryFn: ({ signal }) => api.call('getUpgradeJob', { parameters: { jobId }, signal }),
    refetchInterval: (query) => (query.state.data !== undefined && !isEnded(query.state.data.state) ? whileRunning : false),
  });

export const connectionsQuery = queryOptions({
  queryKey: ['connections'],
  queryFn: ({ signal }) => api.call('listConnections', { signal }),
  refetchInterval: (query) => (query.state.data?.connections.some(({ state }) => state === 'discovering') === true ? whileRunning : false),
});

export const plansQuery = queryOptions({ queryKey: ['plans'], queryFn: ({ signal }) => api.call('listPlans', { signal }) });

export const reassessmentsQuery = queryOptions({
  queryKey: ['reassessments'],
  queryFn: ({ signal }) => api.call('listReassessments', { signal }),
  refetchInterval: (query) => (query.state.data?.reassessments.some(({ state }) => state === 'running') === true ? 1_000 : false),
});

export const overviewQuery = (scope: NonNullable<CallArguments<Endpoints['getOverview']>['query']>) =>
  queryOptions({
    queryKey: ['fleet', 'overview', scope],
    queryFn: ({ signal }) => api.call('getOverview', { query: scope, signal }),
    refetchInterval: (query) => (query.state.data !== undefined && query.state.data.jobs.active > 0 ? whileRunning : false),
    placeholderData: keepPreviousData,
  });

export const inventoryQuery = queryOptions({ queryKey: ['fleet', 'inventory'], queryFn: ({ signal }) => api.call('getInventory', { signal }) });

/** A list that is read page by page: the first page at once, more on demand. */
const firstPage: string | null = null;
const pageOf = (cursor: string | null) => (cursor === null ? {} : { cursor });
const nextPage = ({ nextCursor }: { readonly nextCursor: string | null }): string | null => nextCursor;

export type NodeFilter = Omit<NonNullable<CallArguments<Endpoints['listNodes']>['query']>, 'cursor'>;
export const nodesQuery = (filter: NodeFilter) =>
  infiniteQueryOptions({
    queryKey: ['fleet', 'nodes', filter],
    queryFn: ({ pageParam, signal }) => api.call('listNodes', { query: { ...filter, ...pageOf(pageParam) }, signal }),
    initialPageParam: firstPage,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  });

export type VulnerabilityFilter = Omit<NonNullable<CallArguments<Endpoints['listFleetVulnerabilities']>['query']>, 'cursor'>;
export const fleetVulnerabilitiesQuery = (filter: VulnerabilityFilter) =>
  infiniteQueryOptions({
    queryKey: ['fleet', 'vulnerabilities', filter],
    queryFn: ({ pageParam, signal }) => api.call('listFleetVulnerabilities', { query: { ...filter, ...pageOf(pageParam) }, signal }),
    initialPageParam: firstPage,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  });

export const fleetVulnerabilityQuery = (vulnerability: string) =>
  queryOptions({ queryKey: ['fleet', 'vulnerability', vulnerability], queryFn: ({ signal }) => api.call('getFleetVulnerability', { parameters: { vulnerability }, signal }) });

export const nodeEvidenceQuery = (nodeId: string) =>
  queryOptions({ queryKey: ['fleet', 'node', nodeId, 'evidence'], queryFn: ({ signal }) => api.call('getNodeEvidence', { parameters: { nodeId }, signal }) });

export const nodeAssessmentsQuery = (nodeId: string) =>
  queryOptions({ queryKey: ['fleet', 'node', nodeId, 'assessments'], queryFn: ({ signal }) => api.call('listNodeAssessments', { parameters: { nodeId }, signal }) });

interface PackageFilter {
  readonly search?: string;
  readonly vulnerable?: 'true';
}

export const nodePackagesQuery = (nodeId: string, filter: PackageFilter) =>
  infiniteQueryOptions({
    queryKey: ['fleet', 'node', nodeId, 'packages', filter],
    queryFn: ({ pageParam, signal }) => api.call('listNodePackages', { parameters: { nodeId }, query: { ...filter, ...pageOf(pageParam) }, signal }),
    initialPageParam: firstPage,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  });

export const fleetPackagesQuery = (filter: PackageFilter) =>
  infiniteQueryOptions({
    queryKey: ['fleet', 'packages', filter],
    queryFn: ({ pageParam, signal }) => api.call('listFleetPackages', { query: { ...filter, ...pageOf(pageParam) }, signal }),
    initialPageParam: firstPage,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  });

export const searchQuery = (text: string) =>
  queryOptions({ queryKey: ['fleet', 'search', text], queryFn: ({ signal }) => api.call('search', { query: { q: text }, signal }), enabled: text !== '', placeholderData: keepPreviousData });

export const autoUpgradeQuery = (clusterId: string) =>
  queryOptions({ queryKey: ['cluster', clusterId, 'auto-upgrade'], queryFn: ({ signal }) => api.call('getAutoUpgrade', { parameters: { clusterId }, signal }) });

export const webhooksQuery = queryOptions({ queryKey: ['webhooks'], queryFn: ({ signal }) => api.call('listWebhooks', { signal }) });

export const deliveriesQuery = (webhookId: string) =>
  queryOptions({ queryKey: ['webhooks', webhookId, 'deliveries'], queryFn: ({ signal }) => api.call('listWebhookDeliveries', { parameters: { webhookId }, signal }) });

/** Read anew whenever the form is opened: somebody else may have changed it. */
export const connectionSettingsQuery = (connectionId: string) =>
  queryOptions({ queryKey: ['connection-settings', connectionId], queryFn: ({ signal }) => api.call('getConnectionSettings', { parameters: { connectionId }, signal }), gcTime: 0, staleTime: Infinity });

export const connectionRightsQuery = (kind: ConnectionKind) =>
  queryOptions({ queryKey: ['connection-rights', kind], queryFn: ({ signal }) => api.call('getConnectionRights', { parameters: { kind }, signal }), staleTime: Infinity });

export const advisorySourcesQuery = queryOptions({
  queryKey: ['advisory-sources'],
  queryFn: ({ signal }) => api.call('listAdvisorySources', { signal }),
  refetchInterval: (query) => (query.state.data?.updating === true ? whileRunning : false),
});

export const imageAnswerQuery = (vulnerability: string) =>
  queryOptions({ queryKey: ['fleet', 'vulnerability', vulnerability, 'images'], queryFn: ({ signal }) => api.call('whichImage', { parameters: { vulnerability }, signal }), refetchInterval: (query) => (query.state.data?.reading != null ? whileRunning : false) });
