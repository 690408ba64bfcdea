import { ComputeManagementClient } from '@azure/arm-compute';
import { ContainerServiceClient } from '@azure/arm-containerservice';
import { AnonymousCredential, PageBlobClient } from '@azure/storage-blob';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AksUnderTest, credential, diskBytes, smallFleet, startAzure } from './aks-under-test.ts';
import { diskIdOf, newImage, nodeName, scannerResourceGroup, subscription } from './azure-fleet-for-tests.ts';

/*
 * Azure's own clients against the emulator: what they cannot read there, Azure does not send. The emulator is therefore not
 * a picture of our client's opinions.
 */
const prod = smallFleet[0] ?? { name: 'nobody', pools: [] };
const nodeGroup = 'MC_rg-prod_prod';
const scannerGroup = scannerResourceGroup.split('/').at(-1) ?? '';
const quick = { updateIntervalInMs: 1 };

let azure: AksUnderTest;
let aks: ContainerServiceClient;
let compute: ComputeManagementClient;
beforeEach(async () => {
  azure = await startAzure(smallFleet, { pageSize: 1 });
  const options = { httpClient: azure.arm.transport, retryOptions: { maxRetries: 0 } };
  aks = new ContainerServiceClient(credential, subscription, options);
  compute = new ComputeManagementClient(credential, subscription, options);
});
afterEach(async () => azure[Symbol.asyncDispose]());

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('the official clients see in the emulator what our provider sees', () => {
  it('of clusters, pools and upgrades', async () => {
    const [cluster] = await all(aks.managedClusters.list());
    const { clusters } = await (await azure.openProvider()).reader.discover(new AbortController().signal);
    const [ours] = clusters;
    expect([cluster?.name, cluster?.location, cluster?.currentKubernetesVersion, cluster?.nodeResourceGroup]).toEqual([ours?.name, ours?.region, ours?.kubernetesVersion, nodeGroup]);
    expect(cluster?.autoUpgradeProfile).toMatchObject({ upgradeChannel: ours?.autoUpgrade?.clusterChannel, nodeOSUpgradeChannel: ours?.autoUpgrade?.nodeImageChannel });
    const pools = await all(aks.agentPools.list('rg-prod', 'prod'));
    const oursOfAks = ours?.pools.filter(({ manager }) => manager === 'aks') ?? [];
    expect(pools.map(({ name, nodeImageVersion }) => [name, nodeImageVersion])).toEqual(oursOfAks.map(({ name, image }) => [name, image]));
    const upgrades = await aks.agentPools.getUpgradeProfile('rg-prod', 'prod', 'system');
    expect([upgrades.latestNodeImageVersion]).toEqual(oursOfAks[0]?.newerImages);
    expect(upgrades.upgrades?.map(({ kubernetesVersion }) => kubernetesVersion).toSorted()).toEqual(oursOfAks[0]?.kubernetesUpgrades?.map(({ version }) => version));
    expect((await aks.managedClusters.getUpgradeProfile('rg-prod', 'prod')).controlPlaneProfile.upgrades?.map(({ kubernetesVersion }) => kubernetesVersion)).toContain('1.34.1');
  });

  it('of maintenance windows and machines', async () => {
    const [window] = await all(aks.maintenanceConfigurations.listByManagedCluster('rg-prod', 'prod'));
    expect(window?.maintenanceWindow).toMatchObject({ durationHours: 4, utcOffset: '+09:00', startTime: '01:00', schedule: { weekly: { intervalWeeks: 1, dayOfWeek: 'Sunday' } } });
    const machines = await all(aks.machines.list('rg-prod', 'prod', 'system'));
    expect(machines.map(({ name }) => name)).toEqual([0, 1].map((instance) => nodeName({ name: 'system' }, instance)));
    const instances = await all(compute.virtualMachineScaleSetVMs.list(nodeGroup, 'aks-system-12345678-vmss', { expand: 'instanceView' }));
    expect(instances.map(({ id }) => id)).toEqual(machines.map(({ properties }) => properties?.resourceId));
    expect(instances.map(({ osProfile }) => osProfile?.computerName)).toEqual(machines.map(({ name }) => name));
    expect((await all(compute.virtualMachineScaleSets.list(nodeGroup))).map(({ name }) => name)).toEqual(['system', 'fast', 'win'].map((pool) => `aks-${pool}-12345678-vmss`));
    const [ephemeral] = await all(compute.virtualMachineScaleSetVMs.list(nodeGroup, 'aks-fast-12345678-vmss'));
    expect(ephemeral?.storageProfile?.osDisk?.diffDiskSettings?.option).toBe('Local');
  });

  it('of a disk, from the copy to its removal, with the bytes in between', async () => {
    const id = diskIdOf(prod, 'system', 0);
    const source = await compute.disks.get(nodeGroup, id.split('/').at(-1) ?? '');
    const copy = await compute.snapshots.createOrUpdate(scannerGroup, 'official', { location: source.location, creationData: { createOption: 'Copy', sourceResourceId: id }, incremental: true, networkAccessPolicy: 'AllowAll', tags: { a: 'b' } }, quick);
    expect(copy).toMatchObject({ name: 'official', provisioningState: 'Succeeded', completionPercent: 100, tags: { a: 'b' } });
    const { accessSAS } = await compute.snapshots.grantAccess(scannerGroup, 'official', { access: 'Read', durationInSeconds: 3600 }, quick);
    await expect(compute.snapshots.grantAccess(scannerGroup, 'official', { access: 'Read', durationInSeconds: 3600 }, quick)).rejects.toMatchObject({ statusCode: 409 });
    const blob = new PageBlobClient(accessSAS ?? '', new AnonymousCredential());
    expect((await blob.getProperties()).contentLength).toBe(diskBytes.length + 512);
    expect((await blob.downloadToBuffer(0, diskBytes.length)).equals(Buffer.from(diskBytes))).toBe(true);
    await expect(compute.snapshots.delete(scannerGroup, 'official', quick)).rejects.toMatchObject({ statusCode: 409 });
    await compute.snapshots.revokeAccess(scannerGroup, 'official', quick);
    await expect(blob.getProperties()).rejects.toMatchObject({ statusCode: 403 });
    await compute.snapshots.delete(scannerGroup, 'official', quick);
    expect(azure.arm.copies()).toEqual([]);
  });

  it('of a copy that cannot be made', async () => {
    await expect(compute.snapshots.createOrUpdate(scannerGroup, 'official', { location: 'westeurope', creationData: { createOption: 'Copy', sourceResourceId: `/subscriptions/${subscription}/resourceGroups/x/providers/Microsoft.Compute/disks/ephemeral` } }, quick)).rejects.toMatchObject({ statusCode: 404, code: 'ResourceNotFound' });
  });

  it('of throttling', async () => {
    azure.arm.fail({ path: /upgradeProfiles/, status: 429, code: 'Throttled', retryAfter: 1, times: 1 });
    await expect(aks.agentPools.getUpgradeProfile('rg-prod', 'prod', 'system')).rejects.toMatchObject({ statusCode: 429 });
    expect((await aks.agentPools.getUpgradeProfile('rg-prod', 'prod', 'system')).latestNodeImageVersion).toBe(newImage);
  });
});

describe('the emulator', () => {
  it.each([
    ['a cluster that is not there', async () => aks.managedClusters.get('rg-prod', 'nobody'), 404],
    ['a kind of resource that it does not know', async () => all(compute.galleries.list()), 404],
    ['an upgrade of a node image', async () => aks.agentPools.upgradeNodeImageVersion('rg-prod', 'prod', 'system', quick), 403],
    ['a snapshot elsewhere', async () => compute.snapshots.createOrUpdate(nodeGroup, 'nodeward', { location: 'w', creationData: { createOption: 'Copy' } }, quick), 403],
    ['the removal of a node\'s disk', async () => compute.disks.delete(nodeGroup, 'aks-system_0_OsDisk_1', quick), 403],
  ])('refuses %s', async (_name, call, statusCode) => {
    await expect(call()).rejects.toMatchObject({ statusCode });
  });
});
