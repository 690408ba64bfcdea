import { sql } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database } from '../database/schema.ts';

export interface FindingKey {
  readonly packageFamily: string;
  readonly vulnerability: string;
}

/** The job has begun to change the pool: the findings that it is to fix wait for it. */
export async function markRemediating(db: Database, poolId: string, jobId: string, at: Date, rows: readonly FindingKey[]): Promise<void> {
  const families = rows.map((row) => row.packageFamily);
  const vulnerabilities = rows.map((row) => row.vulnerability);
  await withPoolLocked(db, poolId, (transaction) => sql`
    with target as (
      select f.id, f.state from finding f
      join (select distinct * from unnest(${families}::text[], ${vulnerabilities}::text[]) as k (package_family, vulnerability)) k
        using (package_family, vulnerability)
      where f.pool_id = ${poolId} and f.state in ('open', 'reboot-required')
    ), moved as (
      update finding f set state = 'remediating' from target t where f.id = t.id
    )
    insert into finding_event (finding_id, at, from_state, to_state, job_id)
    select id, ${at}::timestamptz, state, 'remediating', ${jobId}::text from target on conflict do nothing`.execute(transaction));
}

/** The change is done; a new assessment must prove it. */
export async function markAwaitingVerification(db: Database, poolId: string, jobId: string, at: Date): Promise<void> {
  await withPoolLocked(db, poolId, (transaction) => sql`
    with target as (
      select id, state from finding where pool_id = ${poolId} and state = 'remediating'
    ), moved as (
      update finding f set state = 'awaiting-verification' from target t where f.id = t.id
    )
    insert into finding_event (finding_id, at, from_state, to_state, job_id)
    select id, ${at}::timestamptz, state, 'awaiting-verification', ${jobId}::text from target on conflict do nothing`.execute(transaction));
}

/** Whoever changes findings locks their pool first, as the reconciliation does. */
async function withPoolLocked(db: Database, poolId: string, work: (transaction: Database) => Promise<unknown>): Promise<void> {
  await inTransaction(db, async (transaction) => {
    await sql`select id from node_pool where id = ${poolId} for update`.execute(transaction);
    await work(transaction);
  });
}
