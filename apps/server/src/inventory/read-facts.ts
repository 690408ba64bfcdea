import { type Inventory, type NodeFacts, withNodeObject } from '@nodeward/engine';
import { type Selectable, sql } from 'kysely';
import { loadInventory } from '../assessment/inventory-store.ts';
import type { AssessmentTable, Database } from '../database/schema.ts';

export type AssessmentRow = Selectable<AssessmentTable>;

/** What one reading of a node gave, as the matcher was given it. */
export interface NodeReading {
  readonly inventory: Inventory;
  readonly facts: NodeFacts;
}

/** Undefined where the assessment gave no inventory. */
export async function readingOf(db: Database, assessment: AssessmentRow): Promise<NodeReading | undefined> {
  const { inventory_id: id, grade } = assessment;
  const inventory = id === null || grade === null ? undefined : await loadInventory(db, id);
  if (inventory === undefined || grade === null) return undefined;
  const facts: NodeFacts = {
    grade,
    ...((await isKubeletOfPool(db, assessment.node_id)) ? { kubeletFrom: 'node-pool' } : {}),
    ...(assessment.running_kernel === null || assessment.running_kernel_from === null ? {} : { runningKernel: { release: assessment.running_kernel, from: assessment.running_kernel_from } }),
    ...(assessment.kubelet_version === null ? {} : { kubeletVersion: assessment.kubelet_version }),
    componentFiles: assessment.component_files,
    evidencePaths: assessment.evidence_paths,
  };
  return { inventory: withNodeObject(inventory, facts), facts };
}

/** Azure's own connection knows the kubelet by the pool alone, unless a cluster's connection has lent what the Node object says. */
async function isKubeletOfPool(db: Database, nodeId: string): Promise<boolean> {
  const { rows } = await sql<{ readonly of_pool: boolean }>`
    select k.kind = 'aks' and n.lent_by is null as of_pool
    from node n join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id join connection k on k.id = c.connection_id where n.id = ${nodeId}`.execute(db);
  return rows[0]?.of_pool === true;
}

/** The assessments on which the fact classes of a node rest, and its newest one; each once. */
export async function assessmentsBehind(db: Database, nodeId: string): Promise<ReadonlyMap<string, AssessmentRow>> {
  // a new match of an old reading keeps what the reading saw
  const { rows } = await sql<AssessmentRow>`
    select a.*, r.component_files from assessment a join assessment r on r.id = coalesce(a.reading_id, a.id)
    where a.id in (select assessment_id from node_class where node_id = ${nodeId}) or a.id = (select assessment_id from node where id = ${nodeId})`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}
