import { createApiClient, type FindingList } from '@nodeward/api';
import { queryOptions } from '@tanstack/react-query';

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
