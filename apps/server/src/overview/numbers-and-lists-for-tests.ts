import type { ApiClient, CallArguments, Endpoints, Overview } from '@nodeward/api';

export interface NumberWithList {
  readonly what: string;
  readonly number: number | null;
  /** Length of the list that the number opens. */
  readonly total: number;
}

type NodeFilter = NonNullable<CallArguments<Endpoints['listNodes']>['query']>;
/** A part of the fleet. */
export type Scope = NonNullable<CallArguments<Endpoints['getOverview']>['query']>;
type VulnerabilityFilter = NonNullable<CallArguments<Endpoints['listFleetVulnerabilities']>['query']>;

const severities = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'] as const;
const allCauses = ['no-nodes', 'plan-off', 'unreachable', 'failed', 'encrypted', 'unsupported', 'no-advisories', 'image-not-published', 'incomplete', 'never-assessed'] as const;
const allGrades = ['disk', 'pod', 'reference-image', 'manifest', 'node-status', 'none'] as const;

/** Every number of the overview beside the length of its list; what the overview leaves out is a 0. */
export async function numbersWithLists(client: ApiClient, scope: Scope = {}): Promise<readonly NumberWithList[]> {
  const overview = await client.call('getOverview', { query: scope });
  return [...(await nodeNumbers(client, overview, scope)), ...(await vulnerabilityNumbers(client, overview, scope)), ...(await poolNumbers(client, overview, scope)), ...(await jobNumbers(client, overview))];
}

async function nodeNumbers(client: ApiClient, { nodes, notAssessedCauses, grades, imageAges }: Overview, scope: Scope): Promise<readonly NumberWithList[]> {
  const list = async (what: string, number: number, query: NodeFilter): Promise<NumberWithList> => ({ what: `nodes: ${what}`, number, total: (await client.call('listNodes', { query: { ...scope, ...query, limit: 1 } })).total });
  return Promise.all([
    list('all', nodes.total, {}),
    list('healthy', nodes.healthy, { state: 'healthy' }),
    list('unhealthy', nodes.unhealthy, { state: 'unhealthy' }),
    list('not assessed', nodes.notAssessed, { state: 'not-assessed' }),
    ...allCauses.map((cause) => list(cause, notAssessedCauses.find((entry) => entry.cause === cause)?.nodes ?? 0, { state: 'not-assessed', cause })),
    ...allGrades.map((grade) => list(grade, grades.find((entry) => entry.grade === grade)?.nodes ?? 0, { grade })),
    list('image under 30 days', imageAges.under30, { imageAge: 'under-30' }),
    list('image from 30 to 89 days', imageAges.from30to89, { imageAge: '30-to-89' }),
    list('image from 90 days', imageAges.from90, { imageAge: '90-and-over' }),
    list('image of unknown age', imageAges.unknown, { imageAge: 'unknown' }),
  ]);
}

async function vulnerabilityNumbers(client: ApiClient, { vulnerabilities: told, lastWeek }: Overview, scope: Scope): Promise<readonly NumberWithList[]> {
  const list = async (what: string, number: number | null | undefined, query: VulnerabilityFilter): Promise<NumberWithList> => ({
    what: `CVEs: ${what}`,
    number: number ?? null,
    total: (await client.call('listFleetVulnerabilities', { query: { ...scope, ...query, limit: 1 } })).total,
  });
  return Promise.all([
    list('open', told?.open, {}),
    ...severities.map((severity) => list(severity, told?.severities[severity], { severity })),
    list('exploited', told?.exploited, { state: 'present', exploited: 'true' }),
    list('without a fix', told?.noFix, { state: 'no-fix' }),
    list('reboot required', told?.rebootRequired, { state: 'reboot-required' }),
    list('undetermined', told?.undetermined, { state: 'undetermined' }),
    list('first seen', lastWeek.firstSeen, { state: 'all', lastWeek: 'first-seen' }),
    list('resolved', lastWeek.resolved, { state: 'all', lastWeek: 'resolved' }),
    list('gone', lastWeek.gone, { state: 'all', lastWeek: 'gone' }),
  ]);
}

async function poolNumbers(client: ApiClient, { nodePools, freshness }: Overview, { connectionId, clusterId, region }: Scope): Promise<readonly NumberWithList[]> {
  const all = (await client.call('listRecommendations', {})).recommendations;
  const recommendations = all.filter((pool) => (connectionId ?? pool.connectionId) === pool.connectionId && (clusterId ?? pool.clusterId) === pool.clusterId && (region ?? pool.region) === pool.region);
  const list = (what: string, number: number, counts: (recommendation: (typeof recommendations)[number]) => boolean): NumberWithList => ({ what: `pools: ${what}`, number, total: recommendations.filter(counts).length });
  return [
    list('all', nodePools.total, () => true),
    list('healthy', nodePools.healthy, ({ state }) => state === 'healthy'),
    list('unhealthy', nodePools.unhealthy, ({ state }) => state === 'unhealthy'),
    list('not evaluated', nodePools.notEvaluated, ({ state }) => state === 'not-evaluated'),
    list('not applicable', nodePools.notApplicable, ({ state }) => state === 'not-applicable'),
    ...(['fresh', 'stale', 'unknown'] as const).map((state) => list(state, freshness[state], (recommendation) => recommendation.freshness === state)),
  ];
}

async function jobNumbers(client: ApiClient, { jobs }: Overview): Promise<readonly NumberWithList[]> {
  return Promise.all((['active', 'failed', 'succeeded'] as const).map(async (state) => ({ what: `jobs: ${state}`, number: jobs[state], total: (await client.call('listUpgradeJobs', { query: { state } })).total })));
}
