import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { ProviderBusyError } from '../errors.ts';

const pauseMilliseconds = 10;
const attempts = 3000;

/**
 * Runs `work` while no other process and no other call is inside the same state folder. The lock is
 * SQLite's own file lock: the system frees it when its holder is killed, so it cannot be left behind.
 */
export async function withLock<Result>(folder: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  const database = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: 0 });
  try {
    await acquire(database, signal);
    return await work();
  } finally {
    database.close();
  }
}

async function acquire(database: DatabaseSync, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    signal.throwIfAborted();
    if (tryBegin(database)) return;
    await sleep(pauseMilliseconds, undefined, { signal });
  }
  throw new ProviderBusyError('another process is working in the state folder of the sample fleet', 1000);
}

/** SQLite result code 5 is SQLITE_BUSY: somebody else holds the lock. */
function tryBegin(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) return false;
    throw error;
  }
}
