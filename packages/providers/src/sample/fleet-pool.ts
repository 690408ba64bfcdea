import type { OperationKind } from '../provider.ts';

export interface FleetNode {
  readonly name: string;
  /** Name of the disk of `disks/` that the node starts with; absent where there is none to be had. */
  readonly disk?: string;
  readonly image: string;
  /** A Node object exists: kernel, kubelet and container runtime are known. */
  readonly isReporting: boolean;
}

export interface FleetPool {
  readonly cluster: string;
  readonly name: string;
  /** Image and version at the beginning; the state folder knows what became of them. */
  readonly image: string;
  readonly kubernetesVersion: string;
  /** Oldest first. */
  readonly newerImages: readonly string[];
  readonly operations: readonly OperationKind[];
  readonly operatingSystem: 'linux' | 'windows';
  readonly osDisk: 'managed' | 'ephemeral';
  /** `own`: a file per node from the beginning. `shared`: only where somebody or something changed it. */
  readonly disks: 'own' | 'shared';
  readonly nodes: readonly FleetNode[];
}

/** What every node of one cluster has in common. */
export interface PoolOrigin {
  readonly cluster: string;
  /** AKS puts one number per cluster into the names of all its nodes. */
  readonly number: number;
  readonly kubernetesVersion: string;
}

const writable: readonly OperationKind[] = ['node-image', 'kubernetes', 'reboot'];

/** As AKS names them: scale-set instances in base 36. */
export function nodeName({ number }: PoolOrigin, pool: string, index: number): string {
  return `aks-${pool}-${number}-vmss${index.toString(36).padStart(6, '0')}`;
}

type PoolDetails = Pick<FleetPool, 'name' | 'image' | 'newerImages'> & { readonly count: number } & Partial<Omit<FleetPool, 'cluster' | 'nodes'>>;

/** A pool of Linux nodes with managed disks that their image's disk is shared among, unless the details say otherwise. */
export function poolOf(origin: PoolOrigin, { count, ...details }: PoolDetails, disk = details.image): FleetPool {
  const nodes = Array.from({ length: count }, (_, index): FleetNode => ({
    name: nodeName(origin, details.name, index),
    image: details.image,
    isReporting: true,
    ...(details.osDisk !== 'ephemeral' && { disk }),
  }));
  const usual = { operatingSystem: 'linux', osDisk: 'managed', disks: 'shared', operations: writable } as const;
  return { ...usual, cluster: origin.cluster, kubernetesVersion: origin.kubernetesVersion, ...details, nodes };
}
