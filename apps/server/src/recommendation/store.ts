import type { Connection, CoverageReason, FleetSummary, NotEvaluatedCause, RecommendationState, Severity, SeverityCounts } from '@nodeward/api';
import type { EvidenceGrade } from '@nodeward/engine';
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database/schema.ts';

export interface RecommendationRow {
  readonly id: string;
  readonly pool: string;
  readonly cluster_id: string;
  readonly cluster: string;
  readonly connection_id: string;
  readonly connection: string;
  readonly connection_kind: Connection['kind'];
  readonly state: RecommendationState;
  readonly cause: NotEvaluatedCause | null;
  readonly reason: CoverageReason | null;
  readonly cause_nodes: number | null;
  readonly risk_level: Severity | null;
  readonly exploited_vulnerabilities: number | null;
  readonly image: string;
  readonly nodes: number;
  readonly unhealthy_nodes: number;
  readonly not_assessed_nodes: number;
  readonly open_vulnerabilities: number | null;
  readonly no_fix_vulnerabilities: number | null;
  readonly severities: SeverityCounts | null;
  readonly kubernetes_version: string | null;
  readonly region: string | null;
  readonly grade: EvidenceGrade | null;
  readonly active_job: string | null;
  readonly last_assessed: Date | null;
  /** Of the node whose evidence is the oldest: it decides the freshness. */
  readonly oldest_assessed: Date | null;
  readonly unread_nodes: number;
  readonly state_changed_at: Date | null;
}

export function listRecommendations(db: Database): Promise<readonly RecommendationRow[]> {
  return recommendationsWhere(db, sql`true`);
}

export async function findRecommendation(db: Database, poolId: string): Promise<RecommendationRow | undefined> {
  const [row] = await recommendationsWhere(db, sql`p.id = ${poolId}`);
  return row;
}

async function recommendationsWhere(db: Database, condition: RawBuilder<unknown>): Promise<readonly RecommendationRow[]> {
  const { rows } = await sql<RecommendationRow>`
    with read_at as (
      select n.pool_id, n.id, max(c.assessed_at) as at,
        min(array_position(array['disk', 'pod', 'reference-image', 'manifest', 'node-status'], c.grade)) as grade
      from node n left join node_class c on c.node_id = n.id where n.gone_at is null group by n.pool_id, n.id
    ), said as (
      select n.pool_id, case when count(distinct coalesce(a.reason, '')) = 1 then max(a.reason) end as reason
      from node n join node_pool q on q.id = n.pool_id and q.cause = n.cause join assessment a on a.id = n.assessment_id
      where n.gone_at is null group by n.pool_id
    ), evidence as (
      select pool_id, max(at) as last_assessed, min(at) as oldest_assessed, (count(*) filter (where at is null))::int as unread_nodes, max(grade) as grade
      from read_at group by pool_id
    )
    select p.id, p.name as pool, c.id as cluster_id, c.name as cluster, k.id as connection_id, k.name as connection, k.kind as connection_kind, p.state, p.cause, r.reason, p.cause_nodes,
      p.risk_level, p.exploited_vulnerabilities, p.image, p.nodes, p.unhealthy_nodes, p.not_assessed_nodes, p.open_vulnerabilities, p.no_fix_vulnerabilities, p.severities,
      coalesce(p.kubernetes_version, c.kubernetes_version) as kubernetes_version, c.region, p.state_changed_at,
      (array['disk', 'pod', 'reference-image', 'manifest', 'node-status'])[e.grade] as grade, e.last_assessed, e.oldest_assessed,
      coalesce(e.unread_nodes, 0) as unread_nodes,
      (select j.id from upgrade_job j where j.pool_id = p.id and j.state in ('draft', 'preflight', 'running', 'verifying') limit 1) as active_job
    from node_pool p join cluster c on c.id = p.cluster_id join connection k on k.id = c.connection_id and k.configured
    left join evidence e on e.pool_id = p.id left join said r on r.pool_id = p.id
    where p.gone_at is null and ${condition}
    order by array_position(array['unhealthy', 'not-evaluated', 'healthy', 'not-applicable'], p.state),
      array_position(array['critical', 'high', 'medium', 'unknown', 'low', 'negligible'], p.risk_level) nulls last,
      p.open_vulnerabilities desc nulls last, c.name, p.name, p.id`.execute(db);
  return rows;
}

export interface FindingCounts {
  readonly open: number;
  readonly rebootRequired: number;
  readonly noFix: number;
  readonly undetermined: number;
  readonly resolved: number;
}

/** CVEs by the state of their findings; one that is in two states counts in both. */
export async function countFindings(db: Database, poolId: string): Promise<FindingCounts> {
  const { rows } = await sql<FindingCounts>`
    select (count(distinct vulnerability) filter (where state in ('open', 'remediating', 'awaiting-verification')))::int as open,
      (count(distinct vulnerability) filter (where state = 'reboot-required'))::int as "rebootRequired",
      (count(distinct vulnerability) filter (where state = 'no-fix'))::int as "noFix",
      (count(distinct vulnerability) filter (where state = 'undetermined'))::int as undetermined,
      (count(distinct vulnerability) filter (where state in ('resolved', 'resource-gone')))::int as resolved
    from finding where pool_id = ${poolId}`.execute(db);
  return rows[0] ?? { open: 0, rebootRequired: 0, noFix: 0, undetermined: 0, resolved: 0 };
}

/** healthy + unhealthy + not evaluated + not applicable = all pools; healthy + unhealthy + not assessed = all nodes. */
export function summarise(rows: readonly RecommendationRow[]): Omit<FleetSummary, 'mostEffective' | 'forecastsKnown'> {
  const pools = (state: RecommendationState): number => rows.filter((row) => row.state === state).length;
  const nodes = (count: (row: RecommendationRow) => number): number => rows.reduce((sum, row) => sum + count(row), 0);
  const risk = (level: Severity): number => rows.filter((row) => row.state === 'unhealthy' && row.risk_level === level).length;
  return {
    nodePools: {
      total: rows.length,
      unhealthy: pools('unhealthy'),
      healthy: pools('healthy'),
      notEvaluated: pools('not-evaluated'),
      notApplicable: pools('not-applicable'),
    },
    nodes: {
      total: nodes((row) => row.nodes),
      unhealthy: nodes((row) => row.unhealthy_nodes),
      healthy: nodes((row) => row.nodes - row.unhealthy_nodes - row.not_assessed_nodes),
      notAssessed: nodes((row) => row.not_assessed_nodes),
    },
    riskLevels: { critical: risk('critical'), high: risk('high'), medium: risk('medium'), low: risk('low'), negligible: risk('negligible'), unknown: risk('unknown') },
  };
}
