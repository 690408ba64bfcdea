import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, openBrowser, openPage, pictures } from './browser.ts';
import { type NodewardServer, startNodeward } from './nodeward-server.ts';
import { pageFaults } from './page-checks.ts';

/** The labels of the founding text, typed here and not taken from the portal: they are law, byte for byte. */
const labels = {
  ja: {
    recommendations: '推奨事項',
    title: 'AKS ノードでの解決するべき脆弱性に関する結果',
    findings: '結果',
    instances: 'ノード プール インスタンス',
    more: 'その他の影響を受けるリソース',
    fix: '修正 (Fix)',
    updateImage: 'イメージの更新',
    restart: 'ノードの再起動',
    settings: '環境設定',
    scanning: 'マシンのエージェントレス スキャン',
    responsibility: '共有責任',
    succeeded: '成功',
    residual: '成功 (残存あり)',
    resolved: '解決済み',
    notAssessed: '未評価',
    unhealthy: '異常',
    healthy: '正常',
    ledger: '台帳: 予測と実績',
    plans: ['Defender for Containers', 'Defender クラウド セキュリティ態勢管理', 'Defender for Servers P2 プラン'],
  },
  en: {
    recommendations: 'Recommendations',
    title: 'AKS nodes should have vulnerability findings resolved',
    findings: 'Findings',
    instances: 'Node pool instances',
    more: 'More affected resources',
    fix: 'Fix',
    updateImage: 'Update Image',
    restart: 'Restart nodes',
    settings: 'Environment settings',
    scanning: 'Agentless scanning for machines',
    responsibility: 'Shared responsibility',
    succeeded: 'Succeeded',
    residual: 'Succeeded with residual',
    resolved: 'Resolved',
    notAssessed: 'Not evaluated',
    unhealthy: 'Unhealthy',
    healthy: 'Healthy',
    ledger: 'Ledger: forecast and result',
    plans: ['Defender for Containers', 'Defender Cloud Security Posture Management', 'Defender for Servers P2 plan'],
  },
} as const;

const pool = 'userpool01';
/** In one language while the fleet is still being read, at the fleet's own pace. */
const firstMinute = { ja: {}, en: { isAssessed: true, environment: { NODEWARD_TEST_SAMPLE_NODE_MS: '500' } } } as const;
/** In both userpool01 and batchpool01, so that the pane has other resources to show. */
const sharedCve = 'CVE-2023-46218';

describe.skipIf(chromiumPath === undefined).each(['ja', 'en'] as const)('the founding text in %s, on the sample fleet', (language) => {
  const words = labels[language];
  const shoot = pictures(`founding-walk-${language}`);
  let server: NodewardServer;
  let browser: Browser;
  let page: Page;
  let faults: readonly string[];

  beforeAll(async () => {
    [server, browser] = await Promise.all([startNodeward(firstMinute[language]), openBrowser()]);
    ({ page, faults } = await openPage(browser, server.origin, language));
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  /** Takes a picture and refuses anything that is cut, overlaps, is untranslated or faulty on the page as it stands. */
  async function look(name: string): Promise<void> {
    await shoot(page, name);
    expect(await pageFaults(page, language)).toEqual([]);
    expect(faults).toEqual([]);
  }

  it('1. the menu leads to the recommendations, assessed from the disks of the fleet', async () => {
    await page.goto(server.link);
    await page.getByRole('link', { name: words.recommendations, exact: true }).first().click();
    await expect.poll(() => page.getByTestId(`pool-${pool}`).textContent()).toMatch(/114/);

    expect(await page.locator('html').getAttribute('lang')).toBe(language);
    expect(await page.getByTestId('pool-securepool01').textContent()).toContain(words.notAssessed);
    await look('recommendations');
  });

  it('2. and 3. the recommendation shows the pool, its cluster and who patches what', async () => {
    await expect.poll(() => page.getByText(words.title, { exact: true }).count()).toBeGreaterThan(0);
    await page.getByTestId(`pool-${pool}`).getByRole('link', { name: words.title, exact: true }).click();

    await page.getByRole('heading', { name: words.responsibility }).waitFor();
    const text = await page.locator('main').textContent();
    expect(text).toContain(words.title);
    expect(text).toContain(pool);
    expect(text).toContain('prod-tokyo-01');
    await look('details');
  });

  it('4. the tab lists the CVEs and counts what it lists', async () => {
    await page.getByRole('tab', { name: `${words.findings} (114)` }).click();

    await expect.poll(() => page.locator('[data-cve]').count()).toBeGreaterThanOrEqual(114);
    await look('findings');
  });

  it('5. a CVE opens with both sections of nodes', async () => {
    await page.locator(`[data-cve="${sharedCve}"]`).first().click();

    const pane = page.getByRole('complementary', { name: new RegExp(sharedCve) });
    const instances = pane.getByRole('region', { name: words.instances, exact: true });
    await expect.poll(() => instances.getByRole('row').count()).toBe(3);
    expect(await instances.textContent()).toContain('aks-userpool01-31764529-vmss000000');
    const more = pane.getByRole('region', { name: words.more, exact: true });
    expect(await more.textContent()).toContain('batchpool01');
    expect(page.url()).toContain(`/${sharedCve}`);
    await look('cve-pane');
  });

  it('the pane is worked by keyboard and gives the focus back', async () => {
    const pane = page.getByRole('complementary');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => pane.getByRole('heading', { level: 2 }).textContent()).not.toBe(sharedCve);
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => pane.getByRole('heading', { level: 2 }).textContent()).toBe(sharedCve);
    await page.keyboard.press('Escape');

    await expect.poll(() => page.getByRole('complementary', { name: new RegExp(sharedCve) }).count()).toBe(0);
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-cve'))).toBe(sharedCve);
  });

  it('修正: the forecast stands before the button, the newest image first', async () => {
    await page.getByRole('button', { name: words.fix, exact: true }).click();

    const card = page.getByRole('region', { name: words.updateImage, exact: true });
    await card.waitFor();
    expect(await card.textContent()).toContain('202402.26.0');
    expect(await card.getByRole('button', { pressed: true }).or(card.locator('.figures button')).allTextContents()).toEqual(
      expect.arrayContaining([expect.stringContaining('114'), expect.stringMatching(/0/)]),
    );
    await look('fix');
  });

  it('イメージの更新: the job runs node by node, is verified, and what it forecast came true', async () => {
    await page.getByRole('region', { name: words.updateImage, exact: true }).getByRole('button', { name: words.updateImage, exact: true }).click();

    await expect.poll(() => page.url()).toContain('/upgrade-jobs/');
    await expect.poll(() => page.locator('main').textContent()).toContain('aks-userpool01-31764529-vmss000000');
    await look('job-running');
    await expect.poll(() => page.getByRole('status').allTextContents(), { timeout: 180_000 }).toContain(words.succeeded);
    const text = (await page.locator('main').textContent()) ?? '';
    expect(text).toContain(words.ledger);
    await look('job-succeeded');
  });

  it('the verifying assessment closed the findings, and the pool is healthy', async () => {
    await page.getByRole('link', { name: words.recommendations, exact: true }).first().click();
    await expect.poll(() => page.getByTestId(`pool-${pool}`).textContent()).toContain(words.healthy);
    await page.getByTestId(`pool-${pool}`).getByRole('link', { name: words.title, exact: true }).click();
    await page.getByRole('tab', { name: new RegExp(`^${words.findings} \\(0\\)`) }).click();
    await page.getByRole('button', { name: new RegExp(`^${words.resolved}`) }).click();

    await expect.poll(() => page.locator(`[data-cve="${sharedCve}"]`).count()).toBe(1);
    await look('resolved');
  });

  it('ノードの再起動 where a fixed kernel waits for a boot', async () => {
    await page.goto(`${server.origin}/recommendations/sample:prod-tokyo-01:syspool01/fix`);
    const card = page.getByRole('region', { name: words.restart, exact: true });
    await card.waitFor();
    await look('fix-reboot');
    await card.getByRole('button', { name: words.restart, exact: true }).click();

    await expect.poll(() => page.getByRole('status').allTextContents(), { timeout: 180_000 }).toContain(words.succeeded);
    await look('reboot-succeeded');
  });

  it('an image that leaves a vulnerability ends by saying so', async () => {
    await page.goto(`${server.origin}/recommendations/sample:prod-tokyo-01:batchpool01/fix`);
    const card = page.getByRole('region', { name: words.updateImage, exact: true });
    await card.waitFor();
    await look('fix-residual');
    await card.getByRole('button', { name: words.updateImage, exact: true }).click();

    await expect.poll(() => page.getByRole('status').allTextContents(), { timeout: 180_000 }).toContain(words.residual);
    expect(await page.locator('main').textContent()).toContain('CVE-2023-50387');
    await look('job-residual');
  });

  it('未評価 is shown for the encrypted and the unreached node, with the reason', async () => {
    await page.goto(`${server.origin}/recommendations/sample:prod-tokyo-01:securepool01`);
    await page.getByRole('heading', { name: words.title }).waitFor();
    await expect.poll(() => page.locator('main').textContent()).toContain(words.notAssessed);
    await look('not-assessed');
  });

  it('環境設定: with the switch off in all three plans every node is 未評価, never 正常', async () => {
    await page.getByRole('link', { name: words.settings, exact: true }).first().click();
    await look('settings');
    for (const plan of words.plans) {
      const toggle = page.getByRole('group', { name: plan, exact: true }).getByRole('switch');
      expect(await toggle.getAttribute('aria-label')).toContain(words.scanning);
      await toggle.click();
      await expect.poll(() => toggle.isChecked()).toBe(false);
      await expect.poll(() => toggle.isEnabled()).toBe(true);
    }
    await look('settings-off');
    await page.getByRole('link', { name: words.recommendations, exact: true }).first().click();
    await expect.poll(() => page.getByTestId(`pool-${pool}`).textContent()).toContain(words.notAssessed);
    for (const name of [pool, 'batchpool01', 'syspool01', 'securepool01']) {
      const row = await page.getByTestId(`pool-${name}`).textContent();
      expect(row).toContain(words.notAssessed);
      expect(row).not.toContain(words.healthy);
    }
    await look('plans-off');
  });

  it('and on again the fleet is what it was', async () => {
    await page.getByRole('link', { name: words.settings, exact: true }).first().click();
    await page.getByRole('group', { name: words.plans[0], exact: true }).getByRole('switch').click();
    await page.getByRole('link', { name: words.recommendations, exact: true }).first().click();

    await expect.poll(() => page.getByTestId(`pool-${pool}`).textContent()).toContain(words.healthy);
    await expect.poll(() => page.getByTestId('pool-batchpool01').textContent()).toContain(words.unhealthy);
    expect(faults).toEqual([]);
  });
});
