import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAdvisoryDatabase, parseSourceNames } from '@nodeward/engine';
import type { NodeImageLists, SecondOpinion } from '@nodeward/providers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import { TestFleet } from '../finding/test-fleet-for-tests.ts';
import { createImageCatalogs, type ImageCatalogDependencies } from './image-catalogs.ts';
import { whichImageHandlers } from './routes.ts';

const family = 'AKSUbuntu-2204gen2containerd';
const advisory = { id: 'UBUNTU-CVE-2026-0001', upstream: ['CVE-2026-0001'], affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'bash' }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '5.1-6ubuntu1.1' }] }] }] };

const elsewhere = { ...advisory, id: 'UBUNTU-CVE-2026-0002', upstream: ['CVE-2026-0002'], affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'vim' }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2' }] }] }] };

const moduleAdvisory = { id: 'GO-2026-0003', aliases: ['CVE-2026-0003'], affected: [{ package: { ecosystem: 'Go', name: 'golang.org/x/net' }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '0.17.0' }] }] }] };
const kubeletAdvisory = { id: 'CVE-2026-0004', affected: [{ package: { ecosystem: 'kubernetes', name: 'k8s.io/kubelet' }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.26.5' }] }] }] };

function list(bash: string): Buffer {
  return Buffer.from(['=== Installed Packages Begin', `bash/jammy,now ${bash} amd64 [installed]`, 'linux-image-5.15.0-1041-azure/jammy,now 5.15.0-1041.48 amd64 [installed]', '=== Installed Packages End',
    '=== os-release Begin', 'PRETTY_NAME="Ubuntu 22.04.3 LTS"', 'VERSION_ID="22.04"', 'VERSION_CODENAME=jammy', 'ID=ubuntu', '=== os-release End', ''].join('\n'));
}

/** Old, fixed, and old again. */
const published: Readonly<Record<string, Buffer>> = { '202309.06.0': list('5.1-6ubuntu1'), '202310.04.0': list('5.1-6ubuntu1.1'), '202310.09.0': list('5.1-6ubuntu1') };

const lists = (fails?: string): Pick<NodeImageLists, 'find' | 'versions'> => ({
  versions: async () => Promise.resolve(fails === undefined ? { kind: 'versions', labels: Object.keys(published).map((version) => `${family}-${version}`) } : { kind: 'unreachable', detail: fails }),
  find: async (label) => {
    const bytes = published[label.slice(family.length + 1)];
    return Promise.resolve(bytes === undefined ? { kind: 'not-published' } : { kind: 'list', bytes, name: `${label}.txt` });
  },
});
const silent: SecondOpinion = { reportOf: async () => Promise.resolve(undefined) };

describe.each(sharedEngines)('which image fixes it, on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nodeward-which-image-'));
    await writeFile(join(folder, 'ubuntu.json'), JSON.stringify([advisory, elsewhere]));
    await writeFile(join(folder, 'go.json'), JSON.stringify([moduleAdvisory]));
    await writeFile(join(folder, 'kubernetes.json'), JSON.stringify([kubeletAdvisory]));
    const feeds = ['ubuntu', 'go', 'kubernetes'].map((name) => ({ path: join(folder, `${name}.json`) }));
    await buildAdvisoryDatabase({ feeds, folder: join(folder, 'advisories'), purpose: 'production' });
    await buildAdvisoryDatabase({ feeds: feeds.slice(0, 1), folder: join(folder, 'packages-only'), purpose: 'production' });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function ask(vulnerability: string, given: Partial<ImageCatalogDependencies> = {}, opinion = silent, image = `${family}-202309.06.0`) {
    const fleet = await TestFleet.create(await emptyDatabase(), [], { p: ['n0'] });
    await fleet.db.updateTable('connection').set({ kind: 'kubernetes' }).execute();
    await fleet.db.updateTable('node').set({ image }).execute();
    const catalogs = createImageCatalogs({
      db: fleet.db,
      log: { info: vi.fn(), warn: vi.fn(), error: vi.fn() },
      clock: () => new Date(),
      lists: lists(),
      advisoryFolder: join(folder, 'advisories'),
      sourceNames: async () => Promise.resolve(parseSourceNames('{"jammy": {"bash": "bash", "linux-image-5.15.0-1041-azure": "linux-azure"}}', 'names')),
      ...given,
    });
    try {
      return await vi.waitFor(async () => {
        const answer = await whichImageHandlers(catalogs, opinion).whichImage({ parameters: { vulnerability }, query: undefined, body: undefined });
        expect(answer.reading).toBe(null);
        return answer;
      });
    } finally {
      await catalogs.stop();
    }
  }

  it('names the first image with the fix, and the one where it came back', async () => {
    const { families, advisoryDatabaseRevision } = await ask('CVE-2026-0001');

    expect(families).toMatchObject([{ family, images: 3, state: 'affected', firstFixed: { version: '202310.04.0', publishedAt: '2023-10-04T00:00:00Z' }, cameBack: [{ version: '202310.09.0' }], goneSince: null, secondOpinion: null, failure: null }]);
    expect(advisoryDatabaseRevision).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['no image ever had one that the advisories know and no image has', 'CVE-2026-0002', 'never'],
    ['of one that no advisory knows nothing can be told', 'CVE-2026-9999', 'unknown'],
  ])('says that %s', async (_what, vulnerability, state) => {
    expect((await ask(vulnerability)).families).toMatchObject([{ state, firstFixed: null }]);
  });

  it('says what lists leave open: Go modules, the kubelet, and all of them without their advisories', async () => {
    expect(await ask('CVE-2026-0002')).toMatchObject({ untold: [] });
    expect(await ask('CVE-2026-0003')).toMatchObject({ untold: ['go-modules'], families: [{ state: 'unknown' }] });
    expect(await ask('CVE-2026-0004')).toMatchObject({ untold: ['kubelet'], families: [{ state: 'unknown' }] });
    expect(await ask('CVE-2026-0002', { advisoryFolder: join(folder, 'packages-only') })).toMatchObject({ untold: ['go-advisories', 'kubernetes-advisories'], families: [{ state: 'unknown' }] });
  });

  it.each([
    ['agrees', 'CVE-2026-0001', { active: true, agrees: true }],
    ['disagrees', 'CVE-2026-9999', { active: true, agrees: false }],
  ])('shows that the publisher %s', async (_what, vulnerability, expected) => {
    const opinion: SecondOpinion = { reportOf: async () => Promise.resolve({ active: new Set(['CVE-2026-0001', 'CVE-2026-9999']), mitigated: new Set() }) };

    expect((await ask(vulnerability, {}, opinion)).families[0]?.secondOpinion).toMatchObject(expected);
  });

  it('says why the images cannot be listed, and then nothing is known', async () => {
    expect((await ask('CVE-2026-0001', { lists: lists('the mirror does not answer') })).families).toMatchObject([{ state: 'unknown', images: 0, failure: 'the mirror does not answer' }]);
  });

  it('has nothing to say without advisories, and without an image that is published', async () => {
    expect(await ask('CVE-2026-0001', { advisoryFolder: join(folder, 'absent') })).toMatchObject({ families: [], advisoryDatabaseRevision: null });
    expect(await ask('CVE-2026-0001', {}, silent, 'ami-0123')).toMatchObject({ families: [], reading: null });
  });
});
