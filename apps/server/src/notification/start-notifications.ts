import { setTimeout as delay } from 'node:timers/promises';
import { deliverDue, forgetOldNotifications } from './deliver-due.ts';
import type { NotificationDependencies } from './notification-dependencies.ts';

const pollMs = 2000;
const forgetEveryMs = 3_600_000;

/** Delivers what is due, again and again. What waits is in the database alone: another start goes on with it. */
export function startNotifications(deps: NotificationDependencies): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const done = run(deps, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

async function run(deps: NotificationDependencies, signal: AbortSignal): Promise<void> {
  let forgotten = 0;
  while (!signal.aborted) {
    try {
      const more = (await deliverDue(deps)) > 0;
      const now = deps.clock();
      if (now.getTime() - forgotten >= forgetEveryMs) {
        await forgetOldNotifications(deps.db, now);
        forgotten = now.getTime();
      }
      if (more) continue;
    } catch (error) {
      deps.log.error({ error }, 'notifications could not be sent');
    }
    await delay(pollMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
