import { apiVersions } from './api-versions.ts';
import type { ArmClient } from './arm-client.ts';
import { ProviderBusyError } from '../errors.ts';
import { tolerated } from './answer-cache.ts';
import { asProviderError } from './arm-error.ts';
import { type Machine, machineOf, systemOf } from './node-of-machine.ts';
import { type ClusterResource, machineSchema, parsed, type PoolResource, resourceGroupOf, scaleSetSchema, virtualMachineSchema, type VirtualMachine } from './resources.ts';
import { machineKey } from './same-machine.ts';

export interface ClusterMachines {
  /** By pool name. */
  readonly byPool: ReadonlyMap<string, readonly Machine[]>;
  /** Pools of Karpenter (node auto-provisioning), which AKS lists nowhere. */
  readonly karpenter: ReadonlyMap<string, readonly Machine[]>;
  /** By pool name, for the commands that are printed. */
  readonly scaleSets: ReadonlyMap<string, string>;
  /** Pools whose nodes nobody could list, each with the reason. */
  readonly unread: ReadonlyMap<string, string>;
  /** Why pools of Karpenter may be missing. */
  readonly karpenterUnread?: string;
}

/** Stands where AKS names none. */
export const unknownImage = 'unknown';

const poolTags = ['aks-managed-poolName', 'poolName'];
const karpenterTag = 'karpenter.sh_nodepool';

/** By pool name, then by node name: what the discovery before this one knew. */
type KnownMachines = ReadonlyMap<string, ReadonlyMap<string, Machine>>;

/**
 * The machines of a cluster without asking the cluster: from the scale sets and virtual machines of its node resource
 * group, and where Compute says nothing, from AKS's own list of machines. Where Compute fails and may answer again, what it
 * said before of a machine that AKS still lists stays: it is the same machine with the same disk.
 */
export async function readMachines(client: ArmClient, cluster: ClusterResource, pools: readonly PoolResource[], before: KnownMachines, signal: AbortSignal): Promise<ClusterMachines> {
  const images = new Map(pools.map(({ name, properties }) => [name, imageOfPool(properties)]));
  const found: Found = { byPool: new Map(), karpenter: new Map(), scaleSets: new Map() };
  const compute = await tolerated(async () => readCompute(client, cluster, pools, images, found, signal));
  const remembered = 'failure' in compute && mayPass(compute.error) ? before : undefined;
  const unread = new Map<string, string>();
  for (const pool of pools) {
    if ((pool.properties.count ?? 0) === 0 || (found.byPool.get(pool.name)?.length ?? 0) > 0) continue;
    const listed = await tolerated(async () => readListedMachines(client, cluster, pool, 'failure' in compute ? 'access-denied' : 'not-named', signal));
    if ('value' in listed) found.byPool.set(pool.name, asDescribed(listed.value, remembered?.get(pool.name), images.get(pool.name)));
    else unread.set(pool.name, 'failure' in compute ? `${compute.failure}; ${listed.failure}` : listed.failure);
  }
  const blind = 'failure' in compute && cluster.properties.nodeProvisioningProfile?.mode === 'Auto';
  return { ...found, unread, ...(blind ? { karpenterUnread: compute.failure } : {}) };
}

/** A right that is missing stays missing until somebody grants it. */
function mayPass(error: unknown): boolean {
  return asProviderError(error) instanceof ProviderBusyError;
}

/** The pool may have got another image since: then nobody knows what its machines hold now. */
function asDescribed(listed: readonly Machine[], known: ReadonlyMap<string, Machine> | undefined, image: string | undefined): readonly Machine[] {
  const described = new Map([...(known?.values() ?? [])].flatMap((machine) => {
    const key = machine.describedUnder === image ? machineKey(machine.node.providerId) : undefined;
    return key === undefined ? [] : [[key, machine] as const];
  }));
  return listed.map((machine) => described.get(machineKey(machine.node.providerId) ?? '') ?? machine);
}

export function imageOfPool({ nodeImageVersion }: PoolResource['properties']): string {
  return nodeImageVersion ?? unknownImage;
}

interface Found {
  readonly byPool: Map<string, readonly Machine[]>;
  readonly karpenter: Map<string, readonly Machine[]>;
  readonly scaleSets: Map<string, string>;
}

async function readCompute(client: ArmClient, cluster: ClusterResource, pools: readonly PoolResource[], images: ReadonlyMap<string, string>, found: Found, signal: AbortSignal): Promise<void> {
  const nodeGroup = cluster.properties.nodeResourceGroup;
  if (nodeGroup === undefined || nodeGroup === null) return;
  const group = `/subscriptions/${resourceGroupOf(cluster.id).subscription}/resourceGroups/${nodeGroup}/providers/Microsoft.Compute`;
  const scaleSets = await client.list(`${group}/virtualMachineScaleSets`, apiVersions.compute, signal);
  for (const row of scaleSets) {
    const { id, name, tags } = parsed(scaleSetSchema, row, 'virtualMachineScaleSets');
    const pool = poolTags.flatMap((tag) => tags?.[tag] ?? [])[0];
    if (pool === undefined || !images.has(pool)) continue;
    const rows = await client.list(`${id}/virtualMachines?$expand=instanceView`, apiVersions.compute, signal);
    found.scaleSets.set(pool, name);
    append(found.byPool, pool, rows.map((vm) => machineOf(parsed(virtualMachineSchema, vm, 'virtualMachines'), images.get(pool) ?? unknownImage)));
  }
  const alone = pools.some(({ properties }) => properties.type === 'VirtualMachines' || properties.type === 'AvailabilitySet');
  if (!alone && cluster.properties.nodeProvisioningProfile?.mode !== 'Auto') return;
  for (const row of await client.list(`${group}/virtualMachines`, apiVersions.compute, signal)) placeAlone(parsed(virtualMachineSchema, row, 'virtualMachines'), images, found);
}

function placeAlone(vm: VirtualMachine, images: ReadonlyMap<string, string>, found: Found): void {
  const pool = poolTags.flatMap((tag) => vm.tags?.[tag] ?? [])[0];
  const karpenter = vm.tags?.[karpenterTag];
  if (pool !== undefined && images.has(pool)) append(found.byPool, pool, [machineOf(vm, images.get(pool) ?? unknownImage)]);
  else if (karpenter !== undefined) append(found.karpenter, karpenter, [machineOf(vm, unknownImage)]);
}

function append(map: Map<string, readonly Machine[]>, key: string, machines: readonly Machine[]): void {
  map.set(key, [...(map.get(key) ?? []), ...machines]);
}

/** Names and ids only: which image each one runs is the pool's word. */
async function readListedMachines(client: ArmClient, cluster: ClusterResource, { name: pool, properties }: PoolResource, because: 'access-denied' | 'not-named', signal: AbortSignal): Promise<readonly Machine[]> {
  const image = imageOfPool(properties);
  const operatingSystem = systemOf(properties.osType);
  const rows = await client.list(`${cluster.id}/agentPools/${pool}/machines`, apiVersions.containerService, signal);
  return rows.map((row) => {
    const { name, properties: machine } = parsed(machineSchema, row, 'machines');
    const id = machine?.resourceId ?? undefined;
    return {
      node: { name: name.toLowerCase(), image, evidenceToken: `${id?.toLowerCase() ?? name} ${image}`, ...(id === undefined ? {} : { providerId: `azure://${id}` }), ...(operatingSystem === undefined ? {} : { operatingSystem }) },
      osDisk: properties.osDiskType === 'Ephemeral' ? ({ kind: 'ephemeral' } as const) : ({ kind: 'unknown', because } as const),
    };
  });
}
