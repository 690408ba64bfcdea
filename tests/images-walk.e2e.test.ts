import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findingList, fixOverview, recommendationList } from '@nodeward/api';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyAssessedSample } from '../apps/server/tests/assessed-sample-for-tests.ts';
import { buildSharedDatabase } from '../packages/engine/src/advisory-db/shared-database-for-tests.ts';
import { chromiumPath, openBrowser, openPage, pictures } from './browser.ts';
import { missingDiskTools } from './build-disk.ts';
import { buildNodeDisk } from './build-node-disk.ts';
import { type NodewardServer, startNodeward } from './nodeward-server.ts';
import { pageFaults } from './page-checks.ts';
import { familyOf, type ParityImage, parityImages } from './parity-data.ts';
import { noteSkipped, sharedData } from './shared-data.ts';

const data = sharedData();
const lacking = [...missingDiskTools(), ...(chromiumPath === undefined ? ['Chromium'] : []), ...(data === undefined ? ['shared data'] : [])];
if (lacking.length > 0) noteSkipped("the walk on a user's own disks", `no ${lacking.join(', ')}`);

const versions = ['202309.06.0', '202310.04.0', '202310.09.0'] as const;
type Version = (typeof versions)[number];
const imageOf = (version: Version): string => `AKSUbuntu-2204gen2containerd-${version}`;

const words = {
  ja: { title: 'AKS ノードでの解決するべき脆弱性に関する結果', findings: '結果', updateImage: 'イメージの更新', reassess: '今すぐ再評価', notAssessed: '未評価', instances: 'ノード プール インスタンス' },
  en: { title: 'AKS nodes should have vulnerability findings resolved', findings: 'Findings', updateImage: 'Update Image', reassess: 'Reassess now', notAssessed: 'Not evaluated', instances: 'Node pool instances' },
} as const;

const configuration = (advisories: string): string => `name: my-disks
advisoryDatabase: ${advisories}
clusters:
  - name: prod
    kubernetesVersion: "1.26.3"
    pools:
      - name: userpool01
        image: ${imageOf('202309.06.0')}
        newerImages:
${versions.slice(1).map((version) => `          - name: ${imageOf(version)}\n            path: images/${version}.img`).join('\n')}
        nodes:
          - name: aks-userpool01-0
            path: node0.img
`;

/** "CVE family", sorted: the key of a finding. */
function familyPairs(image: ParityImage): readonly string[] {
  return [...new Set(image.fixable.map((pair) => pair.replace(/ (\S+)$/, (_, source: string) => ` ${familyOf(source)}`)))].toSorted();
}
const cvesOf = (pairs: readonly string[]): Set<string> => new Set(pairs.map((pair) => pair.split(' ')[0] ?? ''));
const without = (left: readonly string[], right: readonly string[]): readonly string[] => left.filter((pair) => !right.includes(pair));

describe.skipIf(lacking.length > 0)("a user's own disks against the full Ubuntu feed", () => {
  let folder = '';
  let images: Readonly<Record<Version, ParityImage>>;

  beforeAll(() => {
    if (data === undefined) return;
    folder = mkdtempSync(join(tmpdir(), 'nodeward-images-'));
    const all = parityImages(data);
    const image = (version: Version): ParityImage => {
      const found = all.find((candidate) => candidate.version === version);
      if (found === undefined) throw new Error(`no parity data for ${version}`);
      return found;
    };
    images = { '202309.06.0': image('202309.06.0'), '202310.04.0': image('202310.04.0'), '202310.09.0': image('202310.09.0') };
    mkdirSync(join(folder, 'disks'));
    for (const version of versions) {
      buildNodeDisk({ manifestPath: images[version].manifestPath, sourceNamesPath: join(data, 'node-images/ubuntu-binary-to-source.json'), out: join(folder, 'disks', `${version}.img`) });
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A folder as a user lays it out, with the node on the oldest image. */
  function layOut(name: string, advisories: string): string {
    const fleet = join(folder, name);
    mkdirSync(join(fleet, 'images'), { recursive: true });
    for (const version of versions.slice(1)) copyFileSync(join(folder, 'disks', `${version}.img`), join(fleet, 'images', `${version}.img`));
    copyFileSync(join(folder, 'disks', '202309.06.0.img'), join(fleet, 'node0.img'));
    writeFileSync(join(fleet, 'nodeward.yaml'), configuration(advisories));
    return fleet;
  }

  describe.each(['ja', 'en'] as const)('in %s', (language) => {
    const label = words[language];
    const shoot = pictures(`images-walk-${language}`);
    let fleet = '';
    let server: NodewardServer;
    let browser: Browser;
    let page: Page;
    let faults: readonly string[];
    let poolId = '';

    beforeAll(async () => {
      fleet = layOut(`fleet-${language}`, (await buildSharedDatabase()) ?? '');
      [server, browser] = await Promise.all([startNodeward({ words: ['--images', fleet] }), openBrowser()]);
      ({ page, faults } = await openPage(browser, server.origin, language));
      await page.goto(server.link);
      await page.goto(`${server.origin}/recommendations`);
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

    async function get(path: string): Promise<unknown> {
      return (await page.request.get(`${server.origin}${path}`)).json();
    }

    async function findings(state: 'active' | 'resolved'): Promise<readonly { key: string; source: string }[]> {
      const { findings: rows, nextCursor } = findingList.parse(await get(`/api/node-pools/${encodeURIComponent(poolId)}/findings?state=${state}&limit=1000`));
      expect(nextCursor).toBeNull();
      return rows.filter(({ matchState }) => state === 'resolved' || matchState === 'affected-fix-available').map(({ vulnerability, packageFamily, sourcePackage }) => ({ key: `${vulnerability} ${packageFamily}`, source: `${vulnerability} ${sourcePackage}` }));
    }

    /** As a user does it: the new disk is put in place of the old one, and 再評価 is pressed. */
    async function replaceDisk(version: Version): Promise<void> {
      const arriving = join(fleet, 'arriving.img');
      copyFileSync(join(folder, 'disks', `${version}.img`), arriving);
      renameSync(arriving, join(fleet, 'node0.img'));
      await page.goto(`${server.origin}/recommendations/${encodeURIComponent(poolId)}`);
      await page.getByRole('button', { name: label.reassess }).click();
    }

    it('227 (CVE, source) pairs are open, the very ones', async () => {
      await expect.poll(() => page.getByTestId('pool-userpool01').textContent()).toContain('226');
      poolId = recommendationList.parse(await get('/api/recommendations')).recommendations[0]?.poolId ?? '';

      expect((await findings('active')).map(({ source }) => source).toSorted()).toEqual(images['202309.06.0'].fixable);
      await look('recommendations');
    });

    it('the founding steps lead to a CVE and its nodes', async () => {
      await page.getByTestId('pool-userpool01').getByRole('link', { name: label.title, exact: true }).click();
      await page.getByRole('heading', { name: label.title }).waitFor();
      await page.getByRole('tab', { name: `${label.findings} (226)` }).click();
      await page.locator('[data-cve="CVE-2023-4911"]').first().click();

      const instances = page.getByRole('region', { name: label.instances, exact: true });
      await expect.poll(() => instances.textContent()).toContain('aks-userpool01-0');
      await look('cve-pane');
    });

    it('the forecast names exactly what each newer image fixes, leaves and introduces', async () => {
      await page.goto(`${server.origin}/recommendations/${encodeURIComponent(poolId)}/fix`);
      await page.getByRole('region', { name: label.updateImage, exact: true }).waitFor();
      const { candidates } = fixOverview.parse(await get(`/api/node-pools/${encodeURIComponent(poolId)}/fix`));
      const keys = (rows: readonly { vulnerability: string; packageFamily: string }[]): readonly string[] => rows.map(({ vulnerability, packageFamily }) => `${vulnerability} ${packageFamily}`).toSorted();

      const now = familyPairs(images['202309.06.0']);
      for (const version of versions.slice(1)) {
        const after = familyPairs(images[version]);
        const candidate = candidates.find(({ target }) => target === imageOf(version));
        expect(keys(candidate?.fixed ?? [])).toEqual(without(now, after));
        expect(keys(candidate?.remaining ?? [])).toEqual(now.filter((pair) => after.includes(pair)));
        expect(keys(candidate?.introduced ?? [])).toEqual(without(after, now));
        expect(candidate?.executable).toBe(false);
      }
      expect(candidates.find(({ target }) => target === imageOf('202310.04.0'))?.fixed).toHaveLength(84);
      expect(candidates.find(({ target }) => target === imageOf('202310.04.0'))?.remaining).toHaveLength(143);
      expect(candidates.find(({ target }) => target === imageOf('202310.04.0'))?.introduced).toEqual([]);
      await look('fix');
    });

    it('with the disk replaced a new assessment proves that exactly 84 closed and none came', async () => {
      await replaceDisk('202310.04.0');

      await expect.poll(async () => (await findings('active')).length).toBe(143);
      expect((await findings('active')).map(({ source }) => source).toSorted()).toEqual(images['202310.04.0'].fixable);
      const closed = (await findings('resolved')).map(({ key }) => key).toSorted();
      expect(closed).toEqual(without(familyPairs(images['202309.06.0']), familyPairs(images['202310.04.0'])));
      expect(closed).toHaveLength(84);
      await look('after-first');
    });

    it('the next image changes the kernel line: 24 CVEs fixed, 10 introduced, the very ones', async () => {
      const before = (await findings('active')).map(({ key }) => key);
      await replaceDisk('202310.09.0');

      const expected = familyPairs(images['202310.09.0']);
      await expect.poll(async () => (await findings('active')).map(({ key }) => key).toSorted()).toEqual(expected);
      const [old, young] = [cvesOf(before), cvesOf(expected)];
      expect([...old].filter((cve) => !young.has(cve))).toHaveLength(24);
      expect([...young].filter((cve) => !old.has(cve))).toHaveLength(10);
      await look('after-second');
    });
  });

  it("the sample's database is refused for these disks: 未評価, never a short list", async () => {
    await copyAssessedSample(join(folder, 'donor'));
    const sampleDatabase = join(folder, 'donor/sample/advisory-database');
    const browser = await openBrowser();
    try {
      const server = await startNodeward({ words: ['--images', layOut('fleet-refused', sampleDatabase)] });
      const { page } = await openPage(browser, server.origin, 'ja');
      await page.goto(server.link);
      await page.goto(`${server.origin}/recommendations`);

      await expect.poll(() => page.getByTestId('pool-userpool01').textContent()).toContain('アドバイザリ データベース');
      expect(await page.getByTestId('pool-userpool01').textContent()).toContain(words.ja.notAssessed);
      await server.stop();
    } finally {
      await browser.close();
    }
  });
});
