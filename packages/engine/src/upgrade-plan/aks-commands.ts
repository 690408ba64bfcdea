import { bicepString, hclString, type PoolNames, shellCommand, type StepCommand, type StepCommands } from './printed-command.ts';
import { rebootCommands } from './reboot-commands.ts';

/**
 * The node image of a pool cannot be chosen: the action brings the newest that the region has. A template has no property
 * for it, so Bicep has nothing to say there (`nodeImageVersion` in a PUT means rollback).
 */
export const aksCommands: StepCommands = (step, names) => {
  const { kind } = step;
  const version = (step.target ?? '').replace(/^v/, '');
  if (kind === 'reboot') return aksReboot(names);
  if (kind === 'node-image') return [az('aks nodepool upgrade', poolOptions(names), [['--node-image-only']]), terraformAction(names)];
  if (kind === 'control-plane') {
    const cluster = [...clusterOptions(names, '--name'), ['--control-plane-only'], ['--kubernetes-version', version]] as const;
    return [az('aks upgrade', cluster), bicepCluster(names, version), terraformCluster(names, version)];
  }
  return [az('aks nodepool upgrade', poolOptions(names), [['--kubernetes-version', version]]), bicepPool(names, version), terraformPool(names, version)];
};

type Options = readonly (readonly [flag: string, value?: string])[];

function az(command: string, names: Options, more: Options = []): StepCommand {
  return { tool: 'az', language: 'shell', text: shellCommand(`az ${command}`, [...names, ...more]) };
}

function clusterOptions(names: PoolNames, cluster: '--name' | '--cluster-name'): Options {
  const subscription = names.known('subscription');
  return [...(subscription === undefined ? [] : [['--subscription', subscription] as const]), ['--resource-group', names.of('resourceGroup')], [cluster, names.of('cluster')]];
}

function poolOptions(names: PoolNames): Options {
  return [...clusterOptions(names, '--cluster-name'), ['--name', names.of('pool')]];
}

const apiVersion = '2026-04-01';

function bicepCluster(names: PoolNames, version: string): StepCommand {
  const text = `// in the resource of the cluster ${names.of('cluster').replace(/\s+/g, ' ')}\nresource cluster 'Microsoft.ContainerService/managedClusters@${apiVersion}' = {\n  name: ${bicepString(names.of('cluster'))}\n  properties: {\n    kubernetesVersion: ${bicepString(version)}\n  }\n}`;
  return { tool: 'bicep', language: 'bicep', text };
}

function bicepPool(names: PoolNames, version: string): StepCommand {
  const text = `resource pool 'Microsoft.ContainerService/managedClusters/agentPools@${apiVersion}' = {\n  parent: cluster\n  name: ${bicepString(names.of('pool'))}\n  properties: {\n    orchestratorVersion: ${bicepString(version)}\n  }\n}`;
  return { tool: 'bicep', language: 'bicep', text };
}

function terraformCluster(names: PoolNames, version: string): StepCommand {
  const text = `resource "azurerm_kubernetes_cluster" "cluster" {\n  name                = ${hclString(names.of('cluster'))}\n  resource_group_name = ${hclString(names.of('resourceGroup'))}\n  kubernetes_version  = ${hclString(version)}\n}`;
  return { tool: 'terraform', language: 'hcl', text };
}

function terraformPool(names: PoolNames, version: string): StepCommand {
  const text = `resource "azurerm_kubernetes_cluster_node_pool" "pool" {\n  name                 = ${hclString(names.of('pool'))}\n  orchestrator_version = ${hclString(version)}\n}`;
  return { tool: 'terraform', language: 'hcl', text };
}

function terraformAction(names: PoolNames): StepCommand {
  const id = `/subscriptions/${names.of('subscription')}/resourceGroups/${names.of('resourceGroup')}/providers/Microsoft.ContainerService/managedClusters/${names.of('cluster')}/agentPools/${names.of('pool')}`;
  const text = `resource "azapi_resource_action" "node_image" {\n  type        = "Microsoft.ContainerService/managedClusters/agentPools@${apiVersion}"\n  resource_id = ${hclString(id)}\n  action      = "upgradeNodeImageVersion"\n  method      = "POST"\n}`;
  return { tool: 'terraform', language: 'hcl', text };
}

function aksReboot(names: PoolNames): readonly StepCommand[] {
  const restart = shellCommand('az vmss restart', [['--resource-group', names.of('nodeResourceGroup')], ['--name', names.of('scaleSet')], ['--instance-ids', '<instance-id>']]);
  return rebootCommands('az', `kubernetes.azure.com/agentpool=${names.of('pool')}`, restart);
}
