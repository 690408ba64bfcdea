import { DBOS } from '@dbos-inc/dbos-sdk';
import type { Dependencies } from './dependencies.ts';
import { type RepeatedWork, startRepeatedWork } from './repeated-work.ts';

/** Long enough to look into what went wrong last week; the results themselves are in our own tables. */
const keepMs = 7 * 24 * 3_600_000;
const everyMs = 6 * 3_600_000;
/** One delete is one statement, during which the embedded database does nothing else. */
const atOnce = 500;

/** Removes the checkpoints of workflows that ended long ago, now and again and again. */
export function startWorkflowRetention(deps: Pick<Dependencies, 'clock' | 'log'>): RepeatedWork {
  const purge = async (signal: AbortSignal): Promise<void> => purgeFinishedWorkflows(new Date(deps.clock().getTime() - keepMs), signal);
  return startRepeatedWork(everyMs, purge, (error) => deps.log.error({ error }, 'finished workflows could not be removed'));
}

export async function purgeFinishedWorkflows(before: Date, signal: AbortSignal): Promise<void> {
  for (let found = atOnce; found === atOnce && !signal.aborted; ) {
    const old = await DBOS.listWorkflows({
      status: ['SUCCESS', 'ERROR', 'CANCELLED'],
      completedBefore: before.toISOString(),
      limit: atOnce,
      loadInput: false,
      loadOutput: false,
    });
    found = old.length;
    if (found > 0) await DBOS.deleteWorkflows(old.map(({ workflowID }) => workflowID));
  }
}
