import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidInputError } from '../base/errors.ts';
import { advisoryDatabaseStatus } from './advisory-database-status.ts';
import { buildAdvisoryDatabase, type BuildReport } from './build-advisory-database.ts';
import { openAdvisoryDatabase } from './open-advisory-database.ts';
import { sharedData } from './shared-database-for-tests.ts';

function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

function osvRecord(number: number, more: object = {}): object {
  return {
    id: `UBUNTU-CVE-2023-${10_000 + number}`,
    affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'bash' }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: `5.1-${number}` }] }] }],
    ...more,
  };
}

function records(count: number): object[] {
  return Array.from({ length: count }, (_, index) => osvRecord(index));
}

describe('building the advisory database', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nodeward-build-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function feedFile(content: unknown, name = 'feed.json'): string {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content));
    return path;
  }

  function build(path: string, options: { name?: string; purpose?: 'production' | 'sample' } = {}): Promise<BuildReport> {
    const { name, purpose = 'production' } = options;
    return buildAdvisoryDatabase({ feeds: [{ path, ...(name === undefined ? {} : { name }) }], folder: join(folder, 'db'), purpose });
  }

  function files(): string[] {
    return readdirSync(join(folder, 'db')).toSorted();
  }

  it('reads a ZIP of records', async () => {
    const report = await build(fixture('three-records.zip'));

    expect(report.feeds).toMatchObject([{ outcome: 'built', built: { feed: 'ubuntu', records: 3, rows: 3, refusedCount: 0, newest: '2023-08-02T05:15:00Z' } }]);
    expect(files()).toEqual(['current.json', expect.stringMatching(/^ubuntu-[0-9a-f]{16}\.sqlite$/)]);
  });

  it.each([['a list', records(2), 2], ['one record', osvRecord(1), 1]])('reads a JSON file with %s', async (_what, content, count) => {
    expect((await build(feedFile(content))).feeds).toMatchObject([{ outcome: 'built', built: { records: count } }]);
  });

  it('gives the same bytes and the same revision for the same feed', async () => {
    const first = await build(fixture('three-records.zip'));
    const before = readFileSync(join(folder, 'db', files()[1] ?? ''));
    rmSync(join(folder, 'db'), { recursive: true });
    const second = await build(fixture('three-records.zip'));

    expect(second.revision).toBe(first.revision);
    expect(readFileSync(join(folder, 'db', files()[1] ?? '')).equals(before)).toBe(true);
  });

  it('writes files that nobody writes again', async () => {
    await build(fixture('three-records.zip'));

    for (const file of files()) expect(statSync(join(folder, 'db', file)).mode & 0o777).toBe(0o444);
  });

  it('builds nothing when the feed has not changed', async () => {
    const first = await build(fixture('three-records.zip'));
    const second = await build(fixture('three-records.zip'));

    expect(second).toEqual({ revision: first.revision, feeds: [{ path: fixture('three-records.zip'), outcome: 'unchanged', feed: 'ubuntu' }] });
  });

  it('keeps the previous file beside the new one', async () => {
    await build(feedFile(records(2)));
    await build(feedFile(records(3)));

    expect(files().filter((file) => file.endsWith('.sqlite'))).toHaveLength(2);
    using database = await openAdvisoryDatabase(join(folder, 'db'));
    expect(database.ranges('Ubuntu:22.04:LTS', 'bash')).toHaveLength(3);
  });

  it('refuses fewer than nine tenths of the records, and keeps the old file in use', async () => {
    const { revision } = await build(feedFile(records(20)));
    const report = await build(feedFile(records(17)));

    expect(report).toMatchObject({ revision, feeds: [{ outcome: 'refused' }] });
    expect(JSON.stringify(report)).toContain('17 records');
    expect((await build(feedFile(records(18)))).feeds).toMatchObject([{ outcome: 'built' }]);
  });

  it('refuses a feed that uses an operator it does not know, and keeps the old file in use', async () => {
    const { revision } = await build(feedFile(records(2)));
    const strange = osvRecord(3, { affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'bash' }, ranges: [{ type: 'ECOSYSTEM', events: [{ unless: '1' }] }] }] });

    const report = await build(feedFile([...records(2), strange]));

    expect(report).toMatchObject({ revision, feeds: [{ outcome: 'refused' }] });
    expect(JSON.stringify(report)).toContain('event unless');
  });

  it('counts each record that it refuses, with its reason', async () => {
    const bad = [{ id: 'UBUNTU-CVE-2023-1', affected: 3 }, osvRecord(0), { id: 'GO-1', affected: [{ package: { ecosystem: 'Go', name: 'x' }, versions: ['1'] }] }];
    const { feeds: [outcome] } = await build(feedFile([...records(3), ...bad]));

    expect(outcome).toMatchObject({
      built: { records: 3, refusedCount: 3, refused: [{ reason: 'field-malformed' }, { reason: 'duplicate-id' }, { reason: 'ecosystem-unknown', detail: 'Go' }] },
    });
    expect((await advisoryDatabaseStatus(join(folder, 'db'))).feeds).toMatchObject([{ records: 3, refused: 3, rows: 3 }]);
    expect((await build(fixture('one-not-json.zip'))).feeds).toMatchObject([{ built: { records: 3, refused: [{ name: 'broken.json', reason: 'not-json' }] } }]);
  });

  it('keeps a withdrawn advisory readable, and out of every match', async () => {
    await build(feedFile([osvRecord(1), osvRecord(2, { withdrawn: '2024-01-01T00:00:00Z' })]));
    using database = await openAdvisoryDatabase(join(folder, 'db'));

    expect(database.advisory('CVE-2023-10002')).toMatchObject({ withdrawn: '2024-01-01T00:00:00Z', affected: [] });
    expect(database.ranges('Ubuntu:22.04:LTS', 'bash').map((range) => range.fixed)).toEqual(['5.1-1']);
  });

  it.each([
    ['text', 'hello', 'neither a ZIP archive nor JSON'],
    ['an empty file', '', 'neither a ZIP archive nor JSON'],
    ['cut JSON', '[{"id": "X"', 'neither a ZIP archive nor JSON'],
    ['JSON nested without end', '['.repeat(200_000), 'neither a ZIP archive nor JSON'],
    ['JSON of another kind', { note: 'x', records: [] }, 'no record of a known format'],
    ['an empty list', [], 'no records'],
    ['a feed of another ecosystem', [{ id: 'X-1', affected: [{ package: { ecosystem: 'npm', name: 'x' }, versions: ['1'] }] }], 'ecosystem npm is not read'],
  ])('refuses %s in one line', async (_what, content, words) => {
    const building = build(feedFile(content));

    await expect(building).rejects.toThrow(InvalidInputError);
    await expect(building).rejects.toThrow(words);
    await expect(building).rejects.toThrow(/^[^\n]*$/);
  });

  it('refuses a ZIP without records, one cut anywhere, and one with a wrong checksum', async () => {
    await expect(build(fixture('no-json.zip'))).rejects.toThrow('without JSON files');
    const whole = readFileSync(fixture('three-records.zip'));
    for (const length of [4, 30, 200, whole.length - 30, whole.length - 1]) {
      await expect(build(feedFile(whole.subarray(0, length), 'cut.zip'))).rejects.toThrow(InvalidInputError);
    }
    const entries = whole.indexOf('PK\u0001\u0002');
    const wrong = Buffer.from(whole);
    wrong.writeUInt32LE(0x1234_5678, entries + 16);
    await expect(build(feedFile(wrong, 'wrong.zip'))).rejects.toThrow('is damaged');
  });

  it('does not inflate more than an entry promises', async () => {
    const bomb = readFileSync(fixture('three-records.zip'));
    const entries = bomb.indexOf('PK\u0001\u0002');
    bomb.writeUInt32LE(10, entries + 24);

    await expect(build(feedFile(bomb, 'bomb.zip'))).rejects.toThrow('is damaged');
  });

  it('refuses a file that is not there, a name that is none, and the other purpose', async () => {
    await expect(build(join(folder, 'absent.zip'))).rejects.toThrow('ENOENT');
    await expect(build(fixture('three-records.zip'), { name: '../x' })).rejects.toThrow('not a name for a feed');
    await build(fixture('three-records.zip'), { purpose: 'sample' });
    await expect(build(fixture('three-records.zip'))).rejects.toThrow('made for sample, not for production');
  });

  it('replaces only the feed that it is given, and never one by another of the same build', async () => {
    const [first, second] = [feedFile(records(2), 'a.json'), feedFile(records(3), 'b.json')];
    const target = join(folder, 'db');
    await buildAdvisoryDatabase({ feeds: [{ path: first, name: 'first' }], folder: target, purpose: 'production' });
    await buildAdvisoryDatabase({ feeds: [{ path: second, name: 'second' }], folder: target, purpose: 'production' });

    using database = await openAdvisoryDatabase(target);
    expect(database.ranges('Ubuntu:22.04:LTS', 'bash')).toHaveLength(5);
    for (const range of database.ranges('Ubuntu:22.04:LTS', 'bash')) expect(database.advisories(range)).toHaveLength(1);
    await expect(buildAdvisoryDatabase({ feeds: [{ path: first }, { path: second }], folder: join(folder, 'other'), purpose: 'production' }))
      .rejects.toThrow('give it another name');
  });

  it('stops when it is told to, and leaves nothing behind', async () => {
    const stop = new AbortController();
    const building = buildAdvisoryDatabase({
      feeds: [{ path: feedFile(records(50_000)) }], folder: join(folder, 'db'), purpose: 'production', signal: stop.signal, onProgress: () => stop.abort(),
    });

    await expect(building).rejects.toThrow(/abort/i);
    expect(files()).toEqual([]);
  });

  it('tells how far it is', async () => {
    const seen: number[] = [];
    await buildAdvisoryDatabase({ feeds: [{ path: feedFile(records(3500)) }], folder: join(folder, 'db'), purpose: 'production', onProgress: ({ done }) => seen.push(done) });

    expect(seen).toEqual([1000, 2000, 3000]);
  });

  it('reads the whole Ubuntu feed', async (context) => {
    const path = join(sharedData, 'feeds/ubuntu-osv.zip');
    if (!existsSync(path)) {
      console.log('SKIPPED (no data): the whole Ubuntu feed');
      context.skip();
    }

    expect((await build(path)).feeds).toMatchObject([{ built: { records: 26_766, rows: 206_063, refusedCount: 0, ecosystems: { length: 18 } } }]);
  });
});
