import { type CoverageReason, parseNodeImageLabel, type SourceNames } from '@nodeward/engine';
import { listEvidence, type ListRequest } from '../node-image-list/list-evidence.ts';
import { nodeStatusEvidence } from '../node-image-list/node-status.ts';
import type { Evidence, ImageReference, NodeReference } from '../provider.ts';
import { clusterNameOf, groupPools } from './discover.ts';
import { imageOfNode, securityPatchOf } from './node-image.ts';
import type { KubernetesNode } from './node-object.ts';

export interface EvidenceContext {
  readonly nodes: ReadonlyMap<string, KubernetesNode>;
  readonly clusterName: string | undefined;
  readonly poolLabel: string | undefined;
  readonly lists: ListRequest['lists'];
  readonly sourceNames: SourceNames | undefined;
}

/** The publisher's list of the node's image, patches included; else what the Node object tells, with the reason why no list. */
export async function nodeEvidence(context: EvidenceContext, reference: NodeReference, signal: AbortSignal): Promise<Evidence> {
  const node = findNode(context, reference);
  if (node === undefined) return { kind: 'refused', cause: 'not-found', detail: `node ${reference.node}` };
  if (node.operatingSystem === 'windows') return statusOf(node, 'windows-node', `Windows: ${node.osImage ?? imageOfNode(node)}`);
  const image = imageOfNode(node);
  if (parseNodeImageLabel(image) === undefined) return statusOf(node, reasonWithoutLabel(node), image);
  const { lists, sourceNames } = context;
  const evidence = await listEvidence({ label: image, securityPatch: securityPatchOf(node), lists, sourceNames }, signal);
  if (evidence.kind !== 'refused') return evidence;
  return statusOf(node, evidence.reason ?? 'node-image-unknown', evidence.detail);
}

function statusOf(node: KubernetesNode, reason: CoverageReason, detail: string): Evidence {
  return nodeStatusEvidence({ ...node, origin: `Node ${node.name}` }, reason, detail);
}

export async function imageEvidence(context: EvidenceContext, reference: ImageReference, signal: AbortSignal): Promise<Evidence> {
  if (!hasPool(context, reference)) return { kind: 'refused', cause: 'not-found', detail: `node pool ${reference.pool}` };
  const { lists, sourceNames } = context;
  return listEvidence({ label: reference.image, lists, sourceNames }, signal);
}

interface Places {
  readonly cluster: string;
  readonly pools: ReadonlySet<string>;
  readonly poolOf: ReadonlyMap<KubernetesNode, string>;
}

/** Of each state of the cluster once: ten thousand nodes ask, one after the other. */
const places = new WeakMap<EvidenceContext['nodes'], Places>();

function placesOf({ nodes, clusterName, poolLabel }: EvidenceContext): Places {
  const known = places.get(nodes);
  if (known !== undefined) return known;
  const all = [...nodes.values()];
  const groups = groupPools(all, poolLabel);
  const made = {
    cluster: clusterNameOf(all, clusterName),
    pools: new Set(groups.map(({ name }) => name)),
    poolOf: new Map(groups.flatMap((group) => group.nodes.map((node) => [node, group.name] as const))),
  };
  places.set(nodes, made);
  return made;
}

function hasPool(context: EvidenceContext, { cluster, pool }: Pick<NodeReference, 'cluster' | 'pool'>): boolean {
  const found = placesOf(context);
  return found.cluster === cluster && found.pools.has(pool);
}

function findNode(context: EvidenceContext, reference: NodeReference): KubernetesNode | undefined {
  const node = context.nodes.get(reference.node);
  return node !== undefined && hasPool(context, reference) && placesOf(context).poolOf.get(node) === reference.pool ? node : undefined;
}

/** Clouds and systems whose image publishers give out no package lists. */
const labelsWithoutLists = /^(eks\.amazonaws\.com|k8s\.amazonaws\.com|cloud\.google\.com)\//;

function reasonWithoutLabel({ labels, providerId, osImage = '' }: KubernetesNode): CoverageReason {
  const isKnownPublisher = /^(aws|gce):\/\//.test(providerId ?? '') || Object.keys(labels).some((label) => labelsWithoutLists.test(label)) || /^(Amazon Linux|Bottlerocket OS|Container-Optimized OS)/.test(osImage);
  if (isKnownPublisher) return 'image-publisher-without-lists';
  return osImage.startsWith('Flatcar ') ? 'image-list-without-packages' : 'node-image-unknown';
}
