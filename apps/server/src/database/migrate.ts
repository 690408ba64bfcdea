import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientBase, Pool } from 'pg';
import { DatabaseUnusableError, messageOf } from './database-errors.ts';

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
}

/** `0001-initial.sql`: the number is the order, without gaps. */
const fileName = /^(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.sql$/;
/** Any number that no other user of the database takes; held by the transaction, as a session's would be shared on PGlite. */
const lockKey = 4_951_730_271;

/**
 * Applies the SQL files of `directory` that the database has not seen, in order, each in its own transaction.
 * Returns their names. Servers that start at the same time wait for each other. Refuses, with `DatabaseUnusableError`,
 * a database that is newer than the files, and a file that was changed after it had been applied.
 */
export async function migrate(pool: Pool, directory: string): Promise<readonly string[]> {
  const migrations = await readMigrations(directory);
  const client = await pool.connect();
  const applied: string[] = [];
  try {
    for (let name = await applyNext(client, migrations); name !== undefined; name = await applyNext(client, migrations)) applied.push(name);
    client.release();
    return applied;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** The same inside the caller's transaction, on a database that is all the caller's. */
export async function migrateWithin(client: ClientBase, directory: string): Promise<void> {
  const migrations = await readMigrations(directory);
  const applied = checkHistory(await readHistory(client), migrations);
  for (const migration of migrations.slice(applied)) await apply(client, migration);
}

/** Whether the database has had exactly the migrations of `directory`. */
export async function isMigrated(client: ClientBase, directory: string): Promise<boolean> {
  const { rows } = await client.query<{ known: boolean }>("SELECT to_regclass('schema_migration') IS NOT NULL AS known");
  if (rows[0]?.known !== true) return false;
  const migrations = await readMigrations(directory);
  const { rows: history } = await client.query<AppliedMigration>('SELECT name, checksum FROM schema_migration ORDER BY name COLLATE "C"');
  return checkHistory(history, migrations) === migrations.length;
}

async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  for (const [index, name] of names.entries()) {
    const number = fileName.exec(name)?.[1];
    if (Number(number) !== index + 1) {
      const expected = String(index + 1).padStart(4, '0');
      throw new DatabaseUnusableError('MIGRATION_MISNAMED', `migration ${name}: expected the name ${expected}-….sql`);
    }
  }
  return Promise.all(names.map((name) => readMigration(directory, name)));
}

async function readMigration(directory: string, name: string): Promise<Migration> {
  // a checkout on Windows may have other line ends, which change nothing
  const sql = (await readFile(join(directory, name), 'utf8')).replaceAll('\r\n', '\n');
  return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
}

/** Returns the name of the migration it applied, undefined when there was none left. */
async function applyNext(client: ClientBase, migrations: readonly Migration[]): Promise<string | undefined> {
  await client.query('BEGIN');
  await client.query('SELECT pg_advisory_xact_lock($1)', [lockKey]);
  const next = migrations[checkHistory(await readHistory(client), migrations)];
  if (next !== undefined) await apply(client, next);
  await client.query('COMMIT');
  return next?.name;
}

async function readHistory(client: ClientBase): Promise<readonly AppliedMigration[]> {
  await client.query(`CREATE TABLE IF NOT EXISTS schema_migration (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`);
  const { rows } = await client.query<AppliedMigration>('SELECT name, checksum FROM schema_migration ORDER BY name COLLATE "C"');
  return rows;
}

/** How many of the migrations have been applied. */
function checkHistory(history: readonly AppliedMigration[], migrations: readonly Migration[]): number {
  for (const [index, { name, checksum }] of history.entries()) {
    const known = migrations[index];
    if (known === undefined) {
      const text = `the database was made by a newer Nodeward (it has the migration ${name}): start that version or a newer one`;
      throw new DatabaseUnusableError('DATABASE_NEWER', text);
    }
    if (known.name !== name || known.checksum !== checksum) {
      const had = `${name}, ${checksum.slice(0, 12)}`;
      const text = `migration ${known.name} is not the one that the database has had (${had}): restore the file and add a new one`;
      throw new DatabaseUnusableError('MIGRATION_CHANGED', text);
    }
  }
  return history.length;
}

async function apply(client: ClientBase, { name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query(sql);
  } catch (cause) {
    throw new DatabaseUnusableError('MIGRATION_FAILED', `migration ${name} failed${lineOf(cause, sql)}: ${messageOf(cause)}`, { cause });
  }
  await client.query('INSERT INTO schema_migration (name, checksum) VALUES ($1, $2)', [name, checksum]);
}

/** PostgreSQL gives the position of an error in characters from the start of the text, from 1. */
function lineOf(thrown: unknown, sql: string): string {
  const position = thrown instanceof Error && 'position' in thrown ? Number(thrown.position) : Number.NaN;
  return Number.isNaN(position) ? '' : ` in line ${sql.slice(0, position - 1).split('\n').length}`;
}
