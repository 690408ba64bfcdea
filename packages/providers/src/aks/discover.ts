import { ProviderBusyError, ProviderDeniedError } from '../errors.ts';
import type { DiscoveredCluster, DiscoveredPool } from '../provider.ts';
import { type AnswerCache, openAnswerCache, tolerated } from './answer-cache.ts';
import { apiVersions } from './api-versions.ts';
import type { ArmClient } from './arm-client.ts';
import { asProviderError } from './arm-error.ts';
import { autoUpgradeOf, type MaintenanceConfiguration, maintenanceSchema } from './auto-upgrade.ts';
import type { Fleet, ScannedCluster } from './fleet.ts';
import { type ClusterMachines, readMachines, unknownImage } from './machines.ts';
import { mapLimited } from './map-limited.ts';
import type { Machine } from './node-of-machine.ts';
import { reachable } from './offered-versions.ts';
import { kubeletOf } from './pool-kubelet.ts';
import { describePool, type PoolOffer } from './describe-pool.ts';
import { type ClusterResource, clusterSchema, clusterUpgradesSchema, parsed, type PoolResource, poolSchema, poolUpgradesSchema, resourceGroupOf, subscriptionSchema } from './resources.ts';

export interface DiscoverySettings {
  /** Empty: every subscription that the identity sees. */
  readonly subscriptions: readonly string[];
}

export interface DiscoveryCaches {
  readonly poolOffers: AnswerCache<PoolOffer>;
  readonly clusterOffers: AnswerCache<readonly { readonly kubernetesVersion: string; readonly isPreview?: boolean | null | undefined }[]>;
  readonly maintenance: AnswerCache<readonly MaintenanceConfiguration[]>;
}

export function openDiscoveryCaches(now: () => number): DiscoveryCaches {
  return { poolOffers: openAnswerCache(now), clusterOffers: openAnswerCache(now), maintenance: openAnswerCache(now) };
}

/** Requests under way; what they may cost is the budget's affair. */
const atOnce = 8;

/** Every subscription, cluster and pool; what one of them refuses is a line of `incomplete`, and the others are there. */
export async function discoverFleet(client: ArmClient, caches: DiscoveryCaches, settings: DiscoverySettings, before: Fleet | undefined, signal: AbortSignal): Promise<Fleet> {
  const subscriptions = await readSubscriptions(client, settings, signal);
  const lists = await mapLimited(subscriptions, atOnce, async ({ id }) => tolerated(async () => readClusters(client, id, signal)));
  const refused = lists.flatMap((list, index) => ('failure' in list ? [{ detail: `subscription ${subscriptions[index]?.id ?? ''}: ${list.failure}` }] : []));
  if (refused.length === subscriptions.length) throw lists.map((list) => ('error' in list ? asProviderError(list.error) : undefined)).find((error) => error instanceof ProviderBusyError) ?? new ProviderDeniedError(refused.map(({ detail }) => detail).join('; '));
  const resources = lists.flatMap((list) => ('value' in list ? list.value : []));
  const names = namesOf(resources);
  const scans = await mapLimited(resources, atOnce, async (resource) => scanCluster(client, caches, resource, names.get(resource) ?? resource.name, before, signal));
  return { clusters: scans.map(({ scanned }) => scanned), incomplete: [...refused, ...scans.flatMap(({ incomplete }) => incomplete)], name: subscriptions.length === 1 ? subscriptions[0]?.name : undefined };
}

async function readSubscriptions(client: ArmClient, { subscriptions }: DiscoverySettings, signal: AbortSignal): Promise<readonly { readonly id: string; readonly name: string | undefined }[]> {
  if (subscriptions.length > 0) return subscriptions.map((id) => ({ id, name: undefined }));
  const rows = (await client.list('/subscriptions', apiVersions.subscriptions, signal)).map((row) => parsed(subscriptionSchema, row, 'subscriptions'));
  const usable = rows.filter(({ state }) => state === undefined || state === 'Enabled' || state === 'Warned' || state === 'PastDue');
  if (usable.length === 0) throw new ProviderDeniedError('the identity sees no Azure subscription: it needs Microsoft.ContainerService/managedClusters/read on one');
  return usable.map(({ subscriptionId, displayName }) => ({ id: subscriptionId, name: displayName }));
}

async function readClusters(client: ArmClient, subscription: string, signal: AbortSignal): Promise<readonly ClusterResource[]> {
  const rows = await client.list(`/subscriptions/${subscription}/providers/Microsoft.ContainerService/managedClusters`, apiVersions.containerService, signal);
  return rows.map((row) => parsed(clusterSchema, row, 'managedClusters'));
}

/** The cluster's own name; where several have it, each with its resource group, and its subscription if need be. */
function namesOf(resources: readonly ClusterResource[]): ReadonlyMap<ClusterResource, string> {
  const forms: readonly ((resource: ClusterResource) => string)[] = [
    ({ name }) => name,
    ({ name, id }) => `${name} (${resourceGroupOf(id).resourceGroup})`,
    ({ name, id }) => `${name} (${resourceGroupOf(id).resourceGroup}, ${resourceGroupOf(id).subscription})`,
  ];
  const counts = forms.map((form) => Map.groupBy(resources, (resource) => form(resource).toLowerCase()));
  return new Map(resources.map((resource) => [resource, (forms.find((form, index) => counts[index]?.get(form(resource).toLowerCase())?.length === 1) ?? (({ id }: ClusterResource) => id))(resource)]));
}

type Note = Fleet['incomplete'][number];

async function scanCluster(client: ArmClient, caches: DiscoveryCaches, resource: ClusterResource, name: string, before: Fleet | undefined, signal: AbortSignal): Promise<{ readonly scanned: ScannedCluster; readonly incomplete: readonly Note[] }> {
  const incomplete: Note[] = [];
  const note = (failure: string | undefined, pool?: string): void => {
    if (failure !== undefined) incomplete.push({ cluster: name, ...(pool === undefined ? {} : { pool }), detail: failure });
  };
  const known = before?.clusters.find(({ cluster }) => cluster.name === name);
  const pools = await tolerated(async () => poolsOf(client, resource, signal));
  if ('failure' in pools) note(pools.failure);
  const resources = 'value' in pools ? pools.value : [];
  const found = await readMachines(client, resource, resources, known?.machines ?? new Map(), signal);
  for (const [pool, failure] of found.unread) note(failure, pool);
  const described: DiscoveredPool[] = [];
  const machines = new Map<string, ReadonlyMap<string, Machine>>();
  const kubelets = new Map<string, string>();
  for (const pool of resources) {
    const offer = await offerOf(client, caches, resource, pool, signal);
    note(offer.failure, pool.name);
    const ofPool = found.unread.has(pool.name) ? [...(known?.machines.get(pool.name)?.values() ?? [])] : (found.byPool.get(pool.name) ?? []);
    machines.set(pool.name, byName(ofPool));
    const kubelet = kubeletOf(pool.properties, known?.kubelets.get(pool.name));
    if (kubelet !== undefined) kubelets.set(pool.name, kubelet);
    const scaleSet = found.scaleSets.get(pool.name) ?? known?.cluster.pools.find(({ name: other }) => other === pool.name)?.coordinates?.scaleSet;
    described.push(describePool(resource, pool, offer.value, ofPool, { kubelet, scaleSet }));
  }
  described.push(...karpenterPools(resource, found, machines, resources));
  note(found.karpenterUnread);
  const kept = (known?.cluster.pools ?? []).filter(({ manager }) => 'failure' in pools || (found.karpenterUnread !== undefined && manager === 'karpenter'));
  for (const { name: pool } of kept) {
    machines.set(pool, known?.machines.get(pool) ?? new Map());
    const kubelet = known?.kubelets.get(pool);
    if (kubelet !== undefined) kubelets.set(pool, kubelet);
  }
  const cluster = await describeCluster(client, caches, resource, name, [...described, ...kept], note, signal);
  return { scanned: { cluster, subscription: resourceGroupOf(resource.id).subscription, region: resource.location, machines, kubelets }, incomplete };
}

async function poolsOf(client: ArmClient, { id, properties }: ClusterResource, signal: AbortSignal): Promise<readonly PoolResource[]> {
  const profiles = properties.agentPoolProfiles ?? [];
  if (profiles.length > 0) return profiles.map(({ name, ...rest }) => ({ name, properties: rest }));
  return (await client.list(`${id}/agentPools`, apiVersions.containerService, signal)).map((row) => parsed(poolSchema, row, 'agentPools'));
}

/**
 * What a pool can move to follows from region, image family, versions and support plan. Pools that agree in all of them share one
 * answer, as AKS allows one such call a second in a whole subscription.
 */
async function offerOf(client: ArmClient, { poolOffers }: DiscoveryCaches, cluster: ClusterResource, { name, properties }: PoolResource, signal: AbortSignal): ReturnType<DiscoveryCaches['poolOffers']['get']> {
  const family = properties.nodeImageVersion?.replace(/-[\d.]+(-\d{4}\.\d{2}\.\d{2})?$/, '');
  const key = [resourceGroupOf(cluster.id).subscription, cluster.location, family ?? name, properties.osType, properties.osSKU, properties.currentOrchestratorVersion, properties.orchestratorVersion, versionOf(cluster), cluster.properties.supportPlan, family === undefined ? cluster.id : ''].join(' ');
  return poolOffers.get(key, async () => {
    const answer = parsed(poolUpgradesSchema, await client.get(`${cluster.id}/agentPools/${name}/upgradeProfiles/default`, apiVersions.containerService, signal), 'upgradeProfiles');
    return { latestImage: answer.properties.latestNodeImageVersion ?? undefined, versions: answer.properties.upgrades ?? [] };
  });
}

function karpenterPools(resource: ClusterResource, found: ClusterMachines, machines: Map<string, ReadonlyMap<string, Machine>>, aksPools: readonly PoolResource[]): readonly DiscoveredPool[] {
  return [...found.karpenter].map(([tag, ofPool]) => {
    const name = aksPools.some((pool) => pool.name === tag) ? `${tag} (karpenter)` : tag;
    machines.set(name, byName(ofPool));
    const { subscription, resourceGroup } = resourceGroupOf(resource.id);
    return {
      name,
      image: newest(ofPool.map(({ node }) => node.image)) ?? unknownImage,
      newerImages: [],
      osDisk: ofPool.every(({ osDisk }) => osDisk.kind === 'ephemeral') ? ('ephemeral' as const) : ('managed' as const),
      nodes: ofPool.map(({ node }) => node),
      operations: [],
      manager: 'karpenter' as const,
      coordinates: { subscription, resourceGroup, cluster: resource.name, pool: tag, region: resource.location },
    };
  });
}

/** Of one family, the version sorts as text. */
function newest(images: readonly string[]): string | undefined {
  return images.toSorted().at(-1);
}

async function describeCluster(client: ArmClient, { clusterOffers, maintenance }: DiscoveryCaches, resource: ClusterResource, name: string, pools: readonly DiscoveredPool[], note: (failure: string | undefined) => void, signal: AbortSignal): Promise<DiscoveredCluster> {
  const version = versionOf(resource);
  const offers = await clusterOffers.get([resourceGroupOf(resource.id).subscription, resource.location, version, resource.properties.supportPlan].join(' '), async () => {
    const answer = parsed(clusterUpgradesSchema, await client.get(`${resource.id}/upgradeProfiles/default`, apiVersions.containerService, signal), 'upgradeProfiles');
    return answer.properties.controlPlaneProfile.upgrades ?? [];
  });
  const configurations = await maintenance.get(resource.id.toLowerCase(), async () => (await client.list(`${resource.id}/maintenanceConfigurations`, apiVersions.containerService, signal)).map((row) => parsed(maintenanceSchema, row, 'maintenanceConfigurations')));
  note(offers.failure);
  note(configurations.failure);
  const autoUpgrade = autoUpgradeOf(resource, configurations.value ?? []);
  return {
    name,
    region: resource.location,
    pools,
    controlPlaneUpgrades: reachable(version, offers.value ?? []),
    ...(version === undefined ? {} : { kubernetesVersion: version }),
    ...(autoUpgrade === undefined ? {} : { autoUpgrade }),
    ...(resource.properties.provisioningState === undefined ? {} : { provisioningState: resource.properties.provisioningState }),
  };
}

function versionOf({ properties }: ClusterResource): string | undefined {
  return properties.currentKubernetesVersion ?? properties.kubernetesVersion ?? undefined;
}

function byName(machines: readonly Machine[]): ReadonlyMap<string, Machine> {
  return new Map(machines.map((machine) => [machine.node.name, machine]));
}
