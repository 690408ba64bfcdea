import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildAdvisoryDatabase } from './build-advisory-database.ts';
import { type AdvisoryDatabase, openAdvisoryDatabase } from './open-advisory-database.ts';

/** Where the real data lies beside the repository. */
export const sharedData = join(process.env.NODEWARD_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url)), 'data');

/** The folder of a database of the real feeds, to be read only. Kept between runs: an unchanged feed and builder need no build. */
export async function buildSharedDatabase(): Promise<string | undefined> {
  const feeds = ['ubuntu-osv.zip', 'go-osv.zip', 'kubernetes-osv.zip', 'kev.json'].map((name) => ({ path: join(sharedData, 'feeds', name) }));
  if (!feeds.every(({ path }) => existsSync(path))) return undefined;
  const folder = join(tmpdir(), 'nodeward-test-advisories');
  await oneAfterTheOther(`${folder}.lock`, () => buildAdvisoryDatabase({ feeds, folder, purpose: 'production' }));
  return folder;
}

export async function openSharedDatabase(): Promise<AdvisoryDatabase | undefined> {
  const folder = await buildSharedDatabase();
  return folder === undefined ? undefined : openAdvisoryDatabase(folder);
}

/** Two builds at once would be right, and the second for nothing. */
async function oneAfterTheOther(lock: string, work: () => Promise<unknown>): Promise<void> {
  while (!(await isTaken(lock))) await delay(100);
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function isTaken(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
  // between the making of the file and its first byte it names nobody
  if (owner > 0 && !isRunning(owner)) await rm(lock, { force: true });
  return false;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
