import { z } from 'zod';
import { ArmError } from './arm-error.ts';

/** The fields that are used of each resource. Whatever else Azure sends is left aside; a field that is absent stays absent. */

export const subscriptionSchema = z.object({ subscriptionId: z.string(), displayName: z.string().optional(), state: z.string().optional() });

const autoUpgradeProfile = z.object({ upgradeChannel: z.string().nullish(), nodeOSUpgradeChannel: z.string().nullish() });

const poolProperties = z.object({
  provisioningState: z.string().optional(),
  count: z.number().nullish(),
  type: z.string().nullish(),
  osType: z.string().nullish(),
  osSKU: z.string().nullish(),
  osDiskType: z.string().nullish(),
  orchestratorVersion: z.string().nullish(),
  currentOrchestratorVersion: z.string().nullish(),
  nodeImageVersion: z.string().nullish(),
});

export const poolSchema = z.object({ name: z.string(), properties: poolProperties });
export type PoolResource = z.infer<typeof poolSchema>;

export const clusterSchema = z.object({
  id: z.string().regex(/^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.ContainerService\/managedClusters\/[^/]+$/i),
  name: z.string(),
  location: z.string(),
  properties: z.object({
    provisioningState: z.string().optional(),
    kubernetesVersion: z.string().nullish(),
    currentKubernetesVersion: z.string().nullish(),
    supportPlan: z.string().nullish(),
    nodeResourceGroup: z.string().nullish(),
    autoUpgradeProfile: autoUpgradeProfile.nullish(),
    nodeProvisioningProfile: z.object({ mode: z.string().nullish() }).nullish(),
    /** The same as `GET …/agentPools`, without a request of its own. */
    agentPoolProfiles: z.array(poolProperties.extend({ name: z.string() })).nullish(),
  }),
});
export type ClusterResource = z.infer<typeof clusterSchema>;

const offeredVersion = z.object({ kubernetesVersion: z.string(), isPreview: z.boolean().nullish() });

export const poolUpgradesSchema = z.object({ properties: z.object({ latestNodeImageVersion: z.string().nullish(), upgrades: z.array(offeredVersion).nullish() }) });

export const clusterUpgradesSchema = z.object({ properties: z.object({ controlPlaneProfile: z.object({ upgrades: z.array(offeredVersion).nullish() }) }) });

export const scaleSetSchema = z.object({ id: z.string(), name: z.string(), tags: z.record(z.string(), z.string()).nullish() });

export const machineSchema = z.object({ name: z.string(), properties: z.object({ resourceId: z.string().nullish() }).nullish() });

/** A virtual machine, or one of a scale set. */
export const virtualMachineSchema = z.object({
  id: z.string(),
  name: z.string(),
  tags: z.record(z.string(), z.string()).nullish(),
  properties: z.object({
    vmId: z.string().nullish(),
    timeCreated: z.string().nullish(),
    provisioningState: z.string().nullish(),
    storageProfile: z
      .object({
        imageReference: z.object({ id: z.string().nullish(), communityGalleryImageId: z.string().nullish() }).nullish(),
        osDisk: z.object({
          osType: z.string().nullish(),
          diffDiskSettings: z.object({ option: z.string().nullish() }).nullish(),
          managedDisk: z.object({ id: z.string().nullish(), securityProfile: z.object({ securityEncryptionType: z.string().nullish() }).nullish() }).nullish(),
        }).nullish(),
      })
      .nullish(),
    osProfile: z.object({ computerName: z.string().nullish() }).nullish(),
    instanceView: z.object({ computerName: z.string().nullish(), osName: z.string().nullish(), osVersion: z.string().nullish() }).nullish(),
  }),
});
export type VirtualMachine = z.infer<typeof virtualMachineSchema>;

export const diskSchema = z.object({
  id: z.string(),
  location: z.string(),
  properties: z.object({
    provisioningState: z.string().optional(),
    diskSizeBytes: z.number().nullish(),
    networkAccessPolicy: z.string().nullish(),
    encryptionSettingsCollection: z.object({ enabled: z.boolean().nullish() }).nullish(),
    securityProfile: z.object({ securityType: z.string().nullish() }).nullish(),
    completionPercent: z.number().nullish(),
    diskState: z.string().nullish(),
    creationData: z.object({ sourceResourceId: z.string().nullish() }).nullish(),
  }),
});
export type DiskResource = z.infer<typeof diskSchema>;

export const taggedSchema = z.object({ id: z.string(), name: z.string(), tags: z.record(z.string(), z.string()).nullish() });

export const accessSchema = z.object({ accessSAS: z.url() });

/** An answer that is not what Azure documents is an error with the path in it, not a hole in a list. */
export function parsed<Output>(schema: z.ZodType<Output>, value: unknown, what: string): Output {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ArmError(200, 'UnexpectedAnswer', `${what}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}

export function resourceGroupOf(id: string): { readonly subscription: string; readonly resourceGroup: string } {
  const [, , subscription = '', , resourceGroup = ''] = id.split('/');
  return { subscription, resourceGroup };
}
