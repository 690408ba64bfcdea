import type { PoolManager } from '../provider.ts';
import type { KubernetesNode } from './node-object.ts';

export interface PoolPlace {
  readonly manager: PoolManager;
  readonly pool: string;
  /** What the kubeconfig calls the cluster. */
  readonly clusterName: string | undefined;
  readonly region: string | undefined;
  /** Any node of the pool. */
  readonly node: KubernetesNode;
}

/** Names by which the manager's own tool finds the pool, as far as a Node object and a kubeconfig tell; nothing is guessed. */
export function coordinatesOf(place: PoolPlace): Readonly<Record<string, string>> {
  return present({ pool: place.pool, cluster: place.clusterName, region: place.region, ...ofManager(place) });
}

type Names = Readonly<Record<string, string | undefined>>;

function ofManager(place: PoolPlace): Names {
  const isAzure = place.node.providerId?.startsWith('azure://') === true;
  switch (place.manager) {
    case 'aks': return azure(place);
    case 'karpenter': return isAzure ? azure(place) : amazon(place);
    case 'eks': return amazon(place);
    case 'gke': return google(place);
    case 'cluster-api':
    case 'rancher': return clusterApi(place);
    case 'kops':
    case 'none': return {};
  }
}

const azureMachine = /^azure:\/\/\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Compute\/(?:virtualMachineScaleSets\/([^/]+)\/)?virtualMachines\/[^/]+$/i;

/** The label holds the node resource group: `MC_{resource group}_{cluster}_{region}` unless somebody chose another name. */
function azure({ node, clusterName, region }: PoolPlace): Names {
  const [, subscription, group, scaleSet] = azureMachine.exec(node.providerId ?? '') ?? [];
  const nodeResourceGroup = node.labels['kubernetes.azure.com/cluster'] ?? group;
  return { subscription, scaleSet, nodeResourceGroup, ...azureNames(nodeResourceGroup, clusterName, region) };
}

function azureNames(nodeResourceGroup: string | undefined, clusterName: string | undefined, region: string | undefined): Names {
  const name = nodeResourceGroup ?? '';
  const ending = region === undefined ? /_[a-z0-9]+$/i.exec(name)?.[0] : `_${region}`;
  if (ending === undefined || !/^MC_/i.test(name) || !name.toLowerCase().endsWith(ending.toLowerCase())) return {};
  const middle = name.slice('MC_'.length, -ending.length);
  // Both names may hold underscores: only a known cluster name, or a single underscore, says where the first ends.
  const suffix = `_${clusterName ?? ''}`;
  if (clusterName !== undefined && middle.toLowerCase().endsWith(suffix.toLowerCase())) return { resourceGroup: middle.slice(0, -suffix.length), cluster: clusterName };
  const parts = middle.split('_');
  return parts.length === 2 ? { resourceGroup: parts[0], cluster: parts[1] } : {};
}

/** `aws eks update-kubeconfig` writes the cluster's ARN, eksctl `{cluster}.{region}.eksctl.io`. */
function amazon({ clusterName = '', node }: PoolPlace): Names {
  const [, arnRegion, arnCluster] = /^arn:aws[a-z-]*:eks:([^:]+):\d*:cluster\/(.+)$/.exec(clusterName) ?? [];
  if (arnCluster !== undefined) return { cluster: arnCluster, region: arnRegion };
  const [, cluster, region] = /^(.+)\.([a-z0-9-]+)\.eksctl\.io$/.exec(clusterName) ?? [];
  const labelled = node.labels['alpha.eksctl.io/cluster-name'];
  return present({ cluster: cluster ?? labelled, region });
}

/** `gcloud container clusters get-credentials` writes `gke_{project}_{location}_{cluster}`; none of the three holds an underscore. */
function google({ clusterName = '', node }: PoolPlace): Names {
  const [, project, location, cluster] = /^gke_([^_]+)_([^_]+)_([^_]+)$/.exec(clusterName) ?? [];
  const machineProject = /^gce:\/\/([^/]+)\//.exec(node.providerId ?? '')?.[1];
  return present({ project: project ?? machineProject, location, cluster });
}

function clusterApi({ node: { annotations } }: PoolPlace): Names {
  return present({ cluster: annotations['cluster.x-k8s.io/cluster-name'], namespace: annotations['cluster.x-k8s.io/cluster-namespace'] });
}

function present(names: Names): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(names).flatMap(([key, value]) => (value === undefined || value === '' ? [] : [[key, value] as const])));
}
