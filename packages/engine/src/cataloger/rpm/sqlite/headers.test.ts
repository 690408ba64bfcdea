import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { createMemoryTree } from '../../../filesystem/memory-tree-for-tests.ts';
import { createRandom, loadFixture } from '../../../source/load-fixture-for-tests.ts';
import { openRandomFile, type RandomFile } from '../random-file.ts';
import { sqliteHeaders } from './headers.ts';

const loadDatabase = (name: string): Uint8Array => loadFixture(new URL(`../fixtures/${name}.zst`, import.meta.url));

interface Files {
  readonly database: Uint8Array;
  readonly log?: Uint8Array;
}

async function fileOf(bytes: Uint8Array): Promise<RandomFile> {
  const file = await openRandomFile(createMemoryTree({ '/file': bytes }), '/file');
  if (file === undefined) throw new TypeError('no file');
  return file;
}

function line(number: number, blob: Uint8Array): string {
  return `${number} ${blob.length} ${createHash('sha1').update(blob).digest('hex')}`;
}

/** Number, length and hash of every row. */
async function ours({ database, log }: Files): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const row of sqliteHeaders(await fileOf(database), log === undefined ? undefined : await fileOf(log))) {
    const payload = await row.open();
    lines.push(line(row.number, await payload.read(payload.length)));
  }
  return lines;
}

function inFolder<Value>(work: (path: string) => Value): Value {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-sqlite-'));
  try {
    return work(join(folder, 'rpmdb.sqlite'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same bytes as SQLite itself reads them, its recovery of the log included. */
function theirs({ database, log }: Files): readonly string[] {
  return inFolder((path) => {
    writeFileSync(path, database);
    if (log !== undefined) writeFileSync(`${path}-wal`, log);
    const connection = new DatabaseSync(path);
    try {
      const rows = connection.prepare('select hnum, blob from Packages order by hnum').all();
      return rows.map(({ hnum, blob }) => line(Number(hnum), blob instanceof Uint8Array ? blob : new Uint8Array(0)));
    } finally {
      connection.close();
    }
  });
}

/** Written by SQLite: blobs of all lengths around the borders of pages, then more of them in the log. */
function write(pageSize: number, pragmas: string): Files {
  return inFolder((path) => {
    const connection = new DatabaseSync(path);
    connection.exec(`pragma page_size=${pageSize}; ${pragmas}; create table other (x); create table Packages (hnum integer primary key autoincrement, blob blob not null)`);
    const insert = connection.prepare('insert into Packages (blob) values (?)');
    connection.exec('begin');
    for (let length = 0; length < 3 * pageSize; length += Math.ceil(pageSize / 37)) insert.run(Buffer.alloc(length, length % 251));
    connection.exec('commit; pragma journal_mode=wal; pragma wal_autocheckpoint=0');
    connection.exec('begin');
    for (let nth = 0; nth < 40; nth++) insert.run(Buffer.alloc(nth * 100, nth));
    connection.exec("commit; delete from Packages where hnum % 3 = 0; update Packages set blob = x'00ff' where hnum % 5 = 0");
    const files = { database: readFileSync(path), log: readFileSync(`${path}-wal`) };
    connection.close();
    return files;
  });
}

const dirty: Required<Files> = { database: loadDatabase('dirty.sqlite'), log: loadDatabase('dirty.sqlite-wal') };
const frameSize = 24 + 4096;
const frames = (dirty.log.length - 32) / frameSize;

function changed(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x55;
  return copy;
}

describe('a SQLite database', () => {
  it.each([
    [512, ''], [1024, 'pragma auto_vacuum=full'], [4096, ''], [8192, 'pragma auto_vacuum=incremental'], [65_536, ''],
  ])('with pages of %d bytes (%s) is read as SQLite reads it', async (pageSize, pragmas) => {
    const files = write(pageSize, pragmas);

    expect(await ours(files)).toEqual(theirs(files));
    expect(await ours({ database: files.database })).toEqual(theirs({ database: files.database }));
    expect(await ours(files)).not.toEqual(await ours({ database: files.database }));
  });
});

describe('the log of a SQLite database', () => {
  it('gives what only it has', async () => {
    expect(await ours(dirty)).toEqual(theirs(dirty));
    expect(await ours(dirty)).not.toEqual(await ours({ database: dirty.database }));
  });

  it.each(Array.from({ length: 12 }, (_, nth) => Math.floor((nth * frames) / 11)))('cut after %d frames and a half counts up to the last commit before', async (count) => {
    const files = { ...dirty, log: dirty.log.subarray(0, 32 + Math.floor((count + 0.5) * frameSize)) };

    expect(await ours(files)).toEqual(theirs(files));
  });

  it.each([
    ['the magic number', 0], ['the version', 7], ['the page size', 10], ['the first salt', 16], ['the second salt', 20], ['the checksum', 24],
    ['the number of a page', 32 + 3], ['the size after a commit', 32 + 7], ["a frame's salt", 32 + 8], ["a frame's checksum", 32 + 20],
    ['a page', 32 + 24 + 2000], ['a page in the middle', 32 + Math.floor(frames / 2) * frameSize + 1000], ['the last byte', dirty.log.length - 1],
  ])('with a change in %s counts as far as SQLite counts it', async (_, at) => {
    const files = { ...dirty, log: changed(dirty.log, at) };

    expect(await ours(files)).toEqual(theirs(files));
  });

  it('that was begun anew over an older round does not give the older frames', async () => {
    const files = inFolder((path) => {
      const connection = new DatabaseSync(path);
      connection.exec("pragma journal_mode=wal; create table Packages (hnum integer primary key, blob blob not null)");
      connection.exec("insert into Packages select value, zeroblob(9000) from (with recursive n(value) as (select 1 union all select value + 1 from n where value < 30) select value from n)");
      connection.exec("pragma wal_checkpoint(restart); insert into Packages values (100, x'01')");
      const copy = { database: readFileSync(path), log: readFileSync(`${path}-wal`) };
      connection.close();
      return copy;
    });

    expect(files.log.length).toBeGreaterThan(20 * frameSize);
    expect(await ours(files)).toEqual(theirs(files));
    expect(await ours(files)).toHaveLength(31);
  });

  it('has a database whose own file has nothing of it yet', async () => {
    const files = inFolder((path) => {
      const connection = new DatabaseSync(path);
      connection.exec("pragma journal_mode=wal; pragma wal_autocheckpoint=0; create table Packages (hnum integer primary key, blob blob not null); insert into Packages values (1, x'ab')");
      const copy = { database: readFileSync(path), log: readFileSync(`${path}-wal`) };
      connection.close();
      return copy;
    });

    expect(await ours(files)).toEqual([line(1, Uint8Array.of(0xab))]);
    expect(await ours({ ...files, database: new Uint8Array(0) })).toEqual([]);
  });

  it('is never believed more than SQLite believes it, whatever is changed', async () => {
    const random = createRandom(3);
    for (let round = 0; round < 20; round++) {
      const files = { ...dirty, log: changed(dirty.log, random(dirty.log.length)) };
      expect(await ours(files)).toEqual(theirs(files));
    }
  });
});

describe('a hostile SQLite database', () => {
  const small = write(512, '').database;
  const text = Buffer.from(small).toString('latin1');
  /** Of the first page of this kind from `from` on, in bytes. */
  const pageOf = (kind: number, from = 512): number => {
    for (let at = from; at < small.length; at += 512) if (small[at] === kind) return at;
    throw new TypeError('no such page');
  };
  const root = pageOf(5);
  /** The first leaf below the tree's root, in bytes. */
  const leaf = (Buffer.from(small).readUInt32BE(root + Buffer.from(small).readUInt16BE(root + 12)) - 1) * 512;
  const withNumber = (at: number, value: number): Uint8Array => {
    const copy = Buffer.from(small);
    copy.writeUInt32BE(value, at);
    return copy;
  };

  it.each([
    ['a tree whose right child is itself', () => withNumber(root + 8, root / 512 + 1), 'used twice'],
    ['a child beyond its end', () => withNumber(root + 8, 0x7fffffff), 'SQLite page 2147483647 of'],
    ['child 0', () => withNumber(root + 8, 0), 'SQLite page 0 of'],
    ['more cells than a page has room for', () => withNumber(leaf + 2, 0x00ffff00), 'more cells'],
    ['a page that is an index', () => { const copy = Buffer.from(small); copy[leaf] = 10; return copy; }, 'kind 10'],
    ['more pages than bytes', () => withNumber(28, 1_000_000), 'pages'],
    ['UTF-16', () => withNumber(56, 2), 'UTF-16'],
    ['no table of packages', () => Buffer.from(text.replaceAll('Packages', 'Peckages'), 'latin1'), 'no table of packages'],
    ['a page size of nothing', () => withNumber(16, 0), 'page size'],
  ])('with %s is refused', async (_, bytes, message) => {
    await expect(ours({ database: bytes() })).rejects.toThrow(message);
  });

  it('with a chain of pages that comes back to itself is refused', async () => {
    const bytes = Buffer.from(small);
    // The root's row of packages spills over: the chain's first page is the one whose contents repeat.
    const overflow = [...Array(small.length / 512).keys()].filter((page) => page > 0 && new Set(bytes.subarray(page * 512 + 4, page * 512 + 500)).size === 1 && bytes.readUInt32BE(page * 512) > 0);
    for (const page of overflow) bytes.writeUInt32BE(page + 1, page * 512);

    expect(overflow.length).toBeGreaterThan(10);
    await expect(ours({ database: bytes })).rejects.toThrow('used twice');
  });
});
