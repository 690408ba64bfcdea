import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DBOS } from '@dbos-inc/dbos-sdk';
import type { ClientBase } from 'pg';
import { defaultDataDir, processEnvironment } from '../config.ts';
import { findRunningServer } from '../running-server.ts';
import { DatabaseUnusableError } from './database-errors.ts';
import { isMigrated, migrateWithin } from './migrate.ts';
import { contentOf, inDependencyOrder, lateConstraints, type MovedTable, tablesOf } from './moved-tables.ts';
import { type OpenDatabase, openDatabase } from './open-database.ts';

export interface MoveProgress {
  readonly table: string;
  /** Of `tables`, from 1. */
  readonly place: number;
  readonly tables: number;
  readonly rows: number;
  readonly phase: 'copying' | 'comparing';
}

export interface MoveOptions {
  readonly to: string;
  readonly dataDir?: string | undefined;
  readonly progress: (progress: MoveProgress) => void;
}

export interface MoveResult {
  readonly dataDir: string;
  readonly tables: number;
  readonly rows: number;
}

const migrations = join(import.meta.dirname, 'migrations');
const batchRows = 500;
/** A table of a large fleet is compared in one statement, and the other side waits meanwhile. */
const limits = { maxStatementMs: 3_600_000, idleTransactionMs: 3_600_000 };
/** DBOS keeps here how far its own schema is; both sides have been brought there by DBOS itself. */
const dbosMigrations = 'dbos.dbos_migrations';

/**
 * Copies the embedded database of a data folder into an empty PostgreSQL, workflows included, and compares the two before
 * it keeps anything: a move that is interrupted or not equal leaves nothing behind, and the source is only read.
 */
export async function moveDatabase({ to, dataDir: given, progress }: MoveOptions): Promise<MoveResult> {
  const dataDir = given ?? defaultDataDir(processEnvironment(), process.cwd());
  await checkSource(dataDir);
  await using source = await openDatabase<unknown>({ dataDir: join(dataDir, 'database'), ...hooks, limits });
  await using target = await openDatabase<unknown>({ url: to, dataDir, ...hooks, limits });
  const from = await source.pool.connect();
  const into = await target.pool.connect();
  try {
    if (!(await isMigrated(from, migrations))) throw refused(`the embedded database is not of this version: start \`nodeward serve\` on ${dataDir} once, stop it, and move then`);
    await checkEmpty(into);
    await prepareWorkflows(target);
    return { dataDir, ...(await copyWithin(from, into, progress)) };
  } finally {
    // ends an open transaction, too
    into.release(true);
    from.release(true);
  }
}

const hooks = {
  log: () => undefined,
  fatal: (error: Error) => {
    throw error;
  },
};

function refused(text: string): DatabaseUnusableError {
  return new DatabaseUnusableError('MOVE_REFUSED', text);
}

/** Opening would create a database where there is none; one that is in use is refused by its lock. */
async function checkSource(dataDir: string): Promise<void> {
  const server = await findRunningServer(dataDir);
  if (server !== undefined) throw refused(`a server runs on ${dataDir} (${server.origin}): stop it first`);
  if (!existsSync(join(dataDir, 'database', 'pg18'))) throw refused(`there is no embedded database in ${dataDir}`);
}

/** DBOS's tables without a workflow are what an interrupted move leaves. */
async function checkEmpty(into: ClientBase): Promise<void> {
  const tables = await tablesOf(into);
  const foreign = tables.find(({ name }) => !name.startsWith('dbos.'));
  if (foreign !== undefined) throw refused(`the target is not empty: it has the table ${foreign.name}`);
  if (!tables.some(({ name }) => name === 'dbos.workflow_status')) return;
  const { rows } = await into.query<{ used: boolean }>('SELECT EXISTS (SELECT FROM dbos.workflow_status) AS used');
  if (rows[0]?.used !== false) throw refused('the target is not empty: it holds workflows');
}

/** DBOS makes its own tables when it starts; there is nothing in them that it could run. */
async function prepareWorkflows(target: OpenDatabase<unknown>): Promise<void> {
  DBOS.setConfig({ name: 'nodeward', applicationVersion: 'move', executorID: 'nodeward-move', logLevel: 'error', ...target.dbos });
  await DBOS.launch();
  await DBOS.shutdown();
}

/** Everything in one transaction on each side. */
async function copyWithin(from: ClientBase, into: ClientBase, progress: MoveOptions['progress']): Promise<Omit<MoveResult, 'dataDir'>> {
  // values travel as text, so both sides must write it alike
  for (const client of [from, into]) await client.query("SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET bytea_output = 'hex'; SET extra_float_digits = 1");
  await from.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await into.query('BEGIN');
  await migrateWithin(into, migrations);
  const tables = await sameTables(from, into);
  const order = await inDependencyOrder(into, tables);
  const late = await lateConstraints(into, order);
  for (const { table, name } of late) await into.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
  await empty(into, order);
  let place = 0;
  for (const table of order) {
    place += 1;
    let rows = 0;
    const say = (copied: number): void => progress({ table: table.name, place, tables: order.length, rows: (rows += copied), phase: 'copying' });
    say(0);
    if (table.name !== dbosMigrations) await copyTable(from, into, table, say);
  }
  await copySequences(from, into);
  for (const { table, name, definition } of late) await into.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
  const rows = await compare(from, into, order, progress);
  await into.query('COMMIT');
  await into.query('ANALYZE');
  await from.query('COMMIT');
  return { tables: order.length, rows };
}

async function sameTables(from: ClientBase, into: ClientBase): Promise<readonly MovedTable[]> {
  const [theirs, ours] = [await tablesOf(from), await tablesOf(into)];
  const wrong = theirs.find((table) => JSON.stringify(table) !== JSON.stringify(ours.find(({ name }) => name === table.name))) ?? ours.find(({ name }) => !theirs.some((table) => table.name === name));
  if (wrong !== undefined) throw new DatabaseUnusableError('MOVE_UNEQUAL', `the table ${wrong.name} is not the same in both databases`);
  return theirs;
}

/** What migrations and DBOS have put there themselves comes with the copy. */
async function empty(into: ClientBase, order: readonly MovedTable[]): Promise<void> {
  for (const { name } of order.toReversed()) if (name !== dbosMigrations) await into.query(`DELETE FROM ${name}`);
}

async function copyTable(from: ClientBase, into: ClientBase, { name, columns }: MovedTable, copied: (rows: number) => void): Promise<void> {
  const names = columns.map((column) => column.name).join(', ');
  const parameters = columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const values = columns.map((column, index) => `v.c${index}::${column.type}`).join(', ');
  const aliases = columns.map((_, index) => `c${index}`).join(', ');
  const insert = `INSERT INTO ${name} (${names}) OVERRIDING SYSTEM VALUE SELECT ${values} FROM unnest(${parameters}) AS v (${aliases})`;
  await from.query(`DECLARE moved NO SCROLL CURSOR FOR SELECT ${columns.map((column, index) => `${column.name}::text AS c${index}`).join(', ')} FROM ${name}`);
  for (;;) {
    const { rows } = await from.query<(string | null)[]>({ text: `FETCH ${batchRows} FROM moved`, rowMode: 'array' });
    if (rows.length === 0) break;
    await into.query(insert, columns.map((_, index) => rows.map((row) => row[index] ?? null)));
    copied(rows.length);
  }
  await from.query('CLOSE moved');
}

async function copySequences(from: ClientBase, into: ClientBase): Promise<void> {
  const { rows: sequences } = await from.query<{ name: string }>(`
    SELECT format('%I.%I', schemaname, sequencename) AS name FROM pg_sequences WHERE schemaname NOT LIKE 'pg\\_%' ORDER BY 1`);
  for (const { name } of sequences) {
    const { rows } = await from.query<{ last_value: string; is_called: boolean }>(`SELECT last_value, is_called FROM ${name}`);
    const [state] = rows;
    if (state !== undefined) await into.query('SELECT setval($1::regclass, $2::bigint, $3::boolean)', [name, state.last_value, state.is_called]);
  }
}

/** Counts and contents, computed by each side over its own rows. */
async function compare(from: ClientBase, into: ClientBase, order: readonly MovedTable[], progress: MoveOptions['progress']): Promise<number> {
  let total = 0;
  for (const [index, table] of order.entries()) {
    const [there, here] = await Promise.all([contentOf(from, table), contentOf(into, table)]);
    progress({ table: table.name, place: index + 1, tables: order.length, rows: here.rows, phase: 'comparing' });
    if (there.rows !== here.rows || there.hash !== here.hash) {
      throw new DatabaseUnusableError('MOVE_UNEQUAL', `the table ${table.name} is not equal after the copy (${there.rows} rows, ${here.rows} in the target): nothing was kept`);
    }
    total += here.rows;
  }
  return total;
}
