import { type RawBuilder, sql } from 'kysely';
import { inTransaction } from './database/in-transaction.ts';
import type { Database } from './database/schema.ts';
import type { Dependencies } from './dependencies.ts';
import { type RepeatedWork, startRepeatedWork } from './repeated-work.ts';

const everyMs = 6 * 3_600_000;
const dayMs = 24 * 3_600_000;
/** Rows that nothing stands on may be wanted again by what is under way: an assessment, a node that boots back. */
const keepUnusedMs = dayMs;
/** One delete is one statement, during which the embedded database does nothing else. */
const atOnce = { assessments: 500, nodes: 50, sets: 20, inventories: 20 } as const;

export interface AssessmentRetentionDependencies extends Pick<Dependencies, 'db' | 'clock' | 'log'> {
  /** Days for which assessments and nodes that are gone are remembered; null: for ever. */
  readonly historyDays: number | null;
}

/** Forgets old assessments, and rows and inventories that nothing refers to, now and again and again. */
export function startAssessmentRetention(deps: AssessmentRetentionDependencies): RepeatedWork {
  const forget = async (signal: AbortSignal): Promise<void> => {
    const forgotten = await forgetOldAssessments(deps, signal);
    if (Object.values(forgotten).some((count) => count > 0)) deps.log.info({ ...forgotten }, 'old assessments have been forgotten');
  };
  return startRepeatedWork(everyMs, forget, (error) => deps.log.error({ error }, 'old assessments could not be forgotten'));
}

/** Numbers of what was removed. */
export interface Forgotten {
  readonly assessments: number;
  readonly nodes: number;
  /** Sets that have lost their rows, and sets that nobody remembers. */
  readonly rows: number;
  readonly sets: number;
  readonly inventories: number;
}

/**
 * In small transactions, beside running assessments. Findings with their history, jobs, the ledger, pools and what is
 * known of their images stay; of a node that is there, what its newest assessments read stays whatever its age.
 */
export async function forgetOldAssessments({ db, clock, historyDays }: AssessmentRetentionDependencies, signal: AbortSignal): Promise<Forgotten> {
  const now = clock().getTime();
  const before = historyDays === null ? undefined : new Date(now - historyDays * dayMs);
  const unusedSince = new Date(now - keepUnusedMs);
  const assessments = before === undefined ? 0 : await inBatches(db, signal, oldAssessments(before));
  const nodes = before === undefined ? 0 : await inBatches(db, signal, oldNodes(before));
  if (before !== undefined) await sql`delete from reassessment r where r.finished_at < ${before}::timestamptz and not exists (select from assessment a where a.reassessment_id = r.id)`.execute(db);
  const rows = await inBatches(db, signal, unusedRows(unusedSince));
  const sets = await inBatches(db, signal, unusedSets(unusedSince));
  const inventories = await inBatches(db, signal, unusedInventories(unusedSince));
  return { assessments, nodes, rows, sets, inventories };
}

/** What may go. `unused` is asked twice: before a row is locked, and after whoever referred to it meanwhile has ended. */
interface Purge {
  readonly table: RawBuilder<unknown>;
  readonly id: RawBuilder<unknown>;
  /** Of the row `x`. */
  readonly unused: RawBuilder<unknown>;
  readonly atOnce: number;
}

async function inBatches(db: Database, signal: AbortSignal, purge: Purge): Promise<number> {
  let removed = 0;
  for (let last = purge.atOnce; last > 0 && !signal.aborted; removed += last) last = await removeBatch(db, purge);
  return removed;
}

function removeBatch(db: Database, { table, id, unused, atOnce: limit }: Purge): Promise<number> {
  return inTransaction(db, async (transaction) => {
    // what somebody else holds is in use: it is looked at again the next time
    const { rows: locked } = await sql<{ id: string }>`select ${id} as id from ${table} x where ${unused} limit ${limit} for update skip locked`.execute(transaction);
    if (locked.length === 0) return 0;
    const { numAffectedRows: removed = 0n } = await sql`delete from ${table} x where ${id} = any(${locked.map((row) => row.id)}::text[]) and ${unused}`.execute(transaction);
    return Number(removed);
  });
}

/** Ended, and nobody's newest reading, of whatever class; those of a job wait for its end. */
function oldAssessments(before: Date): Purge {
  return {
    table: sql`assessment`,
    id: sql`x.id`,
    unused: sql`x.finished_at < ${before}::timestamptz
      and not exists (select from node n where n.id = x.node_id and n.assessment_id = x.id)
      and not exists (select from node_class c where c.assessment_id = x.id)
      and not exists (select from assessment a where a.reading_id = x.id)
      and not exists (select from reassessment r where r.id = x.reassessment_id and r.finished_at is null)
      and not exists (select from upgrade_job j where j.id = x.job_id and j.finished_at is null)`,
    atOnce: atOnce.assessments,
  };
}

/** Gone for long, with all that was read of them; not while another node's assessment rests on the reading of one of theirs. */
function oldNodes(before: Date): Purge {
  return {
    table: sql`node`,
    id: sql`x.id`,
    unused: sql`x.gone_at < ${before}::timestamptz
      and not exists (select from assessment a where a.node_id = x.id and (a.finished_at is null
        or exists (select from upgrade_job j where j.id = a.job_id and j.finished_at is null)
        or exists (select from assessment b where b.reading_id = a.id and b.node_id <> x.id)))`,
    atOnce: atOnce.nodes,
  };
}

/** The rows of sets on which neither a node nor an image stands. */
function unusedRows(since: Date): Purge {
  return {
    table: sql`match_rows`,
    id: sql`x.match_set_id`,
    unused: sql`x.wanted_at < ${since}::timestamptz
      and not exists (select from node_class c where c.match_set_id = x.match_set_id)
      and not exists (select from image_reading i where i.match_set_id = x.match_set_id)`,
    atOnce: atOnce.sets,
  };
}

/** Without rows, and of no assessment that is remembered. */
function unusedSets(since: Date): Purge {
  return {
    table: sql`match_set`,
    id: sql`x.id`,
    unused: sql`x.matched_at < ${since}::timestamptz
      and not exists (select from match_rows r where r.match_set_id = x.id)
      and not exists (select from assessment a where a.match_set_id = x.id)`,
    atOnce: atOnce.sets,
  };
}

function unusedInventories(since: Date): Purge {
  return {
    table: sql`inventory`,
    id: sql`x.id`,
    unused: sql`x.first_seen_at < ${since}::timestamptz
      and not exists (select from assessment a where a.inventory_id = x.id)
      and not exists (select from image_reading i where i.inventory_id = x.id)
      and not exists (select from match_set s where s.inventory_id = x.id)`,
    atOnce: atOnce.inventories,
  };
}
