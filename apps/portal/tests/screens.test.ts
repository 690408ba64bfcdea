import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, openBrowser } from '../../../tests/browser.ts';
import { pageFaults } from '../../../tests/page-checks.ts';
import { type ContractServer, startContractServer } from './contract-server.ts';
import { answersAreErrors, buildPortal, type Display, openScreens, screens, setDisplay, settle, show } from './screens.ts';

const workspace = join(import.meta.dirname, '..');
const pictures = join(workspace, '../../tests/.output/portal');
const built = join(workspace, '../../tests/.output/portal-built');

describe.skipIf(chromiumPath === undefined)('the portal', () => {
  let server: ContractServer;
  let browser: Browser;

  beforeAll(async () => {
    await mkdir(pictures, { recursive: true });
    server = await startContractServer(await buildPortal(built));
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
  });

  interface Checked extends Display {
    /** axe looks where its answer can differ: at both languages and at the contrast of both themes. Forced colours are the system's. */
    readonly axe: boolean;
  }
  /** Each language, theme and width is there, wide and narrow in both languages; all twelve would take three times as long and tell no more. */
  const cases: readonly { readonly language: 'ja' | 'en'; readonly displays: readonly [Checked, ...Checked[]] }[] = [
    {
      language: 'ja',
      displays: [
        { scheme: 'light', width: 1280, axe: true },
        { scheme: 'forced', width: 1920, axe: false },
        // what a window of 1280 pixels is at 200 % zoom
        { scheme: 'light', width: 640, axe: false },
      ],
    },
    {
      language: 'en',
      displays: [
        { scheme: 'light', width: 1920, axe: false },
        { scheme: 'dark', width: 1280, axe: true },
      ],
    },
  ];

  it.each(cases)('shows no fault on any screen, in no theme and at no width: $language', async ({ language, displays }) => {
    const [first] = displays;
    const { context, page, faults } = await openScreens(browser, server.origin, { language, ...first });
    const found: string[] = [];
    for (const screen of screens) {
      const before = faults.length;
      server.play(screen.scenario ?? 'fleet');
      await setDisplay(page, first);
      await show(page, server.origin, screen);
      for (const display of displays) {
        const name = `${screen.name}-${language}-${display.scheme}-${display.width}`;
        if (display !== first) await setDisplay(page, display);
        const seen = await pageFaults(page, language, display);
        if (seen.length > 0) await page.screenshot({ path: join(pictures, `${name}.png`) });
        found.push(...seen.map((fault) => `${name}: ${fault}`));
      }
      const own = faults.slice(before).filter((fault) => !(answersAreErrors.has(screen.name) && /status of [45]\d\d/.test(fault)));
      found.push(...own.map((fault) => `${screen.name}: ${fault}`));
    }
    await context.close();
    expect(found).toEqual([]);
  }, 900_000);

  it('opens a list of exactly so many rows behind every number of the overview', async () => {
    server.play('fleet');
    const { context, page, faults } = await openScreens(browser, server.origin, { language: 'ja', scheme: 'light', width: 1440 });
    await page.goto(`${server.origin}/overview`);
    await settle(page);
    const links = await page.locator('a[data-count]').evaluateAll((elements) => elements.map((element) => ({ count: element.getAttribute('data-count'), to: element.getAttribute('href') ?? '' })));
    expect(links.length).toBeGreaterThan(30);
    const shown: { readonly to: string; readonly count: string | null }[] = [];
    for (const { to } of links) {
      await page.goto(`${server.origin}${to}`);
      await settle(page);
      shown.push({ to, count: await page.locator('[data-total]').getAttribute('data-total') });
    }
    await context.close();
    expect(shown).toEqual(links.map(({ to, count }) => ({ to, count })));
    expect(faults).toEqual([]);
  }, 240_000);

  it('needs at most 250 KB of gzipped script for the first page', async () => {
    server.play('fleet');
    const { context, page } = await openScreens(browser, server.origin, { language: 'ja', scheme: 'light', width: 1440 });
    const scripts: string[] = [];
    page.on('response', (response) => {
      if (response.url().endsWith('.js')) scripts.push(new URL(response.url()).pathname);
    });
    await page.goto(`${server.origin}/overview`);
    await settle(page);
    const sizes = await Promise.all(scripts.map(async (path) => gzipSync(await readFile(join(built, path)), { level: 9 }).byteLength));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    console.log(`first load: ${Math.round(total / 1024)} KB of gzipped script in ${scripts.length} files`);
    expect(total).toBeLessThanOrEqual(250 * 1024);
    await context.close();
  });

  it('walks through CVEs with the keyboard, and gives the focus back to the row', async () => {
    server.play('fleet');
    const { context, page, faults } = await openScreens(browser, server.origin, { language: 'ja', scheme: 'light', width: 1440 });
    await page.goto(`${server.origin}/recommendations/web01`);
    await page.getByRole('link', { name: 'CVE-2023-38429' }).focus();
    await page.keyboard.press('Enter');
    const pane = page.getByRole('complementary', { name: 'CVE-2023-38429 の詳細' });
    await pane.getByRole('heading', { name: 'ノード プール インスタンス' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.waitForURL(/CVE-2023-38432/);
    await page.keyboard.press('ArrowUp');
    await page.waitForURL(/CVE-2023-38429/);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('CVE-2023-38429');
    expect(new URL(page.url()).pathname).toBe('/recommendations/web01');
    expect(faults).toEqual([]);
    await context.close();
  });

  it('lists what is known to be exploited first and nowhere else, then what only Kubernetes fixes', async () => {
    server.play('fleet');
    const { context, page, faults } = await openScreens(browser, server.origin, { language: 'en', scheme: 'light', width: 1440 });
    await page.goto(`${server.origin}/recommendations/app01`);
    await page.locator('[data-cve]').first().waitFor();
    const heads = await page.locator('tr.grp .fold').allTextContents();
    expect(heads.slice(0, 3)).toEqual(['Known to be exploited', 'kubelet', 'linux-azure']);
    const listed = await page.locator('[data-cve]').allTextContents();
    expect(listed.slice(0, 2)).toEqual(['CVE-2023-4911', 'CVE-2023-44487']);
    expect(listed.length).toBe(new Set(listed).size);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('opens the Fix page on the operation that it recommends', async () => {
    server.play('fleet');
    const { context, page, faults } = await openScreens(browser, server.origin, { language: 'en', scheme: 'light', width: 1440 });
    await page.goto(`${server.origin}/recommendations/web01/fix`);
    const recommended = page.getByRole('region', { name: 'Upgrade Kubernetes', exact: true });
    await recommended.getByText('Recommended: do this first').waitFor();
    expect(await recommended.getByRole('button', { pressed: true }).count()).toBe(1);
    expect(await page.getByRole('region', { name: 'Update Image', exact: true }).getByRole('button', { pressed: true }).count()).toBe(0);
    expect(faults).toEqual([]);
    await context.close();
  });

  it.each([
    ['ja', '/vulnerabilities/CVE-1999-0001', /CVE-1999-0001 の記録はありません.*読み込んだアドバイザリに記載がない.*未評価のノードについては不明/],
    ['en', '/vulnerabilities/CVE-1999-0001', /CVE-1999-0001 is not known here.*not in the advisories that were loaded.*not assessed have is unknown/],
    ['ja', '/recommendations/web01/CVE-1999-0001', /このノード プールに CVE-1999-0001 の記録はありません.*未評価のノードについては不明/],
    ['en', '/recommendations/web01/CVE-1999-0001', /CVE-1999-0001 is not known in this node pool.*not assessed have is unknown/],
  ] as const)('says of a vulnerability without a finding what that means, and never that the page is missing: %s %s', async (language, path, text) => {
    server.play('fleet');
    const { context, page } = await openScreens(browser, server.origin, { language, scheme: 'light', width: 1440 });
    await page.goto(`${server.origin}${path}`);
    await settle(page);
    const pane = page.getByRole('complementary', { name: /CVE-1999-0001/ });
    expect(await pane.locator('.state-page').textContent()).toMatch(text);
    expect(await page.getByText(/This page does not exist|ページが見つかりません/).count()).toBe(0);
    await context.close();
  });

  it.each([
    ['ja', 'many', '/upgrade-jobs/job-residual', 'ほか 3 件'],
    ['en', 'many', '/upgrade-jobs/job-residual', 'and 3 more findings'],
    ['ja', 'many', '/recommendations/secure01?tab=resources', 'silent-2 ほか 5 ノード'],
    ['en', 'many', '/recommendations/secure01?tab=resources', 'silent-2 and 5 more nodes'],
    ['ja', 'many', '/vulnerabilities/CVE-2023-4911/images', 'ほか 1 イメージ'],
    ['en', 'many', '/vulnerabilities/CVE-2023-4911/images', 'and 1 more image'],
    ['ja', 'feed-failed', '/overview', 'edge-2 ほか 1 接続'],
    ['en', 'feed-failed', '/overview', 'edge-2 and 1 more connection'],
    ['ja', 'fleet', '/settings', ' ほか 2 接続のアドバイザリ データベース'],
    ['en', 'fleet', '/settings', ' and 2 more connections'],
  ] as const)('says of what a list leaves out how many there are of what: %s %s %s', async (language, scenario, path, text) => {
    server.play(scenario);
    const { context, page, faults } = await openScreens(browser, server.origin, { language, scheme: 'light', width: 1440 });
    await page.goto(`${server.origin}${path}`);
    await settle(page);
    expect(await page.locator('main').textContent()).toContain(text);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('does not call an image the newest, nor an update useless, where no other image is known', async () => {
    server.play('fleet');
    const { context, page, faults } = await openScreens(browser, server.origin, { language: 'en', scheme: 'light', width: 1440 });
    await page.goto(`${server.origin}/recommendations/winnp01/fix`);
    await settle(page);
    const card = page.getByRole('region', { name: 'Update Image', exact: true });
    expect(await card.textContent()).toContain('No newer image is known for this node pool.');
    expect(await card.textContent()).not.toMatch(/newest|fixes nothing/);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('asks for an acknowledgement before an upgrade that introduces vulnerabilities', async () => {
    server.play('fleet');
    const { context, page, faults } = await openScreens(browser, server.origin, { language: 'en', scheme: 'light', width: 1440 });
    await page.goto(`${server.origin}/recommendations/api01/fix`);
    await page.getByRole('button', { name: 'Update Image' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: 'Start' }).isDisabled()).toBe(true);
    await page.screenshot({ path: join(pictures, 'acknowledge-en.png') });
    expect(await pageFaults(page, 'en')).toEqual([]);
    await dialog.getByRole('checkbox').check();
    await dialog.getByRole('button', { name: 'Start' }).click();
    await page.waitForURL(/\/upgrade-jobs\/job-running/);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('finds everything by name with the keyboard alone, and jumps to an exact CVE', async () => {
    server.play('fleet');
    const { context, page, faults } = await openScreens(browser, server.origin, { language: 'ja', scheme: 'light', width: 1440 });
    await page.goto(`${server.origin}/overview`);
    await settle(page);
    const field = page.getByRole('combobox', { name: '全体を検索' });
    await field.fill('secure01');
    const options = page.getByRole('listbox', { name: '全体を検索' }).getByRole('option');
    await options.first().waitFor();
    expect(await page.getByRole('group', { name: 'ノード プール' }).count()).toBe(1);
    await page.keyboard.press('ArrowDown');
    expect(await field.getAttribute('aria-activedescendant')).toBe(await options.first().getAttribute('id'));
    await page.keyboard.press('Escape');
    expect(await options.count()).toBe(0);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/recommendations\/secure01$/);
    await field.fill('cve-2023-4911');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/vulnerabilities\/CVE-2023-4911$/);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('says what a risk score is made of, and that an unknown part is not zero', async () => {
    server.play('fleet');
    const { context, page, faults } = await openScreens(browser, server.origin, { language: 'en', scheme: 'light', width: 1440 });
    await page.goto(`${server.origin}/vulnerabilities?q=CVE-2023-45288`);
    await settle(page);
    await page.getByRole('button', { name: /Risk score ≥ 10/ }).click();
    const parts = page.getByRole('group', { name: 'Risk score' });
    expect(await parts.getByRole('row', { name: 'EPSS unknown' }).count()).toBe(1);
    expect(await parts.textContent()).toContain('it is not zero');
    await page.keyboard.press('Escape');
    expect(await parts.count()).toBe(0);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('prints the commands of a pool that it may only read, the control plane first, and asks for nothing but reads', async () => {
    server.play('fleet');
    const { context, page, faults } = await openScreens(browser, server.origin, { language: 'en', scheme: 'light', width: 1440 });
    const methods = new Set<string>();
    page.on('request', (request) => methods.add(request.method()));
    await page.goto(`${server.origin}/recommendations/gpua100/fix`);
    await page.getByRole('button', { name: 'Commands to run yourself: Upgrade Kubernetes' }).click();
    const section = page.getByRole('region', { name: 'Commands to run yourself: Upgrade Kubernetes' });
    await section.getByRole('tab', { name: 'az CLI' }).click();
    expect(await section.getByRole('heading', { level: 3 }).allTextContents()).toEqual(['Step 1: Control plane 1.27.3', 'Step 2: Node pool 1.27.3']);
    expect(await section.locator('pre').allTextContents()).toEqual([expect.stringContaining('--control-plane-only'), expect.stringContaining('az aks nodepool upgrade')]);
    expect(await section.locator('pre mark').allTextContents()).toEqual(['<RESOURCE_GROUP>', '<RESOURCE_GROUP>']);
    expect([...methods]).toEqual(['GET']);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('sends a pasted kubeconfig only after somebody has said to store it, and then names the missing right', async () => {
    server.play('fleet');
    const { context, page, faults } = await openScreens(browser, server.origin, { language: 'en', scheme: 'light', width: 1440 });
    const sent: (string | null)[] = [];
    page.on('request', (request) => request.method() === 'POST' && sent.push(request.postData()));
    await page.goto(`${server.origin}/settings/connections/new`);
    await page.getByRole('radio', { name: 'Paste a kubeconfig and store it' }).check();
    expect(await page.locator('textarea').count()).toBe(0);
    await page.getByRole('button', { name: 'Add and test' }).click();
    expect(sent).toEqual([]);
    await page.getByRole('checkbox', { name: 'Store it encrypted' }).check();
    await page.locator('textarea').fill('apiVersion: v1');
    await page.getByRole('button', { name: 'Add and test' }).click();
    await page.getByRole('row', { name: /nodes: watch/ }).waitFor();
    expect(sent[0]).toContain('"secret":{"kubeconfig":"apiVersion: v1"}');
    expect(page.url()).not.toContain('apiVersion');
    expect(faults).toEqual([]);
    await context.close();
  });

  it('switches language and theme without a reload, and keeps both', async () => {
    server.play('fleet');
    const { context, page, faults } = await openScreens(browser, server.origin, { language: 'ja', scheme: 'light', width: 1440 });
    await page.goto(`${server.origin}/recommendations`);
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Recommendations', level: 1 }).waitFor();
    await page.getByRole('combobox', { name: 'Theme' }).selectOption('dark');
    await page.reload();
    await page.getByRole('heading', { name: 'Recommendations', level: 1 }).waitFor();
    expect(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme])).toEqual(['en', 'dark']);
    expect(faults).toEqual([]);
    await context.close();
  });
});
