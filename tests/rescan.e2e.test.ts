import { closeSync, copyFileSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, openBrowser, openPage, pictures } from './browser.ts';
import { type NodewardServer, startNodeward } from './nodeward-server.ts';

const poolId = 'sample:prod-tokyo-01:userpool01';
const nodes = [0, 1, 2].map((index) => `aks-userpool01-31764529-vmss00000${index}`);

/** Overwrites every `from` in a raw disk by a `to` of the same length: file contents carry no checksum in ext4. */
function patchDisk(path: string, from: string, to: string): number {
  expect(to).toHaveLength(from.length);
  const bytes = readFileSync(path);
  const places: number[] = [];
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) places.push(at);
  const disk = openSync(path, 'r+');
  for (const place of places) writeSync(disk, Buffer.from(to), 0, to.length, place);
  closeSync(disk);
  return places.length;
}

describe.skipIf(chromiumPath === undefined)('what the portal shows comes from the disks', () => {
  const shoot = pictures('rescan');
  let server: NodewardServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startNodeward({ isAssessed: true, environment: { NODEWARD_TEST_SAMPLE_NODE_MS: '300' } }), openBrowser()]);
    ({ page } = await openPage(browser, server.origin, 'en'));
    await page.goto(server.link);
    await page.goto(`${server.origin}/recommendations`);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  const openPool = (): Promise<unknown> => page.goto(`${server.origin}/recommendations/${encodeURIComponent(poolId)}?tab=findings`);

  it('one version changed inside a disk changes the rows', async () => {
    await expect.poll(() => page.getByTestId('pool-userpool01').textContent()).toContain('114');
    await openPool();
    await page.locator('[data-cve="CVE-2023-4911"]').waitFor();
    // these nodes share the disk of their image until each gets one of its own
    for (const node of nodes) copyFileSync(join(server.dataDir, 'sample/images/AKSUbuntu-2204gen2containerd-202309.06.0.img'), join(server.dataDir, 'sample/disks', `${node}.img`));
    for (const node of nodes) expect(patchDisk(join(server.dataDir, 'sample/disks', `${node}.img`), '2.35-0ubuntu3.1', '2.35-0ubuntu3.4')).toBeGreaterThan(0);

    await page.getByRole('button', { name: 'Reassess now' }).click();

    await expect.poll(() => page.locator('[data-cve="CVE-2023-4911"]').count()).toBe(0);
    await shoot(page, 'glibc-patched');
    for (const node of nodes) patchDisk(join(server.dataDir, 'sample/disks', `${node}.img`), '2.35-0ubuntu3.4', '2.35-0ubuntu3.1');
    await page.getByRole('button', { name: 'Reassess now' }).click();
    await expect.poll(() => page.locator('[data-cve="CVE-2023-4911"]').count()).toBe(1);
  });

  it('a failed upgrade says at which node and why, and a retry goes on', async () => {
    writeFileSync(join(server.dataDir, 'sample/fail.json'), JSON.stringify({ pool: 'userpool01', node: nodes[1], phase: 'drain', code: 'DrainTimeout' }));
    // 202402.26.0 with curl left at its old version, as if the image had been built before the fix.
    writeFileSync(join(server.dataDir, 'sample/image-overrides.json'), JSON.stringify({ 'AKSUbuntu-2204gen2containerd-202402.26.0': 'AKSUbuntu-2204gen2containerd-202402.26.0-curl-left-old' }));
    await page.goto(`${server.origin}/recommendations/${encodeURIComponent(poolId)}/fix`);
    await page.getByRole('region', { name: 'Update Image', exact: true }).getByRole('button', { name: 'Update Image', exact: true }).click();

    await expect.poll(() => page.getByRole('status').allTextContents(), { timeout: 120_000 }).toContain('Failed');
    expect(await page.locator('main').textContent()).toContain('DrainTimeout');
    expect(await page.locator('main').textContent()).toContain(nodes[1]);
    await shoot(page, 'job-failed');
    await page.getByRole('button', { name: /^Run again/ }).first().click();
    await expect.poll(() => page.getByRole('status').allTextContents(), { timeout: 120_000 }).toContain('Succeeded with residual');
  });

  it('a target with one package left old ends as succeeded with residual, naming the package', async () => {
    const text = (await page.locator('main').textContent()) ?? '';
    expect(text).toContain('CVE-2023-46218');
    expect(text).toContain('curl');
    await shoot(page, 'job-residual');

    await openPool();
    await expect.poll(() => page.locator('[data-cve]').allTextContents()).toEqual(['CVE-2023-46218']);
  });
});
