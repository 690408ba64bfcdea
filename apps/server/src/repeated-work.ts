import { setTimeout as delay } from 'node:timers/promises';

export interface RepeatedWork {
  /** Resolves when what is under way has ended. */
  stop(): Promise<void>;
}

/** Now, and again so long after each end. What the work throws goes to `failed`, and it is done again all the same. */
export function startRepeatedWork(everyMs: number, work: (signal: AbortSignal) => Promise<void>, failed: (error: unknown) => void): RepeatedWork {
  const stopping = new AbortController();
  const done = repeat(everyMs, work, failed, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

async function repeat(everyMs: number, work: (signal: AbortSignal) => Promise<void>, failed: (error: unknown) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await work(signal).catch(failed);
    await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
