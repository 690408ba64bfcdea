import type { DatabaseSync } from 'node:sqlite';
import { AdvisoryDatabaseError } from '../base/errors.ts';

/** "NWDV", in the header of every file that we write. */
const applicationId = 0x4e57_4456;
/** Raised when the tables change; a newer one than this is refused. */
export const databaseFormat = 2;
/** Raised when the same feed would give other rows in the same tables: then an unchanged feed is built again. */
export const builderRevision = 2;

/** `advisories`, or threat data: about vulnerabilities themselves, whatever package they are in. */
export const feedKinds = ['advisories', 'kev', 'epss'] as const;
export type FeedKind = (typeof feedKinds)[number];

const meta = 'CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID';

/**
 * One file per feed. SQLite keeps each text as it stands here, so a reader compares byte for byte
 * and finds foreign files and planted views. What is here is read and hashed before the first result,
 * so nothing is written twice. `range`: one row per distinct bounds of a package, NULL = no bound;
 * `extra` is JSON, `{"operatingSystems":["windows"]}`; `advisories` is a JSON list of ids (a table of
 * pairs is a megabyte and a half larger). `advisory.vulnerabilities` is NULL where it is the name
 * without its `UBUNTU-`; then `alias` holds only what is left of it, otherwise the own name too.
 * `detail.body`: raw deflate of JSON lines. `epss`: `epss-block.ts`; a row per CVE is three times as large.
 */
const tables: Readonly<Record<FeedKind, readonly string[]>> = {
  advisories: [
    meta,
    'CREATE TABLE package(id INTEGER PRIMARY KEY, ecosystem TEXT NOT NULL, name TEXT NOT NULL, UNIQUE(ecosystem, name)) STRICT',
    `CREATE TABLE range(package INTEGER NOT NULL, seq INTEGER NOT NULL, introduced TEXT, above TEXT, fixed TEXT, last_affected TEXT,
  binaries INTEGER, extra TEXT, advisories TEXT NOT NULL, PRIMARY KEY(package, seq)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE advisory(id INTEGER PRIMARY KEY, name TEXT NOT NULL, vulnerabilities TEXT, rating INTEGER NOT NULL,
  block INTEGER NOT NULL) STRICT`,
    'CREATE TABLE rating(id INTEGER PRIMARY KEY, severity TEXT NOT NULL, cvss TEXT) STRICT',
    'CREATE TABLE alias(name TEXT NOT NULL, advisory INTEGER NOT NULL, PRIMARY KEY(name, advisory)) STRICT, WITHOUT ROWID',
    'CREATE TABLE binaries(id INTEGER PRIMARY KEY, names TEXT NOT NULL) STRICT',
    'CREATE TABLE detail(block INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT',
  ],
  kev: [meta, 'CREATE TABLE kev(cve TEXT PRIMARY KEY, added TEXT NOT NULL, ransomware INTEGER NOT NULL) STRICT, WITHOUT ROWID'],
  epss: [meta, 'CREATE TABLE epss(block INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT'],
};

export function createTables(database: DatabaseSync, kind: FeedKind): void {
  database.exec(`PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;
    PRAGMA application_id=${applicationId}; PRAGMA user_version=${databaseFormat};`);
  for (const table of tables[kind]) database.exec(table);
}

export function insertMeta(database: DatabaseSync, entries: Readonly<Record<string, string>>): void {
  const insert = database.prepare('INSERT INTO meta VALUES (?, ?)');
  for (const [key, value] of Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1))) insert.run(key, value);
}

/** Throws unless the file holds exactly our tables. Says nothing about rows: only the hash of the file does. */
export function checkTables(database: DatabaseSync, kind: FeedKind, file: string): void {
  if (pragma(database, 'application_id') !== applicationId) throw new AdvisoryDatabaseError('foreign', `${file} is not an advisory database`);
  const format = Number(pragma(database, 'user_version'));
  if (format > databaseFormat) throw new AdvisoryDatabaseError('format-too-new', `${file} has format ${format}; this version reads ${databaseFormat}`);
  const found = database.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid').all().map((row) => row.sql);
  const expected = tables[kind];
  if (format !== databaseFormat || found.length !== expected.length || found.some((sql, index) => sql !== expected[index])) {
    throw new AdvisoryDatabaseError('foreign', `${file} has other tables than an advisory database`);
  }
}

function pragma(database: DatabaseSync, name: string): unknown {
  return database.prepare(`PRAGMA ${name}`).get()?.[name];
}
