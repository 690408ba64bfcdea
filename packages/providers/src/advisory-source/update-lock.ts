import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** SQLite's result codes: SQLITE_BUSY, and its extended forms in the lower byte. */
const busy = 5;

/**
 * Holds the folder for one update, across processes; undefined where another one has it. It is the
 * operating system's lock on a file, so a process that dies leaves nothing locked behind.
 */
export function lockForUpdate(folder: string): Disposable | undefined {
  const database = new DatabaseSync(join(folder, 'update.lock'), { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === busy) return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => database.close() };
}
