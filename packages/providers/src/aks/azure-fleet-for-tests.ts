import type { ArmResources } from './arm-server-for-tests.ts';

export const subscription = '11111111-2222-4333-8444-555555555555';
export const scannerResourceGroup = `/subscriptions/${subscription}/resourceGroups/nodeward-scan`;
export const oldImage = 'AKSUbuntu-2204gen2containerd-202309.06.0';
export const newImage = 'AKSUbuntu-2204gen2containerd-202310.04.0';
export const communityImage = '/CommunityGalleries/AKSUbuntu-38d80f77-467a-481f-a8d4-09b6d4220bd2/Images/2204gen2containerd/Versions/202310.04.0';

export interface FleetPool {
  readonly name: string;
  readonly nodes: number;
  readonly ephemeral?: boolean;
  readonly windows?: boolean;
  readonly image?: string;
  /** Of the pool's type `VirtualMachines`. */
  readonly standalone?: boolean;
}

export interface FleetCluster {
  readonly name: string;
  readonly pools: readonly FleetPool[];
  readonly subscription?: string;
  readonly resourceGroup?: string;
  readonly region?: string;
  /** Names of Karpenter pools, with how many machines each has. */
  readonly karpenter?: Readonly<Record<string, number>>;
}

/** Raw answers of ARM in the shape of its published examples. */
export function azureResources(clusters: readonly FleetCluster[]): ArmResources {
  const resources: ArmResources = new Map();
  const add = (path: string, value: unknown): void => void resources.set(path.toLowerCase(), value);
  const subscriptions = [...new Set(clusters.map((cluster) => cluster.subscription ?? subscription))];
  add('/subscriptions', subscriptions.map((subscriptionId) => ({ id: `/subscriptions/${subscriptionId}`, subscriptionId, displayName: 'Production', state: 'Enabled' })));
  for (const id of subscriptions) {
    add(`/subscriptions/${id}/providers/Microsoft.ContainerService/managedClusters`, clusters.filter((cluster) => (cluster.subscription ?? subscription) === id).map(clusterJson));
  }
  for (const cluster of clusters) addCluster(add, cluster);
  add(communityImage, {});
  for (const id of [scannerResourceGroup, ...clusters.flatMap((cluster) => [groupOf(cluster), nodeGroupOf(cluster)])]) add(`${id}/providers/Microsoft.Authorization/permissions`, [{ actions: ['*/read', 'Microsoft.Compute/snapshots/*'], notActions: [], dataActions: [], notDataActions: [] }]);
  return resources;
}

type Add = (path: string, value: unknown) => void;

function groupOf({ subscription: id = subscription, resourceGroup = 'rg-prod' }: FleetCluster): string {
  return `/subscriptions/${id}/resourceGroups/${resourceGroup}`;
}

function nodeGroupOf({ subscription: id = subscription, name, resourceGroup = 'rg-prod' }: FleetCluster): string {
  return `/subscriptions/${id}/resourceGroups/MC_${resourceGroup}_${name}`;
}

function idOf(cluster: FleetCluster): string {
  return `${groupOf(cluster)}/providers/Microsoft.ContainerService/managedClusters/${cluster.name}`;
}

function poolProperties({ nodes, ephemeral = false, windows = false, standalone = false, image = oldImage }: FleetPool): object {
  return {
    eTag: 'x', count: nodes, vmSize: 'Standard_D4s_v5', osDiskSizeGB: 128, osDiskType: ephemeral ? 'Ephemeral' : 'Managed', type: standalone ? 'VirtualMachines' : 'VirtualMachineScaleSets', mode: 'System',
    osType: windows ? 'Windows' : 'Linux', osSKU: windows ? 'Windows2022' : 'Ubuntu', orchestratorVersion: '1.33', currentOrchestratorVersion: '1.33.2', nodeImageVersion: image, provisioningState: 'Succeeded', powerState: { code: 'Running' },
  };
}

function clusterJson(cluster: FleetCluster): unknown {
  return {
    id: idOf(cluster), name: cluster.name, type: 'Microsoft.ContainerService/ManagedClusters', location: cluster.region ?? 'westeurope', eTag: 'x', sku: { name: 'Base', tier: 'Standard' },
    properties: {
      provisioningState: 'Succeeded', powerState: { code: 'Running' }, kubernetesVersion: '1.33', currentKubernetesVersion: '1.33.2', supportPlan: 'KubernetesOfficial', nodeResourceGroup: nodeGroupOf(cluster).split('/').at(-1),
      autoUpgradeProfile: { upgradeChannel: 'patch', nodeOSUpgradeChannel: 'SecurityPatch' }, ...(cluster.karpenter === undefined ? {} : { nodeProvisioningProfile: { mode: 'Auto' } }),
      agentPoolProfiles: cluster.pools.map((pool) => ({ name: pool.name, ...poolProperties(pool) })),
    },
  };
}

function addCluster(add: Add, cluster: FleetCluster): void {
  const id = idOf(cluster);
  const compute = `${nodeGroupOf(cluster)}/providers/Microsoft.Compute`;
  add(`${id}/agentPools`, cluster.pools.map((pool) => ({ id: `${id}/agentPools/${pool.name}`, name: pool.name, type: 'Microsoft.ContainerService/managedClusters/agentPools', properties: poolProperties(pool) })));
  add(`${id}/upgradeProfiles/default`, { id: `${id}/upgradeProfiles/default`, name: 'default', properties: { controlPlaneProfile: { kubernetesVersion: '1.33.2', osType: 'Linux', upgrades: [{ kubernetesVersion: '1.34.1' }, { kubernetesVersion: '1.33.5' }, { kubernetesVersion: '1.34.4', isPreview: true }] }, agentPoolProfiles: [] } });
  add(`${id}/maintenanceConfigurations`, [{ id: `${id}/maintenanceConfigurations/aksManagedNodeOSUpgradeSchedule`, name: 'aksManagedNodeOSUpgradeSchedule', properties: { maintenanceWindow: { schedule: { weekly: { intervalWeeks: 1, dayOfWeek: 'Sunday' } }, durationHours: 4, utcOffset: '+09:00', startDate: '2026-11-01', startTime: '01:00' } } }]);
  const scaled = cluster.pools.filter(({ standalone }) => standalone !== true);
  add(`${compute}/virtualMachineScaleSets`, scaled.map((pool) => ({ id: `${compute}/virtualMachineScaleSets/${scaleSetOf(pool)}`, name: scaleSetOf(pool), location: 'westeurope', tags: { 'aks-managed-poolName': pool.name } })));
  for (const pool of scaled) add(`${compute}/virtualMachineScaleSets/${scaleSetOf(pool)}/virtualMachines`, machines(pool, (instance) => `${compute}/virtualMachineScaleSets/${scaleSetOf(pool)}/virtualMachines/${instance}`, compute));
  const alone = cluster.pools.filter(({ standalone }) => standalone === true).flatMap((pool) => machines(pool, (instance) => `${compute}/virtualMachines/aks-${pool.name}-${instance}`, compute, { 'aks-managed-poolName': pool.name }));
  const karpenter = Object.entries(cluster.karpenter ?? {}).flatMap(([name, nodes]) => machines({ name, nodes, ephemeral: true }, (instance) => `${compute}/virtualMachines/aks-${name}-${instance}`, compute, { 'karpenter.sh_nodepool': name }));
  add(`${compute}/virtualMachines`, [...alone, ...karpenter]);
  for (const pool of cluster.pools) addPool(add, id, compute, pool);
}

function addPool(add: Add, id: string, compute: string, pool: FleetPool): void {
  const path = `${id}/agentPools/${pool.name}`;
  const latest = pool.windows === true ? (pool.image ?? oldImage) : newImage;
  add(`${path}/upgradeProfiles/default`, { id: `${path}/upgradeProfiles/default`, name: 'default', type: 'Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles', properties: { kubernetesVersion: '1.33.2', osType: 'Linux', latestNodeImageVersion: latest, upgrades: [{ kubernetesVersion: '1.34.1' }, { kubernetesVersion: '1.33.5' }] } });
  add(`${path}/machines`, Array.from({ length: pool.nodes }, (_, instance) => ({ id: `${path}/machines/${nodeName(pool, instance)}`, name: nodeName(pool, instance), properties: { resourceId: pool.standalone === true ? `${compute}/virtualMachines/aks-${pool.name}-${instance}` : `${compute}/virtualMachineScaleSets/${scaleSetOf(pool)}/virtualMachines/${instance}`, network: { ipAddresses: [] } } })));
  if (pool.ephemeral !== true) for (let instance = 0; instance < pool.nodes; instance += 1) add(diskOf(compute, pool, instance), { id: diskOf(compute, pool, instance), name: `disk-${instance}`, location: 'westeurope', properties: { provisioningState: 'Succeeded', diskState: 'Attached', networkAccessPolicy: 'AllowAll', diskSizeBytes: 1048576, osType: 'Linux', encryption: { type: 'EncryptionAtRestWithPlatformKey' } } });
}

function machines(pool: FleetPool, idOfInstance: (instance: number) => string, compute: string, tags?: Readonly<Record<string, string>>): readonly unknown[] {
  return Array.from({ length: pool.nodes }, (_, instance) => machineJson(pool, instance, idOfInstance(instance), compute, tags));
}

function machineJson(pool: FleetPool, instance: number, id: string, compute: string, tags: Readonly<Record<string, string>> | undefined): unknown {
  const { ephemeral = false, windows = false, image = oldImage } = pool;
  const [, gallery = '', definition = '', version = ''] = /^(AKS[A-Za-z]+)-(.+?)-(\d[\d.]*)$/.exec(image) ?? [];
  return {
    id, name: id.split('/').at(-1), instanceId: String(instance), location: 'westeurope', ...(tags === undefined ? {} : { tags }),
    properties: {
      vmId: `${pool.name}-${instance}`, latestModelApplied: true, provisioningState: 'Succeeded', timeCreated: '2026-11-01T00:00:00Z',
      storageProfile: {
        imageReference: { id: `/subscriptions/109a5e88-712a-48ae-9078-9ca8b3c81345/resourceGroups/AKS-Ubuntu/providers/Microsoft.Compute/galleries/${gallery}/images/${definition}/versions/${version}` },
        osDisk: { osType: windows ? 'Windows' : 'Linux', diskSizeGB: 128, createOption: 'FromImage', ...(ephemeral ? { diffDiskSettings: { option: 'Local', placement: 'CacheDisk' } } : {}), managedDisk: { id: diskOf(compute, pool, instance), storageAccountType: 'Premium_LRS' } },
      },
      osProfile: { computerName: nodeName(pool, instance) },
      instanceView: { computerName: nodeName(pool, instance), osName: windows ? 'Windows Server 2022 Datacenter' : 'ubuntu', osVersion: windows ? '10.0.20348' : '22.04', hyperVGeneration: 'V2', statuses: [{ code: 'PowerState/running', level: 'Info' }] },
    },
  };
}

function scaleSetOf({ name }: FleetPool): string {
  return `aks-${name}-12345678-vmss`;
}

/** AKS: six digits of base 36. */
export function nodeName(pool: { readonly name: string }, instance: number): string {
  return `aks-${pool.name}-12345678-vmss${instance.toString(36).padStart(6, '0')}`;
}

function diskOf(compute: string, pool: { readonly name: string }, instance: number): string {
  return `${compute}/disks/aks-${pool.name}_${instance}_OsDisk_1`;
}

export function diskIdOf(cluster: FleetCluster, pool: string, instance: number): string {
  return diskOf(`${nodeGroupOf(cluster)}/providers/Microsoft.Compute`, { name: pool }, instance);
}
