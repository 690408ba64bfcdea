import type { Discovery, DiscoveredCluster, NodeReference, PoolReference } from '../provider.ts';
import type { Machine } from './node-of-machine.ts';

/** One discovery, with what evidence needs of the same moment. */
export interface Fleet {
  readonly clusters: readonly ScannedCluster[];
  readonly incomplete: NonNullable<Discovery['incomplete']>;
  readonly name: string | undefined;
}

export interface ScannedCluster {
  readonly cluster: DiscoveredCluster;
  readonly subscription: string;
  readonly region: string;
  /** By pool name, then by node name. */
  readonly machines: ReadonlyMap<string, ReadonlyMap<string, Machine>>;
  /** By pool name: the kubelet that all its nodes run, where AKS says so. */
  readonly kubelets: ReadonlyMap<string, string>;
}

export interface FoundMachine {
  readonly machine: Machine;
  readonly scanned: ScannedCluster;
  /** Of its pool. */
  readonly kubelet: string | undefined;
}

export function findMachine(fleet: Fleet, { cluster, pool, node }: NodeReference): FoundMachine | undefined {
  const scanned = findCluster(fleet, cluster);
  const machine = scanned?.machines.get(pool)?.get(node);
  return scanned === undefined || machine === undefined ? undefined : { machine, scanned, kubelet: scanned.kubelets.get(pool) };
}

export function findPool(fleet: Fleet, { cluster, pool }: PoolReference): ScannedCluster | undefined {
  const scanned = findCluster(fleet, cluster);
  return scanned?.cluster.pools.some(({ name }) => name === pool) === true ? scanned : undefined;
}

function findCluster({ clusters }: Fleet, name: string): ScannedCluster | undefined {
  return clusters.find(({ cluster }) => cluster.name === name);
}
