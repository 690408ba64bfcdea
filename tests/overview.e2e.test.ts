import { type ApiClient, createApiClient } from '@nodeward/api';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chromiumPath, openBrowser, openPage } from './browser.ts';
import { openInSample } from '../apps/server/tests/assessed-sample-for-tests.ts';
import { type NodewardServer, startNodeward } from './nodeward-server.ts';
import { pageFaults } from './page-checks.ts';

describe.skipIf(chromiumPath === undefined)('the overview of the sample fleet', () => {
  let server: NodewardServer;
  let browser: Browser;
  let page: Page;
  let faults: readonly string[];
  let api: ApiClient;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startNodeward({ isAssessed: true }), openBrowser()]);
    ({ page, faults } = await openPage(browser, server.origin, 'ja'));
    await page.goto(server.link);
    await page.locator('main h1').waitFor();
    api = await apiOf(page, server.origin);
    // every node has been assessed, or has its reason, and every forecast is known
    await vi.waitFor(async () => expect(await openInSample(api)).toEqual([]), { timeout: 120_000, interval: 500 });
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  it('opens, behind every number, a list of exactly that many', async () => {
    await page.goto(`${server.origin}/overview`);
    await page.locator('a[data-count]').first().waitFor();
    const numbers = await page.locator('a[data-count]').evaluateAll((links) => links.map((link) => ({ count: Number(link.getAttribute('data-count')), to: link.getAttribute('href') ?? '' })));
    expect(numbers.length).toBeGreaterThan(25);
    const wrong: string[] = [];
    for (const { count, to } of numbers) {
      await page.goto(`${server.origin}${to}`);
      const total = page.locator('[data-total]').first();
      const shows = (expected: number) => expect.poll(async () => ((await total.count()) === 0 ? undefined : total.getAttribute('data-total'))).toBe(String(expected));
      await shows(count).catch(async () => wrong.push(`${to}: ${count} on the overview, ${(await total.count()) === 0 ? 'no total' : ((await total.getAttribute('data-total')) ?? '')} in the list`));
    }

    expect(wrong).toEqual([]);
    expect(faults).toEqual([]);
  }, 600_000);

  it('adds up: healthy, unhealthy and not assessed are all nodes', async () => {
    const { nodes, nodePools } = await api.call('getOverview', {});

    expect(nodes.healthy + nodes.unhealthy + nodes.notAssessed).toBe(nodes.total);
    expect(nodePools.healthy + nodePools.unhealthy + nodePools.notEvaluated + nodePools.notApplicable).toBe(nodePools.total);
    expect(nodes.total).toBeGreaterThanOrEqual(60);
    expect(nodes.notAssessed).toBeGreaterThan(0);
  });

  it.each(['light', 'dark'] as const)('and every other screen is without fault, %s', async (scheme) => {
    const opened = await openPage(browser, server.origin, 'en', scheme);
    await opened.context.addCookies(await page.context().cookies());
    const [pool] = (await api.call('listRecommendations', {})).recommendations;
    const [node] = (await api.call('listNodes', { query: { limit: 1 } })).nodes;
    const [found] = (await api.call('listFleetVulnerabilities', { query: { limit: 1 } })).vulnerabilities;
    if (pool === undefined || node === undefined || found === undefined) throw new Error('the sample fleet shows nothing');
    const screens = ['/overview', '/recommendations', `/recommendations/${pool.poolId}`, `/recommendations/${pool.poolId}/fix`, '/vulnerabilities', `/vulnerabilities/${found.vulnerability}`, '/inventory', '/inventory/packages', `/inventory/nodes/${node.id}`, '/upgrade-jobs', '/settings', `/clusters/${pool.clusterId}/auto-upgrade`];
    const screenFaults: string[] = [];
    for (const screen of screens) {
      await opened.page.goto(`${server.origin}${screen}`);
      await opened.page.waitForLoadState('load');
      await opened.page.locator('main h1').waitFor();
      await expect.poll(() => opened.page.getByRole('progressbar').count()).toBe(0);
      screenFaults.push(...(await pageFaults(opened.page, 'en')).map((fault) => `${screen}: ${fault}`));
    }
    await opened.context.close();

    expect(screenFaults).toEqual([]);
    expect(opened.faults).toEqual([]);
  });
});

/** Asks as the browser's session does. */
async function apiOf(page: Page, origin: string): Promise<ApiClient> {
  const cookies = await page.context().cookies();
  return createApiClient({ origin, headers: { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') } });
}
