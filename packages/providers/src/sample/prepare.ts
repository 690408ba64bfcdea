import { buildAdvisoryDatabase } from '@nodeward/engine';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { encryptedDisk, sampleDisks } from './disk-catalog.ts';
import { bundledDiskPath, installDisk } from './disk-file.ts';
import { fleet } from './fleet.ts';
import { createJson, readJson } from './json-file.ts';
import { nodeDiskPath, type StateFolder } from './state-folder.ts';

const preparedSchema = z.strictObject({ contents: z.string() });
/** The disks' own time: the beginning of the fleet, whenever the folder was made. */
const beginning = Date.UTC(2024, 1, 28);

export const advisoriesPath = fileURLToPath(new URL('advisories.json', import.meta.url));

/**
 * Fills the state folder where that has not been done, was not finished, or was done from other
 * disks or advisories than these. Called under the lock; `prepared.json` is written last.
 */
export async function prepare(folder: StateFolder): Promise<void> {
  const contents = await hashContents();
  if ((await readJson(folder.prepared, preparedSchema))?.contents === contents) return;
  await clear(folder);
  for (const path of [folder.disks, folder.images, folder.operations]) await mkdir(path, { recursive: true });
  for (const node of fleet.pools.flatMap(({ nodes }) => nodes)) {
    if (node.disk !== undefined) await installDisk(bundledDiskPath(node.disk), nodeDiskPath(folder, node.name), beginning);
  }
  await buildAdvisories(folder);
  await createJson(folder.prepared, { contents });
}

/** Our own advisories are in order, or the program is broken: a refused one is no state to go on from. */
async function buildAdvisories(folder: StateFolder): Promise<void> {
  const { feeds } = await buildAdvisoryDatabase({ feeds: [{ path: advisoriesPath }], folder: folder.advisoryDatabase, purpose: 'sample' });
  for (const feed of feeds) if (feed.outcome === 'refused') throw new Error(`${feed.path}: ${feed.reason}`);
}

/** Takes away what the sample made, and nothing else: the folder may have been chosen carelessly. */
export async function clear(folder: StateFolder): Promise<void> {
  const made = [folder.prepared, folder.disks, folder.images, folder.operations, folder.log, folder.advisoryDatabase];
  for (const path of made) await rm(path, { recursive: true, force: true });
}

async function hashContents(): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(fleet));
  const paths = [advisoriesPath, ...[...sampleDisks().map(({ name }) => name), encryptedDisk].map(bundledDiskPath)];
  for (const path of paths) hash.update(await readFile(path));
  return hash.digest('hex');
}
