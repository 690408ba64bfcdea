import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { AutoUpgrade, DiscoveredCluster, DiscoveredNode, DiscoveredPool, Discovery } from '../provider.ts';
import { readAutoUpgrade } from './auto-upgrade.ts';
import { sampleImages } from './disk-catalog.ts';
import { type FleetCluster, fleet, type PlacedNode } from './fleet.ts';
import type { FleetPool } from './fleet-pool.ts';
import { controlPlaneVersion, newerImages, newestImage, type NodeState, nodeState, poolImage, poolVersion, readState } from './fleet-state.ts';
import { isMissing } from './json-file.ts';
import { controlPlaneUpgrades, poolUpgrades } from './kubernetes-versions.ts';
import type { LogEntry } from './operation-log.ts';
import { nodeDiskPath, type StateFolder } from './state-folder.ts';

/** The fleet as it stands; the caller has brought the disks up to date. */
export async function discover(folder: StateFolder): Promise<Discovery> {
  const { log } = await readState(folder);
  const settings = await readAutoUpgrade(folder);
  return {
    advisoryDatabase: { folder: folder.advisoryDatabase, purpose: 'sample' },
    clusters: await Promise.all(fleet.map(async (cluster) => discoverCluster(folder, cluster, settings.get(cluster.name) ?? cluster.autoUpgrade, log))),
  };
}

async function discoverCluster(folder: StateFolder, cluster: FleetCluster, autoUpgrade: AutoUpgrade, log: readonly LogEntry[]): Promise<DiscoveredCluster> {
  const version = controlPlaneVersion(cluster, log);
  return {
    name: cluster.name,
    kubernetesVersion: version,
    controlPlaneUpgrades: controlPlaneUpgrades(version),
    autoUpgrade,
    region: cluster.region,
    pools: await Promise.all(cluster.pools.map(async (pool) => discoverPool(folder, pool, version, log))),
  };
}

async function discoverPool(folder: StateFolder, pool: FleetPool, controlPlane: string, log: readonly LogEntry[]): Promise<DiscoveredPool> {
  const image = poolImage(pool, log);
  const version = poolVersion(pool, log);
  const newest = newestImage(pool, image);
  const published = sampleImages().find((fact) => fact.image === image)?.builtAt;
  return {
    name: pool.name,
    image,
    kubernetesVersion: version,
    newerImages: newerImages(pool, image),
    kubernetesUpgrades: pool.operations.includes('kubernetes') ? poolUpgrades(version, controlPlane).map((offered) => ({ version: offered, image: newest })) : [],
    operatingSystem: pool.operatingSystem,
    osDisk: pool.osDisk,
    ...(published !== undefined && { imagePublishedAt: published }),
    nodes: await Promise.all(pool.nodes.map(async (node) => discoverNode(folder, { pool, node }, log))),
    operations: pool.operations,
  };
}

async function discoverNode(folder: StateFolder, placed: PlacedNode, log: readonly LogEntry[]): Promise<DiscoveredNode> {
  const { name } = placed.node;
  const state = nodeState(placed, log);
  return { name, image: state.image, ...nodeObject(placed, state), evidenceToken: await evidenceToken(nodeDiskPath(folder, name), state) };
}

function nodeObject({ pool }: PlacedNode, { image, kernel, kubernetesVersion }: NodeState): Partial<DiscoveredNode> {
  if (kernel === undefined) return {};
  const containerd = pool.operatingSystem === 'windows' ? '1.6.21+azure' : sampleImages().find((fact) => fact.image === image)?.containerd;
  return {
    kernelRelease: kernel,
    kubeletVersion: `v${kubernetesVersion}`,
    ...(containerd !== undefined && { containerRuntimeVersion: `containerd://${containerd}` }),
  };
}

/**
 * Not the inode: a disk that is replaced a second time by the same bytes (after a crash) is no news.
 * Without a disk of its own a node's evidence changes with what was done to it.
 */
async function evidenceToken(disk: string, { disk: booted, image, kernel, kubernetesVersion, changedAt }: NodeState): Promise<string> {
  const status = await stat(disk, { bigint: true }).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  const facts = [status?.size, status?.mtimeNs, booted ?? image, kernel, kubernetesVersion, changedAt].map((fact) => String(fact ?? 'none'));
  return createHash('sha256').update(facts.join('\n')).digest('hex');
}
