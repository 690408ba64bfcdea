import { openFileSource } from '@nodeward/engine';
import { stat } from 'node:fs/promises';
import type { Evidence, ImageReference, NodeReference, PoolReference } from '../provider.ts';
import type { Configuration, ConfiguredPool } from './configuration.ts';
import { listEvidence, readNodeImageList } from './node-image-list.ts';

export async function nodeEvidence(configuration: Configuration, reference: NodeReference): Promise<Evidence> {
  const node = findPool(configuration, reference)?.nodes.find(({ name }) => name === reference.node);
  if (node === undefined) return { kind: 'refused', cause: 'not-found', detail: `node ${reference.node}` };
  if (node.path === undefined) return { kind: 'refused', cause: 'unreachable', detail: `no path is given for node ${node.name}` };
  return fileEvidence(configuration, node.path, 'disk');
}

export async function imageEvidence(configuration: Configuration, reference: ImageReference): Promise<Evidence> {
  const pool = findPool(configuration, reference);
  if (pool === undefined) return { kind: 'refused', cause: 'not-found', detail: `node pool ${reference.pool}` };
  const image = pool.newerImages.find(({ name }) => name === reference.image);
  if (image === undefined) return { kind: 'refused', cause: 'image-not-published', detail: reference.image };
  return fileEvidence(configuration, image.path, 'reference-image');
}

function findPool({ clusters }: Configuration, { cluster, pool }: PoolReference): ConfiguredPool | undefined {
  return clusters.find(({ name }) => name === cluster)?.pools.find(({ name }) => name === pool);
}

async function fileEvidence(configuration: Configuration, path: string, grade: 'disk' | 'reference-image'): Promise<Evidence> {
  const problem = await whyUnreadable(path);
  if (problem !== undefined) return { kind: 'refused', cause: 'unreachable', detail: `${path}: ${problem}` };
  const list = await readNodeImageList(path);
  if (list !== undefined) return listEvidence(path, list, configuration.sourceNames);
  return { kind: 'disk', grade, open: async () => openFileSource(path) };
}

async function whyUnreadable(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isFile() ? undefined : 'not a regular file';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'cannot be read';
  }
}
