import { describe, expect, it } from 'vitest';
import type { FakeApiServer } from '../../testing/fake-api-server.ts';
import { openOutbound } from '../network/outbound.ts';
import { type ApiClient, openApiClient } from './api-client.ts';
import { aksNode, startFake } from './cluster-under-test.ts';
import { readAccess } from './kubeconfig.ts';
import { NodeCache } from './node-cache.ts';

const signal = new AbortController().signal;

interface Opened {
  readonly server: FakeApiServer;
  readonly cache: NodeCache;
  readonly api: ApiClient;
  /** Milliseconds that the watch waited, one after the other. */
  readonly pauses: number[];
}

async function withCache(count: number, test: (opened: Opened) => Promise<void>): Promise<void> {
  const cluster = await startFake();
  const outbound = await openOutbound({ environment: {} });
  const api = await openApiClient({ access: await readAccess({ source: { kind: 'file', path: cluster.kubeconfig }, allowExec: [], environment: {}, now: Date.now }), outbound });
  const pauses: number[] = [];
  const cache = new NodeCache({
    api,
    sleep: async (milliseconds) => {
      pauses.push(milliseconds);
      // gives the other side its turn
      return new Promise((resolve) => { setTimeout(resolve, 5); });
    },
  });
  try {
    cluster.server.put(...Array.from({ length: count }, (_, index) => aksNode(`node-${String(index).padStart(4, '0')}`)));
    await test({ server: cluster.server, cache, api, pauses });
  } finally {
    await cache.close();
    await api.close();
    await outbound.close();
    await cluster.stop();
  }
}

const requestsFor = (server: FakeApiServer, kind: 'list' | 'watch'): readonly string[] => server.requests.map(({ path }) => path).filter((path) => path.startsWith('/api/v1/nodes') && path.includes('watch=true') === (kind === 'watch'));
const count = async (cache: NodeCache): Promise<number> => (await cache.nodes(signal)).size;

describe('the nodes of a cluster', () => {
  it('come in pages of 500, and are asked for once', async () => withCache(1203, async ({ server, cache }) => {
    expect(await count(cache)).toBe(1203);
    expect(requestsFor(server, 'list')).toHaveLength(3);
    await expect.poll(() => server.openWatches).toBe(1);
    expect(await count(cache)).toBe(1203);
    expect(requestsFor(server, 'list')).toHaveLength(3);
  }));

  it('come from the beginning again where a page has expired, whole and once each', async () => withCache(1203, async ({ server, cache }) => {
    server.faults.push({ of: 'list', kind: 'status', status: 200, body: pageOf(['old-node'], 'expired') });
    server.faults.push({ of: 'list', kind: 'status', status: 410 });
    expect(await count(cache)).toBe(1203);
    expect([...(await cache.nodes(signal)).keys()]).not.toContain('old-node');
  }));

  it('come in one piece where the pages keep expiring', async () => withCache(700, async ({ server, cache }) => {
    for (let time = 0; time < 3; time += 1) server.faults.push({ of: 'list', kind: 'status', status: 410 });
    expect(await count(cache)).toBe(700);
    expect(requestsFor(server, 'list').at(-1)).toBe('/api/v1/nodes');
  }));

  it('are never half of them: a list that breaks off is an error, and what was known stays', async () => withCache(1203, async ({ server, cache }) => {
    server.faults.push({ of: 'list', kind: 'status', status: 200, body: pageOf(['only-one'], '100|only-one') }, { of: 'list', kind: 'cut' });
    await expect(cache.nodes(signal)).rejects.toMatchObject({ code: 'PROVIDER_BUSY' });
    expect(await count(cache)).toBe(1203);
  }));

  it('follow the watch after its connection was cut, from where it was, after a pause and without another list', async () => withCache(3, async ({ server, cache, pauses }) => {
    await count(cache);
    await expect.poll(() => server.openWatches).toBe(1);
    server.put(aksNode('came-before'));
    await expect.poll(async () => count(cache)).toBe(4);
    server.bookmark();
    server.put(aksNode('came-later'));
    await expect.poll(async () => count(cache)).toBe(5);
    server.cutWatches();
    await expect.poll(() => requestsFor(server, 'watch').length).toBe(2);
    await expect.poll(() => server.openWatches).toBe(1);
    server.remove('came-before');
    await expect.poll(async () => [...(await cache.nodes(signal)).keys()].filter((name) => name.startsWith('came'))).toEqual(['came-later']);
    const [first, second] = requestsFor(server, 'watch').map((path) => Number(new URL(path, 'http://x').searchParams.get('resourceVersion')));
    expect(second).toBe((first ?? 0) + 3);
    expect(pauses).toEqual([1000]);
  }));

  it('are listed anew where the watch has expired', async () => withCache(3, async ({ server, cache }) => {
    await count(cache);
    await expect.poll(() => server.openWatches).toBe(1);
    server.compact();
    server.cutWatches();
    await expect.poll(() => requestsFor(server, 'list').length).toBe(2);
    server.put(aksNode('came-later'));
    await expect.poll(async () => count(cache)).toBe(4);
  }));

  it.each([
    ['is no event', '{"type":"ADDED","object":{"kind":"Pod"}}\n'],
    ['is no JSON', 'half a li\n'],
    ['has an unknown type', '{"type":"RENAMED","object":{}}\n'],
  ])('are right again after a line that %s', async (_, line) => withCache(3, async ({ server, cache }) => {
    await count(cache);
    await expect.poll(() => server.openWatches).toBe(1);
    server.say(line);
    await expect.poll(() => requestsFor(server, 'watch').length).toBe(2);
    await expect.poll(() => server.openWatches).toBe(1);
    server.put(aksNode('came-later'));
    await expect.poll(async () => count(cache)).toBe(4);
  }));

  it('wait longer each time for a server that refuses the watch, and as long as it says, and are listed meanwhile', async () => withCache(3, async ({ server, cache, pauses }) => {
    server.granted.delete('watch');
    server.faults.push({ of: 'watch', kind: 'status', status: 429, headers: { 'retry-after': '7' } });
    await count(cache);
    await expect.poll(() => pauses.length).toBeGreaterThan(3);
    expect(pauses.slice(0, 4)).toEqual([7000, 2000, 4000, 8000]);
    server.put(aksNode('came-later'));
    expect(await count(cache)).toBe(4);
  }));

  it('are not what they were once the server is gone: whoever asks is told', async () => withCache(3, async ({ server, cache }) => {
    await count(cache);
    await expect.poll(() => server.openWatches).toBe(1);
    await server.stop();
    await expect.poll(async () => cache.nodes(signal).then(() => 'nodes', (error: unknown) => (error instanceof Error ? error.message : ''))).toContain('cannot be reached');
    await server.start();
  }));

  it('stay the very same through heartbeats', async () => withCache(3, async ({ server, cache }) => {
    const before = await cache.nodes(signal);
    await expect.poll(() => server.openWatches).toBe(1);
    server.put(aksNode('node-0000'), aksNode('node-0001'));
    server.remove('node-0002');
    await expect.poll(async () => count(cache)).toBe(2);
    expect((await cache.nodes(signal)).get('node-0000')).toBe(before.get('node-0000'));
  }));

  it('do not change in the hands of whoever has them', async () => withCache(3, async ({ server, cache }) => {
    const before = await cache.nodes(signal);
    await expect.poll(() => server.openWatches).toBe(1);
    server.remove('node-0000');
    await expect.poll(async () => count(cache)).toBe(2);
    expect(before.size).toBe(3);
  }));

  it('are asked for once by many at a time, and one who gives up does not stop the others', async () => withCache(3, async ({ server, cache }) => {
    const impatient = new AbortController();
    const asked = [cache.nodes(impatient.signal), cache.nodes(signal), cache.nodes(signal)];
    impatient.abort(new Error('enough'));
    const [first, ...others] = await Promise.allSettled(asked);
    expect(first).toMatchObject({ status: 'rejected', reason: { message: 'enough' } });
    expect(others.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    expect(requestsFor(server, 'list').length).toBeLessThanOrEqual(2);
  }));
});

function pageOf(names: readonly string[], token: string): string {
  return JSON.stringify({ kind: 'NodeList', metadata: { resourceVersion: '100', continue: token }, items: names.map((name) => ({ metadata: { name } })) });
}
