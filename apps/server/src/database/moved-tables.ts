import type { ClientBase } from 'pg';

/** One table as both sides have it. */
export interface MovedTable {
  /** Quoted, with its schema. */
  readonly name: string;
  readonly columns: readonly MovedColumn[];
}

export interface MovedColumn {
  /** Quoted. */
  readonly name: string;
  readonly type: string;
}

/** Foreign keys that must wait until all rows are there. */
export interface LateConstraint {
  readonly table: string;
  /** Quoted. */
  readonly name: string;
  readonly definition: string;
}

interface ColumnRow {
  readonly table: string;
  readonly column: string;
  readonly type: string;
}

/** Everything but PostgreSQL's own schemas. */
const ours = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'";

/** Ordinary tables by name with the columns that hold something of their own. */
export async function tablesOf(client: ClientBase): Promise<readonly MovedTable[]> {
  const { rows } = await client.query<ColumnRow>(`
    SELECT format('%I.%I', n.nspname, c.relname) AS table, quote_ident(a.attname) AS column, format_type(a.atttypid, a.atttypmod) AS type
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND ${ours} AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    ORDER BY n.nspname::text COLLATE "C", c.relname::text COLLATE "C", a.attname::text COLLATE "C"`);
  return [...Map.groupBy(rows, ({ table }) => table)].map(([name, columns]) => ({ name, columns: columns.map(({ column, type }) => ({ name: column, type })) }));
}

/** Tables that others point to come first. */
export async function inDependencyOrder(client: ClientBase, tables: readonly MovedTable[]): Promise<readonly MovedTable[]> {
  const needs = new Map<string, Set<string>>();
  for (const { table, needed } of await foreignKeys(client)) {
    if (table !== needed) needs.set(table, (needs.get(table) ?? new Set()).add(needed));
  }
  const ordered: MovedTable[] = [];
  const waiting = new Map(tables.map((table) => [table.name, table]));
  while (waiting.size > 0) {
    const ready = [...waiting.values()].filter(({ name }) => ![...(needs.get(name) ?? [])].some((needed) => waiting.has(needed)));
    // tables that point to each other: their constraints are taken away meanwhile
    const next = ready.length > 0 ? ready : [...waiting.values()];
    for (const table of next) waiting.delete(table.name);
    ordered.push(...next);
  }
  return ordered;
}

/** Those that point to their own table or to one that comes later: rows of one batch may point to rows of the next. */
export async function lateConstraints(client: ClientBase, order: readonly MovedTable[]): Promise<readonly LateConstraint[]> {
  const place = new Map(order.map(({ name }, index) => [name, index]));
  const keys = await foreignKeys(client);
  return keys.filter(({ table, needed }) => (place.get(needed) ?? 0) >= (place.get(table) ?? 0)).map(({ table, name, definition }) => ({ table, name, definition }));
}

interface ForeignKey extends LateConstraint {
  readonly needed: string;
}

async function foreignKeys(client: ClientBase): Promise<readonly ForeignKey[]> {
  const { rows } = await client.query<ForeignKey>(`
    SELECT format('%I.%I', n.nspname, c.relname) AS table, format('%I.%I', fn.nspname, f.relname) AS needed, quote_ident(k.conname) AS name, pg_get_constraintdef(k.oid) AS definition
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
    WHERE k.contype = 'f' AND ${ours}`);
  return rows;
}

export interface TableContent {
  readonly rows: number;
  /** Of all rows, whatever their order: two sums over halves of each row's MD5. */
  readonly hash: string;
}

export async function contentOf(client: ClientBase, { name, columns }: MovedTable): Promise<TableContent> {
  const row = `md5(row(${columns.map((column) => `t.${column.name}::text`).join(', ')})::text)`;
  const half = (from: number): string => `coalesce(sum(('x' || substr(h, ${from}, 16))::bit(64)::bigint::numeric), 0)::text`;
  const { rows } = await client.query<{ rows: string; first: string; second: string }>(
    `SELECT count(*) AS rows, ${half(1)} AS first, ${half(17)} AS second FROM (SELECT ${row} AS h FROM ${name} t) hashed`,
  );
  const { rows: count = '0', first = '', second = '' } = rows[0] ?? {};
  return { rows: Number(count), hash: `${first} ${second}` };
}
