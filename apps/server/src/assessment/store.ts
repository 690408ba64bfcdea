import type { AssessmentSummary, NotEvaluatedCause } from '@nodeward/api';
import { type CoverageEntry, type FactClass, factClasses, type Reading } from '@nodeward/engine';
import type { NodeReference, ProviderKind } from '@nodeward/providers';
import { sql, type Transaction } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database, Schema } from '../database/schema.ts';
import { reconcilePools } from '../finding/reconcile.ts';
import { saveInventory } from './inventory-store.ts';
import type { MatchOutcome } from './match-set.ts';

/** What a workflow must know of the assessment that it carries out. */
export interface AssessmentSubject {
  readonly id: string;
  readonly state: AssessmentSummary['state'];
  readonly nodeId: string;
  readonly poolId: string;
  readonly connectionId: string;
  readonly connectionKind: ProviderKind;
  readonly advisoryFolder: string | null;
  readonly reference: NodeReference;
  /** As the Node object reports it. */
  readonly kernelRelease: string | null;
  readonly reassessmentId: string | null;
  readonly isGone: boolean;
  readonly isPlanOn: boolean;
}

export async function findAssessmentSubject(db: Database, id: string): Promise<AssessmentSubject | undefined> {
  const row = await db
    .selectFrom('assessment as a')
    .innerJoin('node as n', 'n.id', 'a.node_id')
    .innerJoin('node_pool as p', 'p.id', 'n.pool_id')
    .innerJoin('cluster as c', 'c.id', 'p.cluster_id')
    .innerJoin('connection as k', 'k.id', 'c.connection_id')
    .select(['a.id', 'a.state', 'a.node_id', 'a.reassessment_id', 'n.pool_id', 'n.name as node', 'n.kernel_release', 'n.gone_at', 'p.name as pool'])
    .select(['c.name as cluster', 'k.id as connection_id', 'k.kind', 'k.advisory_folder'])
    .select(sql<boolean>`exists (select from plan where agentless_scanning)`.as('plan_on'))
    .where('a.id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    id: row.id,
    state: row.state,
    nodeId: row.node_id,
    poolId: row.pool_id,
    connectionId: row.connection_id,
    connectionKind: row.kind,
    advisoryFolder: row.advisory_folder,
    reference: { cluster: row.cluster, pool: row.pool, node: row.node },
    kernelRelease: row.kernel_release,
    reassessmentId: row.reassessment_id,
    isGone: row.gone_at !== null,
    isPlanOn: row.plan_on,
  };
}

/** Takes the token that the node has now: what is read is at least as new. */
export async function markReading(db: Database, id: string): Promise<boolean> {
  const { rows } = await sql<{ id: string }>`
    update assessment a set state = 'reading', evidence_token = n.evidence_token, node_image = n.image, kubelet_version = n.kubelet_version
    from node n where a.id = ${id} and n.id = a.node_id and a.state in ('queued', 'reading', 'matching') returning a.id`.execute(db);
  return rows.length > 0;
}

/** Idempotent: a step that runs twice writes the newer reading over the older one. */
export async function saveReading(db: Database, id: string, reading: Reading, at: Date): Promise<void> {
  await inTransaction(db, async (transaction) => {
    if (reading.inventory !== undefined) await saveInventory(transaction, reading.inventory, at);
    const { grade, runningKernel, evidencePaths } = reading.facts;
    await transaction
      .updateTable('assessment')
      .set({
        state: 'matching',
        grade,
        inventory_id: reading.inventory?.id ?? null,
        running_kernel: runningKernel?.release ?? null,
        running_kernel_from: runningKernel?.from ?? null,
        evidence_paths: JSON.stringify(evidencePaths),
        coverage: JSON.stringify(reading.coverage),
        bytes_read: reading.bytesRead,
        requests: reading.requests,
        evidence_at: at,
      })
      .where('id', '=', id)
      .where('finished_at', 'is', null)
      .execute();
  });
}

export interface Conclusion {
  readonly id: string;
  readonly nodeId: string;
  readonly poolId: string;
  readonly cause: NotEvaluatedCause | null;
  readonly detail: string | null;
  readonly match: MatchOutcome | undefined;
  readonly coverage: readonly CoverageEntry[];
}

/** Ends the assessment, makes its rows those of its node for each class that it read, and brings findings and states up to date. */
export async function concludeAssessment(db: Database, conclusion: Conclusion, at: Date): Promise<void> {
  await inTransaction(db, async (transaction) => {
    const reassessmentId = await lockReassessment(transaction, conclusion.id);
    await sql`select id from node_pool where id = ${conclusion.poolId} for update`.execute(transaction);
    const isFirst = await finishAssessment(transaction, conclusion, at);
    if (!isFirst) return;
    if (conclusion.match?.kind === 'matched') await adoptClasses(transaction, conclusion.id);
    await adoptAssessment(transaction, conclusion);
    if (reassessmentId !== undefined) await finishReassessment(transaction, reassessmentId, at);
    await reconcilePools(transaction, [conclusion.poolId], at);
  });
}

async function finishAssessment(db: Transaction<Schema>, { id, cause, detail, match, coverage }: Conclusion, at: Date): Promise<boolean> {
  const matched = match?.kind === 'matched';
  const { numUpdatedRows } = await db
    .updateTable('assessment')
    .set({
      state: cause === null ? 'succeeded' : matched ? 'partial' : 'failed',
      cause,
      detail,
      complete: cause === null,
      match_set_id: matched ? match.matchSetId : null,
      revision: match?.revision ?? null,
      read_classes: matched ? [...readClasses(coverage)] : [],
      finished_at: at,
    })
    .set((eb) => ({ evidence_at: eb.fn.coalesce('evidence_at', eb.val(at)) }))
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** A class is read where an entry says so and none says otherwise. */
export function readClasses(coverage: readonly CoverageEntry[]): readonly FactClass[] {
  return factClasses.filter((factClass) => {
    const entries = coverage.filter(({ subject }) => subject === factClass);
    return entries.length > 0 && entries.every(({ state }) => state === 'read');
  });
}

/** Only a class that was read takes the new rows, and only from evidence that is not older than what is there. */
async function adoptClasses(db: Transaction<Schema>, assessmentId: string): Promise<void> {
  await sql`
    insert into node_class (node_id, fact_class, assessment_id, match_set_id, grade, assessed_at)
    select a.node_id, c, a.id, a.match_set_id, a.grade, a.evidence_at
    from assessment a, unnest(a.read_classes) as c where a.id = ${assessmentId}
    on conflict (node_id, fact_class) do update set assessment_id = excluded.assessment_id, match_set_id = excluded.match_set_id,
      grade = excluded.grade, assessed_at = excluded.assessed_at
    where node_class.assessed_at <= excluded.assessed_at`.execute(db);
}

async function adoptAssessment(db: Transaction<Schema>, { id, cause }: Conclusion): Promise<void> {
  await sql`
    update node n set assessment_id = a.id, assessed_token = a.evidence_token, assessed_cause = ${cause}::text
    from assessment a
    where a.id = ${id} and n.id = a.node_id
      and not exists (select from assessment b where b.id = n.assessment_id and b.evidence_at > a.evidence_at)`.execute(db);
}

export async function cancelAssessment(db: Database, id: string, cause: NotEvaluatedCause | null, at: Date): Promise<void> {
  await inTransaction(db, async (transaction) => {
    const reassessmentId = await lockReassessment(transaction, id);
    await transaction.updateTable('assessment').set({ state: 'cancelled', cause, finished_at: at }).where('id', '=', id).where('finished_at', 'is', null).execute();
    if (reassessmentId !== undefined) await finishReassessment(transaction, reassessmentId, at);
  });
}

/** A reassessment has ended when none of its assessments is open. */
export async function finishReassessment(db: Database, id: string, at: Date): Promise<void> {
  await sql`
    update reassessment r set state = case when cancel_requested then 'cancelled' else 'succeeded' end, finished_at = ${at}::timestamptz
    where r.id = ${id} and state = 'running' and not exists (select from assessment a where a.reassessment_id = r.id and a.finished_at is null)`.execute(db);
}

/** The last two of its assessments may end at the same time: without the lock each would see the other as open. */
async function lockReassessment(db: Transaction<Schema>, assessmentId: string): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select r.id from reassessment r join assessment a on a.reassessment_id = r.id where a.id = ${assessmentId} for update of r`.execute(db);
  return rows[0]?.id;
}
