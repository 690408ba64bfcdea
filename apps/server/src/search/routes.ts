import type { Dependencies } from '../dependencies.ts';
import type { Handlers } from '../http/handlers.ts';
import { searchFleet } from './store.ts';

export function searchHandlers(deps: Dependencies): Pick<Handlers, 'search'> {
  return { search: ({ query: { q, limit } }) => searchFleet(deps.db, q, limit) };
}
