import type { PoolManager } from '../provider.ts';
import type { KubernetesNode } from './node-object.ts';

/** Which pool a node belongs to, as its labels and annotations tell. */
export interface PoolMembership {
  readonly name: string;
  readonly manager: PoolManager;
}

/** No node is lost: those that nothing assigns to a pool stand together under this name. */
export const poolOfTheRest = 'nodes without a pool';

/** A label that the user names goes first; whose pool it is follows from the labels all the same. */
export function poolOfNode(node: KubernetesNode, poolLabel: string | undefined): PoolMembership {
  const byLabel = wellKnown(node) ?? { name: poolOfTheRest, manager: 'none' };
  const own = poolLabel === undefined ? undefined : node.labels[poolLabel];
  return own === undefined || own === '' ? byLabel : { name: own, manager: byLabel.manager };
}

/** First match wins: Karpenter's nodes on AKS and EKS carry the cloud's labels too, Rancher's those of Cluster API. */
const byLabel: readonly { readonly label: string; readonly manager: PoolManager; readonly when?: (node: KubernetesNode) => boolean }[] = [
  { label: 'karpenter.sh/nodepool', manager: 'karpenter' },
  { label: 'karpenter.sh/provisioner-name', manager: 'karpenter' },
  { label: 'kubernetes.azure.com/agentpool', manager: 'aks' },
  { label: 'agentpool', manager: 'aks', when: isOnAks },
  { label: 'eks.amazonaws.com/nodegroup', manager: 'eks' },
  { label: 'alpha.eksctl.io/nodegroup-name', manager: 'eks' },
  { label: 'cloud.google.com/gke-nodepool', manager: 'gke' },
  { label: 'kops.k8s.io/instancegroup', manager: 'kops' },
  { label: 'rke.cattle.io/rke-machine-pool-name', manager: 'rancher' },
];

function wellKnown(node: KubernetesNode): PoolMembership | undefined {
  for (const { label, manager, when } of byLabel) {
    const name = node.labels[label];
    if (name !== undefined && name !== '' && when?.(node) !== false) return { name, manager };
  }
  const name = clusterApiPool(node);
  const manager = isOnRancher(node) ? 'rancher' : 'cluster-api';
  return name === undefined ? undefined : { name, manager };
}

function isOnAks({ labels, providerId }: KubernetesNode): boolean {
  return providerId?.startsWith('azure://') === true || Object.keys(labels).some((label) => label.startsWith('kubernetes.azure.com/'));
}

function isOnRancher({ labels, annotations }: KubernetesNode): boolean {
  return [...Object.keys(labels), ...Object.keys(annotations)].some((key) => /^([a-z0-9-]+\.)*cattle\.io\//.test(key));
}

/** https://cluster-api.sigs.k8s.io/reference/api/labels-and-annotations: a Machine writes its owner on its node. */
function clusterApiPool({ labels, annotations }: KubernetesNode): string | undefined {
  const named = labels['cluster.x-k8s.io/deployment-name'] ?? annotations['cluster.x-k8s.io/deployment-name'];
  if (named !== undefined && named !== '') return named;
  const [kind, owner] = [annotations['cluster.x-k8s.io/owner-kind'], annotations['cluster.x-k8s.io/owner-name']];
  if (owner === undefined || owner === '') return undefined;
  // A MachineSet is named after its MachineDeployment, with a hash that changes at every rollout.
  return kind === 'MachineSet' ? owner.replace(/-[a-z0-9]+$/, '') : owner;
}
