import type { EvidenceGrade, OperationKind } from '@nodeward/api';
import { evidenceGrades } from '@nodeward/engine';
import { sql } from 'kysely';
import type { Database } from '../database/schema.ts';
import { NotFoundError } from '../http/errors.ts';

/** What a forecast of a pool depends on; two states with one fingerprint have one forecast. */
export interface PoolState {
  readonly poolId: string;
  readonly pool: string;
  readonly clusterId: string;
  readonly cluster: string;
  readonly image: string;
  readonly kubernetesVersion: string | null;
  readonly newerImages: readonly string[];
  /** Newer images that were never read, not lately, or not with the advisories of now. */
  readonly staleImages: readonly string[];
  readonly operations: readonly OperationKind[];
  readonly canUpgrade: boolean;
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
  readonly outcome: string | null;
  readonly revision: string | null;
  /** Seconds. */
  readonly age: number;
}

/** As long as `ensureImageReadings` keeps a reading. */
const keepSeconds = 15 * 60;

interface StateRow {
  readonly name: string;
  readonly cluster_id: string;
  readonly cluster: string;
  readonly image: string;
  readonly kubernetes_version: string | null;
  readonly newer_images: readonly string[];
  readonly operations: readonly OperationKind[];
  readonly can_upgrade: boolean;
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

/** One query, so that a list of pools can afford it. */
export async function poolState(db: Database, poolId: string, now: Date): Promise<PoolState> {
  const { rows } = await sql<StateRow>`
    with member as (
      select id, state, assessment_id from node where pool_id = ${poolId} and gone_at is null
    ), class as (
      select c.node_id, c.fact_class, c.match_set_id, c.grade, c.assessed_at from node_class c join member m on m.id = c.node_id
    )
    select p.name, p.cluster_id, c.name as cluster, p.image, p.kubernetes_version, p.newer_images, p.operations, k.can_upgrade, k.advisory_revision as revision,
      (select count(*)::int from member) as nodes,
      (select count(*)::int from member where state = 'not-assessed') as not_assessed,
      (select count(distinct node_id)::int from class) as assessed,
      (select jsonb_agg(distinct grade) from class) as grades,
      (select jsonb_agg(distinct fact_class || ' ' || match_set_id) from class) as match_sets,
      (select jsonb_agg(jsonb_build_object('image', i.image, 'outcome', coalesce(i.match_set_id, i.unknown_code), 'revision', s.revision,
          'age', extract(epoch from ${now}::timestamptz - i.read_at)))
        from image_reading i left join match_set s on s.id = i.match_set_id where i.pool_id = p.id) as readings,
      (select min(assessed_at) from class) as data_as_of,
      (select id from upgrade_job where pool_id = p.id and state in ('draft', 'preflight', 'running', 'verifying')) as active_job_id
    from node_pool p join cluster c on c.id = p.cluster_id join connection k on k.id = c.connection_id
    where p.id = ${poolId} and p.gone_at is null`.execute(db);
  const row = rows[0];
  if (row === undefined) throw new NotFoundError('node pool', poolId);
  return describeState(poolId, row);
}

function describeState(poolId: string, row: StateRow): PoolState {
  const readings = new Map((row.readings ?? []).map((reading) => [reading.image, reading]));
  const isStale = (image: string): boolean => {
    const reading = readings.get(image);
    return reading === undefined || reading.age >= keepSeconds || (reading.revision !== null && reading.revision !== row.revision);
  };
  const outcomes = row.newer_images.map((image) => readings.get(image)?.outcome ?? null);
  const depends = [row.image, row.newer_images, row.operations, row.can_upgrade, row.not_assessed, row.assessed, row.grades?.toSorted(), row.match_sets?.toSorted(), outcomes];
  return {
    poolId,
    pool: row.name,
    clusterId: row.cluster_id,
    cluster: row.cluster,
    image: row.image,
    kubernetesVersion: row.kubernetes_version,
    newerImages: row.newer_images,
    staleImages: row.newer_images.filter(isStale),
    operations: row.operations,
    canUpgrade: row.can_upgrade,
    nodes: row.nodes,
    notAssessedNodes: row.not_assessed,
    assessedNodes: row.assessed,
    grade: evidenceGrades.findLast((grade) => row.grades?.includes(grade)) ?? null,
    revision: row.revision,
    dataAsOf: row.data_as_of,
    activeJobId: row.active_job_id,
    fingerprint: JSON.stringify(depends),
  };
}
