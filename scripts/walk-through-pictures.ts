// npm run docs:pictures: the pictures of docs/walk-through.md, from the real server with the sample fleet.
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ApiClient, createApiClient } from '@nodeward/api';
import type { Browser, Page } from 'playwright-core';
import { settle } from '../apps/portal/tests/screens.ts';
import { openBrowser, openPage } from '../tests/browser.ts';
import { type NodewardServer, startNodeward } from '../tests/nodeward-server.ts';
import { compactPng } from './compact-png.ts';

const repository = resolve(import.meta.dirname, '..');
const folder = join(repository, 'docs/images/walk-through');
const patience = 120_000;
const pause = 250;
/** Its image updates leave the kubelet's vulnerability, which takes a Kubernetes upgrade. */
const pool = 'sample:stg-tokyo-01:app01';
const cve = 'CVE-2023-4911';
const kubernetesVersion = '1.26.6';
const words = {
  ja: { more: 'その他の影響を受けるリソース', updateImage: 'イメージの更新', upgradeKubernetes: 'Kubernetes のアップグレード' },
  en: { more: 'More affected resources', updateImage: 'Update Image', upgradeKubernetes: 'Upgrade Kubernetes' },
} as const;

buildPortal();
await mkdir(folder, { recursive: true });
const browser = await openBrowser();
try {
  for (const language of ['ja', 'en'] as const) await walk(browser, language);
} finally {
  await browser.close();
}

async function walk(opened: Browser, language: 'ja' | 'en'): Promise<void> {
  const server = await startNodeward();
  try {
    const { context, page } = await openPage(opened, server.origin, language);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(server.link);
    const cookies = await context.cookies();
    const api = createApiClient({ origin: server.origin, headers: { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') } });
    await until(() => isSettled(api));
    await review(page, server, language);
    await remediate(page, server, api, language);
    await context.close();
  } finally {
    await server.stop();
  }
}

async function review(page: Page, { origin }: NodewardServer, language: 'ja' | 'en'): Promise<void> {
  await show(page, `${origin}/recommendations`);
  await shoot(page, '01-recommendations', language);
  await show(page, `${origin}/recommendations/${pool}?tab=resources`);
  await shoot(page, '02-details', language);
  await show(page, `${origin}/recommendations/${pool}?tab=findings`);
  await shoot(page, '03-findings', language);
  await show(page, `${origin}/recommendations/${pool}/${cve}`);
  // both sections of nodes in one picture
  await page.getByRole('heading', { name: words[language].more, exact: true }).evaluate((heading) => heading.scrollIntoView({ block: 'center' }));
  await shoot(page, '04-cve', language);
}

async function remediate(page: Page, { origin }: NodewardServer, api: ApiClient, language: 'ja' | 'en'): Promise<void> {
  const fix = `${origin}/recommendations/${pool}/fix`;
  const card = (operation: string) => page.getByRole('region', { name: operation, exact: true });
  await show(page, fix);
  await card(words[language].updateImage).waitFor();
  await shoot(page, '05-fix', language);
  await card(words[language].updateImage).getByRole('button', { name: words[language].updateImage, exact: true }).click();
  await shootEndedJob(page, api, '06-image-updated', language);

  await show(page, `${fix}?operation=kubernetes&target=${kubernetesVersion}`);
  await card(words[language].upgradeKubernetes).waitFor();
  await card(words[language].upgradeKubernetes).scrollIntoViewIfNeeded();
  await shoot(page, '07-kubernetes-plan', language);
  await card(words[language].upgradeKubernetes).getByRole('button', { name: words[language].upgradeKubernetes, exact: true }).click();
  await shootEndedJob(page, api, '08-kubernetes-upgraded', language);

  const { clusterId } = await api.call('getFix', { parameters: { poolId: pool } });
  await show(page, `${origin}/clusters/${clusterId}/auto-upgrade`);
  await shoot(page, '09-auto-upgrade', language);
}

async function shootEndedJob(page: Page, api: ApiClient, name: string, language: 'ja' | 'en'): Promise<void> {
  await page.waitForURL(/\/upgrade-jobs\/./);
  const jobId = decodeURIComponent(page.url().split('/').at(-1) ?? '');
  await until(async () => (await api.call('getUpgradeJob', { parameters: { jobId } })).finishedAt !== null);
  await show(page, page.url());
  await shoot(page, name, language);
}

async function show(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await settle(page);
}

async function shoot(page: Page, name: string, language: 'ja' | 'en'): Promise<void> {
  await page.mouse.move(0, 0);
  const png = compactPng(await page.screenshot());
  await writeFile(join(folder, `${name}-${language}.png`), png);
  process.stdout.write(`${name}-${language}.png: ${Math.ceil(png.length / 1024)} KiB\n`);
}

/** Every node has been assessed, or has its reason, and every forecast is known. */
async function isSettled(api: ApiClient): Promise<boolean> {
  const { recommendations } = await api.call('listRecommendations', {});
  return recommendations.length > 0 && recommendations.every(({ cause, forecastKnown, state }) => cause !== 'never-assessed' && (state !== 'unhealthy' || forecastKnown));
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error('the server did not come so far in time');
    await new Promise((resume) => setTimeout(resume, pause));
  }
}

/** The server shows what lies in `dist`. */
function buildPortal(): void {
  const { status, stderr } = spawnSync('npm', ['run', 'build', '--workspace', '@nodeward/portal'], { cwd: repository, encoding: 'utf8', shell: process.platform === 'win32' });
  if (status !== 0) throw new Error(`the portal could not be built: ${stderr}`);
}
