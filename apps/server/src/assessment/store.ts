import type { AssessmentSummary, NotEvaluatedCause } from '@nodeward/api';
import type { CoverageEntry, CoverageReason, Reading } from '@nodeward/engine';
import type { NodeReference, ProviderKind } from '@nodeward/providers';
import { sql, type Transaction } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database, Schema } from '../database/schema.ts';
import { reconcilePools } from '../finding/reconcile.ts';
import { readClasses, toldClasses } from './coverage.ts';
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
  readonly kubeletVersion: string | null;
  readonly reassessmentId: string | null;
  readonly isGone: boolean;
  readonly isPaused: boolean;
  readonly isPlanOn: boolean;
}

export async function findAssessmentSubject(db: Database, id: string): Promise<AssessmentSubject | undefined> {
  const row = await db
    .selectFrom('assessment as a')
    .innerJoin('node as n', 'n.id', 'a.node_id')
    .innerJoin('node_pool as p', 'p.id', 'n.pool_id')
    .innerJoin('cluster as c', 'c.id', 'p.cluster_id')
    .innerJoin('connection as k', 'k.id', 'c.connection_id')
    .select(['a.id', 'a.state', 'a.node_id', 'a.reassessment_id', 'n.pool_id', 'n.name as node', 'n.kernel_release', 'n.kubelet_version', 'n.gone_at', 'p.name as pool'])
    .select(['c.name as cluster', 'k.id as connection_id', 'k.kind', 'k.advisory_folder', 'k.paused'])
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
    kubeletVersion: row.kubelet_version,
    reassessmentId: row.reassessment_id,
    isGone: row.gone_at !== null,
    isPaused: row.paused,
    isPlanOn: row.plan_on,
  };
}

/** Takes the token that the node has now: what is read is at least as new. The open ones among them are returned. */
export async function markReading(db: Database, ids: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    update assessment a set state = 'reading', evidence_token = n.evidence_token, node_image = n.image, kubelet_version = n.kubelet_version
    from node n where a.id = any(${ids}::text[]) and n.id = a.node_id and a.state in ('queued', 'reading', 'matching') returning a.id`.execute(db);
  return rows.map(({ id }) => id).toSorted();
}

/** Of one assessment, or of those of nodes whose evidence is the same. Idempotent: a step that runs twice writes the newer reading over the older one. */
export async function saveReading(db: Database, ids: readonly string[], reading: Reading, at: Date): Promise<void> {
  const [reader] = ids;
  if (reader === undefined) return;
  await inTransaction(db, async (transaction) => {
    if (reading.inventory !== undefined) await saveInventory(transaction, reading.inventory, at);
    const { grade, runningKernel, evidencePaths, componentFiles = [] } = reading.facts;
    await transaction
      .updateTable('assessment')
      .set({
        state: 'matching',
        grade,
        inventory_id: reading.inventory?.id ?? null,
        running_kernel: runningKernel?.release ?? null,
        running_kernel_from: runningKernel?.from ?? null,
        evidence_paths: JSON.stringify(evidencePaths),
        component_files: '[]',
        coverage: JSON.stringify(reading.coverage),
        evidence_at: at,
        reading_id: ids.length === 1 ? null : reader,
      })
      .where(sql<boolean>`id = any(${ids}::text[])`)
      .where('finished_at', 'is', null)
      .execute();
    await transaction
      .updateTable('assessment')
      .set({ component_files: JSON.stringify(componentFiles), bytes_read: reading.bytesRead, requests: reading.requests, reading_id: null })
      .where('id', '=', reader)
      .where('finished_at', 'is', null)
      .execute();
  });
}

export interface Conclusion {
  /** One, or those of nodes of one pool whose evidence is the same. */
  readonly ids: readonly string[];
  readonly poolId: string;
  readonly cause: NotEvaluatedCause | null;
  readonly reason: CoverageReason | null;
  readonly detail: string | null;
  readonly match: MatchOutcome | undefined;
  readonly coverage: readonly CoverageEntry[];
  /** What a provider without evidence says; the coverage of a reading has been stored with it. */
  readonly refusals?: readonly CoverageEntry[] | undefined;
}

/** Ends the assessments, makes their rows those of their nodes for each class that was read, and brings findings and states up to date. */
export async function concludeAssessments(db: Database, conclusion: Conclusion, at: Date): Promise<void> {
  await inTransaction(db, async (transaction) => {
    const reassessments = await lockReassessments(transaction, conclusion.ids);
    // before anything of the pool is written: two assessments that end at the same time wait here
    await sql`select id from node_pool where id = ${conclusion.poolId} for update`.execute(transaction);
    const ids = await finishAssessments(transaction, conclusion, at);
    if (ids.length === 0) return;
    if (conclusion.match?.kind === 'matched') await adoptClasses(transaction, ids, conclusion);
    await adoptAssessments(transaction, ids, conclusion);
    for (const id of reassessments) await finishReassessment(transaction, id, at);
    await reconcilePools(transaction, [conclusion.poolId], at);
  });
}

/** Those that were open. */
async function finishAssessments(db: Transaction<Schema>, { ids, cause, reason, detail, match, coverage, refusals }: Conclusion, at: Date): Promise<readonly string[]> {
  const matched = match?.kind === 'matched';
  const rows = await db
    .updateTable('assessment')
    .set({
      state: cause === null ? 'succeeded' : matched ? 'partial' : 'failed',
      cause,
      reason,
      detail,
      complete: cause === null,
      match_set_id: matched ? match.matchSetId : null,
      revision: match?.revision ?? null,
      read_classes: matched ? [...readClasses(coverage)] : [],
      finished_at: at,
      ...(refusals === undefined ? {} : { coverage: JSON.stringify(refusals) }),
    })
    .set((eb) => ({ evidence_at: eb.fn.coalesce('evidence_at', eb.val(at)) }))
    .where(sql<boolean>`id = any(${ids}::text[])`)
    .where('finished_at', 'is', null)
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}

/**
 * A class that was read takes the new rows, from evidence that is not older than what is there; one that was read in part
 * takes them only where nothing better is known.
 */
async function adoptClasses(db: Transaction<Schema>, ids: readonly string[], { coverage }: Conclusion): Promise<void> {
  const told = toldClasses(coverage);
  await sql`
    insert into node_class (node_id, fact_class, assessment_id, match_set_id, grade, assessed_at, untold)
    select a.node_id, c.fact_class, a.id, a.match_set_id, a.grade, a.evidence_at, string_to_array(c.untold, ' ')
    from assessment a, unnest(${told.map(({ factClass }) => factClass)}::text[], ${told.map(({ untold }) => untold.join(' '))}::text[],
      ${told.map(({ onlyWithRows }) => onlyWithRows)}::boolean[]) as c (fact_class, untold, only_with_rows)
    where a.id = any(${ids}::text[])
      and (not c.only_with_rows or exists (select from match m where m.match_set_id = a.match_set_id and m.fact_class = c.fact_class))
    on conflict (node_id, fact_class) do update set assessment_id = excluded.assessment_id, match_set_id = excluded.match_set_id,
      grade = excluded.grade, assessed_at = excluded.assessed_at, untold = excluded.untold
    where node_class.assessed_at <= excluded.assessed_at and (excluded.untold = '{}' or node_class.untold <> '{}')`.execute(db);
}

async function adoptAssessments(db: Transaction<Schema>, ids: readonly string[], { cause }: Conclusion): Promise<void> {
  await sql`
    update node n set assessment_id = a.id, assessed_token = a.evidence_token, assessed_cause = ${cause}::text
    from assessment a
    where a.id = any(${ids}::text[]) and n.id = a.node_id
      and not exists (select from assessment b where b.id = n.assessment_id and b.evidence_at > a.evidence_at)`.execute(db);
}

export async function cancelAssessments(db: Database, ids: readonly string[], cause: NotEvaluatedCause | null, at: Date, detail: string | null = null): Promise<void> {
  if (ids.length === 0) return;
  await inTransaction(db, async (transaction) => {
    const reassessments = await lockReassessments(transaction, ids);
    await transaction.updateTable('assessment').set({ state: 'cancelled', cause, detail, finished_at: at }).where(sql<boolean>`id = any(${ids}::text[])`).where('finished_at', 'is', null).execute();
    for (const id of reassessments) await finishReassessment(transaction, id, at);
  });
}

/** A reassessment has ended when none of its assessments is open. */
export async function finishReassessment(db: Database, id: string, at: Date): Promise<void> {
  await sql`
    update reassessment r set state = case when cancel_requested then 'cancelled' else 'succeeded' end, finished_at = ${at}::timestamptz
    where r.id = ${id} and state = 'running' and not exists (select from assessment a where a.reassessment_id = r.id and a.finished_at is null)`.execute(db);
}

/** The last two of its assessments may end at the same time: without the lock each would see the other as open. */
async function lockReassessments(db: Transaction<Schema>, assessmentIds: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select r.id from reassessment r where r.id in (select a.reassessment_id from assessment a where a.id = any(${assessmentIds}::text[])) order by r.id for update`.execute(db);
  return rows.map(({ id }) => id);
}
