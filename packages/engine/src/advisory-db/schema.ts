import type { DatabaseSync } from 'node:sqlite';
import { AdvisoryDatabaseError } from '../base/errors.ts';

/** "NWDV", in the header of every file that we write. */
const applicationId = 0x4e57_4456;
/** Raised when the tables change; a newer one than this is refused. */
export const databaseFormat = 1;
/** Raised when the same feed would give other rows in the same tables: then an unchanged feed is built again. */
export const builderRevision = 1;

/**
 * One file per feed. SQLite keeps each text as it stands here, so a reader compares byte for byte
 * and finds foreign files and planted views. `range`: one row per distinct bounds of a package, NULL =
 * no bound. `alias` holds the own id too. `advisory.vulnerabilities` is NULL where it is the name
 * without its `UBUNTU-`. `detail.body`: raw deflate of JSON lines, about 16 KB before.
 */
export const tables: readonly string[] = [
  'CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID',
  'CREATE TABLE package(id INTEGER PRIMARY KEY, ecosystem TEXT NOT NULL, name TEXT NOT NULL, UNIQUE(ecosystem, name)) STRICT',
  `CREATE TABLE range(package INTEGER NOT NULL, seq INTEGER NOT NULL, introduced TEXT, above TEXT, fixed TEXT, last_affected TEXT,
  binaries INTEGER, extra TEXT, PRIMARY KEY(package, seq)) STRICT, WITHOUT ROWID`,
  `CREATE TABLE affected(package INTEGER NOT NULL, seq INTEGER NOT NULL, advisory INTEGER NOT NULL,
  PRIMARY KEY(package, seq, advisory)) STRICT, WITHOUT ROWID`,
  `CREATE TABLE advisory(id INTEGER PRIMARY KEY, name TEXT NOT NULL, vulnerabilities TEXT, severity TEXT, cvss TEXT,
  block INTEGER NOT NULL) STRICT`,
  'CREATE TABLE alias(name TEXT NOT NULL, advisory INTEGER NOT NULL, PRIMARY KEY(name, advisory)) STRICT, WITHOUT ROWID',
  'CREATE TABLE binaries(id INTEGER PRIMARY KEY, names TEXT NOT NULL) STRICT',
  'CREATE TABLE detail(block INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT',
];

export function createTables(database: DatabaseSync): void {
  database.exec(`PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;
    PRAGMA application_id=${applicationId}; PRAGMA user_version=${databaseFormat};`);
  for (const table of tables) database.exec(table);
}

/** Throws unless the file holds exactly our tables. Says nothing about rows: only the hash of the file does. */
export function checkTables(database: DatabaseSync, file: string): void {
  if (pragma(database, 'application_id') !== applicationId) throw new AdvisoryDatabaseError('foreign', `${file} is not an advisory database`);
  const format = Number(pragma(database, 'user_version'));
  if (format > databaseFormat) throw new AdvisoryDatabaseError('format-too-new', `${file} has format ${format}; this version reads ${databaseFormat}`);
  const found = database.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid').all().map((row) => row.sql);
  if (format !== databaseFormat || found.length !== tables.length || found.some((sql, index) => sql !== tables[index])) {
    throw new AdvisoryDatabaseError('foreign', `${file} has other tables than an advisory database`);
  }
}

function pragma(database: DatabaseSync, name: string): unknown {
  return database.prepare(`PRAGMA ${name}`).get()?.[name];
}
