import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { advisoryDatabaseStatus } from '@nodeward/engine';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Outbound, openOutbound } from '../network/outbound.ts';
import { type FeedFault, type FeedServer, startFeedServer } from './feed-server-for-tests.ts';
import { type AdvisorySourceName, advisorySources } from './sources.ts';
import { readAdvisorySources } from './source-state.ts';
import { type AdvisoryUpdateProgress, type AdvisoryUpdateReport, type AdvisoryUpdateOptions, updateAdvisorySources } from './update-advisory-sources.ts';
import { lockForUpdate } from './update-lock.ts';

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

const fixtures = join(import.meta.dirname, 'fixtures');
const ubuntu = readFileSync(join(import.meta.dirname, '../../../engine/src/advisory-db/fixtures/three-records.zip'));
const kubernetes = readFileSync(join(fixtures, 'cve-feed-osv.zip'));
const kev = (date: string, ...ids: string[]): string => JSON.stringify({ catalogVersion: '1', dateReleased: `${date}T17:04:19.9796Z`, vulnerabilities: ids.map((cveID) => ({ cveID, dateAdded: date })) });
const epss = '#model_version:v2025.03.14,score_date:2026-08-16T00:00:00+0000\ncve,epss,percentile\nCVE-2023-4911,0.8,0.9\n';
const kevPath = '/feeds/known_exploited_vulnerabilities.json';
const small: readonly AdvisorySourceName[] = ['ubuntu', 'kubernetes', 'kev', 'epss'];

const shared = join(process.env.NODEWARD_SHARED ?? join(import.meta.dirname, '../../../../../shared'), 'data');
const hasShared = existsSync(join(shared, 'feeds'));
if (!hasShared) console.warn(`SKIPPED (no data): the real feeds are not in ${shared}`);

describe('an update of the advisory sources', () => {
  let server: FeedServer;
  let outbound: Outbound;
  let root = '';
  let folder = '';
  let time = 0;
  let progress: AdvisoryUpdateProgress[] = [];

  beforeAll(async () => {
    outbound = await openOutbound({ environment: {} });
  });
  afterAll(() => outbound.close());
  beforeEach(async () => {
    server = await startFeedServer();
    root = mkdtempSync(join(tmpdir(), 'nodeward-feeds-'));
    folder = join(root, 'advisories');
    time = Date.parse('2026-11-24T12:00:00Z');
    progress = [];
    server.set('/feeds/ubuntu-osv.zip', ubuntu);
    server.set('/feeds/kubernetes-osv.zip', kubernetes);
    server.set(kevPath, kev('2025-08-25', 'CVE-2023-4911'));
    server.set('/feeds/epss.csv.gz', epss);
  });
  afterEach(async () => {
    await server.close();
    rmSync(root, { recursive: true, force: true });
  });

  function update(more: Partial<AdvisoryUpdateOptions> = {}, signal = new AbortController().signal): Promise<AdvisoryUpdateReport> {
    const options = { folder, purpose: 'production', outbound, names: small, mirror: server.origin, now: () => new Date(time), sleep: async () => undefined, ...more } as const;
    return updateAdvisorySources(options, (event) => void progress.push(event), signal);
  }

  function changes(report: AdvisoryUpdateReport): Record<string, string> {
    return report.kind === 'updated' ? Object.fromEntries(report.sources.map(({ source, change }) => [source.name, source.failure === undefined ? change : `${change}: ${source.failure.code}`])) : {};
  }

  /** What a failed or aborted update must not leave. */
  function leftovers(): readonly string[] {
    return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('.')) : [];
  }

  it('builds what the sources have, and says how each of them is', async () => {
    const report = await update();
    const status = await advisoryDatabaseStatus(folder);

    expect(changes(report)).toEqual({ ubuntu: 'changed', kubernetes: 'changed', kev: 'changed', epss: 'changed' });
    expect(report).toMatchObject({ revision: status.revision });
    expect(status.feeds.map(({ name, records }) => [name, records])).toEqual([['epss', 1], ['kev', 1], ['kubernetes', 1], ['ubuntu', 3]]);
    const sources = await readAdvisorySources(folder);
    expect(sources.find(({ name }) => name === 'kev')).toEqual({
      name: 'kev', url: `${server.origin}${kevPath}`, mirrored: true, state: 'ok', checkedAt: '2026-11-24T12:00:00.000Z', changedAt: '2026-11-24T12:00:00.000Z', newest: '2025-08-25T17:04:19.9796Z', records: 1,
    });
    expect(sources.find(({ name }) => name === 'go')).toMatchObject({ state: 'never', checkedAt: null, mirrored: false, url: 'https://vuln.go.dev/vulndb.zip' });
    expect(sources.map(({ name }) => name)).toEqual(advisorySources.map(({ name }) => name));
    expect(leftovers()).toEqual([]);
    expect(progress.filter(({ phase }) => phase === 'finished')).toHaveLength(4);
  });

  it('asks only for what was named', async () => {
    await update({ names: ['kev'] });

    expect(server.requests.map(({ path }) => path)).toEqual([kevPath]);
  });

  it('sends the tags back, and builds nothing where nothing has changed', async () => {
    const first = await update();
    time += 3_600_000;
    server.set(kevPath, kev('2025-09-01', 'CVE-2023-4911', 'CVE-2024-1086'));

    const second = await update();

    expect(changes(second)).toEqual({ ubuntu: 'unchanged', kubernetes: 'unchanged', kev: 'changed', epss: 'unchanged' });
    expect(second).not.toMatchObject({ revision: first.kind === 'updated' ? first.revision : '' });
    const sources = await readAdvisorySources(folder);
    expect(sources.find(({ name }) => name === 'ubuntu')).toMatchObject({ checkedAt: '2026-11-24T13:00:00.000Z', changedAt: '2026-11-24T12:00:00.000Z', records: 3 });
    expect(sources.find(({ name }) => name === 'kev')).toMatchObject({ changedAt: '2026-11-24T13:00:00.000Z', records: 2 });
    expect(server.requests.at(-1)?.headers['if-none-match'] ?? server.requests.at(-2)?.headers['if-none-match']).toMatch(/^"/);
  });

  it('takes no "unchanged" for an answer where the data is gone', async () => {
    await update();
    for (const name of readdirSync(folder).filter((file) => file.startsWith('kev-') || file === 'current.json')) rmSync(join(folder, name), { force: true });

    expect(changes(await update())).toEqual({ ubuntu: 'changed', kubernetes: 'changed', kev: 'changed', epss: 'changed' });
  });

  it.each([
    ['is broken', { kind: 'status', status: 500 }, 'bad-answer'],
    ['is busy', { kind: 'status', status: 429, headers: { 'retry-after': '7200' } }, 'busy'],
    ['is cut', { kind: 'cut', after: 10 }, 'cut'],
    ['shows a page', { kind: 'page', type: 'text/html', body: '<html>sign in</html>' }, 'wrong-type'],
    ['has moved to plain http', { kind: 'status', status: 301, headers: { location: 'http://elsewhere.example/' } }, 'redirect-refused'],
    ['is gone', { kind: 'status', status: 404 }, 'not-found'],
    ['sends JSON of another kind', { kind: 'page', type: 'application/json', body: '{"hello": 1}' }, 'not-usable'],
    ['has lost most of its records', { kind: 'page', type: 'application/json', body: kev('2025-09-02', 'CVE-2023-4911') }, 'not-usable'],
    ['sends another feed', { kind: 'page', type: 'application/json', body: JSON.stringify([{ id: 'CVE-2023-2431', affected: [{ package: { ecosystem: 'kubernetes', name: 'k8s.io/kubelet' }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }] }] }]) }, 'not-usable'],
  ] satisfies [string, FeedFault, string][])('keeps the data of a source that %s, and updates the others', async (_, fault, code) => {
    server.set(kevPath, kev('2025-08-25', 'CVE-2023-4911', 'CVE-2024-1086', 'CVE-2021-4034'));
    await update();
    time += 3_600_000;
    server.fail(kevPath, fault);
    server.fail('/feeds/kev.json', fault);
    server.set('/feeds/epss.csv.gz', epss.replace('0.8', '0.7'));

    const report = await update();

    expect(changes(report)).toMatchObject({ kev: `failed: ${code}`, epss: 'changed' });
    expect((await advisoryDatabaseStatus(folder)).feeds.find(({ name }) => name === 'kev')).toMatchObject({ records: 3, newest: '2025-08-25T17:04:19.9796Z' });
    expect((await readAdvisorySources(folder)).find(({ name }) => name === 'kev')).toMatchObject({
      state: 'failed', checkedAt: '2026-11-24T12:00:00.000Z', changedAt: '2026-11-24T12:00:00.000Z', records: 3, failure: { code, at: '2026-11-24T13:00:00.000Z' },
    });
    expect(leftovers()).toEqual([]);

    server.heal();
    expect(changes(await update())).toMatchObject({ kev: 'unchanged' });
    expect((await readAdvisorySources(folder)).find(({ name }) => name === 'kev')?.failure).toBeUndefined();
  });

  it('fails with reasons, and leaves no database, where no source answers at all', async () => {
    await server.close();

    const report = await update();

    expect(report).toMatchObject({ kind: 'updated', revision: null });
    expect(changes(report)).toEqual({ ubuntu: 'failed: unreachable', kubernetes: 'failed: unreachable', kev: 'failed: unreachable', epss: 'failed: unreachable' });
    server = await startFeedServer();
  });

  it.each([
    ['moved', 'cve-feed-osv-moved.zip', /no records where they are expected/],
    ['damaged inside', 'cve-feed-osv-no-json.zip', /is no JSON/],
  ])('refuses the archive of Kubernetes whose records are %s', async (_, name, detail) => {
    server.set('/feeds/kubernetes-osv.zip', readFileSync(join(fixtures, name)));

    const report = await update({ names: ['kubernetes'] });

    expect(report).toMatchObject({ sources: [{ change: 'failed', source: { failure: { code: 'not-usable', detail: matching(detail) } } }] });
    expect(leftovers()).toEqual([]);
  });

  it('runs once at a time', async () => {
    await update({ names: ['kev'] });
    const lock = lockForUpdate(folder);

    expect(await update()).toEqual({ kind: 'already-running' });
    lock?.[Symbol.dispose]();
    expect(await update()).toMatchObject({ kind: 'updated' });
  });

  it.each(['silent', 'endless'] as const)('stops when it is told to, in the middle of a body that is %s, and leaves nothing half-done', async (kind) => {
    await update();
    const before = readFileSync(join(folder, 'current.json'), 'utf8');
    server.set('/feeds/ubuntu-osv.zip', Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(65_000)]));
    server.fail('/feeds/ubuntu-osv.zip', { kind });
    const abort = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => abort.abort(reason), 100);

    await expect(update({}, abort.signal)).rejects.toBe(reason);

    expect(leftovers()).toEqual([]);
    expect(readFileSync(join(folder, 'current.json'), 'utf8')).toBe(before);
    server.heal();
    server.set('/feeds/ubuntu-osv.zip', ubuntu);
    expect(await update()).toMatchObject({ kind: 'updated' });
  });

  it('clears what a killed update has left', async () => {
    await update({ names: ['kev'] });
    for (const name of ['.fetching-of-a-killed-process', '.building-yesterday.sqlite', '.building-now.sqlite']) writeFileSync(join(folder, name), 'half');
    utimesSync(join(folder, '.building-yesterday.sqlite'), new Date(time - 100_000_000), new Date(time - 100_000_000));
    utimesSync(join(folder, '.building-now.sqlite'), new Date(time), new Date(time));

    await update({ names: ['kev'] });

    expect(leftovers()).toEqual(['.building-now.sqlite']);
  });

  it.each(['not json', '{"format":2,"sources":[]}', '{"format":1,"sources":[{"name":"kev","url":7}]}'])('starts anew from a sidecar file that says %s', async (text) => {
    await update({ names: ['kev'] });
    writeFileSync(join(folder, 'sources.json'), text);

    expect((await readAdvisorySources(folder)).every(({ state }) => state === 'never')).toBe(true);
    expect(changes(await update({ names: ['kev'] }))).toEqual({ kev: 'unchanged' });
  });

  it('reads a folder that somebody carried in', async () => {
    const mirror = join(root, 'carried');
    copyFileSync(join(fixtures, 'cve-feed-osv.zip'), join(root, 'kubernetes-osv.zip'));
    writeFileSync(join(root, 'kev.json'), kev('2025-08-25', 'CVE-2023-4911'));

    expect(changes(await update({ mirror: root, names: ['kubernetes', 'kev', 'epss'] }))).toEqual({ kubernetes: 'changed', kev: 'changed', epss: 'failed: not-found' });
    expect(changes(await update({ mirror: `file://${root}`, names: ['kubernetes', 'kev'] }))).toEqual({ kubernetes: 'unchanged', kev: 'unchanged' });
    expect(changes(await update({ mirror, names: ['kev'] }))).toEqual({ kev: 'failed: not-found' });
    expect(server.requests).toEqual([]);
  });

  it('shows no password of a mirror', async () => {
    server.fail(kevPath, { kind: 'status', status: 403 });
    const report = await update({ mirror: server.origin.replace('://', '://user:secret@'), names: ['kev'] });

    expect(changes(report)).toEqual({ kev: 'failed: denied' });
    expect(JSON.stringify(report) + readFileSync(join(folder, 'sources.json'), 'utf8')).not.toContain('secret');
  });

  it('remembers how the lists of node images answered', async () => {
    const state = { name: 'node-images', url: 'https://a.example/', mirrored: false, state: 'ok', checkedAt: '2026-11-24T12:00:00.000Z', changedAt: null, newest: '2026-08-20', records: 0 } as const;

    await update({ names: [], nodeImages: { refresh: async () => state } });

    expect((await readAdvisorySources(folder)).at(-1)).toEqual(state);
  });

  it.skipIf(!hasShared)('builds the real feeds of Kubernetes, Go, KEV and EPSS from a mirror', async () => {
    const mirror = await startFeedServer({ folder: shared });
    try {
      const report = await update({ mirror: mirror.origin, names: ['go', 'kubernetes', 'kev', 'epss'] });

      expect(changes(report)).toEqual({ go: 'changed', kubernetes: 'changed', kev: 'changed', epss: 'changed' });
      expect(report.kind === 'updated' ? report.sources.map(({ source }) => [source.name, source.records]) : []).toEqual([['go', 4291], ['kubernetes', 47], ['kev', 1404], ['epss', 360_142]]);
    } finally {
      await mirror.close();
    }
  });
});
