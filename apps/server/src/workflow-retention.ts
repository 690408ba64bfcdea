import { setTimeout as delay } from 'node:timers/promises';
import { DBOS } from '@dbos-inc/dbos-sdk';
import type { Dependencies } from './dependencies.ts';

/** Long enough to look into what went wrong last week; the results themselves are in our own tables. */
const keepMs = 7 * 24 * 3_600_000;
const everyMs = 6 * 3_600_000;
/** One delete is one statement, during which the embedded database does nothing else. */
const atOnce = 500;

export interface WorkflowRetention {
  stop(): Promise<void>;
}

/** Removes the checkpoints of workflows that ended long ago, now and again and again. */
export function startWorkflowRetention(deps: Pick<Dependencies, 'clock' | 'log'>): WorkflowRetention {
  const stopping = new AbortController();
  const done = run(deps, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

async function run(deps: Pick<Dependencies, 'clock' | 'log'>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await purgeFinishedWorkflows(new Date(deps.clock().getTime() - keepMs), signal);
    } catch (error) {
      deps.log.error({ error }, 'finished workflows could not be removed');
    }
    await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
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
