import { createHash } from 'node:crypto';
import { copyFileSync, chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AdvisoryDatabaseError, type AdvisoryDatabaseReason } from '../base/errors.ts';
import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import { advisoryDatabaseStatus } from './advisory-database-status.ts';
import { buildAdvisoryDatabase } from './build-advisory-database.ts';
import { openAdvisoryDatabase } from './open-advisory-database.ts';

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const jammy = 'Ubuntu:22.04:LTS';

function feed(count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `UBUNTU-CVE-2023-${20_000 + index}`,
    upstream: [`CVE-2023-${20_000 + index}`],
    details: `Number ${index}.`,
    severity: [{ type: 'Ubuntu', score: index % 2 === 0 ? 'high' : 'low' }],
    affected: [{
      package: { ecosystem: jammy, name: `package-${index % 50}` },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: `1.${index}-1` }] }],
      ecosystem_specific: { binaries: [{ binary_name: `lib-${index % 50}` }, { binary_name: 'shared' }] },
    }],
  }));
}

/** Everything that a match could see, so that any wrong row is seen. */
function everything(database: AdvisoryLookup): unknown {
  return Array.from({ length: 50 }, (_, index) => database.ranges(jammy, `package-${index}`)
    .map((range) => ({ ...range, advisories: database.advisories(range).map((head) => ({ head, whole: database.advisory(head.id) })) })));
}

describe('an advisory database', () => {
  let folder = '';
  let file = '';
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nodeward-open-'));
    await build(400);
    file = join(folder, readdirSync(folder).find((name) => name.endsWith('.sqlite')) ?? '');
  });
  afterEach(() => {
    chmodSync(folder, 0o755);
    rmSync(folder, { recursive: true, force: true });
  });

  async function build(count: number): Promise<void> {
    const path = join(tmpdir(), `nodeward-open-feed-${process.pid}.json`);
    writeFileSync(path, JSON.stringify(feed(count)));
    await buildAdvisoryDatabase({ feeds: [{ path }], folder, purpose: 'production' });
    unlinkSync(path);
  }

  /** As a careless copy or a bad disk would: write-once files are not written in place by anybody else. */
  function overwrite(bytes: Uint8Array): void {
    writeFileSync(`${file}.new`, bytes);
    renameSync(`${file}.new`, file);
  }

  async function reasonOfFailure(): Promise<AdvisoryDatabaseReason | 'opened'> {
    try {
      const database = await openAdvisoryDatabase(folder);
      database.close();
      return 'opened';
    } catch (error) {
      if (!(error instanceof AdvisoryDatabaseError)) throw error;
      expect(error.message).toMatch(/^[^\n]+$/);
      return error.reason;
    }
  }

  it('answers what was built into it', async () => {
    using database = await openAdvisoryDatabase(folder);
    const [range] = database.ranges(jammy, 'package-7');

    expect(database.purpose).toBe('production');
    expect(database.hasEcosystem(jammy)).toBe(true);
    expect(database.hasEcosystem('Ubuntu:24.04:LTS')).toBe(false);
    expect(database.ranges(jammy, 'unheard-of')).toEqual([]);
    expect(database.ranges('Ubuntu:24.04:LTS', 'package-7')).toEqual([]);
    expect(range).toMatchObject({ fixed: '1.7-1', binaries: ['lib-7', 'shared'] });
    expect(range === undefined ? [] : database.advisories(range)).toEqual([
      { id: 'UBUNTU-CVE-2023-20007', vulnerabilities: ['CVE-2023-20007'], severity: 'low', severitySource: 'vendor', cvss: [] },
    ]);
    expect(database.advisory('CVE-2023-20007')).toMatchObject({ id: 'UBUNTU-CVE-2023-20007', details: 'Number 7.', affected: [{ ecosystem: jammy, package: 'package-7', fixed: '1.7-1' }] });
    expect(database.advisory('CVE-1999-0001')).toBeUndefined();
  });

  it('knows the source of a binary, unless two sources name it', async () => {
    using database = await openAdvisoryDatabase(folder);

    expect(database.listsBinaries(jammy)).toBe(true);
    expect(database.listsBinaries('Ubuntu:24.04:LTS')).toBe(false);
    expect(database.sourceOfBinary(jammy, 'lib-7')).toBe('package-7');
    expect(database.sourceOfBinary(jammy, 'shared')).toBeUndefined();
    expect(database.sourceOfBinary(jammy, 'unheard-of')).toBeUndefined();
  });

  it('opens only the feeds that an ecosystem needs', async () => {
    using database = await openAdvisoryDatabase(folder, { ecosystems: ['Debian:12'] });

    expect(database.hasEcosystem(jammy)).toBe(false);
  });

  it('says of each feed what it is', async () => {
    const { feeds, revision } = await advisoryDatabaseStatus(folder);
    using database = await openAdvisoryDatabase(folder);

    expect(revision).toBe(database.revision);
    expect(feeds).toMatchObject([{ name: 'ubuntu', records: 400, rows: 400, refused: 0, ecosystems: [jammy], licence: 'CC-BY-SA-4.0' }]);
    expect(feeds[0]).not.toHaveProperty('damage');
  });

  it('is swapped under a live reader without a wrong or a lost answer', async () => {
    using reader = await openAdvisoryDatabase(folder);
    const [before] = reader.ranges(jammy, 'package-1');
    const swapping = (async () => {
      for (let count = 401; count < 406; count += 1) await build(count);
    })();
    const counts = new Set<number>();
    for (let opened = 0; opened < 60; opened += 1) {
      using database = await openAdvisoryDatabase(folder);
      counts.add(Array.from({ length: 50 }, (_, index) => database.ranges(jammy, `package-${index}`).length).reduce((sum, length) => sum + length, 0));
    }
    await swapping;
    unlinkSync(file);

    expect([...counts].every((count) => count >= 400 && count <= 405)).toBe(true);
    expect(before === undefined ? [] : reader.advisories(before)).toHaveLength(1);
    expect(reader.ranges(jammy, 'package-2').length).toBe(8);
    expect(await reasonOfFailure()).toBe('opened');
  });

  it('gives up on a file that stays missing', async () => {
    unlinkSync(file);

    expect(await reasonOfFailure()).toBe('absent');
    expect((await advisoryDatabaseStatus(folder)).feeds).toMatchObject([{ damage: { reason: 'absent' } }]);
  });

  it('sees each of a hundred flipped bits', async () => {
    const whole = readFileSync(file);
    const outcomes = new Map<string, number>();
    for (let flip = 0; flip < 100; flip += 1) {
      const bytes = Buffer.from(whole);
      const at = Math.floor((flip / 100) * bytes.length) + (flip * 37) % 97;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << flip % 8);
      overwrite(bytes);
      const outcome = await reasonOfFailure();
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }

    expect(outcomes).toEqual(new Map([['damaged', 100]]));
  });

  it('sees a cut at each of 25 lengths, and a byte too many', async () => {
    const whole = readFileSync(file);
    for (let cut = 0; cut < 25; cut += 1) {
      overwrite(whole.subarray(0, Math.floor((cut / 25) * whole.length)));
      expect(await reasonOfFailure()).toBe('damaged');
    }
    overwrite(Buffer.concat([whole, Buffer.alloc(1)]));
    expect(await reasonOfFailure()).toBe('damaged');
  });

  it('sees a flip after it has proved the file once in this process', async () => {
    expect(await reasonOfFailure()).toBe('opened');
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    overwrite(bytes);

    expect(await reasonOfFailure()).toBe('damaged');
  });

  it.each<[string, (database: DatabaseSync) => void]>([
    ['another program\'s database', (database) => database.exec('CREATE TABLE t(x)')],
    ['our tables under another id', (database) => database.exec('PRAGMA application_id=7')],
    ['a planted view', (database) => database.exec('CREATE VIEW v AS SELECT 1')],
    ['a planted trigger', (database) => database.exec('CREATE TRIGGER t AFTER INSERT ON alias BEGIN SELECT 1; END')],
    ['a planted index', (database) => database.exec('CREATE INDEX i ON alias(advisory)')],
    ['a missing table', (database) => database.exec('DROP TABLE alias')],
  ])('refuses %s, even where the manifest vouches for it', async (what, change) => {
    const copy = `${file}.copy`;
    if (what === 'another program\'s database') writeFileSync(copy, '');
    else copyFileSync(file, copy);
    chmodSync(copy, 0o644);
    const database = new DatabaseSync(copy);
    change(database);
    database.close();
    vouchFor(copy);

    expect(await reasonOfFailure()).toBe('foreign');
  });

  it('refuses a file of a later format by name', async () => {
    const copy = `${file}.copy`;
    copyFileSync(file, copy);
    chmodSync(copy, 0o644);
    const database = new DatabaseSync(copy);
    database.exec('PRAGMA user_version=99');
    database.close();
    vouchFor(copy);

    expect(await reasonOfFailure()).toBe('format-too-new');
  });

  /** Makes `copy` the current file, hash and all: what remains is that it is not ours. */
  function vouchFor(copy: string): void {
    const bytes = readFileSync(copy);
    const sha256 = sha256Of(bytes);
    const name = `ubuntu-${sha256.slice(0, 16)}.sqlite`;
    renameSync(copy, join(folder, name));
    const { feeds, ...manifest } = readManifest();
    writeManifest({ ...manifest, feeds: { ubuntu: { ...feeds?.ubuntu, file: name, sha256, bytes: bytes.length } } });
  }

  function readManifest(): { feeds?: Record<string, object> } {
    return z.looseObject({ feeds: z.record(z.string(), z.looseObject({})) }).parse(JSON.parse(readFileSync(join(folder, 'current.json'), 'utf8')));
  }

  function writeManifest(content: unknown): void {
    const path = join(folder, 'current.json');
    writeFileSync(`${path}.new`, typeof content === 'string' ? content : JSON.stringify(content));
    renameSync(`${path}.new`, path);
  }

  it.each<[string, unknown, AdvisoryDatabaseReason]>([
    ['an empty manifest', '', 'damaged'],
    ['a cut manifest', '{"feeds":', 'damaged'],
    ['a manifest of another kind', '[]', 'damaged'],
    ['a manifest without feeds', { format: 2, purpose: 'production', feeds: {} }, 'absent'],
    ['a manifest without purpose', { format: 2, feeds: {} }, 'damaged'],
    ['a manifest of a later format', { format: 3 }, 'format-too-new'],
    ['a manifest of an earlier format', { format: 1, purpose: 'production', feeds: {} }, 'format-too-old'],
    ['a feed of a kind that nobody knows', { format: 2, purpose: 'production', feeds: { ubuntu: { kind: 'x', file: `ubuntu-${'a'.repeat(16)}.sqlite`, sha256: 'a'.repeat(64), bytes: 1, records: 1, newest: '', source_sha256: '', builder: '', families: [] } } }, 'damaged'],
    ['a feed without a hash', { format: 2, purpose: 'production', feeds: { ubuntu: { file: 'x' } } }, 'damaged'],
    ['a path that leads out', { format: 2, purpose: 'production', feeds: { ubuntu: { kind: 'advisories', file: '../x', sha256: 'a'.repeat(64), bytes: 1, records: 1, newest: '', source_sha256: '', builder: '', families: [] } } }, 'damaged'],
  ])('refuses %s', async (_what, manifest, reason) => {
    writeManifest(manifest);

    expect(await reasonOfFailure()).toBe(reason);
  });

  it('refuses an empty folder, a missing folder, and a file in its place', async () => {
    for (const path of ['empty', 'missing', 'file']) {
      const place = join(folder, path);
      if (path === 'empty') mkdirSync(place);
      if (path === 'file') writeFileSync(place, '');
      await expect(openAdvisoryDatabase(place)).rejects.toMatchObject({ reason: 'absent' });
      await expect(advisoryDatabaseStatus(place)).rejects.toMatchObject({ reason: 'absent' });
    }
  });

  it('refuses an empty file', async () => {
    const size = readFileSync(file).length;
    overwrite(new Uint8Array());

    expect(await reasonOfFailure()).toBe('damaged');
    expect((await advisoryDatabaseStatus(folder)).feeds).toMatchObject([{ damage: { reason: 'damaged', message: `${basename(file)} has 0 bytes, not ${size}` } }]);
  });

  it('reads a folder that nobody may write, and leaves nothing in it', async () => {
    chmodSync(folder, 0o555);
    const before = readdirSync(folder);
    using database = await openAdvisoryDatabase(folder);

    expect(database.ranges(jammy, 'package-1')).toHaveLength(8);
    expect(readdirSync(folder)).toEqual(before);
  });

  it('reads beside a stray journal and a stray WAL', async () => {
    using clean = await openAdvisoryDatabase(folder);
    const expected = everything(clean);
    for (const suffix of ['-journal', '-wal', '-shm']) writeFileSync(`${file}${suffix}`, Buffer.alloc(8192, 7));
    using database = await openAdvisoryDatabase(folder);

    expect(everything(database)).toEqual(expected);
  });

  it('reads a folder whose name means something in a URL', async () => {
    const odd = join(folder, 'a?b#c%d e');
    mkdirSync(odd);
    for (const name of readdirSync(folder).filter((entry) => /\.(sqlite|json)$/.test(entry))) copyFileSync(join(folder, name), join(odd, name));
    using database = await openAdvisoryDatabase(odd);

    expect(database.ranges(jammy, 'package-1')).toHaveLength(8);
  });

  it('made for the sample is refused for production only', async () => {
    writeManifest({ ...readManifest(), purpose: 'sample' });

    await expect(openAdvisoryDatabase(folder, { purpose: 'production' })).rejects.toMatchObject({ reason: 'made-for-sample', code: 'ADVISORY_DATABASE' });
    using database = await openAdvisoryDatabase(folder, { purpose: 'sample' });
    expect(database.purpose).toBe('sample');
  });
});
