import { createHash } from 'node:crypto';
import { type BigIntStats, promises as fs } from 'node:fs';
import { basename } from 'node:path';
import type { DiscoveredNode, DiscoveredPool, Discovery } from '../provider.ts';
import type { Configuration, ConfiguredNode, ConfiguredPool } from './configuration.ts';

/** The folder's `nodeward.yaml` as a discovery; nothing can be done to its nodes from here. */
export async function discover(configuration: Configuration): Promise<Discovery> {
  const clusters = configuration.clusters.map(async ({ name, kubernetesVersion, region, pools }) => ({
    name,
    ...(kubernetesVersion !== undefined && { kubernetesVersion }),
    ...(region !== undefined && { region }),
    pools: await Promise.all(pools.map(async (pool) => discoverPool(pool, kubernetesVersion))),
  }));
  return {
    name: configuration.name ?? basename(configuration.folder),
    advisoryDatabase: { folder: configuration.advisoryDatabase, purpose: 'production' },
    clusters: await Promise.all(clusters),
  };
}

/** A pool without a version of its own follows the control plane; a node without a kubelet of its own has its pool's. */
async function discoverPool(pool: ConfiguredPool, controlPlane: string | undefined): Promise<DiscoveredPool> {
  const { kubernetesVersion = controlPlane, kubelet } = pool;
  return {
    name: pool.name,
    image: pool.image,
    ...(kubernetesVersion !== undefined && { kubernetesVersion }),
    newerImages: pool.newerImages.map(({ name }) => name),
    nodes: await Promise.all(pool.nodes.map(async (node) => discoverNode({ ...(kubelet !== undefined && { kubelet }), ...node }, pool.image))),
    operations: [],
  };
}

async function discoverNode(node: ConfiguredNode, poolImage: string): Promise<DiscoveredNode> {
  const { name, image = poolImage, kernel, kubelet } = node;
  return {
    name,
    image,
    ...(kernel !== undefined && { kernelRelease: kernel }),
    ...(kubelet !== undefined && { kubeletVersion: kubelet }),
    evidenceToken: await evidenceToken(node),
  };
}

/** A file that was replaced by another of the same size and time has another inode. */
async function evidenceToken({ path, kernel, kubelet }: ConfiguredNode): Promise<string> {
  const status = path === undefined ? undefined : await statusOf(path);
  const facts = [path, status?.size, status?.mtimeNs, status?.ino, kernel, kubelet].map((fact) => String(fact ?? 'none'));
  return createHash('sha256').update(facts.join('\n')).digest('hex');
}

/** A disk that cannot be looked at now has a token too; it changes when the disk appears. */
async function statusOf(path: string): Promise<BigIntStats | undefined> {
  return fs.stat(path, { bigint: true }).catch(() => undefined);
}
