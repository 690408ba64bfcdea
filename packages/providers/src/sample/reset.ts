import { mkdir, rm } from 'node:fs/promises';
import { withLock } from './lock.ts';
import { clear } from './prepare.ts';
import { stateFolder } from './state-folder.ts';

/** Back to the beginning: the next start prepares the fleet anew. */
export async function resetSample(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  const folder = stateFolder(path);
  await withLock(path, AbortSignal.timeout(60_000), async () => {
    await clear(folder);
    for (const file of [folder.fail, folder.imageOverrides]) await rm(file, { force: true });
  });
}
