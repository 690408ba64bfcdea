import type { LedgerRow } from '@nodeward/api';
import type { Database } from '../database/schema.ts';
import type { Comparison } from './compare-with-forecast.ts';

/** Once per job: a repeated step changes nothing. */
export async function insertLedgerRow(db: Database, row: Comparison & { readonly jobId: string; readonly poolId: string; readonly at: Date }): Promise<void> {
  await db
    .insertInto('ledger')
    .values({
      job_id: row.jobId,
      pool_id: row.poolId,
      finished_at: row.at,
      predicted: JSON.stringify(row.predicted),
      actual: JSON.stringify(row.actual),
      missed: JSON.stringify(row.missed),
      precision: row.precision,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Newest first. */
export async function ledgerRows(db: Database, where: { readonly poolId: string } | { readonly jobIds: readonly string[] }): Promise<readonly LedgerRow[]> {
  const rows = await db
    .selectFrom('ledger as l')
    .innerJoin('upgrade_job as j', 'j.id', 'l.job_id')
    .select(['l.job_id', 'l.finished_at', 'j.kind', 'j.target', 'j.state', 'l.predicted', 'l.actual', 'l.missed', 'l.precision'])
    .where((where_) => ('poolId' in where ? where_('l.pool_id', '=', where.poolId) : where_('l.job_id', 'in', where.jobIds.length === 0 ? [''] : where.jobIds)))
    .orderBy('l.finished_at', 'desc')
    .execute();
  return rows.map(({ job_id, finished_at, ...row }) => ({ jobId: job_id, finishedAt: finished_at.toISOString(), ...row }));
}
