import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DiscoveredPool, Discovery } from '../provider.ts';
import { type AksUnderTest, smallFleet, startAzure } from './aks-under-test.ts';
import type { ArmResources } from './arm-server-for-tests.ts';
import { azureResources, type FleetCluster, newImage, nodeName, oldImage, subscription } from './azure-fleet-for-tests.ts';

const signal = new AbortController().signal;
let azure: AksUnderTest;
beforeEach(async () => void (azure = await startAzure()));
afterEach(async () => azure[Symbol.asyncDispose]());

const poolOf = ({ clusters }: Discovery, name: string): DiscoveredPool => {
  const pool = clusters.flatMap(({ pools }) => pools).find((candidate) => candidate.name === name);
  if (pool === undefined) throw new Error(`no pool ${name}`);
  return pool;
};
const counts = ({ clusters }: Discovery): Record<string, number> => Object.fromEntries(clusters.flatMap(({ name, pools }) => pools.map((pool) => [`${name}/${pool.name}`, pool.nodes.length])));

describe('what is discovered of a cluster', () => {
  it('names versions, upgrades without previews, channel, window and region', async () => {
    const { clusters, name, incomplete } = await (await azure.openProvider()).reader.discover(signal);
    expect({ name, incomplete }).toEqual({ name: 'Production', incomplete: undefined });
    expect(clusters[0]).toMatchObject({
      name: 'prod',
      kubernetesVersion: '1.33.2',
      controlPlaneUpgrades: ['1.33.5', '1.34.1'],
      region: 'westeurope',
      provisioningState: 'Succeeded',
      autoUpgrade: { clusterChannel: 'patch', nodeImageChannel: 'SecurityPatch', nodeImageWindow: { schedule: { kind: 'weekly', everyWeeks: 1, day: 'Sunday' }, startTime: '01:00', utcOffset: '+09:00', durationHours: 4 } },
    });
    expect(clusters[0]?.autoUpgrade).not.toHaveProperty('clusterWindow');
  });

  it('counts every node once: of scale sets, of single machines and of Karpenter', async () => {
    expect(counts(await (await azure.openProvider()).reader.discover(signal))).toEqual({ 'prod/system': 2, 'prod/fast': 2, 'prod/win': 1, 'prod/vms': 1, 'prod/spot': 2 });
  });

  it('describes a pool as the commands that change it need it', async () => {
    expect(poolOf(await (await azure.openProvider()).reader.discover(signal), 'system')).toMatchObject({
      image: oldImage,
      newerImages: [newImage],
      kubernetesVersion: '1.33.2',
      kubernetesUpgrades: [{ version: '1.33.5', image: newImage }, { version: '1.34.1', image: newImage }],
      operatingSystem: 'linux',
      osDisk: 'managed',
      operations: [],
      manager: 'aks',
      coordinates: { subscription, resourceGroup: 'rg-prod', cluster: 'prod', pool: 'system', region: 'westeurope', nodeResourceGroup: 'MC_rg-prod_prod', scaleSet: 'aks-system-12345678-vmss' },
    });
  });

  it('tells ephemeral disks, Windows and Karpenter apart', async () => {
    const discovery = await (await azure.openProvider()).reader.discover(signal);
    expect(poolOf(discovery, 'fast').osDisk).toBe('ephemeral');
    expect(poolOf(discovery, 'win')).toMatchObject({ operatingSystem: 'windows', image: 'AKSWindows-2022-containerd-20348.5499.260812', newerImages: [] });
    expect(poolOf(discovery, 'spot')).toMatchObject({ manager: 'karpenter', image: oldImage });
  });

  it('gives each node the kubelet that its pool has, and none to those of Karpenter', async () => {
    const discovery = await (await azure.openProvider()).reader.discover(signal);
    expect(Object.fromEntries(discovery.clusters.flatMap(({ pools }) => pools.map(({ name, nodes }) => [name, [...new Set(nodes.map(({ kubeletVersion }) => kubeletVersion))]])))).toEqual({ system: ['v1.33.2'], fast: ['v1.33.2'], win: ['v1.33.2'], vms: ['v1.33.2'], spot: [undefined] });
  });

  it('gives each node the id that the Node object has, and the image of its own machine', async () => {
    const [node] = poolOf(await (await azure.openProvider()).reader.discover(signal), 'system').nodes;
    expect(node).toMatchObject({ name: nodeName({ name: 'system' }, 0), image: oldImage, operatingSystem: 'linux', osImage: 'ubuntu 22.04' });
    expect(node?.providerId).toBe(`azure:///subscriptions/${subscription}/resourceGroups/MC_rg-prod_prod/providers/Microsoft.Compute/virtualMachineScaleSets/aks-system-12345678-vmss/virtualMachines/0`);
  });
});

it('gives clusters of one name the names of their resource groups, and of their subscriptions where need be', async () => {
  const other = '99999999-2222-4333-8444-555555555555';
  const pools = [{ name: 'np', nodes: 1 }];
  const fleet: readonly FleetCluster[] = [{ name: 'one', pools }, { name: 'two', resourceGroup: 'rg-a', pools }, { name: 'two', resourceGroup: 'rg-b', pools }, { name: 'three', pools }, { name: 'three', subscription: other, pools }];
  await using many = await startAzure(fleet);
  const names = (await (await many.openProvider()).reader.discover(signal)).clusters.map(({ name }) => name);
  expect(names.toSorted()).toEqual(['one', `three (rg-prod, ${subscription})`, `three (rg-prod, ${other})`, 'two (rg-a)', 'two (rg-b)'].toSorted());
});

describe('what cannot be read', () => {
  it('is found by AKS itself where Compute is not to be asked', async () => {
    azure.arm.fail({ path: /Microsoft\.Compute/i, status: 403, code: 'AuthorizationFailed', times: 99 });
    const discovery = await (await azure.openProvider()).reader.discover(signal);
    expect(counts(discovery)).toEqual({ 'prod/system': 2, 'prod/fast': 2, 'prod/win': 1, 'prod/vms': 1 });
    expect(poolOf(discovery, 'system').nodes[0]).toMatchObject({ name: nodeName({ name: 'system' }, 0), image: oldImage });
    // the pools of Karpenter are nowhere else
    expect(discovery.incomplete?.map(({ cluster, pool }) => [cluster, pool])).toEqual([['prod', undefined]]);
  });

  const tokensOf = (discovery: Discovery): readonly string[] => discovery.clusters.flatMap(({ pools }) => pools.flatMap(({ nodes }) => nodes.map(({ evidenceToken }) => evidenceToken)));

  it.each([
    ['fails', { status: 500, code: 'InternalServerError' }],
    ['is busy', { status: 429, code: 'Throttled' }],
  ])('changes no node while Compute %s, and none when it answers again', async (_how, fault) => {
    await using flaky = await startAzure([{ name: 'prod', pools: smallFleet[0]?.pools ?? [] }]);
    const provider = await flaky.openProvider();
    const before = await provider.reader.discover(signal);
    flaky.arm.fail({ path: /Microsoft\.Compute/i, ...fault, times: 999 });

    const during = await provider.reader.discover(signal);
    expect(during.clusters).toEqual(before.clusters);
    expect(await provider.reader.nodeEvidence({ cluster: 'prod', pool: 'fast', node: nodeName({ name: 'fast' }, 0) }, signal)).toMatchObject({ kind: 'inventory' });

    flaky.arm.endFaults();
    expect(tokensOf(await provider.reader.discover(signal))).toEqual(tokensOf(before));
  });

  it('believes what AKS says while Compute fails: another image of the pool, and machines that Compute has not seen', async () => {
    const images = (image: string, nodes: number): ArmResources => azureResources([{ name: 'prod', pools: [{ name: 'np', nodes, image }] }]);
    const resources = images(oldImage, 1);
    await using flaky = await startAzure(smallFleet, { resources });
    const provider = await flaky.openProvider();
    const [known] = poolOf(await provider.reader.discover(signal), 'np').nodes;
    flaky.arm.fail({ path: /Microsoft\.Compute/i, status: 500, code: 'InternalServerError', times: 99 });

    for (const [path, value] of images(oldImage, 2)) resources.set(path, value);
    const [same, grown] = poolOf(await provider.reader.discover(signal), 'np').nodes;
    expect(same).toEqual(known);
    expect(grown).toMatchObject({ name: nodeName({ name: 'np' }, 1), image: oldImage });

    for (const [path, value] of images(newImage, 2)) resources.set(path, value);
    const moved = poolOf(await provider.reader.discover(signal), 'np').nodes;
    expect(moved.map(({ image }) => image)).toEqual([newImage, newImage]);
    expect(moved[0]?.evidenceToken).not.toBe(known?.evidenceToken);
  });

  it('is no machine as Compute had described it once the right to ask is gone', async () => {
    const provider = await azure.openProvider();
    const before = poolOf(await provider.reader.discover(signal), 'system').nodes[0];
    azure.arm.fail({ path: /Microsoft\.Compute/i, status: 403, code: 'AuthorizationFailed', times: 99 });
    expect(poolOf(await provider.reader.discover(signal), 'system').nodes[0]?.evidenceToken).not.toBe(before?.evidenceToken);
  });

  it('keeps the pools of Karpenter while Compute is silent', async () => {
    const provider = await azure.openProvider();
    const before = await provider.reader.discover(signal);
    azure.arm.fail({ path: /virtualMachines$/i, status: 403, code: 'AuthorizationFailed', times: 99 });
    expect(poolOf(await provider.reader.discover(signal), 'spot')).toEqual(poolOf(before, 'spot'));
  });

  it('keeps the nodes of a pool that cannot be read this time, and says so', async () => {
    const provider = await azure.openProvider();
    const before = await provider.reader.discover(signal);
    azure.arm.fail({ path: /virtualMachineScaleSets|agentPools\/system\/machines/i, status: 403, code: 'AuthorizationFailed', times: 99 });
    const after = await provider.reader.discover(signal);
    expect(poolOf(after, 'system').nodes).toEqual(poolOf(before, 'system').nodes);
    expect(after.incomplete?.map(({ cluster, pool }) => [cluster, pool])).toEqual([['prod', 'system'], ['prod', undefined]]);
    expect(after.incomplete?.[0]?.detail).toContain('AuthorizationFailed');
  });

  it('is one cluster, and the others are there', async () => {
    const pools = [{ name: 'np', nodes: 1 }];
    await using two = await startAzure([{ name: 'good', pools }, { name: 'bad', pools }]);
    two.arm.fail({ path: /managedClusters\/bad\/|MC_rg-prod_bad/i, status: 500, code: 'InternalServerError', times: 999 });
    const { clusters, incomplete } = await (await two.openProvider()).reader.discover(signal);
    expect(clusters.map(({ name, pools: found }) => [name, found.flatMap(({ nodes }) => nodes).length])).toEqual([['good', 1], ['bad', 0]]);
    expect(incomplete?.some(({ cluster, pool }) => cluster === 'bad' && pool === 'np')).toBe(true);
    expect(incomplete?.some(({ cluster }) => cluster === 'good')).toBe(false);
  });

  it('is an upgrade profile: nothing newer is claimed in silence', async () => {
    azure.arm.fail({ path: /agentPools\/[^/]+\/upgradeProfiles/i, status: 403, code: 'AuthorizationFailed', times: 99 });
    const discovery = await (await azure.openProvider()).reader.discover(signal);
    expect(poolOf(discovery, 'system').newerImages).toEqual([]);
    expect(discovery.incomplete?.map(({ pool }) => pool)).toEqual(expect.arrayContaining(['system', 'fast', 'win', 'vms']));
  });

  it('is one subscription of two', async () => {
    const other = '99999999-2222-4333-8444-555555555555';
    const pools = [{ name: 'np', nodes: 1 }];
    await using two = await startAzure([{ name: 'a', pools }, { name: 'b', subscription: other, pools }]);
    two.arm.fail({ path: new RegExp(`${other}/providers/Microsoft.ContainerService/managedClusters$`), status: 403, code: 'AuthorizationFailed', times: 1 });
    const { clusters, incomplete } = await (await two.openProvider()).reader.discover(signal);
    expect(clusters.map(({ name }) => name)).toEqual(['a']);
    expect(incomplete?.map(({ detail }) => detail.includes(other))).toEqual([true]);
  });

  it('is everything: then it is denied', async () => {
    azure.arm.fail({ path: /managedClusters$/, status: 403, code: 'AuthorizationFailed', times: 9 });
    await expect((await azure.openProvider()).reader.discover(signal)).rejects.toMatchObject({ code: 'PROVIDER_DENIED' });
  });

  it('is Azure itself: then it is later', async () => {
    azure.arm.fail({ path: /./, status: 503, code: 'ServiceUnavailable', times: 99 });
    await expect((await azure.openProvider()).reader.discover(signal)).rejects.toMatchObject({ code: 'PROVIDER_BUSY' });
  });

  it('is an answer of another shape', async () => {
    await using strange = await startAzure(smallFleet, { resources: new Map<string, unknown>([['/subscriptions', [{ subscriptionId: subscription }]], [`/subscriptions/${subscription}/providers/microsoft.containerservice/managedclusters`, [{ id: 'x' }]]]) });
    await expect((await strange.openProvider()).reader.discover(signal)).rejects.toMatchObject({ code: 'PROVIDER_DENIED' });
  });
});

it('asks within the hour only for what changes by the minute', async () => {
  const provider = await azure.openProvider();
  const asked = async (): Promise<readonly string[]> => {
    const from = azure.arm.requests.length;
    await provider.reader.discover(signal);
    return azure.arm.requests.slice(from).map(({ path }) => path).filter((path) => /upgradeProfiles|maintenanceConfigurations/.test(path));
  };
  expect((await asked()).length).toBeGreaterThan(0);
  expect(await asked()).toEqual([]);
  azure.clock.now += 3_600_001;
  expect((await asked()).length).toBeGreaterThan(0);
});

it('asks no bucket of Azure for more than it holds, whatever the number of clusters', async () => {
  const pools = ['a', 'b', 'c'].map((name) => ({ name, nodes: 1 }));
  await using many = await startAzure(Array.from({ length: 150 }, (_, index) => ({ name: `aks-${index}`, pools })));
  const { clusters, incomplete } = await (await many.openProvider()).reader.discover(signal);
  expect([clusters.length, incomplete]).toEqual([150, undefined]);
  expect(many.arm.throttled()).toBe(0);
  // 150 maintenance windows at one a second after a burst of 60: it did have to wait
  expect(many.clock.now - Date.parse('2026-11-24T00:00:00Z')).toBeGreaterThan(60_000);
});
