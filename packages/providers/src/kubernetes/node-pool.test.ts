import { describe, expect, it } from 'vitest';
import { groupPools } from './discover.ts';
import { coordinatesOf } from './coordinates.ts';
import type { KubernetesNode } from './node-object.ts';
import { poolOfNode } from './node-pool.ts';

const node = (labels: Record<string, string>, more: Partial<KubernetesNode> = {}): KubernetesNode => ({ name: 'node', labels, annotations: {}, ...more });
const scaleSetNode = 'azure:///subscriptions/sub-1/resourceGroups/mc_rg_cluster_eastus/providers/Microsoft.Compute/virtualMachineScaleSets/aks-blue-123-vmss/virtualMachines/0';

describe('the pool of a node', () => {
  it.each([
    ['AKS', node({ 'kubernetes.azure.com/agentpool': 'blue', agentpool: 'blue' }), 'aks', 'blue'],
    ['an old AKS', node({ agentpool: 'blue' }, { providerId: scaleSetNode }), 'aks', 'blue'],
    ['somebody who calls a label agentpool', node({ agentpool: 'blue' }), 'none', 'nodes without a pool'],
    ['AKS with node auto-provisioning', node({ 'karpenter.sh/nodepool': 'general', 'kubernetes.azure.com/cluster': 'MC_a_b_c', 'kubernetes.azure.com/agentpool': 'x' }), 'karpenter', 'general'],
    ['EKS', node({ 'eks.amazonaws.com/nodegroup': 'workers' }), 'eks', 'workers'],
    ['eksctl without a managed node group', node({ 'alpha.eksctl.io/nodegroup-name': 'own' }), 'eks', 'own'],
    ['Karpenter on EKS', node({ 'karpenter.sh/nodepool': 'spot', 'eks.amazonaws.com/nodegroup': 'workers' }), 'karpenter', 'spot'],
    ['GKE', node({ 'cloud.google.com/gke-nodepool': 'default-pool' }), 'gke', 'default-pool'],
    ['kOps', node({ 'kops.k8s.io/instancegroup': 'nodes-a' }), 'kops', 'nodes-a'],
    ['Cluster API', node({}, { annotations: { 'cluster.x-k8s.io/owner-kind': 'MachineSet', 'cluster.x-k8s.io/owner-name': 'prod-md-0-7xk2p' } }), 'cluster-api', 'prod-md-0'],
    ['a MachinePool', node({}, { annotations: { 'cluster.x-k8s.io/owner-kind': 'MachinePool', 'cluster.x-k8s.io/owner-name': 'prod-mp-0' } }), 'cluster-api', 'prod-mp-0'],
    ['Cluster API that labels nodes', node({ 'cluster.x-k8s.io/deployment-name': 'prod-md-1' }), 'cluster-api', 'prod-md-1'],
    ['Rancher', node({ 'rke.cattle.io/machine': 'uid' }, { annotations: { 'cluster.x-k8s.io/owner-kind': 'MachineSet', 'cluster.x-k8s.io/owner-name': 'c1-workers-abc12' } }), 'rancher', 'c1-workers'],
    ['a Rancher that names the pool', node({ 'rke.cattle.io/rke-machine-pool-name': 'workers' }), 'rancher', 'workers'],
    ['nobody', node({ 'kubernetes.io/hostname': 'x' }), 'none', 'nodes without a pool'],
    ['an empty label', node({ 'eks.amazonaws.com/nodegroup': '' }), 'none', 'nodes without a pool'],
  ] as const)('of %s has its name and its manager', (_, subject, manager, name) => {
    expect(poolOfNode(subject, undefined)).toEqual({ name, manager });
  });

  it('is the one of the configured label first, whoever manages it', () => {
    expect(poolOfNode(node({ team: 'red', 'eks.amazonaws.com/nodegroup': 'workers' }), 'team')).toEqual({ name: 'red', manager: 'eks' });
    expect(poolOfNode(node({ 'eks.amazonaws.com/nodegroup': 'workers' }), 'team')).toEqual({ name: 'workers', manager: 'eks' });
    expect(poolOfNode(node({ team: 'red' }), 'team')).toEqual({ name: 'red', manager: 'none' });
  });

  it('has a name of its own where two managers use one, and loses no node', () => {
    const nodes = [node({ 'karpenter.sh/nodepool': 'a' }), node({ 'kubernetes.azure.com/agentpool': 'a' }), node({ 'kubernetes.azure.com/agentpool': 'b' }), node({})].map((each, index) => ({ ...each, name: `node-${index}` }));
    const groups = groupPools(nodes, undefined);
    expect(groups.map(({ name }) => name)).toEqual(['a (aks)', 'a (karpenter)', 'b', 'nodes without a pool']);
    expect(groups.flatMap((group) => group.nodes)).toHaveLength(4);
  });
});

describe('the coordinates of a pool', () => {
  const place = { pool: 'blue', region: 'eastus' };
  const azure = node({ 'kubernetes.azure.com/cluster': 'MC_my_rg_my_cluster_eastus' }, { providerId: scaleSetNode });
  it.each([
    ['AKS, with underscores and the kubeconfig to tell them apart', { ...place, manager: 'aks', clusterName: 'my_cluster', node: azure }, { pool: 'blue', region: 'eastus', subscription: 'sub-1', scaleSet: 'aks-blue-123-vmss', nodeResourceGroup: 'MC_my_rg_my_cluster_eastus', resourceGroup: 'my_rg', cluster: 'my_cluster' }],
    ['AKS, where nothing tells them apart', { ...place, manager: 'aks', clusterName: 'other', node: azure }, { pool: 'blue', region: 'eastus', subscription: 'sub-1', scaleSet: 'aks-blue-123-vmss', nodeResourceGroup: 'MC_my_rg_my_cluster_eastus', cluster: 'other' }],
    ['AKS in a group with a name of its own', { ...place, manager: 'aks', clusterName: undefined, node: node({ 'kubernetes.azure.com/cluster': 'nodes-rg' }) }, { pool: 'blue', region: 'eastus', nodeResourceGroup: 'nodes-rg' }],
    ['AKS node auto-provisioning', { ...place, manager: 'karpenter', clusterName: undefined, node: node({ 'kubernetes.azure.com/cluster': 'MC_rg_prod_eastus' }, { providerId: 'azure:///subscriptions/sub-1/resourceGroups/mc_rg_prod_eastus/providers/Microsoft.Compute/virtualMachines/aks-general-x' }) }, { pool: 'blue', region: 'eastus', subscription: 'sub-1', nodeResourceGroup: 'MC_rg_prod_eastus', resourceGroup: 'rg', cluster: 'prod' }],
    ['EKS by the ARN', { ...place, manager: 'eks', clusterName: 'arn:aws:eks:eu-west-1:123456789012:cluster/prod', node: node({}) }, { pool: 'blue', region: 'eu-west-1', cluster: 'prod' }],
    ['EKS by eksctl', { ...place, manager: 'eks', clusterName: 'prod.eu-west-1.eksctl.io', node: node({}) }, { pool: 'blue', region: 'eu-west-1', cluster: 'prod' }],
    ['GKE', { ...place, manager: 'gke', clusterName: 'gke_my-project_europe-west1_prod', node: node({}) }, { pool: 'blue', region: 'eastus', project: 'my-project', location: 'europe-west1', cluster: 'prod' }],
    ['Cluster API', { ...place, manager: 'cluster-api', clusterName: 'kubernetes', node: node({}, { annotations: { 'cluster.x-k8s.io/cluster-name': 'prod', 'cluster.x-k8s.io/cluster-namespace': 'fleet' } }) }, { pool: 'blue', region: 'eastus', cluster: 'prod', namespace: 'fleet' }],
    ['kOps', { ...place, manager: 'kops', clusterName: 'prod.example.com', node: node({}) }, { pool: 'blue', region: 'eastus', cluster: 'prod.example.com' }],
  ] as const)('of %s are what its tool asks for', (_, where, expected) => {
    expect(coordinatesOf(where)).toEqual(expected);
  });
});
