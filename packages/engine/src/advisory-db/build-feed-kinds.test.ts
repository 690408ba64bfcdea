import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { advisoryDatabaseStatus } from './advisory-database-status.ts';
import { buildAdvisoryDatabase, type BuildReport } from './build-advisory-database.ts';
import { type AdvisoryDatabase, openAdvisoryDatabase, type OpenOptions } from './open-advisory-database.ts';
import { sharedData } from './shared-database-for-tests.ts';

function affected(ecosystem: string, name: string, type: string, fixed: string, more: object = {}): object {
  return { package: { ecosystem, name }, ranges: [{ type, events: [{ introduced: '0' }, { fixed }] }], ...more };
}

const ubuntu = [{ id: 'UBUNTU-CVE-2023-4911', upstream: ['CVE-2023-4911'], affected: [affected('Ubuntu:22.04:LTS', 'glibc', 'ECOSYSTEM', '2.35-0ubuntu3.4')] }];
const go = [
  { id: 'GO-2023-1878', modified: '0001-01-01T00:00:00Z', published: '0001-01-01T00:00:00Z', aliases: ['CVE-2023-29406'], affected: [affected('Go', 'stdlib', 'SEMVER', '1.20.6')] },
  { id: 'GO-2023-2185', aliases: ['CVE-2023-45283', 'CVE-2023-2431'], affected: [affected('Go', 'stdlib', 'SEMVER', '1.20.11', { ecosystem_specific: { imports: [{ path: 'os', goos: ['windows'] }] } })] },
];
const kubernetes = [
  { id: 'CVE-2023-2431', modified: '2023-06-15T14:42:32Z', affected: [affected('kubernetes', 'k8s.io/kubelet', 'SEMVER', '1.27.2')] },
  { id: 'CVE-2023-3676', modified: '2023-08-23T00:00:00Z', affected: [affected('kubernetes', 'k8s.io/kubelet', 'SEMVER', '1.27.5')] },
];
const kev = {
  catalogVersion: '2025.08.25', dateReleased: '2025-08-25T17:04:19.9796Z', count: 2,
  vulnerabilities: [
    { cveID: 'CVE-2023-4911', dateAdded: '2023-11-21', knownRansomwareCampaignUse: 'Unknown' },
    { cveID: 'CVE-2017-0144', dateAdded: '2022-02-10', knownRansomwareCampaignUse: 'Known' },
  ],
};
const epssHead = '#model_version:v2025.03.14,score_date:2026-08-16T00:00:00+0000\ncve,epss,percentile\n';
const epss = `${epssHead}CVE-2023-4911,0.81422,0.99606\nCVE-2023-2431,0.00042,0.10300\n`;

describe('a database of all kinds of feeds', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nodeward-kinds-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function build(...contents: (object | string | Uint8Array)[]): Promise<BuildReport> {
    const feeds = contents.map((content, index) => {
      // Names say nothing on purpose: the content does.
      const path = join(folder, `feed-${index}.bin`);
      writeFileSync(path, typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content));
      return { path };
    });
    return buildAdvisoryDatabase({ feeds, folder: join(folder, 'db'), purpose: 'production' });
  }

  function open(options: OpenOptions = {}): Promise<AdvisoryDatabase> {
    return openAdvisoryDatabase(join(folder, 'db'), options);
  }

  it('tells each by its content, one file for each', async () => {
    const report = await build(epss, kubernetes, gzipSync('<?xml version="1.0"?><oval_definitions/>'), kev, go, ubuntu);

    expect(report.feeds.map((feed) => (feed.outcome === 'built' ? [feed.built.feed, feed.built.kind, feed.built.records, feed.built.newest] : [feed.outcome]))).toEqual([
      ['epss', 'epss', 2, '2026-08-16T00:00:00Z'],
      ['kubernetes', 'advisories', 2, '2023-08-23T00:00:00Z'],
      ['refused'],
      ['kev', 'kev', 2, '2025-08-25T17:04:19.9796Z'],
      ['go', 'advisories', 2, ''],
      ['ubuntu', 'advisories', 1, ''],
    ]);
    expect(JSON.stringify(report)).toContain('has no advisory that can be used (no records)');
    expect(readdirSync(join(folder, 'db')).filter((name) => name.endsWith('.sqlite'))).toHaveLength(5);
    expect((await advisoryDatabaseStatus(join(folder, 'db'))).feeds.map(({ name, kind, licence, model, rows, damage }) => [name, kind, licence, model, rows, damage])).toEqual([
      ['epss', 'epss', 'LicenseRef-FIRST-EPSS', 'v2025.03.14', 2, undefined],
      ['go', 'advisories', 'CC-BY-4.0', undefined, 2, undefined],
      ['kev', 'kev', 'CC0-1.0', undefined, 2, undefined],
      ['kubernetes', 'advisories', 'Apache-2.0', undefined, 2, undefined],
      ['ubuntu', 'advisories', 'CC-BY-SA-4.0', undefined, 1, undefined],
    ]);
  });

  it('knows of a vulnerability what attackers do with it', async () => {
    await build(ubuntu, kev, gzipSync(epss));
    using database = await open();

    expect(database.threat('CVE-2023-4911')).toEqual({ exploited: true, exploitedSince: '2023-11-21', epss: 0.81422, epssPercentile: 0.99606, epssDate: '2026-08-16' });
    expect(database.threat('CVE-2017-0144')).toEqual({ exploited: true, exploitedSince: '2022-02-10', ransomware: true, epss: undefined });
    expect(database.threat('CVE-2023-2431')).toEqual({ exploited: false, epss: 0.00042, epssPercentile: 0.103, epssDate: '2026-08-16' });
    expect(database.threat('GO-2023-1878')).toEqual({ exploited: undefined, epss: undefined });
    expect(database.threat('__proto__')).toEqual({ exploited: undefined, epss: undefined });
  });

  it.each([
    ['nothing without feeds of threat data', [ubuntu], { exploited: undefined, epss: undefined }],
    ['no score without EPSS', [ubuntu, kev], { exploited: true, exploitedSince: '2023-11-21', epss: undefined }],
    ['nothing about exploitation without the catalogue', [ubuntu, epss], { exploited: undefined, epss: 0.81422, epssPercentile: 0.99606, epssDate: '2026-08-16' }],
  ])('says %s', async (_what, feeds, threat) => {
    await build(...feeds);
    using database = await open();

    expect(database.threat('CVE-2023-4911')).toEqual(threat);
  });

  it('keeps on which operating systems a range holds', async () => {
    await build(go, kubernetes);
    using database = await open();

    expect(database.ranges('Go', 'stdlib').map(({ fixed, operatingSystems }) => [fixed, operatingSystems])).toEqual([['1.20.6', undefined], ['1.20.11', ['windows']]]);
    expect(database.ranges('kubernetes', 'k8s.io/kubelet').map(({ operatingSystems }) => operatingSystems)).toEqual([undefined, ['windows']]);
    expect(database.advisory('CVE-2023-3676')?.affected).toEqual([{ ecosystem: 'kubernetes', package: 'k8s.io/kubelet', fixed: '1.27.5', operatingSystems: ['windows'] }]);
  });

  it('finds an advisory by its own id before another feed\'s that only mentions it', async () => {
    await build(go, kubernetes, ubuntu);
    using database = await open();

    expect(database.advisory('CVE-2023-2431')?.id).toBe('CVE-2023-2431');
    expect(database.advisory('CVE-2023-45283')?.id).toBe('GO-2023-2185');
    expect(database.advisory('UBUNTU-CVE-2023-4911')?.id).toBe('UBUNTU-CVE-2023-4911');
    expect(database.advisory('CVE-2023-4911')?.id).toBe('UBUNTU-CVE-2023-4911');
    expect(database.advisory('UBUNTU-CVE-2023-2431')).toBeUndefined();
    expect(database.about('CVE-2023-2431').map(({ id }) => id)).toEqual(['GO-2023-2185', 'CVE-2023-2431']);
  });

  it('finds what mentions an advisory under its own name or the vulnerability\'s', async () => {
    await build([...ubuntu, { id: 'EXAMPLE-6409-1', upstream: ['UBUNTU-CVE-2023-4911', 'CVE-2023-4911'], withdrawn: '2024-01-01T00:00:00Z', affected: [] }]);
    using database = await open();

    for (const name of ['UBUNTU-CVE-2023-4911', 'CVE-2023-4911']) {
      expect(database.about(name).map(({ id, withdrawn }) => [id, withdrawn])).toEqual([['UBUNTU-CVE-2023-4911', undefined], ['EXAMPLE-6409-1', '2024-01-01T00:00:00Z']]);
    }
  });

  it('opens the feeds of an ecosystem, threat data always, and those of components when asked', async () => {
    await build(go, kubernetes, ubuntu, kev);
    const known = async (options: OpenOptions): Promise<unknown> => {
      using database = await open(options);
      return [...['Ubuntu:22.04:LTS', 'Go', 'kubernetes'].map((ecosystem) => database.hasEcosystem(ecosystem)), database.threat('CVE-2023-4911').exploited];
    };

    expect(await known({})).toEqual([true, true, true, true]);
    expect(await known({ ecosystems: ['Ubuntu:22.04:LTS'] })).toEqual([true, false, false, true]);
    expect(await known({ ecosystems: ['Ubuntu:22.04:LTS'], components: true })).toEqual([true, true, true, true]);
    expect(await known({ ecosystems: ['Debian:12'] })).toEqual([false, false, false, true]);
  });

  it('lets one bad feed fail by itself, and keeps the file that it would have replaced', async () => {
    await build(ubuntu, kev);
    const report = await build(go, { ...kev, count: 3 });
    using database = await open();

    expect(report.feeds).toMatchObject([{ outcome: 'built' }, { outcome: 'refused' }]);
    expect(JSON.stringify(report)).toContain('says that it has 3 entries and has 2');
    expect(database.threat('CVE-2023-4911').exploited).toBe(true);
  });

  it('refuses scores that have lost a tenth of their rows', async () => {
    const rows = (count: number): string => epssHead + Array.from({ length: count }, (_, index) => `CVE-2023-${10_000 + index},0.1,0.2\n`).join('');
    await build(rows(100));

    const report = await build(rows(89));

    expect(report.feeds).toMatchObject([{ outcome: 'refused' }]);
    expect(JSON.stringify(report)).toContain('has 89 records');
  });

  it('counts the rows that it refuses', async () => {
    const entries = [...kev.vulnerabilities, kev.vulnerabilities[0], { cveID: 7 }];
    const report = await build(`${epss}CVE-2023-4911,0.1,0.1\nrubbish\r\n\n__proto__,0,0\n`, { ...kev, count: 4, vulnerabilities: entries });

    expect(report.feeds).toMatchObject([
      { built: { records: 2, refusedCount: 3, refused: [{ name: 'CVE-2023-4911', reason: 'duplicate-id' }, { name: 'rubbish', reason: 'field-malformed' }, { name: '__proto__' }] } },
      { built: { records: 2, refusedCount: 2, refused: [{ name: 'CVE-2023-4911', reason: 'duplicate-id' }, { name: 'entry 3', reason: 'field-malformed' }] } },
    ]);
    using database = await open();
    expect(database.threat('CVE-2023-4911').epss).toBe(0.81422);
  });

  it.each([
    ['scores without rows', epssHead, 'no record that can be used'],
    ['scores without names of columns', '#model_version:v1,score_date:2026-08-16\nCVE-2023-4911,0.1,0.2\n', 'uses what this version cannot read'],
    ['scores in another order', '#model_version:v1,score_date:2026-08-16\ncve,percentile,epss\nCVE-2023-4911,0.1,0.2\n', 'uses what this version cannot read'],
    ['scores without a day', '#model_version:v1\ncve,epss,percentile\nCVE-2023-4911,0.1,0.2\n', 'its first line'],
    ['a line without end', `${epssHead}${'1'.repeat(1e6)}`, 'has a line of more than 4096 bytes'],
    ['a zipped line without end', gzipSync(`${epssHead}${'1'.repeat(5e7)}`), 'has a line of more than 4096 bytes'],
    ['more lines than any feed has', gzipSync(`${epssHead}${'\n'.repeat(3_000_001)}`), 'has more than 3000000 lines'],
    ['zipped scores that were cut', gzipSync(`${epssHead}${Array.from({ length: 9000 }, (_, index) => `CVE-2023-${10_000 + index},0.1,0.2`).join('\n')}`).subarray(0, 15_000), 'is damaged'],
    ['gzip of something else', gzipSync('{"hello": 1}'), 'compressed by gzip, and neither EPSS nor OVAL'],
    ['gzip that is none', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff]), 'is damaged'],
    ['OVAL without definitions', '\ufeff<?xml version="1.0"?><oval_definitions/>', 'has no advisory that can be used'],
    ['XML of another kind', '<?xml version="1.0"?><rss/>', 'is XML (rss), and no OVAL'],
    ['OVAL that was cut', '<oval_definitions><definitions><definition id="a">', 'is damaged'],
    ['a catalogue without a date', { ...kev, dateReleased: null }, 'no catalogue that can be read'],
    ['a catalogue of rubbish', { ...kev, count: 3, vulnerabilities: [1, null, []] }, 'no record that can be used'],
    ['a catalogue with a giant count', { ...kev, count: 1e308 }, 'entries and has 2'],
  ])('refuses %s in one line', async (_what, content, words) => {
    const building = build(content);

    await expect(building).rejects.toThrow(words);
    await expect(building).rejects.toThrow(/^[^\n]{1,300}$/);
  });

  it('builds a database of an earlier format anew', async () => {
    await build(ubuntu);
    rmSync(join(folder, 'db', 'current.json'));
    writeFileSync(join(folder, 'db', 'current.json'), JSON.stringify({ format: 1, purpose: 'production', feeds: { ubuntu: { file: 'ubuntu-0123456789abcdef.sqlite' } } }));
    await expect(open()).rejects.toMatchObject({ reason: 'format-too-old' });
    await build(ubuntu);
    using database = await open();

    expect(database.hasEcosystem('Ubuntu:22.04:LTS')).toBe(true);
  });

  it.each([
    ['go-osv.zip', { feed: 'go', records: 4291, refusedCount: 0, families: ['Go'], newest: '2026-08-21T20:38:00Z' }],
    ['kubernetes-osv.zip', { feed: 'kubernetes', records: 47, refusedCount: 0, families: ['kubernetes'] }],
    ['kev.json', { feed: 'kev', records: 1404, refusedCount: 0, newest: '2025-08-25T17:04:19.9796Z' }],
    ['epss.csv.gz', { feed: 'epss', records: 360_142, refusedCount: 0, newest: '2026-08-16T00:00:00Z', model: 'v2025.03.14' }],
  ])('reads the whole of %s', async (name, built) => {
    const path = join(sharedData, 'feeds', name);
    if (!existsSync(path)) {
      console.log(`SKIPPED (no data): ${name}`);
      return;
    }
    const report = await buildAdvisoryDatabase({ feeds: [{ path }], folder: join(folder, 'db'), purpose: 'production' });

    expect(report.feeds).toMatchObject([{ built }]);
  });
});
