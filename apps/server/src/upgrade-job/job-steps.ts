import { sql } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database, JobStep } from '../database/schema.ts';
import { getJob } from './store.ts';

export function newSteps(steps: readonly Pick<JobStep, 'kind' | 'target'>[]): readonly JobStep[] {
  return steps.map(({ kind, target }) => ({ kind, target, state: 'waiting', startedAt: null, finishedAt: null, operationId: null }));
}

export async function stepOf(db: Database, jobId: string, index: number): Promise<JobStep> {
  const step = (await getJob(db, jobId)).steps[index];
  if (step === undefined) throw new Error(`upgrade job ${jobId} has no step ${index}`);
  return step;
}

export async function changeStep(db: Database, jobId: string, index: number, change: Partial<JobStep>): Promise<void> {
  await inTransaction(db, async (transaction) => {
    await sql`select id from upgrade_job where id = ${jobId} for update`.execute(transaction);
    const { steps } = await getJob(transaction, jobId);
    const changed = steps.map((step, at) => (at === index ? { ...step, ...change } : step));
    await transaction.updateTable('upgrade_job').set({ steps: JSON.stringify(changed) }).where('id', '=', jobId).execute();
  });
}

/** For events and failures: `control-plane 1.27.7`. */
export function stepName({ kind, target }: Pick<JobStep, 'kind' | 'target'>): string {
  return target === null ? kind : `${kind} ${target}`;
}
