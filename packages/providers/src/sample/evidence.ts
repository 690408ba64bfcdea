import { openFileSource } from '@nodeward/engine';
import type { Evidence, ImageReference, NodeReference } from '../provider.ts';
import { sampleDisks } from './disk-catalog.ts';
import { findNode, findPool, type PlacedNode } from './fleet.ts';
import { nodeState, readState } from './fleet-state.ts';
import { diskOfImage } from './image-overrides.ts';
import { listEvidence } from './node-image-list.ts';
import { contentOf, exists, sharedDisk } from './shared-disk.ts';
import { nodeDiskPath, type StateFolder } from './state-folder.ts';

/** The best that can be had of the node as it stands in the state folder; the caller has brought it up to date. */
export async function nodeEvidence(folder: StateFolder, reference: NodeReference): Promise<Evidence> {
  const placed = findNode(reference);
  if (placed === undefined) return { kind: 'refused', cause: 'not-found', detail: `node ${reference.node}` };
  const { pool, node } = placed;
  if (pool.operatingSystem === 'windows') return windowsRefusal(node.image);
  const { log } = await readState(folder);
  return pool.osDisk === 'ephemeral' ? listEvidence(nodeState(placed, log).image) : diskEvidence(folder, placed, nodeState(placed, log).disk);
}

async function diskEvidence(folder: StateFolder, { pool, node }: PlacedNode, disk: string | undefined): Promise<Evidence> {
  const own = nodeDiskPath(folder, node.name);
  if (disk !== undefined && (await exists(own))) return { kind: 'disk', grade: 'disk', open: async () => openFileSource(own) };
  if (disk === undefined || pool.disks === 'own') return { kind: 'refused', cause: 'unreachable', detail: node.name };
  return sharedEvidence(folder, disk, 'disk');
}

async function sharedEvidence(folder: StateFolder, disk: string, grade: 'disk' | 'reference-image'): Promise<Evidence> {
  const path = await sharedDisk(folder, disk);
  return { kind: 'disk', grade, content: await contentOf(disk), open: async () => openFileSource(path) };
}

/** What nodes that are moved to the image have then, overrides included; of ephemeral disks the list is all there is. */
export async function imageEvidence(folder: StateFolder, reference: ImageReference): Promise<Evidence> {
  const pool = findPool(reference);
  if (pool === undefined) return { kind: 'refused', cause: 'not-found', detail: `pool ${reference.pool}` };
  if (pool.operatingSystem === 'windows') return windowsRefusal(reference.image);
  if (pool.osDisk === 'ephemeral') return listEvidence(reference.image);
  if (!sampleDisks().some(({ image }) => image.image === reference.image)) {
    return { kind: 'refused', cause: 'image-not-published', detail: reference.image };
  }
  const disk = await diskOfImage(folder, reference.image);
  if (disk.kind === 'bundled') return sharedEvidence(folder, disk.name, 'reference-image');
  return { kind: 'disk', grade: 'reference-image', open: async () => openFileSource(disk.path) };
}

function windowsRefusal(image: string): Evidence {
  return { kind: 'refused', cause: 'unsupported', detail: `Windows node image ${image}` };
}
