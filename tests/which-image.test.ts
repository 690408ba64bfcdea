import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageAnswer } from '@nodeward/api';
import { openAdvisoryDatabase, parseSourceNames } from '@nodeward/engine';
import { familyAnswer, openNodeImageLists, openOutbound, readImageCatalog, untoldOf } from '@nodeward/providers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSharedDatabase } from '../packages/engine/src/advisory-db/shared-database-for-tests.ts';
import { nodeward, type ProcessResult } from './nodeward-process.ts';
import { parityImages } from './parity-data.ts';
import { noteSkipped, sharedData } from './shared-data.ts';

const data = sharedData();
if (data === undefined) noteSkipped('which image fixes it', 'no shared data');

const family = 'AKSUbuntu-2204gen2containerd';

/** Independent of the product: what the sets of a separate program say. */
function historyBySets(lists: readonly { readonly version: string; readonly cves: ReadonlySet<string> }[], cve: string) {
  const there = lists.map(({ cves }) => cves.has(cve));
  const first = there.findIndex((is, index) => !is && there[index - 1] === true);
  const back = first === -1 ? [] : lists.filter((_, index) => index > first && there[index] === true && there[index - 1] === false);
  return { firstFixed: lists[first]?.version ?? null, cameBack: back.map(({ version }) => version), goneSince: there.at(-1) === true ? null : (lists[there.lastIndexOf(true) + 1]?.version ?? null) };
}

describe.skipIf(data === undefined)('nodeward which-image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-which-'));
  let advisories = '';
  const lists = join(folder, 'lists');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const ask = (cve: string, ...more: readonly string[]): ProcessResult =>
    nodeward(['which-image', cve, '--lists', lists, '--db', advisories, '--source-names', join(data ?? '', 'node-images/ubuntu-binary-to-source.json'), ...more]);

  beforeAll(async () => {
    if (data === undefined) return;
    mkdirSync(join(lists, 'AKSUbuntu/gen2/2204containerd'), { recursive: true });
    for (const { version } of parityImages(data)) symlinkSync(join(data, 'node-images/AKSUbuntu/gen2/2204containerd', `${version}.txt`), join(lists, 'AKSUbuntu/gen2/2204containerd', `${version}.txt`));
    advisories = (await buildSharedDatabase()) ?? '';
  });

  it('names the first image without CVE-2023-4911', () => {
    const { status, stdout } = ask('CVE-2023-4911', '--format', 'json');
    const [answer] = imageAnswer.parse(JSON.parse(stdout)).families;

    expect(answer).toMatchObject({ family, failure: null, images: 53, state: 'clean', firstFixed: { version: '202310.04.0' }, cameBack: [], goneSince: { version: '202310.04.0' }, undetermined: [] });
    expect(status).toBe(0);
  });

  it('cannot tell of one that no advisory knows', () => {
    const { status, stdout } = ask('CVE-2099-0001', '--format', 'json');

    expect(imageAnswer.parse(JSON.parse(stdout)).families).toMatchObject([{ family, state: 'unknown', firstFixed: null }]);
    expect(status).toBe(3);
  });

  it('does not call one gone that Go modules may have, which lists do not name', () => {
    const { status, stdout, stderr } = ask('CVE-2023-39325', '--format', 'json');
    const answer = imageAnswer.parse(JSON.parse(stdout));

    expect(answer.untold).toEqual(['go-modules']);
    expect(answer.families).toMatchObject([{ family, state: 'unknown' }]);
    expect(stderr).toContain('package lists name no Go modules');
    expect(status).toBe(3);
  });

  it('says in a table what it says in JSON', () => {
    expect(ask('CVE-2023-4911').stdout).toMatch(/^AKSUbuntu-2204gen2containerd\s+not in the newest\s+202310\.04\.0\s+-\s+202310\.04\.0\s+202402\.26\.0\s+53$/m);
  });

  it('agrees with the sets of a separate program on every vulnerability that ever left them', async () => {
    using database = await openAdvisoryDatabase(advisories);
    const outbound = await openOutbound({ environment: {} });
    const sourceNames = parseSourceNames(readFileSync(join(data ?? '', 'node-images/ubuntu-binary-to-source.json'), 'utf8'), 'names');
    const options = { lists: await openNodeImageLists({ outbound, now: () => new Date(), mirror: lists }), families: [family], advisories: database, sourceNames };
    const [catalog] = await readImageCatalog(options, () => undefined, new AbortController().signal);
    await outbound.close();
    const sets = parityImages(data ?? '').map(({ version, fixable }) => ({ version, cves: new Set(fixable.map((pair) => pair.split(' ')[0] ?? '')) }));
    const left = [...new Set(sets.flatMap(({ cves }) => [...cves]))].filter((cve) => historyBySets(sets, cve).firstFixed !== null);
    if (catalog === undefined) throw new Error('the family was not read');
    const told = left.map((cve) => {
      const { firstFixed, cameBack, goneSince } = familyAnswer(catalog, cve, database.about(cve), untoldOf(database.about(cve), database));
      return { cve, firstFixed: firstFixed?.version ?? null, cameBack: cameBack.map(({ version }) => version), goneSince: goneSince?.version ?? null };
    });

    expect(left.length).toBeGreaterThan(500);
    expect(told).toEqual(left.map((cve) => ({ cve, ...historyBySets(sets, cve) })));
    expect(told.filter(({ cameBack }) => cameBack.length > 0)).toHaveLength(35);
  });

  it.each([
    ['a folder without lists', () => ['which-image', 'CVE-2023-4911', '--lists', tmpdir(), '--db', advisories], 2],
    ['lists without advisories', () => ['which-image', 'CVE-2023-4911', '--lists', lists], 4],
    ['options of the other question', () => ['which-image', 'CVE-2023-4911', '--db', advisories], 2],
  ])('ends with its own status on %s', (_what, words, expected) => {
    const { status, stderr } = nodeward(words());

    expect(status).toBe(expected);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
