import type { Handlers } from '../http/handlers.ts';
import type { Log } from '../dependencies.ts';
import type { AdvisoryUpdates } from './advisory-updates.ts';

export function advisorySourceHandlers(updates: AdvisoryUpdates, log: Log): Pick<Handlers, 'listAdvisorySources' | 'updateAdvisorySources'> {
  return {
    listAdvisorySources: async () => updates.list(),
    updateAdvisorySources: async () => {
      // what went wrong with a source stands in its state; this is for what nobody expected
      updates.begin().done.catch((error: unknown) => log.error({ error }, 'the advisories could not be updated'));
      return updates.list();
    },
  };
}
