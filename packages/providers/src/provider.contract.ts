import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { DiscoveredCluster, DiscoveredPool, Evidence, NodeReference, Provider } from './provider.ts';
import { refusalCauses } from './provider.ts';

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

  it('gives exact bytes of a node and of an image, and closes', async () => {
    const { provider, readableNode, readableImage } = await fresh();
    await expectDisk(await provider.reader.nodeEvidence(readableNode, signal));
    await expectDisk(await provider.reader.imageEvidence({ ...readableNode, image: readableImage }, signal));
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

async function expectDisk(evidence: Evidence): Promise<void> {
  if (evidence.kind !== 'disk') throw new Error(`no disk but ${evidence.kind}`);
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
    await expect(writer.start({ ...wish, idempotencyKey: 'b', pool: { ...wish.pool, pool: 'nobody' } }, signal)).rejects.toMatchObject({ code: 'PROVIDER_CONFLICT' });
  });
}

/** A provider without a writer must not promise anything either. */
async function expectNoWriter(provider: Provider): Promise<void> {
  const pools = poolsOf((await provider.reader.discover(signal)).clusters);
  expect(provider.writer).toBeUndefined();
  expect(pools.flatMap(({ operations }) => operations)).toEqual([]);
}

async function firstWish(provider: Provider): Promise<{ kind: 'node-image'; pool: { cluster: string; pool: string }; target: string } | undefined> {
  const { clusters } = await provider.reader.discover(signal);
  for (const cluster of clusters) {
    for (const pool of cluster.pools) {
      const target = pool.operations.includes('node-image') ? pool.newerImages.at(-1) : undefined;
      if (target !== undefined) return { kind: 'node-image', pool: { cluster: cluster.name, pool: pool.name }, target };
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
