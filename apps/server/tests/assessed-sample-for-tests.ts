import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '@nodeward/api';
import { copyFolder } from '../src/database/copy-folder-for-tests.ts';
import { copyEmbeddedTemplate } from '../src/database/embedded-template-for-tests.ts';
import { startServer } from './server-process.ts';

const variable = 'NODEWARD_TEST_ASSESSED_SAMPLE';

/** For vitest's `globalSetup`: where the files of one run share the fleet. */
export async function setup(): Promise<() => Promise<void>> {
  if (process.env[variable] !== undefined) return () => Promise.resolve();
  const folder = await mkdtemp(join(tmpdir(), 'nodeward-assessed-sample-'));
  process.env[variable] = folder;
  return () => rm(folder, { recursive: true, force: true });
}

/**
 * Fills `dataDir` with what a server leaves that has read the whole sample fleet on the embedded database: half a minute
 * of two cores, spent once in a run by whichever test asks first. The others wait for it.
 */
export async function copyAssessedSample(dataDir: string): Promise<void> {
  const shared = process.env[variable];
  if (shared === undefined) throw new Error(`${variable} is not set: the project lacks its globalSetup`);
  const made = join(shared, 'data');
  const taken = join(shared, 'taken');
  while (!(await exists(made))) {
    if (!(await isFirst(taken))) await delay(200);
    // the one before may have come to its end in between
    else if (!(await exists(made))) await make(shared, made).finally(() => rm(taken, { force: true }));
  }
  await copyFolder(made, dataDir);
}

/** Until every node has its answer and every unhealthy pool its forecast: what there is still to wait for, in words. */
export async function openInSample(client: ApiClient): Promise<readonly string[]> {
  const { recommendations } = await client.call('listRecommendations', {});
  if (recommendations.length === 0) return ['nothing has been discovered yet'];
  const { total } = await client.call('listNodes', { query: { cause: 'never-assessed', limit: 1 } });
  const unknown = recommendations.filter(({ forecastKnown, state }) => state === 'unhealthy' && !forecastKnown).map(({ cluster, pool }) => `${cluster}/${pool} has no forecast`);
  return total === 0 ? unknown : [`${total} nodes have not been assessed`, ...unknown];
}

/** Who makes the file makes the fleet, unless it ended before it was done. */
async function isFirst(taken: string): Promise<boolean> {
  try {
    await writeFile(taken, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const maker = Number(await readFile(taken, 'utf8').catch(() => ''));
  // between the making of the file and its first byte it names nobody
  if (maker > 0 && !isRunning(maker)) await rm(taken, { force: true });
  return false;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function make(shared: string, made: string): Promise<void> {
  const dataDir = await mkdtemp(join(shared, 'unfinished-'));
  await copyEmbeddedTemplate(join(dataDir, 'database'));
  const server = await startServer({ dataDir, databaseUrl: undefined });
  try {
    while ((await openInSample(server.client)).length > 0) await delay(200);
  } finally {
    await server.stop();
  }
  for (const own of ['logs', 'portal']) await rm(join(dataDir, own), { recursive: true, force: true });
  await rename(dataDir, made);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
