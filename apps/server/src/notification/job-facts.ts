import { type Database } from '../database/schema.ts';
import { tell } from './outbox.ts';

/** A job has ended, whichever way: told once. In the transaction that ends it. */
export async function tellOfJob(db: Database, jobId: string, at: Date): Promise<void> {
  const job = await db
    .selectFrom('upgrade_job as j')
    .innerJoin('node_pool as p', 'p.id', 'j.pool_id')
    .innerJoin('cluster as c', 'c.id', 'p.cluster_id')
    .select(['j.state', 'j.failure', 'j.preflight', 'p.id as pool_id', 'p.name as pool', 'c.id as cluster_id', 'c.name as cluster'])
    .where('j.id', '=', jobId)
    .executeTakeFirstOrThrow();
  const type = job.state === 'succeeded' || job.state === 'succeeded-with-residual' ? 'job.succeeded' : 'job.failed';
  const failedCheck = job.preflight.find(({ outcome }) => outcome === 'fail')?.check;
  const failure = type === 'job.succeeded' ? null : (job.failure?.code ?? failedCheck ?? null);
  const place = { clusterId: job.cluster_id, cluster: job.cluster, poolId: job.pool_id, pool: job.pool };
  await tell(db, [{ key: `job ${jobId}`, type, data: { ...place, jobId, jobState: job.state, failure, vulnerabilityCount: 0, vulnerabilities: [] } }], at);
}
