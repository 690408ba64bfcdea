import type { FleetNode, NodeState, NotEvaluatedCause } from '@nodeward/api';
import type { CoverageReason, EvidenceGrade } from '@nodeward/engine';
import { type RawBuilder, sql } from 'kysely';
import { containing } from '../database/like-pattern.ts';
import { within } from '../database/fleet-scope.ts';
import { liveNodes } from '../database/live-fleet.ts';
import type { Database } from '../database/schema.ts';
import { evidenceOfNodes, type ImageAgeBand, imageAgeOf } from './node-scope.ts';

/** Where a page ends: cluster, pool, node, and the node's id, which decides between equals. */
export type NodePosition = readonly [cluster: string, pool: string, node: string, id: string];

export interface NodeRequest {
  readonly state: NodeState | undefined;
  readonly cause: NotEvaluatedCause | undefined;
  readonly grade: EvidenceGrade | 'none' | undefined;
  readonly poolId: string | undefined;
  readonly clusterId: string | undefined;
  readonly connectionId: string | undefined;
  readonly region: string | undefined;
  readonly imageAge: ImageAgeBand | undefined;
  readonly search: string | undefined;
  readonly after: NodePosition | undefined;
  readonly limit: number;
}

export interface NodePage {
  readonly nodes: readonly FleetNode[];
  readonly total: number;
  readonly next: NodePosition | undefined;
}

interface NodeRow {
  readonly id: string;
  readonly name: string;
  readonly pool_id: string;
  readonly pool: string;
  readonly cluster_id: string;
  readonly cluster: string;
  readonly image: string;
  readonly kernel_release: string | null;
  readonly kubelet_version: string | null;
  readonly container_runtime_version: string | null;
  readonly state: NodeState;
  readonly cause: NotEvaluatedCause | null;
  readonly reason: CoverageReason | null;
  readonly detail: string | null;
  readonly grade: EvidenceGrade | null;
  readonly last_assessed: Date | null;
  readonly open: number | null;
}

export async function listNodes(db: Database, request: NodeRequest, now: Date): Promise<NodePage> {
  const wanted = conditionOf(request, now);
  const joined = sql`${liveNodes} left join ${evidenceOfNodes} e on e.node_id = n.id`;
  const counted = await sql<{ readonly total: number }>`select count(*)::int as total from ${joined} where ${wanted}`.execute(db);
  const { after, limit } = request;
  const rows = await nodeRows(db, sql`${wanted} ${after === undefined ? sql`` : sql`and (l.name, p.name, n.name, n.id) > (${after[0]}::text, ${after[1]}::text, ${after[2]}::text, ${after[3]}::text)`}`, limit + 1);
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { nodes: page.map(toNode), total: counted.rows[0]?.total ?? 0, next: last === undefined ? undefined : [last.cluster, last.pool, last.name, last.id] };
}

export async function findFleetNode(db: Database, nodeId: string): Promise<FleetNode | undefined> {
  const [row] = await nodeRows(db, sql`n.id = ${nodeId}`, 1);
  return row === undefined ? undefined : toNode(row);
}

function conditionOf({ state, cause, grade, poolId, clusterId, connectionId, region, imageAge, search }: NodeRequest, now: Date): RawBuilder<unknown> {
  const pattern = search === undefined ? undefined : containing(search);
  const equals = (column: RawBuilder<unknown>, value: string | undefined): RawBuilder<unknown> => (value === undefined ? sql`` : sql`and ${column} = ${value}`);
  return sql`true ${equals(sql`n.state`, state)} ${equals(sql`n.cause`, cause)} ${equals(sql`p.id`, poolId)} and ${within({ clusterId, connectionId, region })} ${equals(sql`coalesce(e.grade, 'none')`, grade)} ${equals(imageAgeOf(now), imageAge)}
    ${pattern === undefined ? sql`` : sql`and (n.name ilike ${pattern} or p.name ilike ${pattern} or l.name ilike ${pattern} or n.image ilike ${pattern})`}`;
}

/** Open CVEs are counted once for all nodes of the page that carry the same rows. */
async function nodeRows(db: Database, condition: RawBuilder<unknown>, limit: number): Promise<readonly NodeRow[]> {
  const { rows } = await sql<NodeRow>`
    with page as (
      select n.*, p.name as pool, l.id as cluster_id, l.name as cluster, e.grade, e.last_assessed
      from ${liveNodes} left join ${evidenceOfNodes} e on e.node_id = n.id
      where ${condition} order by l.name, p.name, n.name, n.id limit ${limit}
    ), carried as (
      select c.node_id, array_agg(c.fact_class || ' ' || c.match_set_id order by c.fact_class) as sets, bool_or(c.fact_class = 'os-packages') as judged
      from node_class c join page on page.id = c.node_id group by c.node_id
    ), counted as (
      select d.sets, count(distinct m.vulnerability)::int as open
      from (select distinct sets from carried) d
      left join lateral (
        select m.vulnerability from unnest(d.sets) s join match m on m.match_set_id = split_part(s, ' ', 2) and m.fact_class = split_part(s, ' ', 1)
        where m.state = 'affected-fix-available' and (m.kernel is null or m.kernel = 'running')
      ) m on true
      group by d.sets
    )
    select page.*, a.reason, a.detail,
      -- where no packages were compared, none found is not none
      case when carried.judged then counted.open else nullif(counted.open, 0) end as open from page left join assessment a on a.id = page.assessment_id left join carried on carried.node_id = page.id left join counted on counted.sets = carried.sets
    order by page.cluster, page.pool, page.name, page.id`.execute(db);
  return rows;
}

function toNode(row: NodeRow): FleetNode {
  return {
    id: row.id,
    name: row.name,
    poolId: row.pool_id,
    pool: row.pool,
    clusterId: row.cluster_id,
    cluster: row.cluster,
    image: row.image,
    kernelRelease: row.kernel_release,
    kubeletVersion: row.kubelet_version,
    containerRuntimeVersion: row.container_runtime_version,
    state: row.state,
    cause: row.cause,
    reason: row.cause === null ? null : row.reason,
    detail: row.cause === null ? null : row.detail,
    grade: row.grade,
    lastAssessedAt: row.last_assessed?.toISOString() ?? null,
    openVulnerabilities: row.open,
  };
}
