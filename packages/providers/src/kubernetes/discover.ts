import type { DiscoveredCluster, DiscoveredNode, DiscoveredPool } from '../provider.ts';
import { imagePublishedAt } from '../node-image-list/image-published-at.ts';
import type { NodeImageLists } from '../node-image-list/node-image-lists.ts';
import { coordinatesOf } from './coordinates.ts';
import { compareImages, imageOfNode, imageOfPool, securityPatchOf } from './node-image.ts';
import type { KubernetesNode } from './node-object.ts';
import { poolOfNode } from './node-pool.ts';

export interface ClusterFacts {
  /** What the kubeconfig calls it; undefined inside a cluster. */
  readonly clusterName: string | undefined;
  /** `v1.34.2-eks-1234567`, as `/version` says it. */
  readonly gitVersion: string | undefined;
  readonly poolLabel: string | undefined;
}

/** More is never shown: the newest is the one that counts. */
const mostNewerImages = 8;

/** Of each image family the labels that are published; undefined where nobody can say. */
export type PublishedImages = (image: string) => readonly string[] | undefined;

export function clusterOf(nodes: readonly KubernetesNode[], facts: ClusterFacts, published: PublishedImages): DiscoveredCluster {
  const kubernetesVersion = plainVersion(facts.gitVersion);
  const region = mostCommon(nodes.flatMap(({ labels }) => labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? []));
  return {
    name: clusterNameOf(nodes, facts.clusterName),
    ...(kubernetesVersion === undefined ? {} : { kubernetesVersion }),
    ...(region === undefined ? {} : { region }),
    pools: groupPools(nodes, facts.poolLabel).map((group) => poolOf(group, facts.clusterName, region, published)),
  };
}

/** A pod is not told its cluster's name; AKS writes the group of its machines on every node. */
export function clusterNameOf(nodes: readonly KubernetesNode[], clusterName: string | undefined): string {
  return clusterName ?? mostCommon(nodes.flatMap(({ labels }) => labels['kubernetes.azure.com/cluster'] ?? [])) ?? 'in-cluster';
}

export interface PoolGroup {
  /** Unique in its cluster. */
  readonly name: string;
  /** As its manager calls it. */
  readonly ownName: string;
  readonly manager: NonNullable<DiscoveredPool['manager']>;
  readonly nodes: readonly KubernetesNode[];
}

/** By name. Two managers may each have a pool of one name: then both carry their manager's. */
export function groupPools(nodes: readonly KubernetesNode[], poolLabel: string | undefined): readonly PoolGroup[] {
  const members = Map.groupBy(nodes, (node) => {
    const { manager, name } = poolOfNode(node, poolLabel);
    return `${manager} ${name}`;
  });
  const groups = [...members.values()].flatMap((found) => {
    const [first] = found;
    if (first === undefined) return [];
    const { manager, name } = poolOfNode(first, poolLabel);
    return [{ manager, ownName: name, nodes: found.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }];
  });
  const uses = Map.groupBy(groups, ({ ownName }) => ownName);
  const named = groups.map((group) => ({ ...group, name: (uses.get(group.ownName)?.length ?? 0) > 1 ? `${group.ownName} (${group.manager})` : group.ownName }));
  return named.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function poolOf({ name, ownName, manager, nodes }: PoolGroup, clusterName: string | undefined, region: string | undefined, published: PublishedImages): DiscoveredPool {
  const image = imageOfPool(nodes.map(imageOfNode));
  const kubernetesVersion = oldest(nodes.flatMap(({ kubeletVersion }) => plainVersion(kubeletVersion) ?? []));
  const systems = new Set(nodes.map(({ operatingSystem }) => operatingSystem));
  const [operatingSystem] = systems;
  const [node] = nodes;
  const publishedAt = imagePublishedAt(image);
  return {
    name,
    image,
    ...(publishedAt === undefined ? {} : { imagePublishedAt: publishedAt }),
    ...(kubernetesVersion === undefined ? {} : { kubernetesVersion }),
    newerImages: (published(image) ?? []).filter((label) => compareImages(label, image) > 0).slice(-mostNewerImages),
    ...(systems.size !== 1 || operatingSystem === undefined ? {} : { operatingSystem }),
    nodes: nodes.map((found) => nodeOf(found, published)),
    operations: [],
    manager,
    ...(node === undefined || manager === 'none' ? {} : { coordinates: coordinatesOf({ manager, pool: ownName, clusterName, region, node }) }),
  };
}

function nodeOf(node: KubernetesNode, published: PublishedImages): DiscoveredNode {
  const image = imageOfNode(node);
  const securityPatch = securityPatchOf(node);
  const { kernelRelease, kubeletVersion, containerRuntimeVersion, osImage, operatingSystem, architecture, providerId } = node;
  return {
    name: node.name,
    image,
    ...(kernelRelease === undefined ? {} : { kernelRelease }),
    ...(kubeletVersion === undefined ? {} : { kubeletVersion }),
    ...(containerRuntimeVersion === undefined ? {} : { containerRuntimeVersion }),
    ...(operatingSystem === undefined ? {} : { operatingSystem }),
    ...(osImage === undefined ? {} : { osImage }),
    ...(architecture === undefined ? {} : { architecture }),
    ...(providerId === undefined ? {} : { providerId }),
    ...(securityPatch === undefined ? {} : { securityPatch }),
    // A list that is published later is a reason to look again.
    evidenceToken: [image, securityPatch ?? '', kernelRelease ?? '', kubeletVersion ?? '', published(image)?.includes(image) === true ? 'listed' : ''].join(' '),
  };
}

/** `v1.34.2-eks-1234567`, `v1.31.4+k3s1` → the version that upstream calls it. */
function plainVersion(version: string | undefined): string | undefined {
  return /^v?(\d+\.\d+\.\d+)/.exec(version ?? '')?.[1];
}

/** Nodes of one pool differ during an upgrade; what must not fall behind is the oldest. */
function oldest(versions: readonly string[]): string | undefined {
  const order = (version: string): number => version.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0);
  return versions.toSorted((a, b) => order(a) - order(b))[0];
}

function mostCommon(values: readonly string[]): string | undefined {
  return [...Map.groupBy(values, (value) => value)].toSorted(([a, many], [b, few]) => few.length - many.length || (a < b ? -1 : 1))[0]?.[0];
}

/** Asks once for each family, and keeps the last answer for as long as there is none. */
export function createPublishedImages(lists: Pick<NodeImageLists, 'versions'>, familyOf: (image: string) => string | undefined): (images: readonly string[], signal: AbortSignal) => Promise<PublishedImages> {
  const known = new Map<string, readonly string[]>();
  return async (images, signal) => {
    const families = new Set(images.flatMap((image) => familyOf(image) ?? []));
    for (const family of families) {
      const answer = await lists.versions(family, signal);
      if (answer.kind === 'versions') known.set(family, answer.labels);
    }
    return (image) => known.get(familyOf(image) ?? '');
  };
}
