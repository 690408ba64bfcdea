import type { Dependencies } from '../dependencies.ts';
import type { Handlers } from '../http/handlers.ts';
import { listConnections } from './store.ts';

export function connectionHandlers(deps: Dependencies): Pick<Handlers, 'listConnections'> {
  return {
    listConnections: async () => ({ connections: await listConnections(deps.db) }),
  };
}
