import { ecosystemOf, type Inventory } from '@nodeward/engine';
import { sql } from 'kysely';
import type { Database } from '../database/schema.ts';

/** Content-addressed: a second node with the same inventory writes nothing. */
export async function saveInventory(db: Database, inventory: Inventory, at: Date): Promise<void> {
  const { numInsertedOrUpdatedRows: inserted } = await db
    .insertInto('inventory')
    .values({
      id: inventory.id,
      operating_system: JSON.stringify(inventory.operatingSystem),
      ecosystem: ecosystemOf(inventory.operatingSystem) ?? null,
      packages: inventory.packages.length,
      first_seen_at: at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (inserted === 0n) return;
  const { packages } = inventory;
  await sql`
    insert into inventory_package (inventory_id, name, version, architecture, source, source_version, source_known)
    select ${inventory.id}::text, * from unnest(${packages.map((p) => p.name)}::text[], ${packages.map((p) => p.version)}::text[],
      ${packages.map((p) => p.architecture)}::text[], ${packages.map((p) => p.source)}::text[], ${packages.map((p) => p.sourceVersion)}::text[],
      ${packages.map((p) => p.sourceKnown)}::boolean[])
    on conflict do nothing`.execute(db);
}

export async function loadInventory(db: Database, id: string): Promise<Inventory | undefined> {
  const row = await db.selectFrom('inventory').select('operating_system').where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const packages = await db.selectFrom('inventory_package').selectAll().where('inventory_id', '=', id).execute();
  return {
    id,
    operatingSystem: row.operating_system,
    packages: packages.map((p) => ({
      name: p.name,
      version: p.version,
      architecture: p.architecture,
      source: p.source,
      sourceVersion: p.source_version,
      sourceKnown: p.source_known,
    })),
  };
}
