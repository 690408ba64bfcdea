import { setTimeout as delay } from 'node:timers/promises';
import type { Dependencies } from '../dependencies.ts';
import { recordFleetDay } from './fleet-day.ts';

/** Soon enough for a chart, seldom enough for a fleet of which something changes all the time. */
const settleMs = 15_000;
/** A fleet in which nothing changes has its row for each day, too. */
const idleMs = 30 * 60_000;

/** Keeps the row of the current day as the fleet is: after pools have changed, and now and then. */
export function startFleetDays(deps: Dependencies): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let changed = Promise.withResolvers<undefined>();
  const unsubscribe = deps.events.subscribe((event) => {
    if (event.type === 'pool' || event.type === 'connection') changed.resolve(undefined);
  });
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      changed = Promise.withResolvers<undefined>();
      await record(deps);
      await pause(settleMs, stopping.signal);
      await Promise.race([changed.promise, pause(idleMs - settleMs, stopping.signal)]);
    }
  };
  const done = run();
  return {
    stop: async () => {
      unsubscribe();
      stopping.abort();
      await done;
    },
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
}

async function record(deps: Dependencies): Promise<void> {
  try {
    await recordFleetDay(deps.db, deps.clock());
  } catch (error) {
    deps.log.error({ error }, 'the figures of the day could not be kept');
  }
}
