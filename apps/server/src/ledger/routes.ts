import type { Dependencies } from '../dependencies.ts';
import { NotFoundError } from '../http/errors.ts';
import type { Handlers } from '../http/handlers.ts';
import { ledgerRows } from './store.ts';

export function ledgerHandlers({ db }: Pick<Dependencies, 'db'>): Pick<Handlers, 'listLedger'> {
  return {
    async listLedger({ parameters: { poolId } }) {
      const pool = await db.selectFrom('node_pool').select('id').where('id', '=', poolId).executeTakeFirst();
      if (pool === undefined) throw new NotFoundError('node pool', poolId);
      return { rows: await ledgerRows(db, { poolId }) };
    },
  };
}
