import type { Plan, PlanName } from '@nodeward/api';
import type { Database } from '../database/schema.ts';

const order: readonly PlanName[] = ['defender-for-containers', 'defender-cspm', 'defender-for-servers-p2'];

export async function listPlans(db: Database): Promise<readonly Plan[]> {
  const rows = await db.selectFrom('plan').selectAll().execute();
  return rows
    .map((row) => ({ name: row.name, agentlessScanning: row.agentless_scanning, changedAt: row.changed_at?.toISOString() ?? null }))
    .toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

/** False where the plan already was so. */
export async function changePlan(db: Database, name: PlanName, agentlessScanning: boolean, at: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('plan')
    .set({ agentless_scanning: agentlessScanning, changed_at: at })
    .where('name', '=', name)
    .where('agentless_scanning', '<>', agentlessScanning)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Nodes are assessed as long as the option is on in any of the three plans. */
export async function isScanningOn(db: Database): Promise<boolean> {
  const row = await db.selectFrom('plan').select('name').where('agentless_scanning', '=', true).executeTakeFirst();
  return row !== undefined;
}
