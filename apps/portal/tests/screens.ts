import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openPage, type OpenPage } from '../../../tests/browser.ts';
import type { Scenario } from './contract-server.ts';
import { fixtureNow } from './fixture-facts.ts';

interface Screen {
  readonly name: string;
  readonly path: string;
  readonly scenario?: Scenario;
  /** What is pressed after the page has come to rest. */
  readonly prepare?: (page: Page) => Promise<void>;
}

/** Every screen in every state that it has. */
export const screens: readonly Screen[] = [
  { name: 'overview', path: '/overview' },
  { name: 'overview-table', path: '/overview?trend=table' },
  { name: 'overview-one-day', path: '/overview', scenario: 'one-day' },
  { name: 'overview-unmatched', path: '/overview', scenario: 'unmatched' },
  { name: 'overview-feed-failed', path: '/overview', scenario: 'feed-failed' },
  { name: 'overview-empty', path: '/overview', scenario: 'empty' },
  { name: 'overview-loading', path: '/overview', scenario: 'slow' },
  { name: 'overview-broken', path: '/overview', scenario: 'broken' },
  { name: 'recommendations', path: '/recommendations' },
  { name: 'recommendations-title', path: '/recommendations?view=title' },
  { name: 'recommendations-resource', path: '/recommendations?view=resource' },
  { name: 'recommendations-unhealthy', path: '/recommendations?state=unhealthy&freshness=stale' },
  { name: 'recommendations-none', path: '/recommendations?q=nothing-like-it' },
  { name: 'recommendations-feed-failed', path: '/recommendations', scenario: 'feed-failed' },
  { name: 'details-findings', path: '/recommendations/web01' },
  { name: 'details-flat', path: '/recommendations/web01?group=none&sort=score' },
  { name: 'details-no-fix', path: '/recommendations/web01?show=no-fix' },
  { name: 'details-action', path: '/recommendations/web01?tab=action' },
  { name: 'details-resources', path: '/recommendations/web01?tab=resources' },
  { name: 'details-resources-many', path: '/recommendations/secure01?tab=resources', scenario: 'many' },
  { name: 'details-partly-unknown', path: '/recommendations/osaka-web01' },
  { name: 'details-healthy', path: '/recommendations/sys01' },
  { name: 'cve-pane', path: '/recommendations/web01/CVE-2023-4911' },
  { name: 'cve-pane-component', path: '/recommendations/app01/CVE-2023-2431' },
  { name: 'cve-pane-not-found', path: '/recommendations/web01/CVE-1999-0001' },
  { name: 'not-evaluated', path: '/recommendations/secure01' },
  { name: 'not-evaluated-findings', path: '/recommendations/secure01?tab=findings' },
  { name: 'fix-image-first', path: '/recommendations/web01/fix' },
  { name: 'fix-introduces', path: '/recommendations/api01/fix' },
  { name: 'fix-kubernetes', path: '/recommendations/app01/fix?operation=kubernetes' },
  { name: 'fix-reboot', path: '/recommendations/batch01/fix' },
  { name: 'fix-nothing', path: '/recommendations/sys01/fix' },
  { name: 'fix-no-image', path: '/recommendations/winnp01/fix' },
  { name: 'fix-unknown', path: '/recommendations/secure01/fix' },
  { name: 'vulnerabilities', path: '/vulnerabilities' },
  { name: 'vulnerabilities-filtered', path: '/vulnerabilities?severity=high&factClass=node-components' },
  { name: 'vulnerabilities-no-fix', path: '/vulnerabilities?state=no-fix' },
  { name: 'vulnerabilities-week', path: '/vulnerabilities?state=all&lastWeek=resolved' },
  { name: 'vulnerabilities-none', path: '/vulnerabilities?q=nothing-like-it' },
  { name: 'vulnerabilities-unmatched', path: '/vulnerabilities', scenario: 'unmatched' },
  { name: 'vulnerabilities-score', path: '/vulnerabilities?factClass=go-modules', prepare: async (page) => page.locator('button.score').first().click() },
  { name: 'vulnerability-pane', path: '/vulnerabilities/CVE-2023-4911' },
  { name: 'vulnerability-pane-kubernetes', path: '/vulnerabilities/CVE-2023-2431' },
  { name: 'vulnerability-not-found', path: '/vulnerabilities/CVE-1999-0001' },
  { name: 'inventory', path: '/inventory' },
  { name: 'inventory-opened', path: '/inventory?open=osaka-web01,secure01' },
  { name: 'inventory-filtered', path: '/inventory?state=not-assessed' },
  { name: 'inventory-none', path: '/inventory?q=nothing-like-it' },
  { name: 'inventory-empty', path: '/inventory', scenario: 'empty' },
  { name: 'packages', path: '/inventory/packages' },
  { name: 'packages-found', path: '/inventory/packages?q=glibc' },
  { name: 'node', path: '/inventory/nodes/web01-0' },
  { name: 'node-packages', path: '/inventory/nodes/web01-0?tab=packages' },
  { name: 'node-assessments', path: '/inventory/nodes/web01-0?tab=assessments' },
  { name: 'node-encrypted', path: '/inventory/nodes/secure01-0' },
  { name: 'node-encrypted-packages', path: '/inventory/nodes/secure01-0?tab=packages' },
  { name: 'search', path: '/overview', prepare: async (page) => searchFor(page, 'web01') },
  { name: 'search-none', path: '/overview', prepare: async (page) => searchFor(page, 'nothing-like-it') },
  { name: 'jobs', path: '/upgrade-jobs' },
  { name: 'jobs-failed', path: '/upgrade-jobs?state=failed' },
  { name: 'job-running', path: '/upgrade-jobs/job-running' },
  { name: 'job-kubernetes', path: '/upgrade-jobs/job-kubernetes' },
  { name: 'job-residual', path: '/upgrade-jobs/job-residual' },
  { name: 'job-residual-many', path: '/upgrade-jobs/job-residual', scenario: 'many' },
  { name: 'job-failed', path: '/upgrade-jobs/job-failed' },
  { name: 'job-refused', path: '/upgrade-jobs/job-refused' },
  { name: 'settings', path: '/settings' },
  { name: 'settings-tested', path: '/settings', prepare: async (page) => pressAll(page, [/^(Test|テスト)$/], ['connection-Contoso production', 'connection-k3s-edge']) },
  { name: 'settings-empty', path: '/settings', scenario: 'empty' },
  { name: 'settings-updating', path: '/settings', prepare: async (page) => page.getByRole('button', { name: /^(Update now|今すぐ更新)$/ }).click() },
  { name: 'settings-many', path: '/settings', scenario: 'many', prepare: async (page) => page.getByRole('table', { name: /Auto-upgrade per cluster|クラスターごとの自動アップグレード|自動アップグレード/ }).last().scrollIntoViewIfNeeded() },
  { name: 'connection-edit', path: '/settings/connections/shop/edit' },
  { name: 'connection-edit-stored', path: '/settings/connections/fresh/edit' },
  { name: 'connection-edit-aks', path: '/settings/connections/azure/edit' },
  { name: 'connection-edited', path: '/settings/connections/azure/edit', prepare: async (page) => { await submit(page); await page.locator('.st.bad').waitFor(); } },
  { name: 'connection-edit-configured', path: '/settings/connections/lab/edit' },
  { name: 'connection-remove', path: '/settings', prepare: async (page) => page.getByRole('button', { name: /^(Remove|削除): Contoso production/ }).click() },
  { name: 'connection-add', path: '/settings/connections/new' },
  { name: 'connection-add-faults', path: '/settings/connections/new', prepare: submit },
  { name: 'connection-add-pasted', path: '/settings/connections/new', prepare: pasteKubeconfig },
  { name: 'connection-add-aks', path: '/settings/connections/new?kind=aks' },
  { name: 'connection-add-aks-disks', path: '/settings/connections/new?kind=aks', prepare: async (page) => { for (const control of await page.getByRole('switch').all()) await control.click(); await page.getByRole('checkbox').check(); await submit(page); } },
  { name: 'connection-add-images', path: '/settings/connections/new?kind=images' },
  { name: 'connection-added', path: '/settings/connections/new', prepare: addConnection },
  { name: 'rights-kubernetes', path: '/settings/rights/kubernetes' },
  { name: 'rights-aks', path: '/settings/rights/aks' },
  { name: 'rights-images', path: '/settings/rights/images' },
  { name: 'which-image', path: '/vulnerabilities/CVE-2023-4911/images', prepare: async (page) => page.locator('summary').first().click() },
  { name: 'which-image-no-lists', path: '/vulnerabilities/CVE-2023-38545/images' },
  { name: 'which-image-broken', path: '/vulnerabilities/CVE-2023-4911/images', scenario: 'broken' },
  { name: 'fix-commands', path: '/recommendations/gpua100/fix' },
  { name: 'fix-commands-below', path: '/recommendations/gpua100/fix', prepare: async (page) => { await page.getByRole('button', { name: /: (Update Image|イメージの更新)$/ }).click(); await page.waitForTimeout(150); } },
  { name: 'fix-commands-kubernetes', path: '/recommendations/gpua100/fix?operation=kubernetes&tool=kubectl', prepare: async (page) => { await page.getByRole('button', { name: /: (Upgrade Kubernetes|Kubernetes のアップグレード)$/ }).click(); await page.waitForTimeout(150); } },
  { name: 'details-resources-windows', path: '/recommendations/winnp01?tab=resources' },
  { name: 'node-windows', path: '/inventory/nodes/winnp01-0' },
  { name: 'many-overview', path: '/overview', scenario: 'many' },
  { name: 'many-recommendations', path: '/recommendations', scenario: 'many' },
  { name: 'many-inventory', path: '/inventory', scenario: 'many' },
  { name: 'many-inventory-opened', path: '/inventory?clusters=many-001,many-002&open=many-001-userpool01', scenario: 'many' },
  { name: 'many-inventory-region', path: '/inventory?connectionId=azure&region=japaneast', scenario: 'many' },
  { name: 'many-inventory-picker', path: '/inventory', scenario: 'many', prepare: async (page) => { await page.getByRole('button', { name: /^(Cluster|クラスター):/ }).click(); await page.getByRole('searchbox').last().fill('payments'); } },
  { name: 'many-inventory-none', path: '/inventory?region=nowhere', scenario: 'many' },
  { name: 'many-nodes', path: '/inventory?view=nodes', scenario: 'many' },
  { name: 'many-nodes-dark', path: '/inventory?state=not-assessed&region=eastus2', scenario: 'many' },
  { name: 'auto-upgrade', path: '/clusters/prod-osaka-01/auto-upgrade' },
  { name: 'auto-upgrade-insights', path: '/clusters/stg-tokyo-01/auto-upgrade' },
  { name: 'not-found', path: '/nowhere' },
  { name: 'pool-not-found', path: '/recommendations/gone', scenario: 'fleet' },
  { name: 'empty', path: '/recommendations', scenario: 'empty' },
  { name: 'jobs-empty', path: '/upgrade-jobs', scenario: 'empty' },
  { name: 'signed-out', path: '/recommendations', scenario: 'signed-out' },
  { name: 'broken', path: '/recommendations', scenario: 'broken' },
];

/** Chromium itself logs an answer of 4xx or 5xx as an error; these screens are about such answers. */
export const answersAreErrors: ReadonlySet<string> = new Set(['pool-not-found', 'vulnerability-not-found', 'cve-pane-not-found', 'signed-out', 'broken', 'overview-broken', 'which-image-broken']);

async function searchFor(page: Page, text: string): Promise<void> {
  await page.getByRole('combobox').first().fill(text);
  await page.locator('.found .fstate').filter({ hasNotText: /^$|検索中|Searching/ }).waitFor();
  await page.keyboard.press('ArrowDown');
}

async function pressAll(page: Page, names: readonly RegExp[], rows: readonly string[]): Promise<void> {
  for (const row of rows) for (const name of names) await page.getByTestId(row).getByRole('button').filter({ hasText: name }).first().click();
  await page.waitForTimeout(200);
}

async function submit(page: Page): Promise<void> {
  await page.locator('button[type=submit]').click();
}

async function pasteKubeconfig(page: Page): Promise<void> {
  await page.getByRole('radio').last().check();
  await page.getByRole('checkbox').check();
  await page.locator('textarea').fill('apiVersion: v1\nkind: Config');
}

async function addConnection(page: Page): Promise<void> {
  await page.getByRole('textbox').first().fill('/etc/nodeward/kubeconfig');
  await submit(page);
  await page.locator('.st.bad').waitFor();
}

export async function settle(page: Page): Promise<void> {
  await page.locator('main h1').waitFor();
  await page.waitForFunction(() => document.querySelector('.skeleton') === null, undefined, { timeout: 15_000 });
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(120);
}

/** Opens a screen as a user would find it, in the state that it is about. */
export async function show(page: Page, origin: string, screen: Screen): Promise<void> {
  await page.goto(`${origin}${screen.path}`);
  if (screen.scenario === 'slow') await page.locator('.skeleton').waitFor();
  else await settle(page);
  await screen.prepare?.(page);
}

export interface Display {
  readonly scheme: 'light' | 'dark' | 'forced';
  readonly width: number;
}

export interface Look extends Display {
  readonly language: 'ja' | 'en';
}

/** A page with the fixture's clock, so that ages are the same in every year. */
export async function openScreens(browser: Browser, origin: string, look: Look): Promise<OpenPage & { readonly context: BrowserContext }> {
  const opened = await openPage(browser, origin, look.language);
  await opened.page.clock.setFixedTime(fixtureNow);
  await setDisplay(opened.page, look);
  return opened;
}

/** Changes what an open page is shown on, as the system and the window of a user would. */
export async function setDisplay(page: Page, { scheme, width }: Display): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme === 'dark' ? 'dark' : 'light', forcedColors: scheme === 'forced' ? 'active' : 'none', reducedMotion: 'reduce' });
  await page.setViewportSize({ width, height: Math.min(Math.round(width * 0.7), 1080) });
}

const run = promisify(execFile);
const workspace = join(import.meta.dirname, '..');

/** The portal of this very tree in a folder of its own, built as for users: the test runner's NODE_ENV would make React's development build. */
export async function buildPortal(folder: string): Promise<string> {
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');
  await run(process.execPath, [vite, 'build', '--outDir', folder, '--emptyOutDir', '--logLevel', 'error'], { cwd: workspace, env: { NODE_ENV: 'production' } });
  return folder;
}
