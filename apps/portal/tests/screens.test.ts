import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, openBrowser, openPage } from '../../../tests/browser.ts';
import { pageFaults } from '../../../tests/page-checks.ts';
import { type ContractServer, type Scenario, startContractServer } from './contract-server.ts';

const workspace = join(import.meta.dirname, '..');
const pictures = join(workspace, '../../tests/.output/portal');

interface Screen {
  readonly name: string;
  readonly path: string;
  readonly scenario?: Scenario;
}

const screens: readonly Screen[] = [
  { name: 'recommendations', path: '/recommendations' },
  { name: 'recommendations-title', path: '/recommendations?view=title' },
  { name: 'recommendations-resource', path: '/recommendations?view=resource' },
  { name: 'recommendations-none', path: '/recommendations?q=nothing-like-it' },
  { name: 'details-findings', path: '/recommendations/web01' },
  { name: 'details-no-fix', path: '/recommendations/web01?show=no-fix' },
  { name: 'details-action', path: '/recommendations/web01?tab=action' },
  { name: 'details-resources', path: '/recommendations/web01?tab=resources' },
  { name: 'details-healthy', path: '/recommendations/sys01' },
  { name: 'cve-pane', path: '/recommendations/web01/CVE-2023-4911' },
  { name: 'not-evaluated', path: '/recommendations/secure01' },
  { name: 'not-evaluated-findings', path: '/recommendations/secure01?tab=findings' },
  { name: 'fix-image-first', path: '/recommendations/web01/fix' },
  { name: 'fix-introduces', path: '/recommendations/api01/fix' },
  { name: 'fix-reboot', path: '/recommendations/batch01/fix' },
  { name: 'fix-nothing', path: '/recommendations/sys01/fix' },
  { name: 'fix-unknown', path: '/recommendations/secure01/fix' },
  { name: 'jobs', path: '/upgrade-jobs' },
  { name: 'job-running', path: '/upgrade-jobs/job-running' },
  { name: 'job-residual', path: '/upgrade-jobs/job-residual' },
  { name: 'job-failed', path: '/upgrade-jobs/job-failed' },
  { name: 'job-refused', path: '/upgrade-jobs/job-refused' },
  { name: 'settings', path: '/settings' },
  { name: 'not-found', path: '/nowhere' },
  { name: 'pool-not-found', path: '/recommendations/gone', scenario: 'fleet' },
  { name: 'empty', path: '/recommendations', scenario: 'empty' },
  { name: 'jobs-empty', path: '/upgrade-jobs', scenario: 'empty' },
  { name: 'signed-out', path: '/recommendations', scenario: 'signed-out' },
  { name: 'broken', path: '/recommendations', scenario: 'broken' },
];

/** Chromium itself logs an answer of 4xx or 5xx as an error; these screens are about such answers. */
const answersAreErrors: ReadonlySet<string> = new Set(['pool-not-found', 'signed-out', 'broken']);

async function settle(page: Page): Promise<void> {
  await page.locator('main h1').waitFor();
  await page.waitForFunction(() => document.querySelector('.skeleton') === null, undefined, { timeout: 15_000 });
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(150);
}

describe.skipIf(chromiumPath === undefined)('the portal', () => {
  let server: ContractServer;
  let browser: Browser;

  beforeAll(async () => {
    if (!existsSync(join(workspace, 'dist/index.html'))) await build({ root: workspace, logLevel: 'error' });
    await mkdir(pictures, { recursive: true });
    server = await startContractServer(join(workspace, 'dist'));
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
  });

  /** Each language, theme and width meets each other once; all eight would take twice as long and tell no more. */
  const cases = [
    { language: 'ja', scheme: 'light', width: 1280 },
    { language: 'ja', scheme: 'dark', width: 1440 },
    { language: 'en', scheme: 'light', width: 1440 },
    { language: 'en', scheme: 'dark', width: 1280 },
  ] as const;

  it.each(cases)('shows no fault on any screen: $language, $scheme, $width px', async ({ language, scheme, width }) => {
    const { context, page, faults } = await openPage(browser, server.origin, language, scheme);
    await page.setViewportSize({ width, height: 900 });
    const found: string[] = [];
    for (const screen of screens) {
      const before = faults.length;
      server.play(screen.scenario ?? 'fleet');
      await page.goto(`${server.origin}${screen.path}`);
      await settle(page);
      await page.screenshot({ path: join(pictures, `${screen.name}-${language}-${scheme}-${width}.png`) });
      const own = faults.slice(before).filter((fault) => !(answersAreErrors.has(screen.name) && /status of [45]\d\d/.test(fault)));
      found.push(...[...own, ...(await pageFaults(page, language))].map((fault) => `${screen.name}: ${fault}`));
    }
    await context.close();
    expect(found).toEqual([]);
  }, 240_000);

  it('needs at most 250 KB of gzipped script for the first page', async () => {
    server.play('fleet');
    const { context, page } = await openPage(browser, server.origin, 'ja');
    const scripts: string[] = [];
    page.on('response', (response) => {
      if (response.url().endsWith('.js')) scripts.push(new URL(response.url()).pathname);
    });
    await page.goto(`${server.origin}/recommendations`);
    await settle(page);
    const sizes = await Promise.all(scripts.map(async (path) => gzipSync(await readFile(join(workspace, 'dist', path)), { level: 9 }).byteLength));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    console.log(`first load: ${Math.round(total / 1024)} KB of gzipped script in ${scripts.length} files`);
    expect(total).toBeLessThanOrEqual(250 * 1024);
    await context.close();
  });

  it('stays whole at 200 % zoom', async () => {
    server.play('fleet');
    const { context, page } = await openPage(browser, server.origin, 'ja');
    await page.setViewportSize({ width: 640, height: 450 });
    const found: string[] = [];
    for (const screen of screens.filter(({ scenario }) => scenario === undefined)) {
      await page.goto(`${server.origin}${screen.path}`);
      await settle(page);
      await page.screenshot({ path: join(pictures, `${screen.name}-zoom.png`) });
      found.push(...(await pageFaults(page, 'ja')).map((fault) => `${screen.name}: ${fault}`));
    }
    await context.close();
    expect(found).toEqual([]);
  }, 120_000);

  it('walks through CVEs with the keyboard, and gives the focus back to the row', async () => {
    server.play('fleet');
    const { context, page, faults } = await openPage(browser, server.origin, 'ja');
    await page.goto(`${server.origin}/recommendations/web01`);
    await page.getByRole('link', { name: 'CVE-2023-38429' }).focus();
    await page.keyboard.press('Enter');
    const pane = page.getByRole('complementary', { name: 'CVE-2023-38429 の詳細' });
    await pane.getByRole('heading', { name: 'ノード プール インスタンス' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.waitForURL(/CVE-2023-44466/);
    await page.keyboard.press('ArrowUp');
    await page.waitForURL(/CVE-2023-38429/);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('CVE-2023-38429');
    expect(new URL(page.url()).pathname).toBe('/recommendations/web01');
    expect(faults).toEqual([]);
    await context.close();
  });

  it('asks for an acknowledgement before an upgrade that introduces vulnerabilities', async () => {
    server.play('fleet');
    const { context, page, faults } = await openPage(browser, server.origin, 'en');
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

  it('switches language and theme without a reload, and keeps both', async () => {
    server.play('fleet');
    const { context, page, faults } = await openPage(browser, server.origin, 'ja');
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
