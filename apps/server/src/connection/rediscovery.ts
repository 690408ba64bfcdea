import { setTimeout as delay } from 'node:timers/promises';
import type { Dependencies } from '../dependencies.ts';
import { syncConnection } from './sync-connection.ts';

export interface Rediscovery {
  /** Every connection, at once and then again and again. */
  begin(): void;
  /** One that was just added, resumed or renamed, without waiting for its turn. */
  discoverNow(connectionId: string): void;
  /** Waits for the discoveries that are under way. */
  stop(): Promise<void>;
}

/** One connection that fails or is slow does not hold up the others; none is discovered twice at the same time. */
export function createRediscovery(deps: Dependencies, everyMs: number): Rediscovery {
  const stopping = new AbortController();
  const underWay = new Map<string, Promise<void>>();
  const again = new Set<string>();
  let rounds = Promise.resolve();

  const discover = (id: string): Promise<void> => {
    const running = underWay.get(id);
    if (running !== undefined) return running;
    const discovery = syncOne(deps, id, stopping.signal).finally(() => {
      underWay.delete(id);
      if (again.delete(id) && !stopping.signal.aborted) void discover(id);
    });
    underWay.set(id, discovery);
    return discovery;
  };

  return {
    begin: () => {
      rounds = repeat(deps, everyMs, discover, stopping.signal);
    },
    discoverNow: (id) => {
      if (stopping.signal.aborted) return;
      if (underWay.has(id)) again.add(id);
      else void discover(id);
    },
    stop: async () => {
      stopping.abort();
      await rounds;
      await Promise.all(underWay.values());
    },
  };
}

async function repeat(deps: Dependencies, everyMs: number, discover: (id: string) => Promise<void>, signal: AbortSignal): Promise<void> {
  const isStopped = (): boolean => signal.aborted;
  while (!isStopped()) {
    // not awaited: a slow one delays nobody's next turn
    for (const { id } of deps.providers.all) void discover(id);
    await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function syncOne(deps: Dependencies, connectionId: string, signal: AbortSignal): Promise<void> {
  try {
    await syncConnection(deps, connectionId, { signal });
  } catch (error) {
    // removed between two steps
    if (deps.providers.get(connectionId) === undefined) return;
    deps.log.error({ connection: connectionId, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, 'a connection could not be discovered');
  }
}
