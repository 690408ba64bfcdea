import { openFileSource } from '@nodeward/engine';
import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Evidence, ImageReference, NodeReference } from '../provider.ts';
import { sampleDisks } from './disk-catalog.ts';
import { installDisk } from './disk-file.ts';
import { findNode, findPool } from './fleet.ts';
import { isMissing } from './json-file.ts';
import { diskOfImage } from './materialise.ts';
import { nodeDiskPath, type StateFolder } from './state-folder.ts';

/** The node's disk as it lies in the state folder; the caller has brought it up to date. */
export async function nodeEvidence(folder: StateFolder, reference: NodeReference): Promise<Evidence> {
  const node = findNode(reference);
  if (node === undefined) return { kind: 'refused', cause: 'not-found', detail: `node ${reference.node}` };
  const disk = nodeDiskPath(folder, node.name);
  if (node.disk === undefined || !(await exists(disk))) return { kind: 'refused', cause: 'unreachable', detail: node.name };
  return { kind: 'disk', grade: 'disk', open: async () => openFileSource(disk) };
}

/** What nodes that are moved to the image find on their disks, overrides included. */
export async function imageEvidence(folder: StateFolder, reference: ImageReference): Promise<Evidence> {
  if (findPool(reference) === undefined) return { kind: 'refused', cause: 'not-found', detail: `pool ${reference.pool}` };
  if (!sampleDisks().some(({ image }) => image.image === reference.image)) {
    return { kind: 'refused', cause: 'image-not-published', detail: reference.image };
  }
  const source = await diskOfImage(folder, reference.image);
  if (!source.endsWith('.zst')) return { kind: 'disk', grade: 'reference-image', open: async () => openFileSource(source) };
  const unpacked = join(folder.images, `${createHash('sha256').update(source).digest('hex').slice(0, 16)}.img`);
  if (!(await exists(unpacked))) await installDisk(source, unpacked, 0);
  return { kind: 'disk', grade: 'reference-image', open: async () => openFileSource(unpacked) };
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
