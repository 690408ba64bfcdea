import { sql } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database } from '../database/schema.ts';
import { ConflictError } from '../http/errors.ts';

/**
 * Takes a stored connection away with its secret and everything that was found through it, in one transaction. Refused while
 * an upgrade of one of its pools is under way; assessments that are under way find nothing to write and end. What nodes of
 * other connections share (inventories, their matches) stays.
 */
export async function forgetConnection(db: Database, id: string): Promise<void> {
  await inTransaction(db, async (transaction) => {
    // the pools first, as everybody locks them
    await sql`select p.id from node_pool p join cluster c on c.id = p.cluster_id where c.connection_id = ${id} order by p.id for update of p`.execute(transaction);
    await refuseActiveJobs(transaction, id);
    await sql`delete from notification where body->'data'->>'poolId' in (${poolsOf(id)})`.execute(transaction);
    await sql`delete from reassessment where scope_id = ${id} or scope_id in (${poolsOf(id)}) or scope_id in (${nodesOf(id)})`.execute(transaction);
    await sql`update node set lent_by = null, kernel_release = null, kubelet_version = null, container_runtime_version = null, security_patch = null where lent_by = ${id}`.execute(transaction);
    // in bulk, where the cascade would go row by row
    await sql`delete from node_class where node_id in (${nodesOf(id)})`.execute(transaction);
    await sql`delete from assessment where node_id in (${nodesOf(id)})`.execute(transaction);
    await sql`delete from connection where id = ${id}`.execute(transaction);
    await dropUnusedInventories(transaction);
  });
}

const poolsOf = (id: string) => sql`select p.id from node_pool p join cluster c on c.id = p.cluster_id where c.connection_id = ${id}`;
const nodesOf = (id: string) => sql`select n.id from node n join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id where c.connection_id = ${id}`;

async function refuseActiveJobs(db: Database, id: string): Promise<void> {
  const { rows } = await sql<{ readonly pool: string }>`
    select c.name || '/' || p.name as pool from upgrade_job j join node_pool p on p.id = j.pool_id join cluster c on c.id = p.cluster_id
    where c.connection_id = ${id} and j.state in ('draft', 'preflight', 'running', 'verifying') order by 1 limit 1`.execute(db);
  if (rows[0] !== undefined) throw new ConflictError(`an upgrade of ${rows[0].pool} is under way: wait for its end, then remove the connection`);
}

/** With their matches. */
async function dropUnusedInventories(db: Database): Promise<void> {
  await sql`
    delete from inventory v where not exists (select from assessment a where a.inventory_id = v.id)
      and not exists (select from image_reading i where i.inventory_id = v.id)`.execute(db);
}
