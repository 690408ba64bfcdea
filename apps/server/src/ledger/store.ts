import type { LedgerRow } from '@nodeward/api';
import { sql } from 'kysely';
import type { Database } from '../database/schema.ts';
import type { Comparison } from './compare-with-forecast.ts';

/** What the row is of. */
type LedgerSubject = { readonly jobId: string } | { readonly observedUpgradeId: string };

/** Once per job or observed upgrade: a repeated step changes nothing. */
export async function insertLedgerRow(db: Database, row: Comparison & LedgerSubject & { readonly poolId: string; readonly at: Date }): Promise<void> {
  await db
    .insertInto('ledger')
    .values({
      job_id: 'jobId' in row ? row.jobId : null,
      observed_upgrade_id: 'observedUpgradeId' in row ? row.observedUpgradeId : null,
      pool_id: row.poolId,
      finished_at: row.at,
      predicted: JSON.stringify(row.predicted),
      actual: JSON.stringify(row.actual),
      missed: JSON.stringify(row.missed),
      precision: row.precision,
      independent: row.independent,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Newest first. */
export async function ledgerRows(db: Database, where: { readonly poolId: string } | { readonly jobIds: readonly string[] }): Promise<readonly LedgerRow[]> {
  const wanted = 'poolId' in where ? sql`l.pool_id = ${where.poolId}` : sql`l.job_id = any(${where.jobIds}::text[])`;
  const { rows } = await sql<Stored>`
    select coalesce(l.job_id, o.id) as "jobId", l.finished_at, coalesce(j.kind, o.kind) as kind, o.id is not null as observed, coalesce(j.state, 'succeeded') as state,
      case when o.id is null then j.target when o.kind = 'kubernetes' then o.kubelet_version else o.image end as target,
      l.predicted, l.actual, l.missed, l.precision, l.independent
    from ledger l left join upgrade_job j on j.id = l.job_id left join observed_upgrade o on o.id = l.observed_upgrade_id
    where ${wanted} order by l.finished_at desc`.execute(db);
  return rows.map(({ finished_at: finishedAt, ...row }) => ({ ...row, finishedAt: finishedAt.toISOString() }));
}

type Stored = Omit<LedgerRow, 'finishedAt'> & { readonly finished_at: Date };
