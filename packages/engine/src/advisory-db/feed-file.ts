import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { AdvisoryDatabaseError } from '../base/errors.ts';
import type { ManifestFeed } from './manifest.ts';
import { checkTables } from './schema.ts';

/** The file that the manifest names is not there: the manifest may just have been replaced. */
export class FeedFileMissing extends Error {}

/** Opens one file and proves its content; no row may be believed before this has returned. */
export async function openFeedFile(folder: string, feed: ManifestFeed): Promise<DatabaseSync> {
  const path = join(folder, feed.file);
  const before = identify(path);
  if (before.bytes !== feed.bytes) throw new AdvisoryDatabaseError('damaged', `${feed.file} has ${before.bytes} bytes, not ${feed.bytes}`);
  const proof = prove(path, before.identity, feed);
  // Awaited below; a failure to open must not leave it unheard.
  proof.catch(() => undefined);
  const database = openReadOnly(path);
  try {
    await proof;
    checkTables(database, feed.kind, feed.file);
    return database;
  } catch (error) {
    database.close();
    throw asDatabaseError(error, feed.file);
  }
}

/** SQLite's own errors on a proven file, or on one that is not proven yet, mean the same: damaged. */
export function asDatabaseError(error: unknown, file: string): unknown {
  if (errorField(error, 'code') !== 'ERR_SQLITE_ERROR') return error;
  return new AdvisoryDatabaseError('damaged', `${file} is damaged (${error instanceof Error ? error.message : ''})`, { cause: error });
}

/**
 * `immutable` spares locks and journals in folders that cannot be written; only the proof makes it
 * safe. A URL, since SQLite reads `?`, `#` and `%` of a plain `file:` text as its own.
 */
function openReadOnly(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  try {
    return new DatabaseSync(url, { readOnly: true, allowExtension: false });
  } catch (error) {
    // SQLITE_CANTOPEN: https://www.sqlite.org/rescode.html#cantopen
    if (errorField(error, 'errcode') === 14) throw new FeedFileMissing(path, { cause: error });
    throw error;
  }
}

/** By path, identity and expected hash: a file is hashed once per process, and again once it is another file. */
const proven = new Map<string, Promise<void>>();

function prove(path: string, identity: string, feed: ManifestFeed): Promise<void> {
  const key = `${path} ${identity} ${feed.sha256}`;
  const known = proven.get(key);
  if (known !== undefined) return known;
  const proof = hashFile(path, feed.bytes).then(async (sha256) => {
    if (sha256 !== feed.sha256) throw new AdvisoryDatabaseError('damaged', `${feed.file} is damaged (its SHA-256 is another one)`);
    if (identify(path).identity !== identity) throw new FeedFileMissing(path);
  });
  proven.set(key, proof);
  proof.catch(() => proven.delete(key));
  return proof;
}

const pieceBytes = 1 << 18;

/**
 * Reads at once, as SQLite itself will, and gives way to the event loop after each piece: a hop to another
 * thread and back for each costs more than that.
 */
async function hashFile(path: string, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, bytes));
  const file = asFileErrors(path, () => openSync(path, 'r'));
  try {
    for (let hashed = 0; hashed < bytes;) {
      const bytesRead = asFileErrors(path, () => readSync(file, piece, 0, piece.length, null));
      if (bytesRead === 0) break;
      hash.update(piece.subarray(0, bytesRead));
      hashed += bytesRead;
      await new Promise((resume) => setImmediate(resume));
    }
    return hash.digest('hex');
  } finally {
    closeSync(file);
  }
}

function identify(path: string): { bytes: number; identity: string } {
  const found = asFileErrors(path, () => statSync(path, { bigint: true }));
  return { bytes: Number(found.size), identity: [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(':') };
}

function asFileErrors<Result>(path: string, ask: () => Result): Result {
  try {
    return ask();
  } catch (error) {
    throw asFileError(error, path);
  }
}

function asFileError(error: unknown, path: string): Error {
  const code = errorField(error, 'code');
  if (code === 'ENOENT') return new FeedFileMissing(path, { cause: error });
  return new AdvisoryDatabaseError('unreadable', `${path} cannot be read (${String(code)})`, { cause: error });
}

function errorField(error: unknown, field: 'code' | 'errcode'): unknown {
  return error instanceof Error ? Object.entries(Object.getOwnPropertyDescriptors(error)).find(([name]) => name === field)?.[1].value : undefined;
}
