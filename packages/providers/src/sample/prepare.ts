import { buildAdvisoryDatabase } from '@nodeward/engine';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { encryptedDisk, sampleDisks } from './disk-catalog.ts';
import { bundledDiskPath, unpackDisk } from './disk-file.ts';
import { fleet, fleetPools } from './fleet.ts';
import { createJson, readJson } from './json-file.ts';
import { nodeDiskPath, type StateFolder } from './state-folder.ts';

const preparedSchema = z.strictObject({ contents: z.string() });
/** The disks' own time: the beginning of the fleet, whenever the folder was made. */
const beginning = Date.UTC(2024, 1, 28);

/** Ubuntu's, Go's and Kubernetes' advisories, exploited vulnerabilities and probabilities: as many kinds of feeds. */
export const feedPaths = ['ubuntu.json', 'go.json', 'kubernetes.json', 'kev.json', 'epss.csv'].map((name) => fileURLToPath(new URL(`feeds/${name}`, import.meta.url)));

/**
 * Fills the state folder where that has not been done, was not finished, or was done from other
 * disks or advisories than these. Called under the lock; `prepared.json` is written last.
 */
export async function prepare(folder: StateFolder): Promise<void> {
  const contents = await bundledContents();
  if ((await readJson(folder.prepared, preparedSchema))?.contents === contents) return;
  await clear(folder);
  for (const path of [folder.disks, folder.images, folder.operations]) await mkdir(path, { recursive: true });
  // Both have come to their end before the lock is given back, whatever becomes of either.
  const done = await Promise.allSettled([unpackOwnDisks(folder), buildAdvisories(folder)]);
  for (const part of done) if (part.status === 'rejected') throw part.reason;
  await createJson(folder.prepared, { contents });
}

async function unpackOwnDisks(folder: StateFolder): Promise<void> {
  const nodes = fleetPools.flatMap(({ disks, nodes: found }) => (disks === 'own' ? found : []));
  const byDisk = Map.groupBy(nodes, ({ disk }) => disk);
  for (const [disk, alike] of byDisk) {
    if (disk !== undefined) await unpackDisk(bundledDiskPath(disk), alike.map(({ name }) => nodeDiskPath(folder, name)), beginning);
  }
}

/** Our own advisories are in order, or the program is broken: a refused one is no state to go on from. */
async function buildAdvisories(folder: StateFolder): Promise<void> {
  const { feeds } = await buildAdvisoryDatabase({ feeds: feedPaths.map((path) => ({ path })), folder: folder.advisoryDatabase, purpose: 'sample' });
  for (const feed of feeds) if (feed.outcome === 'refused') throw new Error(`${feed.path}: ${feed.reason}`);
}

/** Takes away what the sample made, and nothing else: the folder may have been chosen carelessly. */
export async function clear(folder: StateFolder): Promise<void> {
  const made = [folder.prepared, folder.disks, folder.images, folder.operations, folder.log, folder.autoUpgrade, folder.advisoryDatabase];
  for (const path of made) await rm(path, { recursive: true, force: true });
}

const bundled: { contents?: Promise<string> } = {};

/** What ships with the program does not change while it runs. */
async function bundledContents(): Promise<string> {
  bundled.contents ??= hashContents();
  return bundled.contents;
}

async function hashContents(): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(fleet));
  const paths = [...feedPaths, ...[...sampleDisks().map(({ name }) => name), encryptedDisk].map(bundledDiskPath)];
  for (const path of paths) hash.update(await readFile(path));
  return hash.digest('hex');
}
