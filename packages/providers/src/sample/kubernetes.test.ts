import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FleetUnderTest, openFleet } from './fleet-under-test.ts';

const staging = 'stg-tokyo-01';
const app = { kind: 'kubernetes', cluster: staging, pool: 'app01' } as const;
const newest = 'AKSUbuntu-2204gen2containerd-202402.26.0';
const nodes = [0, 1, 2].map((index) => `aks-app01-20417736-vmss00000${index}`);
const signal = new AbortController().signal;

/** The request of `openFleet` is a pool's; the control plane's names none. */
async function moveControlPlane(fleet: FleetUnderTest, key: string, target: string, cluster = staging): Promise<string> {
  return (await fleet.provider.writer?.start({ idempotencyKey: key, kind: 'control-plane', cluster, target }, signal))?.id ?? '';
}

async function movedControlPlane(fleet: FleetUnderTest, key: string, target: string): Promise<void> {
  await moveControlPlane(fleet, key, target);
  fleet.clock.now += 1000;
}

describe('an upgrade of a control plane', () => {
  it('goes by the clock, concerns no node, and is done as a whole', async () => {
    await using fleet = await openFleet();
    const before = await fleet.pool('app01', staging);
    const id = await moveControlPlane(fleet, 'key', '1.26.6');
    fleet.clock.now += 999;
    expect(await fleet.status(id)).toEqual({ state: 'running', startedAt: '2024-03-01T00:00:00.000Z', nodes: [] });
    expect(await fleet.cluster(staging)).toMatchObject({ kubernetesVersion: '1.26.3' });
    fleet.clock.now += 1;
    expect(await fleet.status(id)).toEqual({ state: 'succeeded', startedAt: '2024-03-01T00:00:00.000Z', finishedAt: '2024-03-01T00:00:01.000Z', nodes: [] });
    expect(await fleet.cluster(staging)).toMatchObject({ kubernetesVersion: '1.26.6', controlPlaneUpgrades: ['1.26.10', '1.27.3', '1.27.7'] });
    expect(await fleet.pool('app01', staging)).toEqual(before);
    expect(await fleet.cluster('ml-eastus-01')).toMatchObject({ kubernetesVersion: '1.26.6' });
    expect(await fleet.effects()).toEqual([]);
  });

  it.each([
    ['that skips a minor version', { target: '1.28.3' }, 'a minor version would be skipped'],
    ['that nobody offers', { target: '1.26.7' }, 'it is not offered'],
    ['that runs', { target: '1.26.3' }, 'it is not offered'],
    ['that is none', { target: 'v1.26.6' }, 'it is no version'],
    ['of a pool', { target: '1.26.6', pool: 'app01' }, 'names a node pool'],
    ['of a cluster that is not there', { target: '1.26.6', cluster: 'nobody' }, 'there is no cluster nobody'],
  ])('is refused a version %s', async (_name, request, why) => {
    await using fleet = await openFleet();
    const started = fleet.provider.writer?.start({ idempotencyKey: 'key', kind: 'control-plane', cluster: staging, ...request }, signal);
    await expect(started).rejects.toThrow(why);
    await expect(started).rejects.toMatchObject({ code: 'PROVIDER_CONFLICT' });
  });

  it('is refused while another one runs', async () => {
    await using fleet = await openFleet();
    await moveControlPlane(fleet, 'key', '1.26.6');
    await expect(moveControlPlane(fleet, 'other', '1.26.10')).rejects.toThrow('still running on the control plane of stg-tokyo-01');
  });

  it('goes on while pools stay behind, which then still go one minor version at a time', async () => {
    await using fleet = await openFleet();
    for (const [index, target] of ['1.27.3', '1.28.3', '1.29.0'].entries()) await movedControlPlane(fleet, `key ${index}`, target);
    expect(await fleet.cluster(staging)).toMatchObject({ kubernetesVersion: '1.29.0' });
    expect((await fleet.pool('app01', staging)).kubernetesUpgrades?.map(({ version }) => version)).toEqual(['1.26.6', '1.26.10', '1.27.3', '1.27.7']);
  });

  it('fails where it is told to, once, and changes nothing then', async () => {
    await using fleet = await openFleet();
    await writeFile(join(fleet.folder, 'fail.json'), JSON.stringify({ cluster: staging, code: 'ControlPlaneUpgradeFailed' }));
    await fleet.start('a pool of another cluster is not concerned');
    const id = await moveControlPlane(fleet, 'key', '1.26.6');
    fleet.clock.now += 1000;
    expect(await fleet.status(id)).toMatchObject({ state: 'failed', failure: { code: 'ControlPlaneUpgradeFailed', detail: 'the control plane of stg-tokyo-01 failed' }, nodes: [] });
    expect(await fleet.cluster(staging)).toMatchObject({ kubernetesVersion: '1.26.3' });
    await expect(access(join(fleet.folder, 'fail.json'))).rejects.toMatchObject({ code: 'ENOENT' });
    await movedControlPlane(fleet, 'retry', '1.26.6');
    expect(await fleet.cluster(staging)).toMatchObject({ kubernetesVersion: '1.26.6' });
  });
});

describe('a Kubernetes upgrade of a pool', () => {
  it('moves kubelet and image node by node, once the control plane is there', async () => {
    await using fleet = await openFleet();
    await expect(fleet.start('too early', { ...app, target: '1.26.6' })).rejects.toThrow('the control plane runs 1.26.3');
    await movedControlPlane(fleet, 'control plane', '1.26.6');
    const before = await fleet.pool('app01', staging);
    const id = await fleet.start('key', { ...app, target: '1.26.6' });
    fleet.clock.now += 1500;
    const during = await fleet.pool('app01', staging);
    expect(during).toMatchObject({ image: before.image, kubernetesVersion: '1.26.3' });
    expect(during.nodes.map(({ kubeletVersion, image }) => [kubeletVersion, image === newest])).toEqual([['v1.26.6', true], ['v1.26.3', false], ['v1.26.3', false]]);
    expect(during.nodes.map(({ evidenceToken }, index) => evidenceToken === before.nodes[index]?.evidenceToken)).toEqual([false, true, true]);
    fleet.clock.now += 1500;
    expect(await fleet.status(id)).toMatchObject({ state: 'succeeded', nodes: nodes.map((node) => ({ node, phase: 'ready' })) });
    expect(await fleet.pool('app01', staging)).toMatchObject({ image: newest, kubernetesVersion: '1.26.6', newerImages: [] });
    expect(await fleet.effects()).toEqual(nodes.map((node) => `${node} reimage`));
  });

  it('gives a new token where the kubelet alone changes', async () => {
    await using fleet = await openFleet();
    await movedControlPlane(fleet, 'control plane', '1.26.6');
    await fleet.start('image', { kind: 'node-image', cluster: staging, pool: 'app01', target: newest });
    fleet.clock.now += 3000;
    const before = await fleet.pool('app01', staging);
    expect(before).toMatchObject({ image: newest, kubernetesVersion: '1.26.3' });
    expect(before.nodes.map(({ kubeletVersion }) => kubeletVersion)).toEqual(['v1.26.3', 'v1.26.3', 'v1.26.3']);
    await fleet.start('kubernetes', { ...app, target: '1.26.6' });
    fleet.clock.now += 3000;
    const after = await fleet.pool('app01', staging);
    expect(after.nodes.map(({ image, evidenceToken }, index) => [image, evidenceToken === before.nodes[index]?.evidenceToken])).toEqual(nodes.map(() => [newest, false]));
  });

  it.each([
    ['a minor version ahead of the next', '1.28.3', 'a minor version would be skipped'],
    ['a version ahead of the control plane', '1.26.10', 'the control plane runs 1.26.6'],
    ['a version that nobody offers', '1.26.5', 'it is not offered'],
    ['the version that runs', '1.26.3', 'it is not offered'],
    ['no version', undefined, 'it is no version'],
    ['an image', newest, 'it is no version'],
  ])('is refused %s', async (_name, target, why) => {
    await using fleet = await openFleet();
    await movedControlPlane(fleet, 'control plane', '1.26.6');
    const started = fleet.provider.writer?.start({ idempotencyKey: 'key', ...app, ...(target !== undefined && { target }) }, signal);
    await expect(started).rejects.toThrow(why);
    await expect(started).rejects.toMatchObject({ code: 'PROVIDER_CONFLICT' });
  });

  it('is refused where nothing can be upgraded', async () => {
    await using fleet = await openFleet();
    await expect(fleet.start('key', { ...app, pool: 'winnp01', target: '1.26.6' })).rejects.toThrow('kubernetes is not possible on node pool winnp01');
  });

  it('needs no other control plane where the pool is behind, and leaves pools of the same name alone', async () => {
    await using fleet = await openFleet();
    await fleet.start('key', { kind: 'kubernetes', cluster: 'ml-eastus-01', pool: 'gpua100', target: '1.26.6' });
    fleet.clock.now += 8000;
    expect(await fleet.pool('gpua100', 'ml-eastus-01')).toMatchObject({ image: newest, kubernetesVersion: '1.26.6' });
    const others = await Promise.all([staging, 'prod-osaka-01', 'data-sea-01'].map(async (cluster) => fleet.pool('sysnp01', cluster)));
    await movedControlPlane(fleet, 'control plane', '1.26.6');
    await fleet.start('sysnp01', { kind: 'kubernetes', cluster: staging, pool: 'sysnp01', target: '1.26.6' });
    fleet.clock.now += 3000;
    expect(await fleet.pool('sysnp01', staging)).toMatchObject({ kubernetesVersion: '1.26.6' });
    expect(await Promise.all(['prod-osaka-01', 'data-sea-01'].map(async (cluster) => fleet.pool('sysnp01', cluster)))).toEqual(others.slice(1));
  });

  it('stops where it is told to fail, in the cluster that is named, and goes on from there', async () => {
    await using fleet = await openFleet();
    await movedControlPlane(fleet, 'control plane', '1.26.6');
    const node = 'aks-sysnp01-20417736-vmss000001';
    await writeFile(join(fleet.folder, 'fail.json'), JSON.stringify({ cluster: staging, pool: 'sysnp01', node, phase: 'drain', code: 'DrainTimeout' }));
    await fleet.start('elsewhere', { kind: 'reboot', cluster: 'data-sea-01', pool: 'sysnp01' });
    const id = await fleet.start('key', { kind: 'kubernetes', cluster: staging, pool: 'sysnp01', target: '1.26.6' });
    fleet.clock.now += 3000;
    expect(await fleet.status(id)).toMatchObject({ state: 'failed', failure: { code: 'DrainTimeout', node } });
    expect(await fleet.pool('sysnp01', staging)).toMatchObject({ kubernetesVersion: '1.26.3' });
    const retry = await fleet.start('retry', { kind: 'kubernetes', cluster: staging, pool: 'sysnp01', target: '1.26.6' });
    fleet.clock.now += 2000;
    expect(await fleet.status(retry)).toMatchObject({ state: 'succeeded', nodes: [{ node }, { node: 'aks-sysnp01-20417736-vmss000002' }] });
    expect((await fleet.pool('sysnp01', staging)).nodes.map(({ kubeletVersion }) => kubeletVersion)).toEqual(['v1.26.6', 'v1.26.6', 'v1.26.6']);
  });
});

describe('the settings of automatic upgrades', () => {
  it('are kept for whoever opens the fleet next, and only as long as the fleet', async () => {
    await using fleet = await openFleet();
    const settings = { clusterChannel: 'stable', nodeImageChannel: 'SecurityPatch' } as const;
    await fleet.provider.writer?.setAutoUpgrade?.(staging, settings, signal);
    const again = await fleet.reopen();
    const { clusters } = await again.reader.discover(signal);
    expect(clusters.find(({ name }) => name === staging)?.autoUpgrade).toEqual(settings);
    expect(clusters.find(({ name }) => name === 'prod-osaka-01')?.autoUpgrade).toMatchObject({ clusterChannel: 'patch', clusterWindow: { durationHours: 4 } });
  });

  it('are refused where they could not be a cloud’s', async () => {
    await using fleet = await openFleet();
    const window = { schedule: { kind: 'daily', everyDays: 0 }, startTime: '25:00', utcOffset: '+09:00', durationHours: 3 } as const;
    const set = fleet.provider.writer?.setAutoUpgrade?.(staging, { clusterChannel: 'patch', nodeImageChannel: 'None', clusterWindow: window }, signal);
    await expect(set).rejects.toMatchObject({ code: 'PROVIDER_CONFLICT' });
  });

  it('are a wrong file where somebody wrote nonsense into it', async () => {
    await using fleet = await openFleet();
    await writeFile(join(fleet.folder, 'auto-upgrade.json'), '{"stg-tokyo-01": {"clusterChannel": "never"}}');
    await expect(fleet.cluster(staging)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });
});
