import { assessDue } from '../connection/assess-due.ts';
import type { Dependencies } from '../dependencies.ts';
import { inTransaction } from '../database/in-transaction.ts';
import { reconcilePools } from '../finding/reconcile.ts';
import { NotFoundError } from '../http/errors.ts';
import type { Handlers } from '../http/handlers.ts';
import { changePlan, isScanningOn, listPlans } from './store.ts';

export function planHandlers(deps: Dependencies): Pick<Handlers, 'listPlans' | 'changePlan'> {
  return {
    listPlans: async () => ({ plans: await listPlans(deps.db) }),
    async changePlan({ parameters: { plan }, body: { agentlessScanning } }) {
      await switchScanning(deps, () => changePlan(deps.db, plan, agentlessScanning, deps.clock()));
      const changed = (await listPlans(deps.db)).find(({ name }) => name === plan);
      if (changed === undefined) throw new NotFoundError('plan', plan);
      return changed;
    },
  };
}

/** What was known stays; switched off everywhere it is shown as not evaluated, and no new read starts. */
async function switchScanning(deps: Dependencies, change: () => Promise<boolean>): Promise<void> {
  const wasOn = await isScanningOn(deps.db);
  if (!(await change())) return;
  deps.events.publish({ type: 'plans' });
  const isOn = await isScanningOn(deps.db);
  if (wasOn === isOn) return;
  const pools = await deps.db.selectFrom('node_pool').select('id').execute();
  await inTransaction(deps.db, (transaction) => reconcilePools(transaction, pools.map(({ id }) => id), deps.clock()));
  for (const { id } of pools) deps.events.publish({ type: 'pool', poolId: id });
  if (isOn) for (const { id } of deps.providers.all) await assessDue(deps, id);
}
