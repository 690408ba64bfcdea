import type { FindingState } from '@nodeward/api';
import type { EvidenceGrade, KernelState } from '@nodeward/engine';
import type { ProviderKind } from '@nodeward/providers';
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Database, FindingEventTable, FindingTable } from '../database/schema.ts';

export type FindingRow = Selectable<FindingTable>;
export type FindingFilter = 'active' | 'no-fix' | 'undetermined' | 'resolved' | 'all';

const statesOf: Record<FindingFilter, readonly FindingState[] | undefined> = {
  active: ['open', 'reboot-required', 'remediating', 'awaiting-verification'],
  'no-fix': ['no-fix'],
  undetermined: ['undetermined'],
  resolved: ['resolved', 'resource-gone'],
  all: undefined,
};

export interface FindingPage {
  readonly rows: readonly FindingRow[];
  readonly total: number;
  readonly vulnerabilities: number;
  readonly next: FindingPosition | undefined;
}

/** Where a page ends: the sort key of its last row. */
export interface FindingPosition {
  readonly rank: number;
  readonly vulnerability: string;
  readonly packageFamily: string;
}

export interface FindingRequest {
  readonly poolId: string;
  readonly filter: FindingFilter;
  readonly search: string | undefined;
  readonly after: FindingPosition | undefined;
  readonly limit: number;
}

const rank = sql<number>`array_position(array['critical', 'high', 'medium', 'unknown', 'low', 'negligible'], severity)`;

/** Worst first; a page goes on after its last row whatever has changed meanwhile. */
export async function listFindings(db: Database, { poolId, filter, search, after, limit }: FindingRequest): Promise<FindingPage> {
  const states = statesOf[filter];
  const pattern = search === undefined ? undefined : `%${search.replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
  const wanted = sql`pool_id = ${poolId}
    ${states === undefined ? sql`` : sql`and state = any(${states}::text[])`}
    ${pattern === undefined ? sql`` : sql`and (vulnerability ilike ${pattern} or package_family ilike ${pattern} or source_package ilike ${pattern})`}`;
  const counts = await sql<{ total: number; vulnerabilities: number }>`
    select count(*)::int as total, count(distinct vulnerability)::int as vulnerabilities from finding where ${wanted}`.execute(db);
  const page = await sql<FindingRow & { readonly rank: number }>`
    select *, ${rank} as rank from finding where ${wanted}
      ${after === undefined ? sql`` : sql`and (${rank}, vulnerability, package_family) > (${after.rank}::int, ${after.vulnerability}::text, ${after.packageFamily}::text)`}
    order by rank, vulnerability, package_family limit ${limit + 1}`.execute(db);
  const rows = page.rows.slice(0, limit);
  const last = page.rows.length > limit ? rows.at(-1) : undefined;
  const { total = 0, vulnerabilities = 0 } = counts.rows[0] ?? {};
  return { rows, total, vulnerabilities, next: last === undefined ? undefined : { rank: last.rank, vulnerability: last.vulnerability, packageFamily: last.package_family } };
}

export interface FindingWithEvidence extends FindingRow {
  readonly evidence_path: string | null;
  readonly grade: EvidenceGrade | null;
  readonly revision: string | null;
}

/** The findings of one vulnerability in a pool, each with the evidence of a node that carries it, or that was looked at last. */
export async function findingsOfVulnerability(db: Database, poolId: string, vulnerability: string): Promise<readonly FindingWithEvidence[]> {
  const { rows } = await sql<FindingWithEvidence>`
    select f.*, e.evidence_path, e.grade, e.revision from finding f left join lateral (
      select a.evidence_paths->>f.fact_class as evidence_path, c.grade, s.revision
      from node n join node_class c on c.node_id = n.id and c.fact_class = f.fact_class
      join assessment a on a.id = c.assessment_id join match_set s on s.id = c.match_set_id
      where n.pool_id = f.pool_id
      order by exists (select from match m where m.match_set_id = c.match_set_id and m.vulnerability = f.vulnerability and m.package_family = f.package_family) desc,
        c.assessed_at desc limit 1
    ) e on true
    where f.pool_id = ${poolId} and f.vulnerability = ${vulnerability}
    order by f.package_family`.execute(db);
  return rows;
}

export type FindingChange = Selectable<FindingEventTable>;

/** More changes than these of one finding are not shown. */
const maxChanges = 50;

/** Newest first, by finding. */
export async function changesOfFindings(db: Database, findingIds: readonly string[]): Promise<ReadonlyMap<string, readonly FindingChange[]>> {
  const { rows } = await sql<FindingChange>`
    select e.* from unnest(${findingIds}::text[]) as f (id)
    cross join lateral (select * from finding_event v where v.finding_id = f.id order by v.at desc, v.to_state limit ${maxChanges}) e`.execute(db);
  return Map.groupBy(rows, ({ finding_id: id }) => id);
}

export interface OccurrenceRow {
  readonly nodeId: string;
  readonly node: string;
  readonly poolId: string;
  readonly pool: string;
  readonly cluster: string;
  readonly image: string;
  readonly installedVersion: string;
  readonly kernel: KernelState | null;
  readonly grade: EvidenceGrade;
  readonly assessedAt: Date;
}

/** More nodes than this are not listed one by one. */
const maxOccurrences = 2000;

/** Nodes of the pool that carry the vulnerability. */
export function nodesOfPoolWith(db: Database, poolId: string, vulnerability: string): Promise<readonly OccurrenceRow[]> {
  return occurrences(db, vulnerability, sql`p.id = ${poolId}`);
}

/** Nodes of every other pool that carry it. */
export function otherNodesWith(db: Database, poolId: string, vulnerability: string): Promise<readonly OccurrenceRow[]> {
  return occurrences(db, vulnerability, sql`p.id <> ${poolId}`);
}

/** An occurrence is a join: node ⋈ class ⋈ match. A kernel that does not run affects nobody. */
async function occurrences(db: Database, vulnerability: string, pools: RawBuilder<unknown>): Promise<readonly OccurrenceRow[]> {
  const { rows } = await sql<OccurrenceRow>`
    select * from (
      select distinct on (n.id) n.id as "nodeId", n.name as node, p.id as "poolId", p.name as pool, l.name as cluster, n.image,
        m.installed_version as "installedVersion", m.kernel, c.grade, c.assessed_at as "assessedAt"
      from match m join node_class c on c.match_set_id = m.match_set_id and c.fact_class = m.fact_class
      join node n on n.id = c.node_id and n.gone_at is null
      join node_pool p on p.id = n.pool_id join cluster l on l.id = p.cluster_id join connection k on k.id = l.connection_id and k.configured
      where m.vulnerability = ${vulnerability} and m.state <> 'not-affected' and (m.kernel is null or m.kernel = 'running') and ${pools}
      order by n.id, m.package_family, m.source_package
    ) o order by cluster, pool, node limit ${maxOccurrences}`.execute(db);
  return rows;
}

/** The connection whose advisories speak of the pool's findings. */
export async function advisorySourceOfPool(db: Database, poolId: string): Promise<{ readonly kind: ProviderKind; readonly folder: string | null } | undefined> {
  return db
    .selectFrom('node_pool as p')
    .innerJoin('cluster as c', 'c.id', 'p.cluster_id')
    .innerJoin('connection as k', 'k.id', 'c.connection_id')
    .select(['k.kind', 'k.advisory_folder as folder'])
    .where('p.id', '=', poolId)
    .executeTakeFirst();
}
