import type { NodeReference, OperationKind, PoolReference } from '../provider.ts';
import { encryptedDisk, imageName, patchedDisk } from './disk-catalog.ts';

export interface FleetNode {
  readonly name: string;
  /** Name of the disk of `disks/` that the node starts with; absent where the node is never reached. */
  readonly disk?: string;
  readonly image: string;
}

export interface FleetPool {
  readonly name: string;
  /** The image at the beginning; the state folder knows what became of it. */
  readonly image: string;
  /** Oldest first. */
  readonly newerImages: readonly string[];
  readonly operations: readonly OperationKind[];
  readonly nodes: readonly FleetNode[];
}

export interface FleetCluster {
  readonly name: string;
  readonly region: string;
  readonly kubernetesVersion: string;
  readonly pools: readonly FleetPool[];
}

const writable: readonly OperationKind[] = ['node-image', 'reboot'];

/** As AKS names them: one hash for the cluster, scale-set instances in base 36. */
function nodeName(pool: string, index: number): string {
  return `aks-${pool}-31764529-vmss${index.toString(36).padStart(6, '0')}`;
}

function booted(pool: string, image: string, count: number): readonly FleetNode[] {
  return Array.from({ length: count }, (_, index) => ({ name: nodeName(pool, index), disk: image, image }));
}

/** One update, to the newest image, cures this pool; 202310.09.0 on the way would bring new vulnerabilities. */
const cured: FleetPool = {
  name: 'userpool01',
  image: imageName('202309.06.0'),
  newerImages: ['202310.04.0', '202310.09.0', '202311.22.0', '202402.26.0'].map(imageName),
  operations: writable,
  nodes: booted('userpool01', imageName('202309.06.0'), 3),
};

/** The only newer image on offer leaves CVE-2023-50387 and others, which 202402.26.0 fixes. */
const leftOpen: FleetPool = {
  name: 'batchpool01',
  image: imageName('202311.22.0'),
  newerImages: [imageName('202402.12.0')],
  operations: writable,
  nodes: booted('batchpool01', imageName('202311.22.0'), 2),
};

/** Patched in place up to the packages of 202402.26.0, and not booted since. */
const rebootMissing: FleetPool = {
  name: 'syspool01',
  image: imageName('202402.12.0'),
  newerImages: [imageName('202402.26.0')],
  operations: writable,
  nodes: [0, 1].map((index) => ({ name: nodeName('syspool01', index), disk: patchedDisk, image: imageName('202402.12.0') })),
};

const partlyUnseen: FleetPool = {
  name: 'securepool01',
  image: imageName('202402.26.0'),
  newerImages: [],
  operations: [],
  nodes: [
    { name: nodeName('securepool01', 0), disk: imageName('202402.26.0'), image: imageName('202402.26.0') },
    { name: nodeName('securepool01', 1), disk: encryptedDisk, image: imageName('202402.26.0') },
    { name: nodeName('securepool01', 2), image: imageName('202402.26.0') },
  ],
};

export const fleet: FleetCluster = {
  name: 'prod-tokyo-01',
  region: 'japaneast',
  kubernetesVersion: '1.26.6',
  pools: [cured, leftOpen, rebootMissing, partlyUnseen],
};

export function findPool(reference: PoolReference): FleetPool | undefined {
  return reference.cluster === fleet.name ? fleet.pools.find(({ name }) => name === reference.pool) : undefined;
}

export function findNode(reference: NodeReference): FleetNode | undefined {
  return findPool(reference)?.nodes.find(({ name }) => name === reference.node);
}
