import { imagePublishedAt } from '../node-image-list/image-published-at.ts';
import type { DiscoveredPool } from '../provider.ts';
import { imageOfPool, unknownImage } from './machines.ts';
import { type Machine, systemOf } from './node-of-machine.ts';
import { reachable } from './offered-versions.ts';
import { type ClusterResource, type PoolResource, resourceGroupOf } from './resources.ts';

/** What AKS offers a pool: the newest node image in its region, and Kubernetes versions. */
export interface PoolOffer {
  readonly latestImage: string | undefined;
  readonly versions: readonly { readonly kubernetesVersion: string; readonly isPreview?: boolean | null | undefined }[];
}

/** What is known of all machines of a pool at once. */
interface PoolFacts {
  readonly kubelet: string | undefined;
  readonly scaleSet: string | undefined;
}

export function describePool(cluster: ClusterResource, { name, properties }: PoolResource, offer: PoolOffer | undefined, machines: readonly Machine[], { kubelet, scaleSet }: PoolFacts): DiscoveredPool {
  const image = imageOfPool(properties);
  const publishedAt = imagePublishedAt(image);
  const version = properties.currentOrchestratorVersion ?? properties.orchestratorVersion ?? undefined;
  const operatingSystem = systemOf(properties.osType);
  const osDisk = osDiskOf(properties.osDiskType, machines);
  const { subscription, resourceGroup } = resourceGroupOf(cluster.id);
  const nodeResourceGroup = cluster.properties.nodeResourceGroup ?? undefined;
  const latest = offer?.latestImage ?? image;
  return {
    name,
    image,
    newerImages: isNewer(latest, image) ? [latest] : [],
    kubernetesUpgrades: reachable(version, offer?.versions ?? []).map((to) => ({ version: to, image: isNewer(latest, image) ? latest : image })),
    nodes: machines.map(({ node }) => (kubelet === undefined ? node : { ...node, kubeletVersion: kubelet })),
    operations: [],
    manager: 'aks',
    coordinates: { subscription, resourceGroup, cluster: cluster.name, pool: name, region: cluster.location, ...(nodeResourceGroup === undefined ? {} : { nodeResourceGroup }), ...(scaleSet === undefined ? {} : { scaleSet }) },
    ...(publishedAt === undefined ? {} : { imagePublishedAt: publishedAt }),
    ...(version === undefined ? {} : { kubernetesVersion: version }),
    ...(operatingSystem === undefined ? {} : { operatingSystem }),
    ...(osDisk === undefined ? {} : { osDisk }),
    ...(properties.provisioningState === undefined ? {} : { provisioningState: properties.provisioningState }),
  };
}

/** What the machines themselves say comes before the pool's setting. */
function osDiskOf(osDiskType: string | null | undefined, machines: readonly Machine[]): 'managed' | 'ephemeral' | undefined {
  const kinds = new Set(machines.map(({ osDisk }) => osDisk.kind));
  if (kinds.has('managed')) return 'managed';
  if (kinds.has('ephemeral')) return 'ephemeral';
  return osDiskType === 'Ephemeral' ? 'ephemeral' : osDiskType === 'Managed' ? 'managed' : undefined;
}

/** AKS's own test is "differs"; a region that was rolled back names an older one, which is not offered. A label with a security patch is that image and newer. */
function isNewer(latest: string, current: string): boolean {
  if (latest === current) return false;
  if (current === unknownImage) return true;
  const [from, to] = [current, latest].map((label) => /^(.+?)-(\d[\d.]*)(?:-(\d{4}\.\d{2}\.\d{2}))?$/.exec(label));
  if (from === undefined || to === undefined || from === null || to === null || from[1] !== to[1]) return true;
  const [older, newer] = [from, to].map((parts) => `${pad(parts[2] ?? '')} ${parts[3] ?? ''}`);
  return (newer ?? '') > (older ?? '');
}

function pad(version: string): string {
  return version.split('.').map((number) => number.padStart(8, '0')).join('.');
}
