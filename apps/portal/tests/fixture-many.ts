import { type CallResult, endpoints, type FleetNode, type InventoryCluster, type InventoryPool, type NotEvaluatedCause, type Overview, type Recommendation } from '@nodeward/api';
import { at, day, imageName, images } from './fixture-facts.ts';
import { getOverview, type Query } from './fixture-overview.ts';
import { none } from './fixture-pools.ts';

/** A large fleet, computed: 200 clusters of three connections in six regions, 1,000 pools, 10,000 nodes. */
const regions = ['japaneast', 'japanwest', 'eastus2', 'westeurope', 'southeastasia', 'germanywestcentral'];
const connections = [['azure', 'Contoso production', 'aks'], ['azure-dev', 'Contoso development and test', 'aks'], ['shop', 'aks-contoso-shop-production-japaneast-weu-shared-services-001', 'kubernetes']] as const;
const teams = ['shop', 'payments', 'search', 'ml', 'identity', 'warehouse', 'reporting', 'edge', 'shared-services', 'customer-data-platform-analytics'];
const poolNames = ['systempool01', 'userpool01', 'gpua100', 'spot01', 'windows'] as const;

interface Cause {
  readonly cause: NotEvaluatedCause;
  readonly reason: NonNullable<InventoryPool['reason']>;
}
const darkness: Readonly<Record<string, Cause>> = {
  windows: { cause: 'unsupported', reason: 'windows-node' },
  gpua100: { cause: 'image-not-published', reason: 'image-list-not-published' },
};

function clusterAt(index: number): InventoryCluster {
  const [connectionId, connection, connectionKind] = connections[index % 10 === 9 ? 2 : index % 3 === 0 ? 1 : 0];
  const region = regions[index % regions.length] ?? '';
  const number = String(index + 1).padStart(3, '0');
  const cluster = `aks-${teams[index % teams.length]}-${index % 3 === 0 ? 'dev' : 'prod'}-${region}-${number}`.padEnd(index % 17 === 0 ? 63 : 0, 'x');
  const clusterId = `many-${number}`;
  const version = `1.${27 + (index % 3)}.3`;
  return {
    clusterId, cluster, connectionId, connection, connectionKind, region, kubernetesVersion: version, controlPlaneUpgrades: [], clusterChannel: connectionKind === 'aks' ? 'patch' : null, nodeImageChannel: connectionKind === 'aks' ? 'NodeImage' : null, insights: index % 8 === 0 ? ['no-cluster-window'] : [],
    pools: poolNames.map((pool, at) => poolOf({ clusterId, cluster, version }, pool, index * poolNames.length + at)),
  };
}

function poolOf({ clusterId, cluster, version }: { readonly clusterId: string; readonly cluster: string; readonly version: string }, pool: (typeof poolNames)[number], index: number): InventoryPool {
  const dark = index % 2 === 0 || pool === 'windows' ? darkness[pool] : undefined;
  const facts = images[index % images.length];
  const open = dark === undefined ? [0, 12, 147, 226][index % 4] ?? 0 : null;
  return {
    poolId: `${clusterId}-${pool}`, pool, clusterId, cluster, state: dark !== undefined ? 'not-evaluated' : open === 0 ? 'healthy' : 'unhealthy', cause: dark?.cause ?? null, reason: dark?.reason ?? null, operatingSystem: pool === 'windows' ? 'windows' : 'linux', osDisk: 'ephemeral',
    image: imageName(facts?.version ?? ''), imagePublishedAt: at(-(facts?.age ?? 0) * day), latestImage: open === 0 ? null : imageName(images.at(-1)?.version ?? ''), kubernetesVersion: version, skew: 0, grade: dark === undefined ? 'manifest' : 'node-status', nodes: 10,
    unhealthyNodes: dark === undefined && open !== 0 ? 10 : 0, notAssessedNodes: dark === undefined ? 0 : 10, openVulnerabilities: open, activeJobId: null, lastAssessedAt: at(-14),
  };
}

const clusters: readonly InventoryCluster[] = Array.from({ length: 200 }, (_, index) => clusterAt(index));
const pools = clusters.flatMap((cluster) => cluster.pools.map((pool) => ({ pool, cluster })));
const nodesIn = (pick: (pool: InventoryPool) => number): number => pools.reduce((sum, { pool }) => sum + pick(pool), 0);
const counts = { unhealthyNodes: nodesIn(({ unhealthyNodes }) => unhealthyNodes), notAssessedNodes: nodesIn(({ notAssessedNodes }) => notAssessedNodes), nodes: nodesIn(({ nodes }) => nodes) };
const healthyNodes = counts.nodes - counts.unhealthyNodes - counts.notAssessedNodes;

const getInventory = (): CallResult<'getInventory'> => ({ clusters: [...clusters], counts: { clusters: clusters.length, nodePools: pools.length, ...counts, healthyNodes }, asOf: at(0) });

const nodes: readonly FleetNode[] = pools.flatMap(({ pool, cluster }) =>
  Array.from({ length: pool.nodes }, (_, index): FleetNode => ({
    id: `${pool.poolId}-${index}`, name: `aks-${pool.pool}-31764529-vmss${String(index).padStart(6, '0')}.${cluster.cluster}`.slice(0, 63), poolId: pool.poolId, image: pool.image, kernelRelease: '5.15.0-1041-azure', kubeletVersion: `v${pool.kubernetesVersion}`, containerRuntimeVersion: 'containerd://1.7.5',
    state: pool.state === 'not-evaluated' ? 'not-assessed' : pool.state === 'healthy' ? 'healthy' : 'unhealthy', cause: pool.cause, reason: pool.reason ?? null, detail: null, openVulnerabilities: pool.openVulnerabilities, pool: pool.pool, clusterId: cluster.clusterId, cluster: cluster.cluster, grade: pool.grade, lastAssessedAt: pool.lastAssessedAt,
  })),
);
const regionOf = new Map(clusters.map(({ clusterId, region }) => [clusterId, region]));
const connectionOf = new Map(clusters.map(({ clusterId, connectionId }) => [clusterId, connectionId]));

function listNodes(query: Query): CallResult<'listNodes'> {
  const found = nodes.filter(
    ({ state, cause, clusterId, poolId }) =>
      (query.state ?? state) === state && (query.cause ?? cause) === cause && (query.clusterId ?? clusterId) === clusterId && (query.poolId ?? poolId) === poolId &&
      (query.region === undefined || regionOf.get(clusterId) === query.region) && (query.connectionId === undefined || connectionOf.get(clusterId) === query.connectionId),
  );
  const from = Number(query.cursor ?? 0);
  const to = from + Number(query.limit ?? 200);
  return { nodes: found.slice(from, to), total: found.length, nextCursor: to < found.length ? String(to) : null };
}

const rows: readonly Recommendation[] = pools.map(({ pool, cluster }) => ({
  poolId: pool.poolId, pool: pool.pool, clusterId: cluster.clusterId, cluster: cluster.cluster, connectionId: cluster.connectionId, connectionKind: cluster.connectionKind, connection: cluster.connection, region: cluster.region, state: pool.state, cause: pool.cause, causeNodes: pool.cause === null ? null : pool.nodes,
  riskLevel: pool.state === 'unhealthy' ? 'high' : null, exploitedVulnerabilities: pool.openVulnerabilities === null ? null : 0, image: pool.image, nodes: pool.nodes, notAssessedNodes: pool.notAssessedNodes, openVulnerabilities: pool.openVulnerabilities, noFixVulnerabilities: pool.openVulnerabilities === null ? null : 240, severities: { ...none, high: pool.openVulnerabilities ?? 0 },
  bestAction: pool.state === 'unhealthy' ? { kind: 'node-image', target: pool.latestImage, fixed: pool.openVulnerabilities ?? 0, remaining: 0, introduced: 0 } : null, forecastKnown: true, activeJobId: null, freshness: 'fresh', lastAssessedAt: pool.lastAssessedAt, lastChangedAt: at(-600),
}));
const poolsIn = (state: Recommendation['state']): number => rows.filter((row) => row.state === state).length;
const nodePools = { total: rows.length, unhealthy: poolsIn('unhealthy'), healthy: poolsIn('healthy'), notEvaluated: poolsIn('not-evaluated'), notApplicable: 0 };
const nodeStates = { total: counts.nodes, unhealthy: counts.unhealthyNodes, healthy: healthyNodes, notAssessed: counts.notAssessedNodes };

const [first] = rows.filter(({ bestAction }) => bestAction !== null).toSorted((left, right) => (right.bestAction?.fixed ?? 0) - (left.bestAction?.fixed ?? 0));
const best = first?.bestAction == null ? null : { poolId: first.poolId, pool: first.pool, cluster: first.cluster, action: first.bestAction, currentImage: first.image };

function overview(query: Query): Overview {
  const actions = rows.flatMap(({ poolId, pool, cluster, bestAction }) => (bestAction === null ? [] : [{ poolId, pool, cluster, action: bestAction }])).toSorted((left, right) => right.action.fixed - left.action.fixed);
  const causes = [...Map.groupBy(nodes.filter(({ cause }) => cause !== null), ({ cause }) => cause)].flatMap(([cause, members]) => (cause === null ? [] : [{ cause, nodes: members.length }]));
  return {
    ...getOverview(), nodePools, nodes: nodeStates, notAssessedCauses: causes, actions, recentJobs: [], jobs: { active: 0, failed: 0, succeeded: 0 }, freshness: { fresh: rows.length, stale: 0, unknown: 0 },
    grades: [{ grade: 'manifest', nodes: counts.nodes - counts.notAssessedNodes }, { grade: 'node-status', nodes: counts.notAssessedNodes }], scope: { ...query },
    feeds: connections.flatMap(([connectionId, connection]) => getOverview().feeds.map((feed) => ({ ...feed, connectionId, connection }))),
  };
}

/** The answers that a large fleet changes. */
export const manyAnswers = {
  getInventory,
  listNodes: (_: unknown, query: Query) => listNodes(query),
  listRecommendations: (): CallResult<'listRecommendations'> => ({
    recommendations: [...rows],
    summary: { nodePools, nodes: nodeStates, riskLevels: { ...none, high: nodePools.unhealthy }, mostEffective: best, forecastsKnown: true },
    asOf: at(0),
  }),
  getOverview: (_: unknown, query: Query) => overview(query),
};

/** A job that left more of one reason than its page lists. */
export function withManyLeft(value: object): object {
  const job = endpoints.getUpgradeJob.response.parse(value);
  return { ...job, residual: job.residual.slice(0, 1).flatMap((row) => Array.from({ length: 11 }, (_, index) => ({ ...row, vulnerability: `CVE-2023-${50_000 + index}` }))) };
}

/** A pool of which nodes say the same, and nothing was read. */
export function withManySilent(value: object): object {
  const details = endpoints.getRecommendation.response.parse(value);
  return { ...details, nodes: details.nodes.slice(0, 1).flatMap((node) => Array.from({ length: 8 }, (_, index) => ({ ...node, id: `${node.id}-${index}`, name: `silent-${index}`, state: 'not-assessed', cause: 'unreachable', assessment: null, openVulnerabilities: null }))) };
}
