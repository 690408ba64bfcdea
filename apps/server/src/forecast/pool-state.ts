import type { EvidenceGrade, OperationKind } from '@nodeward/api';
import { evidenceGrades } from '@nodeward/engine';
import type { AutoUpgrade, KubernetesUpgrade, PoolManager } from '@nodeward/providers';
import { sql } from 'kysely';
import { type ImageTarget, imageTargets, kubeletOfPool } from '../assessment/image-targets.ts';
import type { Database } from '../database/schema.ts';

/** What a forecast of a pool depends on; two states with one fingerprint have one forecast. */
export interface PoolState {
  readonly poolId: string;
  readonly pool: string;
  readonly clusterId: string;
  readonly cluster: string;
  readonly image: string;
  readonly kubernetesVersion: string | null;
  /** Of the kubelets that the nodes report; null where no Node object tells. */
  readonly kubeletVersion: string | null;
  readonly controlPlaneVersion: string | null;
  readonly controlPlaneUpgrades: readonly string[];
  /** As the provider told them; null where it knows none. */
  readonly autoUpgrade: AutoUpgrade | null;
  readonly canChangeAutoUpgrade: boolean;
  /** Of the same cluster, this one left out. */
  readonly otherPools: readonly { readonly name: string; readonly version: string | null; readonly windows: boolean }[];
  readonly windows: boolean;
  readonly newerImages: readonly string[];
  readonly kubernetesUpgrades: readonly KubernetesUpgrade[];
  /** Images under a kubelet that were never read, not lately, not matched yet, or not with the advisories of now. */
  readonly staleImages: readonly ImageTarget[];
  readonly operations: readonly OperationKind[];
  readonly canUpgrade: boolean;
  /** Whose tools change the pool, and the names by which they find it; null where nobody says. */
  readonly manager: PoolManager | null;
  readonly coordinates: Readonly<Record<string, string>>;
  readonly nodes: number;
  readonly notAssessedNodes: number;
  /** Nodes with rows, complete or not. */
  readonly assessedNodes: number;
  /** The lowest on which a row of the pool rests. */
  readonly grade: EvidenceGrade | null;
  readonly revision: string | null;
  /** The oldest evidence of a node that counts. */
  readonly dataAsOf: Date | null;
  readonly activeJobId: string | null;
  readonly fingerprint: string;
}

interface ImageReading {
  readonly image: string;
  readonly kubelet: string;
  /** Its match set, or why there is none; null until it has been matched. */
  readonly outcome: string | null;
  readonly revision: string | null;
  /** Seconds. */
  readonly age: number;
}

/** Longer than `ensureImageReadings` keeps a reading: what is stale here is read there. */
const keepSeconds = 15 * 60;

interface StateRow {
  readonly id: string;
  readonly name: string;
  readonly cluster_id: string;
  readonly cluster: string;
  readonly image: string;
  readonly kubernetes_version: string | null;
  readonly kubelet_version: string | null;
  readonly control_plane_version: string | null;
  readonly control_plane_upgrades: readonly string[];
  readonly auto_upgrade: AutoUpgrade | null;
  readonly can_change_auto_upgrade: boolean;
  readonly newer_images: readonly string[];
  readonly kubernetes_upgrades: readonly KubernetesUpgrade[];
  readonly operations: readonly OperationKind[];
  readonly can_upgrade: boolean;
  readonly manager: PoolManager | null;
  readonly coordinates: Readonly<Record<string, string>>;
  readonly revision: string | null;
  readonly nodes: number;
  readonly not_assessed: number;
  readonly assessed: number;
  readonly grades: readonly EvidenceGrade[] | null;
  readonly match_sets: readonly string[] | null;
  readonly readings: readonly ImageReading[] | null;
  readonly data_as_of: Date | null;
  readonly active_job_id: string | null;
}

/** A live pool beside its siblings. */
interface ClusterPool {
  readonly id: string;
  readonly cluster_id: string;
  readonly name: string;
  readonly version: string | null;
  readonly windows: boolean;
}

/** Pools of one cluster by name, and the same as text. */
interface ClusterPools {
  readonly pools: readonly ClusterPool[];
  readonly fingerprint: string;
}

/** Of the live ones among these pools. Two queries, so that a list of pools can afford it. */
export async function poolStates(db: Database, poolIds: readonly string[], now: Date): Promise<readonly PoolState[]> {
  const [rows, clusters] = await Promise.all([stateRows(db, poolIds, now), clusterPools(db, poolIds)]);
  return rows.map((row) => describeState(row, clusters.get(row.cluster_id) ?? noPools));
}

const noPools: ClusterPools = { pools: [], fingerprint: '' };

async function clusterPools(db: Database, poolIds: readonly string[]): Promise<ReadonlyMap<string, ClusterPools>> {
  const { rows } = await sql<ClusterPool>`
    select p.id, p.cluster_id, p.name, p.kubernetes_version as version, coalesce(p.operating_system = 'windows', false) as windows from node_pool p
    where p.gone_at is null and p.cluster_id in (select w.cluster_id from node_pool w where w.id = any(${poolIds}::text[])) order by p.name`.execute(db);
  return new Map([...Map.groupBy(rows, (row) => row.cluster_id)].map(([clusterId, pools]) => [clusterId, { pools, fingerprint: JSON.stringify(pools) }]));
}

async function stateRows(db: Database, poolIds: readonly string[], now: Date): Promise<readonly StateRow[]> {
  const { rows } = await sql<StateRow>`
    with wanted as (
      select p.*, ${kubeletOfPool} as kubelet_version, c.name as cluster, c.kubernetes_version as control_plane_version, c.control_plane_upgrades, c.auto_upgrade, c.can_change_auto_upgrade,
        k.can_upgrade, k.advisory_revision as revision
      from node_pool p join cluster c on c.id = p.cluster_id join connection k on k.id = c.connection_id
      where p.id = any(${poolIds}::text[]) and p.gone_at is null
    ), counted as (
      select n.pool_id, count(*)::int as nodes, (count(*) filter (where n.state = 'not-assessed'))::int as not_assessed,
        (count(*) filter (where exists (select from node_class c where c.node_id = n.id)))::int as assessed
      from node n join wanted w on w.id = n.pool_id where n.gone_at is null group by n.pool_id
    ), standing as (
      -- nodes share their sets: what follows looks at few rows
      select n.pool_id, c.fact_class, c.match_set_id, c.grade, c.untold = '{}' as whole, min(c.assessed_at) as seen
      from node n join wanted w on w.id = n.pool_id join node_class c on c.node_id = n.id where n.gone_at is null
      group by n.pool_id, c.fact_class, c.match_set_id, c.grade, c.untold = '{}'
    ), classed as (
      select pool_id, jsonb_agg(distinct grade) as grades, jsonb_agg(distinct fact_class || ' ' || match_set_id || ' ' || whole) as match_sets, min(seen) as data_as_of
      from standing group by pool_id
    ), read as (
      select i.pool_id, jsonb_agg(jsonb_build_object('image', i.image, 'kubelet', i.kubelet_version, 'outcome', coalesce(i.match_set_id, i.unknown_code), 'revision', s.revision,
          'age', extract(epoch from ${now}::timestamptz - i.read_at))) as readings
      from image_reading i join wanted w on w.id = i.pool_id left join match_set s on s.id = i.match_set_id group by i.pool_id
    )
    select w.id, w.name, w.cluster_id, w.cluster, w.image, w.kubernetes_version, w.kubelet_version, w.control_plane_version, w.control_plane_upgrades, w.auto_upgrade,
      w.can_change_auto_upgrade, w.newer_images, w.kubernetes_upgrades, w.operations, w.can_upgrade, w.manager, w.coordinates, w.revision,
      coalesce(n.nodes, 0) as nodes, coalesce(n.not_assessed, 0) as not_assessed, coalesce(n.assessed, 0) as assessed, c.grades, c.match_sets, c.data_as_of, r.readings,
      (select j.id from upgrade_job j where j.pool_id = w.id and j.state in ('draft', 'preflight', 'running', 'verifying')) as active_job_id
    from wanted w
    left join counted n on n.pool_id = w.id left join classed c on c.pool_id = w.id left join read r on r.pool_id = w.id
    order by w.id`.execute(db);
  return rows;
}

function describeState(row: StateRow, { pools, fingerprint }: ClusterPools): PoolState {
  const targets = imageTargets({ newerImages: row.newer_images, kubernetesUpgrades: row.kubernetes_upgrades, kubeletVersion: row.kubelet_version });
  const readings = new Map((row.readings ?? []).map((reading) => [keyOf(reading), reading]));
  const isStale = (target: ImageTarget): boolean => {
    const reading = readings.get(keyOf(target));
    return reading === undefined || reading.outcome === null || reading.age >= keepSeconds || (reading.revision !== null && reading.revision !== row.revision);
  };
  const otherPools = pools.filter(({ id }) => id !== row.id).map(({ name, version, windows }) => ({ name, version, windows }));
  return {
    poolId: row.id,
    pool: row.name,
    clusterId: row.cluster_id,
    cluster: row.cluster,
    image: row.image,
    kubernetesVersion: row.kubernetes_version,
    kubeletVersion: row.kubelet_version,
    controlPlaneVersion: row.control_plane_version,
    controlPlaneUpgrades: row.control_plane_upgrades,
    autoUpgrade: row.auto_upgrade,
    canChangeAutoUpgrade: row.can_change_auto_upgrade,
    otherPools,
    windows: pools.some(({ id, windows }) => id === row.id && windows),
    newerImages: row.newer_images,
    kubernetesUpgrades: row.kubernetes_upgrades,
    staleImages: targets.filter(isStale),
    operations: row.operations,
    canUpgrade: row.can_upgrade,
    manager: row.manager,
    coordinates: row.coordinates,
    nodes: row.nodes,
    notAssessedNodes: row.not_assessed,
    assessedNodes: row.assessed,
    grade: evidenceGrades.findLast((grade) => row.grades?.includes(grade)) ?? null,
    revision: row.revision,
    dataAsOf: row.data_as_of,
    activeJobId: row.active_job_id,
    fingerprint: JSON.stringify([
      row.image, row.newer_images, row.kubernetes_version, row.kubelet_version, row.kubernetes_upgrades, row.control_plane_version, row.control_plane_upgrades, fingerprint,
      row.operations, row.can_upgrade, row.not_assessed, row.assessed, row.grades?.toSorted(), row.match_sets?.toSorted(),
      targets.map((target) => readings.get(keyOf(target))?.outcome ?? null),
    ]),
  };
}

function keyOf({ image, kubelet }: ImageTarget): string {
  return `${image}\n${kubelet}`;
}
