import type { Database } from '../database/schema.ts';
import type { Dependencies } from '../dependencies.ts';
import type { Handlers } from '../http/handlers.ts';
import { describeFix, type ResolvedKeys, rowKey } from './describe-fix.ts';
import type { PoolForecasts } from './forecasts.ts';

export function forecastHandlers(deps: Pick<Dependencies, 'db'>, forecasts: PoolForecasts): Pick<Handlers, 'getFix'> {
  return {
    getFix: async ({ parameters }) => describeFix(await forecasts.forPool(parameters.poolId), await resolvedKeys(deps.db, parameters.poolId)),
  };
}

async function resolvedKeys(db: Database, poolId: string): Promise<ResolvedKeys> {
  const rows = await db.selectFrom('finding').select(['package_family as packageFamily', 'vulnerability']).where('pool_id', '=', poolId).where('state', '=', 'resolved').execute();
  return new Set(rows.map(rowKey));
}
