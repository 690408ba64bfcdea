import { join } from 'node:path';
import { findingList } from '@nodeward/api';
import type { KubeApiserver } from '@nodeward/providers/testing';
import { startKubeApiserver } from '@nodeward/providers/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, openBrowser, openPage, pictures } from './browser.ts';
import { nodeward } from './nodeward-process.ts';
import { type NodewardServer, startNodeward } from './nodeward-server.ts';
import { pageFaults } from './page-checks.ts';
import { nodesOf, nodesPerPool, pools, type PoolUnderTest } from './real-cluster.ts';
import { enter, type EnteredServer } from './server-session.ts';
import { noteSkipped, sharedData } from './shared-data.ts';

const data = sharedData();
const started = data === undefined ? { skipped: 'no shared data' } : await startKubeApiserver();
if ('skipped' in started) noteSkipped('the walk on a real API server', started.skipped);
const kube: KubeApiserver | undefined = 'skipped' in started ? undefined : started;

describe.skipIf(kube === undefined)('one kubeconfig and one command, against a real API server', () => {
  let server: NodewardServer | undefined;
  let api: EnteredServer;
  let output = '';

  beforeAll(async () => {
    if (kube === undefined || data === undefined) return;
    await kube.createNodes(pools.flatMap(nodesOf));
    server = await startNodeward({
      command: ['connect', 'kubernetes'],
      words: ['--kubeconfig', kube.kubeconfig, '--source-names', join(data, 'node-images/ubuntu-binary-to-source.json')],
      environment: { NODEWARD_ADVISORY_MIRROR: data, NODEWARD_NODE_IMAGE_MIRROR: join(data, 'node-images') },
      deadline: 300_000,
    });
    output = await server.printed(/not assessed|未評価/, 300_000);
    api = await enter(server);
  }, 900_000);

  afterAll(async () => {
    await server?.stop();
    await kube?.stop();
  });

  it('ends in one line that says where and what', () => {
    expect(output).toMatch(/https?:\/\/127\.0\.0\.1:\d+\//);
    expect(output).toContain(`${nodesPerPool * pools.length} nodes`);
  });

  it('finds every node once, healthy, unhealthy or not assessed', async () => {
    const { nodes, nodePools } = await api.call('getOverview', { query: {} });

    expect(nodes.total).toBe(300);
    expect(nodes.healthy + nodes.unhealthy + nodes.notAssessed).toBe(300);
    expect(nodePools.total).toBe(6);
    expect(nodes).toMatchObject({ unhealthy: 100, notAssessed: 200 });
  });

  it('says of every pool what it is, or why it is not evaluated: four reasons', async () => {
    const { nodes } = await api.call('listNodes', { query: { limit: 500 } });
    const told = Map.groupBy(nodes, ({ pool }) => pool);
    const summary = Object.fromEntries([...told].map(([pool, members]) => [pool, [...new Set(members.map(({ state, cause, reason }) => [state, cause, reason].filter((word) => word !== null && word !== undefined).join(' ')))]]));

    expect(summary).toEqual({
      ubuntu2204: ['unhealthy'],
      azlinux3: ['unhealthy'],
      ubuntu2404: ['not-assessed no-advisories'],
      win2022: ['not-assessed unsupported windows-node'],
      'eks-ng': ['not-assessed image-not-published image-publisher-without-lists'],
      flatcar: ['not-assessed unsupported image-list-without-packages'],
    });
  });

  it('shows by what nodes without a list are known, and no zero for packages that nobody has read', async () => {
    const { nodes } = await api.call('listNodes', { query: { limit: 500 } });
    const reported = nodes.filter(({ pool }) => ['win2022', 'eks-ng', 'flatcar'].includes(pool));

    expect(reported).toHaveLength(3 * nodesPerPool);
    expect(new Set(reported.map(({ grade, openVulnerabilities }) => `${grade ?? 'none'} ${String(openVulnerabilities)}`))).toEqual(new Set(['node-status null']));
    expect((await api.call('getOverview', { query: {} })).grades).toContainEqual({ grade: 'node-status', nodes: 3 * nodesPerPool });
  });

  it('gives a pool the reason that all its nodes say', async () => {
    const [{ recommendations }, { nodes }] = [await api.call('listRecommendations', {}), await api.call('listNodes', { query: { limit: 500 } })];
    const told = recommendations.filter(({ state }) => state === 'not-evaluated').map(({ pool, reason }) => [pool, reason]);

    expect(told).toHaveLength(4);
    expect(told).toEqual(told.map(([pool]) => [pool, nodes.find((node) => node.pool === pool)?.reason]));
  });

  const cvesOf = (findings: readonly { readonly vulnerability: string; readonly factClass: string; readonly state: string }[]): Set<string> =>
    new Set(findings.filter(({ factClass, state }) => (factClass === 'os-packages' || factClass === 'kernel') && ['open', 'reboot-required'].includes(state)).map(({ vulnerability }) => vulnerability));

  it.each([
    ['ubuntu2204', (count: number) => count === 226],
    ['azlinux3', (count: number) => count >= 254],
  ] as const)('counts the vulnerabilities of the packages of %s as a separate program does, on screen and on the command line', async (pool, holds) => {
    const { recommendations } = await api.call('listRecommendations', {});
    const poolId = recommendations.find((row) => row.pool === pool)?.poolId ?? '';
    const all = [];
    for (let cursor: string | undefined; ; ) {
      const page = await api.call('listFindings', { parameters: { poolId }, query: { limit: 500, state: 'all', ...(cursor === undefined ? {} : { cursor }) } });
      all.push(...page.findings);
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    const { status, stdout } = nodeward(['findings', '--pool', `${clusterOf(recommendations)}/${pool}`, '--state', 'all', '--format', 'json', '--data-dir', server?.dataDir ?? '']);
    const printed = findingList.parse(JSON.parse(stdout)).findings;

    expect(holds(cvesOf(all).size), `${cvesOf(all).size} CVEs`).toBe(true);
    expect(cvesOf(printed)).toEqual(cvesOf(all));
    expect([0, 1, 3]).toContain(status);
  });

  it('prints what would fix it, and nothing of it can be started from here', async () => {
    const { recommendations } = await api.call('listRecommendations', {});
    const fix = await api.call('getFix', { parameters: { poolId: recommendations.find(({ pool }) => pool === 'ubuntu2204')?.poolId ?? '' } });
    const newest = fix.candidates.find(({ newest: isNewest, kind }) => isNewest && kind === 'node-image');

    expect(fix.candidates.every(({ executable }) => !executable)).toBe(true);
    expect(newest?.commands.map(({ text }) => text).join('\n')).toContain('az aks nodepool upgrade');
    expect(newest?.counts.fixed).toBeGreaterThan(200);
  });

  it('tells which image fixes a vulnerability', async () => {
    await expect
      .poll(async () => (await api.call('whichImage', { parameters: { vulnerability: 'CVE-2023-4911' } })).reading, { timeout: 180_000, interval: 500 })
      .toBe(null);
    const { families } = await api.call('whichImage', { parameters: { vulnerability: 'CVE-2023-4911' } });

    expect(families.find(({ family }) => family === 'AKSUbuntu-2204gen2containerd')).toMatchObject({ firstFixed: { version: '202310.04.0' }, cameBack: [], goneSince: { version: '202310.04.0' } });
  });

  it.each(['ja', 'en'] as const)('shows it in the portal without a fault, %s', async (language) => {
    if (chromiumPath === undefined || server === undefined) return;
    const browser: Browser = await openBrowser();
    try {
      const { context, page, faults } = await openPage(browser, server.origin, language);
      const take = pictures(`real-cluster-${language}`);
      await context.addCookies([{ ...api.cookie, url: server.origin }]);
      const found: string[] = [];
      for (const screen of await screensOf(api)) {
        await page.goto(`${server.origin}${screen.path}`);
        await page.locator('main h1').waitFor();
        await expect.poll(() => page.getByRole('progressbar').count()).toBe(0);
        for (const button of await page.getByRole('button', { name: screen.press ?? /^$/ }).all()) await button.click();
        await take(page, screen.name);
        for (const said of await page.locator('main .state-page').allTextContents()) found.push(`${screen.name}: not shown: ${said}`);
        found.push(...(await pageFaults(page, language)).map((fault) => `${screen.name}: ${fault}`));
      }
      await context.close();

      expect(found).toEqual([]);
      expect(faults).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  describe('what somebody has changed in the cluster', () => {
    const patience = { timeout: 240_000, interval: 1000 };
    const poolIdOf = async (name: string): Promise<string> => (await api.call('listRecommendations', {})).recommendations.find(({ pool }) => pool === name)?.poolId ?? '';
    let newest = '';

    /** Another kubelet on the nodes of one pool, the newest image on those of another: one turn of the server sees both. */
    beforeAll(async () => {
      const candidates = kube === undefined ? [] : (await api.call('getFix', { parameters: { poolId: await poolIdOf('ubuntu2204') } })).candidates;
      newest = candidates.find(({ kind, newest: isNewest }) => kind === 'node-image' && isNewest)?.target ?? '';
      const touched = pools.filter(({ pool }) => pool === 'eks-ng' || pool === 'ubuntu2204');
      for (const node of touched.flatMap((pool) => nodesOf(changed(pool, newest)))) await kube?.replaceNode(node);
    });

    it('gives the kubelet its judgement on a node of which nothing else is known', async () => {
      const poolId = await poolIdOf('eks-ng');

      await expect
        .poll(async () => (await api.call('listFindings', { parameters: { poolId }, query: { state: 'all' } })).findings.map(({ vulnerability, packageFamily, state }) => `${vulnerability} ${packageFamily} ${state}`), patience)
        .toContain('CVE-2023-2431 kubelet open');
      // some of the nodes may have been seen before they were all changed
      await expect
        .poll(async () => new Set((await api.call('listNodes', { query: { poolId, limit: 500 } })).nodes.map(({ state, grade }) => `${state} ${grade ?? 'none'}`)), patience)
        .toEqual(new Set(['unhealthy node-status']));
    });

    it('is seen without being asked for: an upgraded pool is in the ledger', async () => {
      const poolId = await poolIdOf('ubuntu2204');

      await expect.poll(async () => (await api.call('listLedger', { parameters: { poolId } })).rows, patience).toMatchObject([{ observed: true }]);
      await expect.poll(async () => (await api.call('getFix', { parameters: { poolId } })).currentImage).toBe(newest);
    });
  });
});

function changed(pool: PoolUnderTest, newest: string): PoolUnderTest {
  if (pool.pool === 'eks-ng') return { ...pool, nodeInfo: { ...pool.nodeInfo, kubeletVersion: 'v1.27.1' } };
  return { ...pool, labels: { ...pool.labels, 'kubernetes.azure.com/node-image-version': newest }, nodeInfo: { ...pool.nodeInfo, kernelVersion: '5.15.0-1118-azure' } };
}

function clusterOf(recommendations: readonly { readonly cluster: string }[]): string {
  return recommendations[0]?.cluster ?? '';
}

interface Screen {
  readonly name: string;
  readonly path: string;
  /** The name of what is pressed after the page has come to rest. */
  readonly press?: RegExp;
}

/** The lists, both evaluated pools down to their commands, and one node of every pool with what is known of it. */
async function screensOf(api: EnteredServer): Promise<readonly Screen[]> {
  const { recommendations } = await api.call('listRecommendations', {});
  const { nodes } = await api.call('listNodes', { query: { limit: 500 } });
  const evaluated = recommendations.filter(({ pool }) => pool === 'ubuntu2204' || pool === 'azlinux3').flatMap(({ pool, poolId }): readonly Screen[] => [
    { name: `details-${pool}`, path: `/recommendations/${poolId}` },
    { name: `resources-${pool}`, path: `/recommendations/${poolId}?tab=resources` },
    { name: `fix-${pool}`, path: `/recommendations/${poolId}/fix` },
    { name: `commands-${pool}`, path: `/recommendations/${poolId}/fix`, press: /: (Update Image|イメージの更新)$/ },
  ]);
  const unknown = recommendations.filter(({ pool }) => pool === 'eks-ng').map(({ poolId }): Screen => ({ name: 'details-not-assessed', path: `/recommendations/${poolId}` }));
  const ofEachPool = [...new Map(nodes.map((node) => [node.pool, node])).values()].map(({ pool, id }): Screen => ({ name: `node-${pool}`, path: `/inventory/nodes/${id}` }));
  const lists = ['/overview', '/recommendations', '/inventory', '/inventory?view=nodes&state=not-assessed', '/inventory/packages', '/vulnerabilities', '/vulnerabilities/CVE-2023-4911', '/vulnerabilities/CVE-2023-4911/images', '/settings', '/settings/connections/new?kind=kubernetes', '/settings/connections/new?kind=aks', '/settings/rights/kubernetes', '/settings/rights/aks'];
  return [...lists.map((path): Screen => ({ name: path.slice(1).replaceAll(/[/?&=]/g, '-'), path })), ...evaluated, ...unknown, ...ofEachPool];
}
