import type { AutoUpgrade, MaintenanceWindow, NodeReference, PoolReference } from '../provider.ts';
import { encryptedDisk, imageName, patchedDisk } from './disk-catalog.ts';
import { type FleetNode, type FleetPool, nodeName, type PoolOrigin, poolOf } from './fleet-pool.ts';

export interface FleetCluster {
  readonly name: string;
  readonly region: string;
  /** Of the control plane at the beginning, like the settings. */
  readonly kubernetesVersion: string;
  readonly autoUpgrade: AutoUpgrade;
  readonly pools: readonly FleetPool[];
}

const newest = imageName('202402.26.0');
const saturdayNight: MaintenanceWindow = {
  schedule: { kind: 'weekly', everyWeeks: 1, day: 'Saturday' },
  startTime: '02:00',
  utcOffset: '+09:00',
  durationHours: 4,
};

/** What an image update, a reboot and neither of them can do; every node has a disk of its own. */
function prodTokyo(): FleetCluster {
  const origin: PoolOrigin = { cluster: 'prod-tokyo-01', number: 31_764_529, kubernetesVersion: '1.26.6' };
  const own = { disks: 'own' } as const;
  // The newest image alone cures it; 202310.09.0 on the way would bring new vulnerabilities.
  const cured = { ...own, name: 'userpool01', image: imageName('202309.06.0'), newerImages: ['202310.04.0', '202310.09.0', '202311.22.0', '202402.26.0'].map(imageName), count: 3 };
  // The only newer image on offer leaves CVE-2023-50387 and others, which 202402.26.0 fixes.
  const leftOpen = { ...own, name: 'batchpool01', image: imageName('202311.22.0'), newerImages: [imageName('202402.12.0')], count: 2 };
  // Patched in place up to the packages of 202402.26.0, and not booted since.
  const rebootMissing = { ...own, name: 'syspool01', image: imageName('202402.12.0'), newerImages: [newest], count: 2 };
  return {
    name: origin.cluster,
    region: 'japaneast',
    kubernetesVersion: origin.kubernetesVersion,
    autoUpgrade: { clusterChannel: 'none', nodeImageChannel: 'None' },
    pools: [poolOf(origin, cured), poolOf(origin, leftOpen), poolOf(origin, rebootMissing, patchedDisk), partlyUnseen(origin)],
  };
}

/** One node that is read, one whose disk is encrypted, one that nobody reaches. */
function partlyUnseen(origin: PoolOrigin): FleetPool {
  const pool = poolOf(origin, { name: 'securepool01', image: newest, newerImages: [], operations: [], disks: 'own', count: 0 });
  const node = (index: number): FleetNode => ({ name: nodeName(origin, pool.name, index), image: newest, isReporting: index < 2 });
  return { ...pool, nodes: [{ ...node(0), disk: newest }, { ...node(1), disk: encryptedDisk }, node(2)] };
}

/** Kubelets with CVE-2023-2431, which no image changes: the control plane must move first, then the pools. */
function stagingTokyo(): FleetCluster {
  const origin: PoolOrigin = { cluster: 'stg-tokyo-01', number: 20_417_736, kubernetesVersion: '1.26.3' };
  const both = { name: 'app01', image: imageName('202309.06.0'), newerImages: ['202310.04.0', '202311.22.0', '202402.26.0'].map(imageName), count: 3 };
  const windows = { name: 'winnp01', image: 'AKSWindows-2022-containerd-20348.1970.230905', newerImages: [], operations: [], operatingSystem: 'windows', count: 2 } as const;
  return {
    name: origin.cluster,
    region: 'japaneast',
    kubernetesVersion: origin.kubernetesVersion,
    // The legacy value: the cluster's channel that moves node images.
    autoUpgrade: { clusterChannel: 'node-image', nodeImageChannel: 'NodeImage' },
    pools: [poolOf(origin, both), poolOf(origin, { name: 'sysnp01', image: newest, newerImages: [], count: 3 }), withoutDisks(poolOf(origin, windows))],
  };
}

function withoutDisks(pool: FleetPool): FleetPool {
  return { ...pool, nodes: pool.nodes.map(({ name, image, isReporting }) => ({ name, image, isReporting })) };
}

/** Healthy pools beside one whose newest image makes matters worse and one that nobody can look into. */
function prodOsaka(): FleetCluster {
  const origin: PoolOrigin = { cluster: 'prod-osaka-01', number: 14_982_061, kubernetesVersion: '1.27.3' };
  const encrypted = { name: 'secure01', image: imageName('202309.06.0'), newerImages: [], operations: [], count: 4 };
  return {
    name: origin.cluster,
    region: 'japanwest',
    kubernetesVersion: origin.kubernetesVersion,
    autoUpgrade: { clusterChannel: 'patch', nodeImageChannel: 'NodeImage', clusterWindow: saturdayNight, nodeImageWindow: saturdayNight },
    pools: [
      poolOf(origin, { name: 'web01', image: imageName('202310.04.0'), newerImages: [imageName('202310.09.0')], count: 8 }),
      poolOf(origin, { name: 'api01', image: newest, newerImages: [], count: 6 }),
      poolOf(origin, { name: 'sysnp01', image: newest, newerImages: [], count: 3 }),
      poolOf(origin, encrypted, encryptedDisk),
    ],
  };
}

/** Ephemeral disks, known by the publisher's lists; gpua100 is a year behind in image and kubelet. */
function mlEastus(): FleetCluster {
  const origin: PoolOrigin = { cluster: 'ml-eastus-01', number: 38_205_517, kubernetesVersion: '1.26.6' };
  const ephemeral = { osDisk: 'ephemeral' } as const;
  const old = { name: 'gpua100', image: imageName('2023.01.10'), newerImages: ['202309.06.0', '202310.04.0', '202311.22.0', '202402.26.0'].map(imageName), kubernetesVersion: '1.26.0', count: 8 };
  return {
    name: origin.cluster,
    region: 'eastus',
    kubernetesVersion: origin.kubernetesVersion,
    autoUpgrade: { clusterChannel: 'stable', nodeImageChannel: 'SecurityPatch' },
    pools: [poolOf(origin, { ...ephemeral, ...old }), poolOf(origin, { ...ephemeral, name: 'sysnp01', image: newest, newerImages: [], count: 3 })],
  };
}

/** The only update on offer fixes nothing: the vendor's fixes are in no image yet. */
function dataSea(): FleetCluster {
  const origin: PoolOrigin = { cluster: 'data-sea-01', number: 27_540_918, kubernetesVersion: '1.28.5' };
  return {
    name: origin.cluster,
    region: 'southeastasia',
    kubernetesVersion: origin.kubernetesVersion,
    autoUpgrade: { clusterChannel: 'rapid', nodeImageChannel: 'Unmanaged' },
    pools: [
      poolOf(origin, { name: 'kafka01', image: imageName('202402.07.0'), newerImages: [imageName('202402.12.0')], count: 9 }),
      poolOf(origin, { name: 'sysnp01', image: newest, newerImages: [], count: 3 }),
    ],
  };
}

export const fleet: readonly FleetCluster[] = [prodTokyo(), stagingTokyo(), prodOsaka(), mlEastus(), dataSea()];

export const fleetPools: readonly FleetPool[] = fleet.flatMap(({ pools }) => pools);

export function findCluster(name: string): FleetCluster | undefined {
  return fleet.find((cluster) => cluster.name === name);
}

export function findPool({ cluster, pool }: PoolReference): FleetPool | undefined {
  return findCluster(cluster)?.pools.find(({ name }) => name === pool);
}

export interface PlacedNode {
  readonly pool: FleetPool;
  readonly node: FleetNode;
}

export function findNode(reference: NodeReference): PlacedNode | undefined {
  const pool = findPool(reference);
  const node = pool?.nodes.find(({ name }) => name === reference.node);
  return pool === undefined || node === undefined ? undefined : { pool, node };
}
