import type { AssessmentSummary, Node } from '@nodeward/api';
import { type CoverageEntry, joinCoverage } from '@nodeward/engine';
import { type RawBuilder, type Selectable, sql } from 'kysely';
import { hasJudgedPackages } from '../database/live-fleet.ts';
import type { AssessmentTable, Database, NodeTable } from '../database/schema.ts';
import { withKnownKubelet } from './coverage.ts';

type AssessmentRow = Selectable<AssessmentTable> & { readonly packages: number | null; readonly set_coverage: readonly CoverageEntry[] | null };

const assessmentColumns = sql`a.*, i.packages, s.coverage as set_coverage`;
const assessmentJoins = sql`left join inventory i on i.id = a.inventory_id left join match_set s on s.id = a.match_set_id`;

/** Assessments of one node, newest first. */
export async function assessmentsOfNode(db: Database, nodeId: string, limit: number): Promise<readonly AssessmentSummary[]> {
  const { rows } = await sql<AssessmentRow>`
    select ${assessmentColumns} from assessment a ${assessmentJoins} where a.node_id = ${nodeId} order by a.queued_at desc, a.id limit ${limit}`.execute(db);
  return rows.map(toSummary);
}

type NodeRow = Selectable<NodeTable> & { readonly judged: boolean; readonly open: number; readonly assessment: AssessmentSummary | null };

export async function findNode(db: Database, nodeId: string): Promise<Node | undefined> {
  const [node] = await nodesWhere(db, sql`n.id = ${nodeId}`);
  return node;
}

/** Live nodes of a pool. */
export function nodesOfPool(db: Database, poolId: string): Promise<readonly Node[]> {
  return nodesWhere(db, sql`n.pool_id = ${poolId} and n.gone_at is null`);
}

async function nodesWhere(db: Database, condition: RawBuilder<unknown>): Promise<readonly Node[]> {
  const { rows: nodes } = await sql<NodeRow>`
    select n.*, ${hasJudgedPackages} as judged, (
        select count(distinct m.vulnerability)::int from node_class c join match m on m.match_set_id = c.match_set_id and m.fact_class = c.fact_class
        where c.node_id = n.id and (m.kernel is null or m.kernel = 'running') and m.state = 'affected-fix-available') as open
    from node n where ${condition} order by n.name`.execute(db);
  const ids = nodes.flatMap(({ assessment_id: id }) => id ?? []);
  const { rows: assessments } = await sql<AssessmentRow>`
    select ${assessmentColumns} from assessment a ${assessmentJoins} where a.id = any(${ids}::text[])`.execute(db);
  const byId = new Map(assessments.map((row) => [row.id, toSummary(row)]));
  return nodes.map((row) => ({
    id: row.id,
    name: row.name,
    poolId: row.pool_id,
    image: row.image,
    kernelRelease: row.kernel_release,
    kubeletVersion: row.kubelet_version,
    containerRuntimeVersion: row.container_runtime_version,
    state: row.state,
    cause: row.cause,
    assessment: row.assessment_id === null ? null : (byId.get(row.assessment_id) ?? null),
    openVulnerabilities: row.judged || row.open > 0 ? row.open : null,
  }));
}

function toSummary(row: AssessmentRow): AssessmentSummary {
  return {
    id: row.id,
    state: row.state,
    trigger: row.trigger,
    grade: row.grade,
    cause: row.cause,
    reason: row.reason,
    detail: row.detail,
    complete: row.complete,
    inventoryId: row.inventory_id,
    packages: row.packages,
    advisoryDatabaseRevision: row.revision,
    bytesRead: Number(row.bytes_read),
    startedAt: row.queued_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    coverage: [...joinCoverage(withKnownKubelet(row.coverage, row.kubelet_version), row.set_coverage ?? [])],
  };
}
