import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createRandom, loadFixture } from '../../source/load-fixture-for-tests.ts';
import { readRpm, sqlitePath } from './read-for-tests.ts';

const loadDatabase = (name: string): Uint8Array => loadFixture(new URL(`fixtures/${name}.zst`, import.meta.url));
/** What rpm itself says of the same database. */
const loadExpected = (name: 'clean' | 'dirty'): readonly string[] => readFileSync(new URL(`fixtures/${name}.txt`, import.meta.url), 'utf8').trimEnd().split('\n').toSorted();
const ndbPath = '/usr/lib/sysimage/rpm/Packages.db';
const bdbPath = '/var/lib/rpm/Packages';
const clean = loadExpected('clean');
const complete = ['os-packages read read'];

describe('an rpm database', () => {
  it.each([
    ['SQLite', { [sqlitePath]: loadDatabase('clean.sqlite') }, clean],
    ['SQLite with what only its log has', { [sqlitePath]: loadDatabase('dirty.sqlite'), [`${sqlitePath}-wal`]: loadDatabase('dirty.sqlite-wal') }, loadExpected('dirty')],
    ['ndb', { [ndbPath]: loadDatabase('clean.ndb') }, clean],
    ['Berkeley DB', { [bdbPath]: loadDatabase('clean.bdb') }, clean],
  ])('of %s gives the packages that rpm gives, and no key', async (_, files, packages) => {
    expect(await readRpm(files)).toEqual({ packages, coverage: complete });
  });

  it.each(['/usr/lib/sysimage/rpm', '/usr/share/rpm'])('is found in %s, and once where /var/lib/rpm is a link to it', async (folder) => {
    const files = { [`${folder}/rpmdb.sqlite`]: loadDatabase('dirty.sqlite'), [`${folder}/rpmdb.sqlite-wal`]: loadDatabase('dirty.sqlite-wal') };

    expect(await readRpm(files)).toEqual({ packages: loadExpected('dirty'), coverage: complete });
    expect(await readRpm({ ...files, '/var/lib/rpm': { link: `..${folder.replace('/usr', '/../usr')}` } })).toEqual({ packages: loadExpected('dirty'), coverage: complete });
  });

  it('that is not there is no word at all', async () => {
    expect(await readRpm({ '/etc/os-release': 'ID=x' })).toEqual({ packages: undefined, coverage: [] });
  });

  it.each([
    ['empty files', new Uint8Array(0)],
    ['text', Buffer.from('not a database\n'.repeat(1000))],
    ['zeros', new Uint8Array(100_000)],
  ])('of %s is unreadable, never a disk without packages', async (_, bytes) => {
    for (const path of [sqlitePath, ndbPath, bdbPath]) {
      const { packages, coverage } = await readRpm({ [path]: bytes });

      expect(packages).toBeUndefined();
      expect(coverage.at(-1)).toMatch(/^os-packages unreadable corrupt-structure/);
    }
  });
});

describe('several rpm databases', () => {
  it('the newest format counts, and the others are named', async () => {
    const { packages, coverage } = await readRpm({
      [bdbPath]: loadDatabase('clean.bdb'),
      [sqlitePath]: loadDatabase('dirty.sqlite'),
      [`${sqlitePath}-wal`]: loadDatabase('dirty.sqlite-wal'),
    });

    expect(packages).toEqual(loadExpected('dirty'));
    expect(coverage).toEqual([`database ${bdbPath} out-of-scope not-needed-by-root ${sqlitePath}`, ...complete]);
  });

  it('an empty one is passed over', async () => {
    const { packages, coverage } = await readRpm({ [bdbPath]: loadDatabase('clean.bdb'), [sqlitePath]: new Uint8Array(0) });

    expect(packages).toEqual(clean);
    expect(coverage).toEqual([`database ${sqlitePath} out-of-scope not-needed-by-root ${bdbPath}`, ...complete]);
  });

  it('a damaged one is not: it may be the one in use', async () => {
    const { coverage } = await readRpm({ [bdbPath]: loadDatabase('clean.bdb'), [sqlitePath]: loadDatabase('clean.sqlite').subarray(0, 50_000) });

    expect(coverage.at(-1)).toBe(`os-packages unreadable truncated ${sqlitePath}`);
  });
});

describe('an rpm database that was not closed', () => {
  it.each([
    ['a journal to roll back', 'd9d505f920a163d7', [`os-packages unsupported journal-not-replayed ${sqlitePath}-journal`]],
    ['a journal that was done with', '0000000000000000', complete],
  ])('with %s says so', async (_, magic, expected) => {
    const journal = Buffer.concat([Buffer.from(magic, 'hex'), Buffer.alloc(504)]);

    expect((await readRpm({ [sqlitePath]: loadDatabase('clean.sqlite'), [`${sqlitePath}-journal`]: journal })).coverage).toEqual(expected);
  });
});

describe('a damaged rpm database', () => {
  it.each([
    ['SQLite', sqlitePath, loadDatabase('clean.sqlite')],
    ['ndb', ndbPath, loadDatabase('clean.ndb')],
    ['Berkeley DB', bdbPath, loadDatabase('clean.bdb')],
  ])('of %s that is cut is never complete', async (_, path, whole) => {
    for (const part of [0.02, 0.1, 0.3, 0.5, 0.9]) {
      const { coverage } = await readRpm({ [path]: whole.subarray(0, Math.floor(whole.length * part)) });

      expect(coverage.at(-1)).toMatch(/^os-packages (unreadable|over-limit) /);
    }
  });

  it.each([
    ['SQLite', sqlitePath, loadDatabase('clean.sqlite')],
    ['ndb', ndbPath, loadDatabase('clean.ndb')],
    ['Berkeley DB', bdbPath, loadDatabase('clean.bdb')],
  ])('of %s ends every round of changed bytes in an answer', async (_, path, bytes) => {
    const random = createRandom(11);
    const answers = new Set<string>();
    for (let round = 0; round < 100; round++) {
      const changed: [number, number][] = [];
      for (let flips = 1 + random(30); flips > 0; flips--) {
        const at = random(2) === 0 ? random(8192) : random(bytes.length);
        changed.push([at, bytes[at] ?? 0]);
        bytes[at] = random(256);
      }
      const { packages, coverage } = await readRpm({ [path]: bytes });
      for (const [at, byte] of changed.reverse()) bytes[at] = byte;
      const isRead = coverage.at(-1) === 'os-packages read read';
      answers.add(isRead ? 'read' : 'open');
      if (isRead) expect(packages?.length).toBeGreaterThan(clean.length / 2);
    }
    expect(await readRpm({ [path]: bytes })).toEqual({ packages: clean, coverage: complete });
    expect(answers).toContain('open');
  });

  it('of ndb loses one package to one changed byte, by its checksum, and no other', async () => {
    const bytes = loadDatabase('clean.ndb');
    const at = Buffer.from(bytes).indexOf('containerd2-2.0.0-14.azl3.src.rpm');
    bytes[at] = 'X'.charCodeAt(0);

    const { packages, coverage } = await readRpm({ [ndbPath]: bytes });

    expect(packages).toEqual(clean.filter((line) => !line.startsWith('containerd2')));
    expect(coverage).toEqual([expect.stringMatching(/^package #\d+ unreadable checksum-mismatch ndb blob/), `os-packages unreadable corrupt-structure ${ndbPath}`]);
  });
});

const hasRpm = spawnSync('rpm', ['--version']).status === 0;
if (!hasRpm) console.warn('SKIPPED (no rpm here): databases read by rpm itself');

/** In rpm's own words; of a copy, since rpm locks what it reads. */
function askRpm(files: Readonly<Record<string, Uint8Array>>): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-rpm-'));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  const format = '%{NAME}\\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{SOURCERPM}\\n';
  const { stdout } = spawnSync('rpm', ['--dbpath', folder, '-qa', '--qf', format], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  return stdout.trimEnd().split('\n').filter((line) => !line.startsWith('gpg-pubkey')).toSorted();
}

describe.runIf(hasRpm)('rpm itself', () => {
  it('sees the same in a database with its log', async () => {
    const [database, log] = [loadDatabase('dirty.sqlite'), loadDatabase('dirty.sqlite-wal')];

    expect((await readRpm({ [sqlitePath]: database, [`${sqlitePath}-wal`]: log })).packages).toEqual(askRpm({ 'rpmdb.sqlite': database, 'rpmdb.sqlite-wal': log }));
  });
});

const shared = join(process.env.NODEWARD_SHARED ?? fileURLToPath(new URL('../../../../../../shared', import.meta.url)), 'data/rpmdb');
const hasData = existsSync(shared);
if (!hasData) console.warn('SKIPPED (no data): rpm databases of CBL-Mariner, SLES and RHEL');

describe.runIf(hasData)('a database of real machines', () => {
  it.runIf(hasRpm).each([
    ['cbl-mariner-2.0.rpmdb.sqlite', 'rpmdb.sqlite', 129],
    ['libuuid.Packages', 'Packages', 1],
  ])('%s has what rpm says', async (file, name, count) => {
    const bytes = readFileSync(join(shared, file));

    const { packages, coverage } = await readRpm({ [`/var/lib/rpm/${name}`]: bytes });

    expect(packages).toEqual(askRpm({ [name]: bytes }));
    expect(packages?.length).toBe(count);
    expect(coverage).toEqual(complete);
  });

  it('ndb of SLES 15 is read to its last blob', async () => {
    const { packages, coverage } = await readRpm({ [ndbPath]: readFileSync(join(shared, 'sle15-bci.Packages.db')) });

    expect(packages?.length).toBe(35);
    expect(packages).toContain('perl-base\t5.26.1-15.87\tx86_64\tperl-5.26.1-15.87.src.rpm');
    expect(coverage).toEqual(complete);
  });
});
