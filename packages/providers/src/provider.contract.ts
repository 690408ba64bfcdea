import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { DiscoveredCluster, DiscoveredPool, Evidence, NodeReference, Provider } from './provider.ts';
import { clusterChannels, nodeImageChannels, refusalCauses } from './provider.ts';

/** A provider with at least one pool, and one node and one image that can be read. */
export interface ProviderUnderTest {
  readonly provider: Provider;
  readonly readableNode: NodeReference;
  readonly readableImage: string;
  dispose(): Promise<void>;
}

const signal = new AbortController().signal;

/** What every provider promises, whatever its environment. */
export function describeProviderContract(name: string, open: () => Promise<ProviderUnderTest>): void {
  const opened: ProviderUnderTest[] = [];
  const fresh = async (): Promise<ProviderUnderTest> => {
    const subject = await open();
    opened.push(subject);
    return subject;
  };
  afterEach(async () => {
    for (const subject of opened.splice(0)) {
      await subject.provider.close();
      await subject.dispose();
    }
  });

  describe(`${name}: the contract of a provider`, () => {
    describeDiscovery(fresh);
    describeEvidence(fresh);
    describeWriting(fresh);
    describeKubernetes(fresh);
    describeAutoUpgrade(fresh);
    it('closes twice without complaint', async () => {
      const { provider } = await fresh();
      await provider.close();
      await expect(provider.close()).resolves.toBeUndefined();
    });
  });
}

type Fresh = () => Promise<ProviderUnderTest>;

function describeDiscovery(fresh: Fresh): void {
  it('discovers the same twice while nothing changes', async () => {
    const { provider } = await fresh();
    expect(await provider.reader.discover(signal)).toEqual(await provider.reader.discover(signal));
  });

  it('gives clusters, pools and nodes unique names, and every node a token', async () => {
    const { provider } = await fresh();
    const { clusters } = await provider.reader.discover(signal);
    expect(clusters.length).toBeGreaterThan(0);
    for (const names of [clusters.map(({ name }) => name), ...clusters.flatMap(namesOf)]) expect(new Set(names).size).toBe(names.length);
    const nodes = poolsOf(clusters).flatMap((pool) => pool.nodes);
    expect(nodes.length).toBeGreaterThan(0);
    expect(nodes.map(({ evidenceToken }) => evidenceToken)).not.toContain('');
  });

  it('never offers the current image as a newer one', async () => {
    const { provider } = await fresh();
    const pools = poolsOf((await provider.reader.discover(signal)).clusters);
    expect(pools.filter(({ image, newerImages }) => newerImages.includes(image))).toEqual([]);
  });

  it('offers Kubernetes versions that are ahead of what runs, and none past the next minor version', async () => {
    const { provider } = await fresh();
    const { clusters } = await provider.reader.discover(signal);
    const offers = clusters.flatMap(({ kubernetesVersion, controlPlaneUpgrades = [], pools }) => [
      ...controlPlaneUpgrades.map((to) => ({ from: kubernetesVersion, to })),
      ...pools.flatMap((pool) => (pool.kubernetesUpgrades ?? []).map(({ version }) => ({ from: pool.kubernetesVersion, to: version }))),
    ]);
    expect(offers.filter(({ from, to }) => from === undefined || !isNext(from, to))).toEqual([]);
    expect(offers.some(({ to }) => to.startsWith('v'))).toBe(false);
  });

  it('names operations only where it can carry them out', async () => {
    const { provider } = await fresh();
    const operations = poolsOf((await provider.reader.discover(signal)).clusters).flatMap((pool) => pool.operations);
    expect(operations.length > 0).toBe(provider.writer !== undefined);
  });
}

function describeEvidence(fresh: Fresh): void {
  it.each(['node', 'pool', 'cluster'])('refuses the evidence of a node whose %s is unknown as not found', async (field) => {
    const { provider, readableNode } = await fresh();
    expect(await provider.reader.nodeEvidence({ ...readableNode, [field]: 'nobody' }, signal)).toMatchObject({ kind: 'refused', cause: 'not-found' });
  });

  it('refuses the evidence of an image that nobody published', async () => {
    const { provider, readableNode } = await fresh();
    const evidence = await provider.reader.imageEvidence({ ...readableNode, image: 'nobody' }, signal);
    expect(evidence).toMatchObject({ kind: 'refused', cause: 'image-not-published' });
  });

  it('has evidence or a cause for every node that it discovers', async () => {
    const { provider } = await fresh();
    const { clusters } = await provider.reader.discover(signal);
    const references = clusters.flatMap((cluster) => cluster.pools.flatMap((pool) => pool.nodes.map((node) => ({ cluster: cluster.name, pool: pool.name, node: node.name }))));
    for (const reference of references) {
      const evidence = await provider.reader.nodeEvidence(reference, signal);
      if (evidence.kind === 'refused') expect(refusalCauses).toContain(evidence.cause);
    }
  });

  it('has no packages of Windows nodes, and says what they are', async () => {
    const { provider } = await fresh();
    const { clusters } = await provider.reader.discover(signal);
    const windows = clusters.flatMap((cluster) => cluster.pools.filter(({ operatingSystem }) => operatingSystem === 'windows').flatMap((pool) => pool.nodes.map((node) => ({ cluster: cluster.name, pool: pool.name, node: node.name }))));
    const evidence = await Promise.all(windows.map(async (node) => provider.reader.nodeEvidence(node, signal)));
    expect(evidence.map(saysWindows)).toEqual(windows.map(() => true));
  });

  it('gives exact bytes of a node and of an image, and closes, or an inventory that says what it read', async () => {
    const { provider, readableNode, readableImage } = await fresh();
    await expectEvidence(await provider.reader.nodeEvidence(readableNode, signal));
    await expectEvidence(await provider.reader.imageEvidence({ ...readableNode, image: readableImage }, signal));
  });

  it('stops every call whose signal is aborted', async () => {
    const { provider, readableNode, readableImage } = await fresh();
    const aborted = AbortSignal.abort(new Error('enough'));
    await expect(provider.reader.discover(aborted)).rejects.toThrow('enough');
    await expect(provider.reader.nodeEvidence(readableNode, aborted)).rejects.toThrow('enough');
    await expect(provider.reader.imageEvidence({ ...readableNode, image: readableImage }, aborted)).rejects.toThrow('enough');
    await expect(provider.writer?.status({ id: 'x' }, aborted) ?? Promise.reject(new Error('enough'))).rejects.toThrow('enough');
  });
}

/** Refused as unsupported, or judged by its Node object alone, which leaves the packages open. */
function saysWindows(evidence: Evidence): boolean {
  if (evidence.kind === 'refused') return evidence.cause === 'unsupported' && evidence.detail.includes('Windows');
  if (evidence.kind === 'disk') return false;
  return evidence.grade === 'node-status' && evidence.coverage.some(({ subject, state, reason }) => subject === 'os-packages' && state === 'unsupported' && reason === 'windows-node');
}

async function expectEvidence(evidence: Evidence): Promise<void> {
  if (evidence.kind === 'refused') throw new Error(`no evidence: ${evidence.detail}`);
  if (evidence.kind === 'disk') return expectDisk(evidence);
  expect(evidence.inventory.packages.length).toBeGreaterThan(0);
  expect(evidence.coverage.map(({ subject }) => subject)).toContain('os-packages');
  expect(evidence.origin).not.toBe('');
}

async function expectDisk(evidence: Evidence & { readonly kind: 'disk' }): Promise<void> {
  const disk = await evidence.open();
  expect(disk.size).toBeGreaterThan(0);
  const whole = await disk.read(0, 4096);
  expect(whole.length).toBe(4096);
  expect(await disk.read(512, 100)).toEqual(whole.subarray(512, 612));
  await expect(disk.read(disk.size - 1, 2)).rejects.toThrow();
  await disk.close();
}

function describeWriting(fresh: Fresh): void {
  it('starts one operation for one key, and refuses the key for anything else', async () => {
    const { provider } = await fresh();
    const wish = await firstWish(provider);
    if (wish === undefined || provider.writer === undefined) return expectNoWriter(provider);
    const request = { ...wish, idempotencyKey: randomUUID() };
    const first = await provider.writer.start(request, signal);
    expect(await provider.writer.start(request, signal)).toEqual(first);
    expect((await provider.writer.status(first, signal)).nodes.length).toBeGreaterThan(0);
    await expect(provider.writer.start({ ...request, kind: 'reboot', target: 'x' }, signal)).rejects.toMatchObject({ code: 'PROVIDER_CONFLICT' });
    await expect(provider.writer.start({ ...request, idempotencyKey: randomUUID() }, signal)).rejects.toMatchObject({ code: 'PROVIDER_CONFLICT' });
  });

  it.each(['00000000000000000000000000000000', '../../etc/passwd', ''])('has no status of the unknown operation "%s"', async (id) => {
    const { provider } = await fresh();
    if (provider.writer === undefined) return expectNoWriter(provider);
    await expect(provider.writer.status({ id }, signal)).rejects.toMatchObject({ code: 'PROVIDER_CONFLICT' });
  });

  it('refuses a target that the pool does not have, and a pool that nobody has', async () => {
    const { provider } = await fresh();
    const wish = await firstWish(provider);
    if (wish === undefined || provider.writer === undefined) return expectNoWriter(provider);
    const { writer } = provider;
    await expect(writer.start({ ...wish, idempotencyKey: 'a', target: 'nothing' }, signal)).rejects.toMatchObject({ code: 'PROVIDER_CONFLICT' });
    await expect(writer.start({ ...wish, idempotencyKey: 'b', pool: 'nobody' }, signal)).rejects.toMatchObject({ code: 'PROVIDER_CONFLICT' });
  });
}

function describeKubernetes(fresh: Fresh): void {
  it('upgrades a control plane once for one key, without nodes, and refuses what it does not offer', async () => {
    const { provider } = await fresh();
    const { writer } = provider;
    const cluster = (await provider.reader.discover(signal)).clusters.find(({ controlPlaneUpgrades = [] }) => controlPlaneUpgrades.length > 0);
    if (writer === undefined || cluster === undefined) return expectNoWriter(provider);
    const request = { kind: 'control-plane', cluster: cluster.name, target: cluster.controlPlaneUpgrades?.[0] ?? '', idempotencyKey: randomUUID() } as const;
    const first = await writer.start(request, signal);
    expect(await writer.start(request, signal)).toEqual(first);
    expect(await writer.status(first, signal)).toMatchObject({ state: 'running', nodes: [] });
    for (const target of [cluster.kubernetesVersion ?? '', '1.999.0', 'newest', '']) await expectConflict(writer.start({ ...request, target, idempotencyKey: randomUUID() }, signal));
    await expectConflict(writer.start({ ...request, cluster: 'nobody', idempotencyKey: randomUUID() }, signal));
    await expectConflict(writer.start({ ...request, target: `${request.target}.1` }, signal));
  });

  it('never moves a pool ahead of its control plane, nor to a version that it does not offer', async () => {
    const { provider } = await fresh();
    const { writer } = provider;
    const pools = (await provider.reader.discover(signal)).clusters.flatMap((cluster) => cluster.pools.filter(({ operations }) => operations.includes('kubernetes')).map((pool) => ({ cluster, pool })));
    if (writer === undefined) return expectNoWriter(provider);
    expect(pools.length).toBeGreaterThan(0);
    for (const { cluster, pool } of pools) {
      const ahead = (pool.kubernetesUpgrades ?? []).filter(({ version }) => isNewer(version, cluster.kubernetesVersion ?? ''));
      for (const target of [...ahead.map(({ version }) => version), pool.kubernetesVersion ?? '', '1.999.0', 'newest']) {
        await expectConflict(writer.start({ kind: 'kubernetes', cluster: cluster.name, pool: pool.name, target, idempotencyKey: randomUUID() }, signal));
      }
    }
  });
}

function describeAutoUpgrade(fresh: Fresh): void {
  it('discovers the settings of automatic upgrades as they were set, of that cluster alone, or in words that everybody knows', async () => {
    const { provider } = await fresh();
    const before = (await provider.reader.discover(signal)).clusters;
    const { writer } = provider;
    if (writer?.setAutoUpgrade === undefined) {
      const strange = before.flatMap(({ autoUpgrade }) => autoUpgrade ?? []).filter(({ clusterChannel, nodeImageChannel }) => !clusterChannels.includes(clusterChannel) || !nodeImageChannels.includes(nodeImageChannel));
      expect(strange).toEqual([]);
      return;
    }
    const set = async (cluster: string): Promise<void> => writer.setAutoUpgrade?.(cluster, settings, signal);
    const window = { schedule: { kind: 'relative-monthly', everyMonths: 1, week: 'Last', day: 'Sunday' }, startTime: '22:30', utcOffset: '-05:00', durationHours: 8 } as const;
    const settings = { clusterChannel: 'rapid', nodeImageChannel: 'SecurityPatch', nodeImageWindow: window } as const;
    for (const repeated of [1, 2]) await expect(set(before[0]?.name ?? ''), `time ${repeated}`).resolves.toBeUndefined();
    const after = (await provider.reader.discover(signal)).clusters;
    expect(after.map(({ autoUpgrade }) => autoUpgrade)).toEqual(before.map(({ autoUpgrade }, index) => (index === 0 ? settings : autoUpgrade)));
    await expectConflict(set('nobody'));
  });
}

async function expectConflict(refused: Promise<unknown>): Promise<void> {
  await expect(refused).rejects.toMatchObject({ code: 'PROVIDER_CONFLICT' });
}

/** A later version of the same or of the next minor. */
function isNext(from: string, to: string): boolean {
  return isNewer(to, from) && (to.split('.').map(Number)[1] ?? 0) <= (from.split('.').map(Number)[1] ?? 0) + 1;
}

function isNewer(version: string, than: string): boolean {
  const [left, right] = [version, than].map((text) => text.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0));
  return (left ?? 0) > (right ?? 0);
}

/** A provider without a writer must not promise anything either. */
async function expectNoWriter(provider: Provider): Promise<void> {
  const pools = poolsOf((await provider.reader.discover(signal)).clusters);
  expect(provider.writer).toBeUndefined();
  expect(pools.flatMap(({ operations }) => operations)).toEqual([]);
}

async function firstWish(provider: Provider): Promise<{ kind: 'node-image'; cluster: string; pool: string; target: string } | undefined> {
  const { clusters } = await provider.reader.discover(signal);
  for (const cluster of clusters) {
    for (const pool of cluster.pools) {
      const target = pool.operations.includes('node-image') ? pool.newerImages.at(-1) : undefined;
      if (target !== undefined) return { kind: 'node-image', cluster: cluster.name, pool: pool.name, target };
    }
  }
  return undefined;
}

function poolsOf(clusters: readonly DiscoveredCluster[]): readonly DiscoveredPool[] {
  return clusters.flatMap(({ pools }) => pools);
}

function namesOf({ pools }: DiscoveredCluster): string[][] {
  return [pools.map(({ name }) => name), pools.flatMap(({ nodes }) => nodes.map(({ name }) => name))];
}
