import type { PrintedCommand } from '@nodeward/api';

const pool = '/subscriptions/8f1c2f9e-6c0b-4f55-9a4b-2f7d1f0f6a11/resourceGroups/rg-ml/providers/Microsoft.ContainerService/managedClusters/ml-eastus-01/agentPools/gpua100';

/** As the server prints them for a pool of AKS whose connection only reads. */
export const imageCommands: readonly PrintedCommand[] = [
  { tool: 'az', step: 0, language: 'shell', placeholders: [], text: 'az aks nodepool upgrade \\\n  --subscription 8f1c2f9e-6c0b-4f55-9a4b-2f7d1f0f6a11 \\\n  --resource-group rg-ml --cluster-name ml-eastus-01 --name gpua100 \\\n  --node-image-only' },
  { tool: 'bicep', step: 0, language: 'bicep', placeholders: [], text: `resource upgrade 'Microsoft.ContainerService/managedClusters/agentPools@2025-07-01' existing = {\n  name: 'ml-eastus-01/gpua100'\n}\n// A node image is updated by the upgradeNodeImageVersion action of ${pool}` },
  { tool: 'terraform', step: 0, language: 'hcl', placeholders: ['PLAN_FILE'], text: 'resource "azapi_resource_action" "gpua100_node_image" {\n  type        = "Microsoft.ContainerService/managedClusters/agentPools@2025-07-01"\n  resource_id = azurerm_kubernetes_cluster_node_pool.gpua100.id\n  action      = "upgradeNodeImageVersion"\n}\n\n# terraform plan -out <PLAN_FILE> && terraform apply <PLAN_FILE>' },
];

export const kubernetesCommands: readonly PrintedCommand[] = [
  { tool: 'az', step: 0, language: 'shell', placeholders: ['RESOURCE_GROUP'], text: 'az aks upgrade --resource-group <RESOURCE_GROUP> --name ml-eastus-01 \\\n  --control-plane-only --kubernetes-version 1.27.3' },
  { tool: 'az', step: 1, language: 'shell', placeholders: ['RESOURCE_GROUP'], text: 'az aks nodepool upgrade --resource-group <RESOURCE_GROUP> --cluster-name ml-eastus-01 \\\n  --name gpua100 --kubernetes-version 1.27.3' },
  { tool: 'terraform', step: 0, language: 'hcl', placeholders: [], text: 'resource "azurerm_kubernetes_cluster" "ml_eastus_01" {\n  kubernetes_version = "1.27.3"\n}' },
  { tool: 'terraform', step: 1, language: 'hcl', placeholders: [], text: 'resource "azurerm_kubernetes_cluster_node_pool" "gpua100" {\n  orchestrator_version = "1.27.3"\n}' },
  { tool: 'kubectl', step: 1, language: 'shell', placeholders: ['NODE'], text: 'kubectl drain <NODE> --ignore-daemonsets --delete-emptydir-data' },
];
