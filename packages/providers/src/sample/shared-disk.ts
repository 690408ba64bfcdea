import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { bundledDiskPath, installDisk } from './disk-file.ts';
import { isMissing } from './json-file.ts';
import { sharedDiskPath, type StateFolder } from './state-folder.ts';

/** Path of the unpacked disk, which nobody writes to; unpacked now where it is not yet. Called under the lock. */
export async function sharedDisk(folder: StateFolder, disk: string): Promise<string> {
  const path = sharedDiskPath(folder, disk);
  if (!(await exists(path))) await installDisk(bundledDiskPath(disk), path, 0);
  return path;
}

const contents = new Map<string, string>();

/** Equal for equal bytes, whatever release of the program they come from. */
export async function contentOf(disk: string): Promise<string> {
  const known = contents.get(disk) ?? createHash('sha256').update(await readFile(bundledDiskPath(disk))).digest('hex');
  contents.set(disk, known);
  return known;
}

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
