import type { EvidenceGrade, InventoryCluster, InventoryPool, InventoryTree } from '@nodeward/api';
import type { CoverageReason } from '@nodeward/engine';
import { sql } from 'kysely';
import { insightsOf } from '../auto-upgrade/insights.ts';
import { livePools } from '../database/live-fleet.ts';
import type { ClusterTable, ConnectionTable, Database, NodePoolTable } from '../database/schema.ts';
import type { Selectable } from 'kysely';
import { evidenceOfNodes } from './node-scope.ts';

type Pool = Pick<Selectable<NodePoolTable>, 'id' | 'name' | 'cluster_id' | 'state' | 'cause' | 'operating_system' | 'os_disk' | 'image' | 'image_published_at' | 'newer_images' | 'kubernetes_version' | 'open_vulnerabilities'>;

interface PoolRow extends Pool {
  readonly grade: EvidenceGrade | null;
  readonly nodes: number;
  readonly unhealthy: number;
  readonly not_assessed: number;
  readonly last_assessed: Date | null;
  readonly reason: CoverageReason | null;
  readonly active_job: string | null;
}

type ClusterRow = Selectable<Pick<ClusterTable, 'id' | 'name' | 'connection_id' | 'region' | 'kubernetes_version' | 'control_plane_upgrades' | 'auto_upgrade'>> & {
  readonly connection: string;
  readonly connection_kind: ConnectionTable['kind'];
};

export async function inventoryTree(db: Database, now: Date): Promise<InventoryTree> {
  const [clusters, pools] = await Promise.all([clusterRows(db), poolRows(db)]);
  const byCluster = Map.groupBy(pools, (pool) => pool.cluster_id);
  const sum = (count: (pool: PoolRow) => number): number => pools.reduce((total, pool) => total + count(pool), 0);
  return {
    clusters: clusters.map((cluster) => toCluster(cluster, byCluster.get(cluster.id) ?? [])),
    counts: {
      clusters: clusters.length,
      nodePools: pools.length,
      nodes: sum(({ nodes }) => nodes),
      unhealthyNodes: sum(({ unhealthy }) => unhealthy),
      healthyNodes: sum(({ nodes, unhealthy, not_assessed }) => nodes - unhealthy - not_assessed),
      notAssessedNodes: sum(({ not_assessed }) => not_assessed),
    },
    asOf: now.toISOString(),
  };
}

async function clusterRows(db: Database): Promise<readonly ClusterRow[]> {
  const { rows } = await sql<ClusterRow>`
    select l.id, l.name, l.connection_id, l.region, l.kubernetes_version, l.control_plane_upgrades, l.auto_upgrade, k.name as connection, k.kind as connection_kind
    from cluster l join connection k on k.id = l.connection_id and k.configured where l.gone_at is null order by l.name, k.name, l.id`.execute(db);
  return rows;
}

async function poolRows(db: Database): Promise<readonly PoolRow[]> {
  const { rows } = await sql<PoolRow>`
    with counted as (
      -- the grade that all nodes reach: the lowest of their best
      select n.pool_id, count(*)::int as nodes, (count(*) filter (where n.state = 'unhealthy'))::int as unhealthy,
        (count(*) filter (where n.state = 'not-assessed'))::int as not_assessed, max(e.last_assessed) as last_assessed,
        case when count(distinct coalesce(a.reason, '')) filter (where n.cause = q.cause) = 1 then max(a.reason) filter (where n.cause = q.cause) end as reason,
        max(array_position(array['disk', 'pod', 'reference-image', 'manifest', 'node-status'], e.grade)) as grade
      from node n join node_pool q on q.id = n.pool_id left join assessment a on a.id = n.assessment_id
      left join ${evidenceOfNodes} e on e.node_id = n.id where n.gone_at is null group by n.pool_id
    )
    select p.id, p.name, p.cluster_id, p.state, p.cause, p.operating_system, p.os_disk, p.image, p.image_published_at, p.newer_images,
      p.kubernetes_version, p.open_vulnerabilities, coalesce(c.nodes, 0) as nodes, coalesce(c.unhealthy, 0) as unhealthy,
      coalesce(c.not_assessed, 0) as not_assessed, c.last_assessed, c.reason,
      (array['disk', 'pod', 'reference-image', 'manifest', 'node-status'])[c.grade] as grade,
      (select j.id from upgrade_job j where j.pool_id = p.id and j.state in ('draft', 'preflight', 'running', 'verifying')) as active_job
    from ${livePools} left join counted c on c.pool_id = p.id
    order by p.name, p.id`.execute(db);
  return rows;
}

function toCluster(cluster: ClusterRow, pools: readonly PoolRow[]): InventoryCluster {
  const { auto_upgrade: settings } = cluster;
  return {
    clusterId: cluster.id,
    cluster: cluster.name,
    connectionId: cluster.connection_id,
    connection: cluster.connection,
    connectionKind: cluster.connection_kind,
    region: cluster.region,
    kubernetesVersion: cluster.kubernetes_version,
    controlPlaneUpgrades: [...cluster.control_plane_upgrades],
    clusterChannel: settings?.clusterChannel ?? null,
    nodeImageChannel: settings?.nodeImageChannel ?? null,
    insights: settings === null ? [] : [...insightsOf(settings, { hasWindowsPool: pools.some((pool) => pool.operating_system === 'windows') })],
    pools: pools.map((pool) => toPool(pool, cluster)),
  };
}

function toPool(pool: PoolRow, cluster: ClusterRow): InventoryPool {
  const version = pool.kubernetes_version ?? cluster.kubernetes_version;
  return {
    poolId: pool.id,
    pool: pool.name,
    clusterId: cluster.id,
    cluster: cluster.name,
    state: pool.state,
    cause: pool.cause,
    operatingSystem: pool.operating_system,
    osDisk: pool.os_disk,
    image: pool.image,
    imagePublishedAt: pool.image_published_at?.toISOString() ?? null,
    latestImage: pool.newer_images.at(-1) ?? null,
    kubernetesVersion: version,
    skew: minorsBehind(pool.kubernetes_version, cluster.kubernetes_version),
    grade: pool.grade,
    nodes: pool.nodes,
    unhealthyNodes: pool.unhealthy,
    notAssessedNodes: pool.not_assessed,
    openVulnerabilities: pool.open_vulnerabilities,
    activeJobId: pool.active_job,
    lastAssessedAt: pool.last_assessed?.toISOString() ?? null,
    reason: pool.cause === null ? null : pool.reason,
  };
}

/** Null where one of the two is not known; a pool ahead of its control plane is 0 behind. */
export function minorsBehind(pool: string | null, controlPlane: string | null): number | null {
  const own = minorOf(pool);
  const highest = minorOf(controlPlane);
  return own === undefined || highest === undefined ? null : Math.max(0, highest - own);
}

/** Major 1 has been the only one since 2015: the minors alone tell how far apart two versions are. */
function minorOf(version: string | null): number | undefined {
  const minor = /^v?1\.(\d+)(?:\.|$|[-+])/.exec(version ?? '')?.[1];
  return minor === undefined ? undefined : Number(minor);
}
