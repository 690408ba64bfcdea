import { setTimeout as delay } from 'node:timers/promises';
import type { Dependencies } from '../dependencies.ts';
import { syncConnection } from './sync-connection.ts';

export interface Rediscovery {
  /** Waits for a discovery that is under way. */
  stop(): Promise<void>;
}

/** Discovers every connection at once and then again and again; one that fails does not stop the others. */
export function startRediscovery(deps: Dependencies, everyMs: number): Rediscovery {
  const stopping = new AbortController();
  const done = run(deps, everyMs, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

async function run(deps: Dependencies, everyMs: number, signal: AbortSignal): Promise<void> {
  const isStopped = (): boolean => signal.aborted;
  while (!isStopped()) {
    for (const { id } of deps.providers.all) {
      if (!isStopped()) await syncOne(deps, id);
    }
    await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function syncOne(deps: Dependencies, connectionId: string): Promise<void> {
  try {
    await syncConnection(deps, connectionId);
  } catch (error) {
    deps.log.error({ connection: connectionId, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, 'a connection could not be discovered');
  }
}
