import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { DiscoveredNode, DiscoveredPool, Discovery } from '../provider.ts';
import { type FleetNode, type FleetPool, fleet } from './fleet.ts';
import { newerImages, nodeState, poolImage, readState } from './fleet-state.ts';
import { isMissing } from './json-file.ts';
import type { LogEntry } from './operation-log.ts';
import { nodeDiskPath, type StateFolder } from './state-folder.ts';

/** The fleet as it stands; the caller has brought the disks up to date. */
export async function discover(folder: StateFolder): Promise<Discovery> {
  const { log } = await readState(folder);
  return {
    advisoryDatabase: { folder: folder.advisoryDatabase, purpose: 'sample' },
    clusters: [
      {
        name: fleet.name,
        kubernetesVersion: fleet.kubernetesVersion,
        region: fleet.region,
        pools: await Promise.all(fleet.pools.map(async (pool) => discoverPool(folder, pool, log))),
      },
    ],
  };
}

async function discoverPool(folder: StateFolder, pool: FleetPool, log: readonly LogEntry[]): Promise<DiscoveredPool> {
  const image = poolImage(pool, log);
  return {
    name: pool.name,
    image,
    kubernetesVersion: fleet.kubernetesVersion,
    newerImages: newerImages(pool, image),
    nodes: await Promise.all(pool.nodes.map(async (node) => discoverNode(folder, node, log))),
    operations: pool.operations,
  };
}

async function discoverNode(folder: StateFolder, node: FleetNode, log: readonly LogEntry[]): Promise<DiscoveredNode> {
  const { image, kernel } = nodeState(node, log);
  const nodeObject = kernel === undefined ? {} : { kernelRelease: kernel, kubeletVersion: `v${fleet.kubernetesVersion}` };
  return { name: node.name, image, ...nodeObject, evidenceToken: await evidenceToken(nodeDiskPath(folder, node.name), kernel) };
}

/** Not the inode: a disk that is replaced a second time by the same bytes (after a crash) is no news. */
async function evidenceToken(disk: string, kernel: string | undefined): Promise<string> {
  const status = await stat(disk, { bigint: true }).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  const facts = [status?.size, status?.mtimeNs, kernel].map((fact) => String(fact ?? 'none'));
  return createHash('sha256').update(facts.join('\n')).digest('hex');
}
