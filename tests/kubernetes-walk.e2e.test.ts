import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chromiumPath, openBrowser, openPage, pictures } from './browser.ts';
import { type NodewardServer, startNodeward } from './nodeward-server.ts';
import { pageFaults } from './page-checks.ts';

/** Typed here and not taken from the portal: the labels of the founding text are law, byte for byte. */
const labels = {
  ja: {
    updateImage: 'イメージの更新',
    upgradeKubernetes: 'Kubernetes のアップグレード',
    nothing: 'この更新では何も修正されません',
    introduces: '新規発生あり',
    start: '開始',
    cancel: 'キャンセル',
    succeeded: '成功',
    residual: '成功 (残存あり)',
    failed: '失敗',
    retry: '再実行',
    healthy: '正常',
    controlPlane: 'コントロール プレーン',
    important: '重要',
    autoUpgrade: '自動アップグレードの設定',
    clusterTitle: 'クラスターの Kubernetes バージョン',
    imageTitle: 'ノード プール VM イメージ',
    useWindow: 'メンテナンス期間内だけで実行する',
    save: '保存',
    saved: '設定を保存しました',
  },
  en: {
    updateImage: 'Update Image',
    upgradeKubernetes: 'Upgrade Kubernetes',
    nothing: 'This upgrade fixes nothing',
    introduces: 'Introduces vulnerabilities',
    start: 'Start',
    cancel: 'Cancel',
    succeeded: 'Succeeded',
    residual: 'Succeeded with residual',
    failed: 'Failed',
    retry: 'Run again',
    healthy: 'Healthy',
    controlPlane: 'Control plane',
    important: 'Important',
    autoUpgrade: 'Auto-upgrade settings',
    clusterTitle: 'Kubernetes version of the cluster',
    imageTitle: 'Node pool VM image',
    useWindow: 'Only within a maintenance window',
    save: 'Save',
    saved: 'The settings are saved',
  },
} as const;

/** Its image updates cure everything but the kubelet's vulnerability, which takes Kubernetes 1.26.5 or newer. */
const pool = 'stg-tokyo-01:app01';
const kubeletCve = 'CVE-2023-2431';

describe.skipIf(chromiumPath === undefined).each(['ja', 'en'] as const)('upgrades of the image and of Kubernetes in %s, on the sample fleet', (language) => {
  const words = labels[language];
  const shoot = pictures(`kubernetes-walk-${language}`);
  let server: NodewardServer;
  let browser: Browser;
  let page: Page;
  let faults: readonly string[];

  beforeAll(async () => {
    [server, browser] = await Promise.all([startNodeward({ isAssessed: true, environment: { NODEWARD_TEST_SAMPLE_NODE_MS: '500' } }), openBrowser()]);
    ({ page, faults } = await openPage(browser, server.origin, language));
    await page.goto(server.link);
    await page.goto(`${server.origin}/recommendations`);
    await vi.waitFor(async () => expect(await page.getByTestId('pool-app01').textContent()).toMatch(/115/), { timeout: 100_000, interval: 500 });
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  async function look(name: string): Promise<void> {
    await shoot(page, name);
    expect(await pageFaults(page, language)).toEqual([]);
    expect(faults).toEqual([]);
  }

  const card = (operation: string) => page.getByRole('region', { name: operation, exact: true });
  const openFix = async (poolName: string, operation: string) => {
    await page.goto(`${server.origin}/recommendations/sample:${poolName}/fix`);
    await card(operation).waitFor();
  };
  const run = async (operation: string) => card(operation).getByRole('button', { name: operation, exact: true }).click();
  const ends = async (state: string) => expect.poll(() => page.getByRole('status').allTextContents(), { timeout: 180_000 }).toContain(state);

  it('“introduces” stands before the button, and the button asks', async () => {
    await openFix('prod-osaka-01:web01', words.updateImage);

    // the fleet is still being assessed: reload until the forecast is there
    await expect.poll(async () => (await page.reload(), await card(words.updateImage).waitFor(), card(words.updateImage).textContent()), { timeout: 60_000, interval: 1_000 }).toContain(words.introduces);
    await look('introduces');
    await run(words.updateImage);
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: words.start, exact: true }).isDisabled()).toBe(true);
    await look('introduces-asked');
    await dialog.getByRole('button', { name: words.cancel, exact: true }).click();
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  });

  it('“fixes nothing” stands before the button', async () => {
    await openFix('data-sea-01:kafka01', words.updateImage);

    await expect.poll(() => card(words.updateImage).textContent(), { timeout: 60_000 }).toContain(words.nothing);
    await look('fixes-nothing');
  });

  it('a failed upgrade says which node and why, and goes on when it is run again', async () => {
    await writeFile(join(server.dataDir, 'sample', 'fail.json'), JSON.stringify({ cluster: 'stg-tokyo-01', pool: 'app01', node: 'aks-app01-20417736-vmss000001', phase: 'drain', code: 'DrainTimeout' }));
    await openFix(pool, words.updateImage);
    expect(await card(words.updateImage).textContent()).toContain('202402.26.0');
    await look('image-first');
    await run(words.updateImage);

    await ends(words.failed);
    const text = (await page.locator('main').textContent()) ?? '';
    expect(text).toContain('DrainTimeout');
    expect(text).toContain('aks-app01-20417736-vmss000001');
    await look('failed');
  });

  it('the image update leaves the kubelet’s vulnerability, and says so', async () => {
    await page.getByRole('button', { name: words.retry, exact: true }).click();

    await ends(words.residual);
    expect(await page.locator('main').textContent()).toContain(kubeletCve);
    await look('image-residual');
  });

  it('the plan of the Kubernetes upgrade has the control plane first', async () => {
    await openFix(pool, words.upgradeKubernetes);

    const steps = await card(words.upgradeKubernetes).getByRole('listitem').allTextContents();
    expect(steps.length).toBeGreaterThanOrEqual(2);
    expect(steps[0]).toContain(words.controlPlane);
    expect(steps.at(-1)).toMatch(/1\.2\d\.\d+/);
    await look('kubernetes-plan');
  });

  it('Kubernetes のアップグレード: control plane, then the nodes, verified, and nothing is left', async () => {
    await run(words.upgradeKubernetes);
    await expect.poll(() => page.url()).toContain('/upgrade-jobs/');
    await expect.poll(() => page.locator('[data-step="control-plane"]').count()).toBe(1);
    await look('kubernetes-running');

    await ends(words.succeeded);
    await look('kubernetes-succeeded');
    await page.goto(`${server.origin}/recommendations`);
    await expect.poll(() => page.getByTestId('pool-app01').textContent()).toContain(words.healthy);
  });

  it('自動アップグレード: explained, and set with a maintenance window', async () => {
    await openFix(pool, words.updateImage);
    await expect.poll(() => page.getByText(words.important, { exact: true }).count()).toBeGreaterThan(0);
    await page.getByRole('link', { name: words.autoUpgrade, exact: true }).click();
    const cluster = page.getByRole('region', { name: words.clusterTitle, exact: true });
    await cluster.getByRole('radio', { name: /^patch/ }).check();
    await cluster.getByRole('checkbox', { name: words.useWindow, exact: true }).check();
    await look('auto-upgrade');
    await page.getByRole('button', { name: words.save, exact: true }).click();
    await expect.poll(() => page.getByRole('status').allTextContents()).toContain(words.saved);

    await page.reload();
    await expect.poll(() => cluster.getByRole('radio', { name: /^patch/ }).isChecked()).toBe(true);
    expect(await cluster.getByRole('checkbox', { name: words.useWindow, exact: true }).isChecked()).toBe(true);
    await look('auto-upgrade-set');
  });
});
