import type { Overview } from '@nodeward/api';
import { sql } from 'kysely';
import type { Database } from '../database/schema.ts';
import { jobStatesOf } from '../upgrade-job/store.ts';

const recent = 10;

const counted = sql`upgrade_job j join node_pool p on p.id = j.pool_id join cluster l on l.id = p.cluster_id join connection k on k.id = l.connection_id and k.configured`;

export async function countJobs(db: Database): Promise<Overview['jobs']> {
  const inStates = (states: readonly string[]) => sql`(count(*) filter (where j.state = any(${states}::text[])))::int`;
  const { rows } = await sql<Overview['jobs']>`
    select ${inStates(jobStatesOf.active)} as active, ${inStates(jobStatesOf.failed)} as failed, ${inStates(jobStatesOf.succeeded)} as succeeded from ${counted}`.execute(db);
  return rows[0] ?? { active: 0, failed: 0, succeeded: 0 };
}

type RecentJob = Omit<Overview['recentJobs'][number], 'at'> & { readonly at: Date };

/** By what happened last: begun or ended. */
export async function recentJobs(db: Database): Promise<Overview['recentJobs']> {
  const { rows } = await sql<RecentJob>`
    select j.id as "jobId", p.id as "poolId", p.name as pool, l.name as cluster, j.kind, j.target, j.state, coalesce(j.finished_at, j.started_at, j.created_at) as at
    from ${counted} order by at desc, j.id limit ${recent}`.execute(db);
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
