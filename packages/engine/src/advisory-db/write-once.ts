import { constants } from 'node:fs';
import { chmod, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a finished temporary file durable, read-only and visible under its name, in that order. */
export async function publishFile(temporaryFile: string, path: string): Promise<void> {
  await syncPath(temporaryFile);
  await chmod(temporaryFile, 0o444);
  await rename(temporaryFile, path);
  await syncPath(dirname(path));
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } catch (error) {
    // Windows cannot flush a folder, nor a file that is open for reading only.
    if (process.platform !== 'win32') throw error;
  } finally {
    await handle.close();
  }
}
