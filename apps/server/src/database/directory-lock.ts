import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DatabaseUnusableError, messageOf } from './database-errors.ts';

/** Primary result code "database is locked": https://www.sqlite.org/rescode.html#busy */
const sqliteBusy = 5;

/**
 * Makes the directory (0700) and locks it for this process until `close`.
 *
 * The lock is SQLite's own file lock, which the kernel drops on any death of the process: no stale file is left
 * behind, and it cannot expire while a long statement blocks, as a lock that is renewed by a timer would.
 */
export function lockDirectory(directory: string): DatabaseSync {
  const lock = openLockFile(directory);
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    if (isBusy(cause)) throw new DatabaseUnusableError('DATABASE_IN_USE', `${directory} is in use by another process`, { cause });
    throw unwritable(directory, cause);
  }
}

function openLockFile(directory: string): DatabaseSync {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    chmodSync(directory, 0o700);
    return new DatabaseSync(join(directory, 'lock'));
  } catch (cause) {
    throw unwritable(directory, cause);
  }
}

function unwritable(directory: string, cause: unknown): DatabaseUnusableError {
  return new DatabaseUnusableError('DATABASE_UNWRITABLE', `${directory} cannot be written: ${messageOf(cause)}`, { cause });
}

function isBusy(thrown: unknown): boolean {
  return thrown instanceof Error && 'errcode' in thrown && thrown.errcode === sqliteBusy;
}
