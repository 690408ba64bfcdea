import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
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
  const before = await identify(path);
  if (before.bytes !== feed.bytes) throw new AdvisoryDatabaseError('damaged', `${feed.file} has ${before.bytes} bytes, not ${feed.bytes}`);
  const proof = prove(path, before.identity, feed);
  // Awaited below; a failure to open must not leave it unheard.
  proof.catch(() => undefined);
  const database = openReadOnly(path);
  try {
    await proof;
    checkTables(database, feed.file);
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
  const proof = hashFile(path).then(async (sha256) => {
    if (sha256 !== feed.sha256) throw new AdvisoryDatabaseError('damaged', `${feed.file} is damaged (its SHA-256 is another one)`);
    if ((await identify(path)).identity !== identity) throw new FeedFileMissing(path);
  });
  proven.set(key, proof);
  proof.catch(() => proven.delete(key));
  return proof;
}

const pieceBytes = 1 << 19;

/**
 * Two buffers in turn, one read while the other is hashed: a stream's fresh ones cost a fifth more.
 * No more than a millisecond of event loop at a time.
 */
async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  let [piece, other] = [Buffer.allocUnsafeSlow(pieceBytes), Buffer.allocUnsafeSlow(pieceBytes)];
  try {
    await using file = await open(path);
    let reading = file.read(piece, 0, pieceBytes);
    for (;;) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) return hash.digest('hex');
      [piece, other] = [other, piece];
      reading = file.read(piece, 0, pieceBytes);
      hash.update(other.subarray(0, bytesRead));
    }
  } catch (error) {
    throw asFileError(error, path);
  }
}

async function identify(path: string): Promise<{ bytes: number; identity: string }> {
  const found = await stat(path, { bigint: true }).catch((error: unknown) => {
    throw asFileError(error, path);
  });
  return { bytes: Number(found.size), identity: [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(':') };
}

function asFileError(error: unknown, path: string): Error {
  const code = errorField(error, 'code');
  if (code === 'ENOENT') return new FeedFileMissing(path, { cause: error });
  return new AdvisoryDatabaseError('unreadable', `${path} cannot be read (${String(code)})`, { cause: error });
}

function errorField(error: unknown, field: 'code' | 'errcode'): unknown {
  return error instanceof Error ? Object.entries(Object.getOwnPropertyDescriptors(error)).find(([name]) => name === field)?.[1].value : undefined;
}
