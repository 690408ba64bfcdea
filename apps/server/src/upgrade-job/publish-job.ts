import type { JobState } from '@nodeward/api';
import type { Dependencies } from '../dependencies.ts';
import type { JobRow } from './store.ts';

/** The job has changed, and with it what its pool shows. */
export function publishJob({ events }: Pick<Dependencies, 'events'>, job: Pick<JobRow, 'id' | 'pool_id'>, state: JobState): void {
  events.publish({ type: 'job', jobId: job.id, poolId: job.pool_id, state });
  events.publish({ type: 'pool', poolId: job.pool_id });
}
