import type { AutoUpgrade } from '@nodeward/providers';
import { sql } from 'kysely';
import type { Database } from '../database/schema.ts';

export interface ClusterSettings {
  readonly clusterId: string;
  readonly cluster: string;
  readonly connectionId: string;
  readonly settings: AutoUpgrade | null;
  readonly changeable: boolean;
  readonly hasWindowsPool: boolean;
}

export async function clusterSettings(db: Database, clusterId: string): Promise<ClusterSettings | undefined> {
  const { rows } = await sql<ClusterSettings>`
    select c.id as "clusterId", c.name as cluster, c.connection_id as "connectionId", c.auto_upgrade as settings, c.can_change_auto_upgrade as changeable,
      exists (select from node_pool p where p.cluster_id = c.id and p.gone_at is null and p.operating_system = 'windows') as "hasWindowsPool"
    from cluster c join connection k on k.id = c.connection_id and k.configured
    where c.id = ${clusterId} and c.gone_at is null`.execute(db);
  return rows[0];
}

export async function storeSettings(db: Database, clusterId: string, settings: AutoUpgrade): Promise<void> {
  await db.updateTable('cluster').set({ auto_upgrade: JSON.stringify(settings) }).where('id', '=', clusterId).execute();
}
