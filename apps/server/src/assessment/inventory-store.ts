import { type Component, ecosystemOf, type Inventory, type Package } from '@nodeward/engine';
import { type Selectable, sql } from 'kysely';
import type { Database, InventoryComponentTable, InventoryPackageTable } from '../database/schema.ts';

/** Content-addressed: a second node with the same inventory writes nothing. Whoever refers to it afterwards does so in the same transaction. */
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
  if (inserted === 0n) {
    // held until the caller's transaction ends; one that nobody referred to may be removed at this moment
    const held = await sql`select from inventory where id = ${inventory.id} for key share`.execute(db);
    return held.rows.length === 0 ? saveInventory(db, inventory, at) : undefined;
  }
  const { packages } = inventory;
  await sql`
    insert into inventory_package (inventory_id, name, version, architecture, source, source_version, source_known)
    select ${inventory.id}::text, * from unnest(${packages.map((p) => p.name)}::text[], ${packages.map((p) => p.version)}::text[],
      ${packages.map((p) => p.architecture)}::text[], ${packages.map((p) => p.source)}::text[], ${packages.map((p) => p.sourceVersion)}::text[],
      ${packages.map((p) => p.sourceKnown)}::boolean[])
    on conflict do nothing`.execute(db);
  await saveComponents(db, inventory.id, inventory.components);
}

async function saveComponents(db: Database, inventoryId: string, components: readonly Component[]): Promise<void> {
  if (components.length === 0) return;
  const rows = components.map((component) => ({
    inventory_id: inventoryId,
    family: component.family,
    name: component.name,
    path: component.path,
    version: component.version ?? null,
    version_from: component.versionFrom ?? null,
    package: component.package ?? null,
    main_module: component.mainModule ?? null,
    go_version: component.goVersion ?? null,
    modules: component.modules === undefined ? null : JSON.stringify(component.modules),
  }));
  await db.insertInto('inventory_component').values(rows).onConflict((conflict) => conflict.doNothing()).execute();
}

export async function loadInventory(db: Database, id: string): Promise<Inventory | undefined> {
  return (await loadInventories(db, [id])).get(id);
}

/** By id; those that are not there are left out. */
export async function loadInventories(db: Database, ids: readonly string[]): Promise<ReadonlyMap<string, Inventory>> {
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('inventory').select(['id', 'operating_system']).where('id', 'in', ids).execute();
  const packages = Map.groupBy(await db.selectFrom('inventory_package').selectAll().where('inventory_id', 'in', ids).execute(), (row) => row.inventory_id);
  const components = Map.groupBy(await db.selectFrom('inventory_component').selectAll().where('inventory_id', 'in', ids).orderBy('path').orderBy('name').execute(), (row) => row.inventory_id);
  return new Map(rows.map(({ id, operating_system: operatingSystem }) => [
    id,
    { id, operatingSystem, packages: (packages.get(id) ?? []).map(toPackage), components: (components.get(id) ?? []).map(toComponent) },
  ]));
}

function toPackage(row: Selectable<InventoryPackageTable>): Package {
  return { name: row.name, version: row.version, architecture: row.architecture, source: row.source, sourceVersion: row.source_version, sourceKnown: row.source_known };
}

function toComponent(row: Selectable<InventoryComponentTable>): Component {
  return {
    family: row.family,
    name: row.name,
    path: row.path,
    ...(row.version === null ? {} : { version: row.version }),
    ...(row.version_from === null ? {} : { versionFrom: row.version_from }),
    ...(row.package === null ? {} : { package: row.package }),
    ...(row.main_module === null ? {} : { mainModule: row.main_module }),
    ...(row.go_version === null ? {} : { goVersion: row.go_version }),
    ...(row.modules === null ? {} : { modules: row.modules }),
  };
}
