import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ChecksumMismatchError, DomainError } from '../../../base/errors.ts';
import { createBufferSource } from '../../../source/buffer-source.ts';
import type { DiskSource } from '../../../source/disk-source.ts';
import { createRandom, loadFixture } from '../../../source/load-fixture-for-tests.ts';
import { openForTest } from '../../filesystem.contract.ts';
import { ext4Reader } from '../reader.ts';
import { crc32be } from './crc32-be.ts';
import { treeOf } from './tree-for-tests.ts';

const place = (name: string, file: string): URL => new URL(`../fixtures/${name}/${file}`, import.meta.url);
const load = (name: string): Uint8Array => loadFixture(place(name, 'volume.img.zst'));
const shown = (name: string): Record<string, string> => z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(place(name, 'shown.json'), 'utf8')));
const view = (image: Uint8Array): DataView => new DataView(image.buffer, image.byteOffset, image.length);

interface Found {
  readonly image: Uint8Array;
  /** Of the journal's superblock, in bytes. */
  readonly journal: number;
  /** Of the block in which the log begins, in bytes; the rest of the journal follows in one run. */
  readonly log: number;
  readonly blockSize: number;
}

const magic = 0xc03b3998;
const types = { descriptor: 1, commit: 2, revoke: 5 } as const;

function find(name: string): Found {
  const image = load(name);
  const blockSize = 1024 << view(image).getUint32(1024 + 0x18, true);
  for (let at = 0; at < image.length; at += blockSize) {
    if (isHeader(image, at, 4)) return { image, journal: at, log: findLog(image, at, blockSize), blockSize };
  }
  throw new Error('no journal in the fixture');
}

function findLog(image: Uint8Array, journal: number, blockSize: number): number {
  const sequence = view(image).getUint32(journal + 0x18);
  for (let at = journal; at < image.length; at += blockSize) {
    if (isHeader(image, at, types.descriptor) && view(image).getUint32(at + 8) === sequence) return at;
  }
  throw new Error('no log in the fixture');
}

function isHeader(image: Uint8Array, at: number, type: number): boolean {
  return view(image).getUint32(at) === magic && view(image).getUint32(at + 4) === type;
}

/** The blocks of one kind in the log that is to be replayed, oldest first. */
function blocksOf({ image, journal, log, blockSize }: Found, type: number): readonly number[] {
  const found: number[] = [];
  const sequence = view(image).getUint32(journal + 0x18);
  for (let at = log; at < log + 200 * blockSize; at += blockSize) {
    if (isHeader(image, at, type) && view(image).getUint32(at + 8) >= sequence) found.push(at);
  }
  return found;
}

function flip(image: Uint8Array, at: number): void {
  image[at] = (image[at] ?? 0) ^ 0x10;
}

async function statusVersion(image: Uint8Array): Promise<string | undefined> {
  const filesystem = await openForTest(ext4Reader, image);
  const status = Buffer.from((await filesystem.readFile('/var/lib/dpkg/status')) ?? []).toString();
  return /Package: openssl[^]*?Version: (\S+)/.exec(status)?.[1];
}

describe('a journal that waits to be replayed', () => {
  it.each(['journal-ext4', 'journal-ext4-no-checksums', 'journal-ext3-data'])('%s gives what Linux shows of the same bytes', async (name) => {
    const filesystem = await openForTest(ext4Reader, load(name));

    expect(await treeOf(filesystem)).toEqual(shown(name));
    expect(filesystem.replayed?.transactions).toBeGreaterThanOrEqual(4);
    expect(await statusVersion(load(name))).toBe('3.0.2-0ubuntu1.18');
  });

  it.each(['journal-ext4-no-checksums', 'journal-ext3-data'])('%s without its log shows an older package database', async (name) => {
    const found = find(name);
    view(found.image).setUint32(found.journal + 0x1c, 0);

    expect(await statusVersion(found.image)).toBe('3.0.2-0ubuntu1.10');
  });

  it('gives the same bytes in whatever pieces they are asked for', async () => {
    const filesystem = await openForTest(ext4Reader, load('journal-ext3-data'));
    const whole = (await filesystem.readFile('/like-a-journal')) ?? new Uint8Array(0);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < whole.length; at += 777) pieces.push((await filesystem.readRange('/like-a-journal', at, 777)) ?? new Uint8Array(0));

    expect(whole.length).toBe(16_384);
    expect(Buffer.concat(pieces).equals(whole)).toBe(true);
  });

  it('ends before a transaction whose commit block never came', async () => {
    const commits = blocksOf(find('journal-ext4-no-checksums'), types.commit);
    const versions: (string | undefined)[] = [await statusVersion(load('journal-ext4-no-checksums'))];
    for (const cut of commits.toReversed()) {
      const { image } = find('journal-ext4-no-checksums');
      image.fill(0, cut, cut + 4);
      versions.push(await statusVersion(image));
    }

    expect(versions).toEqual(versions.toSorted().toReversed());
    expect([...new Set(versions)]).toEqual(['3.0.2-0ubuntu1.18', '3.0.2-0ubuntu1.15', '3.0.2-0ubuntu1.10']);
  });
});

it.each(['dirty', 'dirty-ext3'])('%s is marked, but its log is empty: it is read as it is', async (name) => {
  const filesystem = await openForTest(ext4Reader, load(name));

  expect(filesystem.replayed).toBeUndefined();
  expect(await filesystem.readFile('/os-release')).toBeDefined();
});

it('a clean file system is opened without looking at its journal', async () => {
  const reads: number[] = [];
  const image = createBufferSource(load('ext3'));
  const source: DiskSource = {
    ...image,
    read: (offset, length) => {
      reads.push(offset);
      return image.read(offset, length);
    },
  };

  await ext4Reader.open(source);

  expect(reads).toEqual([1024]);
});

describe('a journal that Linux would refuse is not replayed', () => {
  const number = (offset: number, value: number) => ({ image, journal }: Found): void => view(image).setUint32(journal + offset, value);
  it.each<readonly [string, string, RegExp, (found: Found) => void]>([
    ['without its magic number', 'journal-ext4-no-checksums', /magic number/, number(0, 0)],
    ['with another block size', 'journal-ext4-no-checksums', /blocks of 4096 bytes/, number(0x0c, 4096)],
    ['longer than its file', 'journal-ext4-no-checksums', /4294967295 blocks in a file of 1024/, number(0x10, 0xffffffff)],
    ['that begins nowhere', 'journal-ext4-no-checksums', /log from block 0/, number(0x14, 0)],
    ['that begins behind its end', 'journal-ext4-no-checksums', /log from block 5000/, number(0x14, 5000)],
    ['whose log begins outside', 'journal-ext4-no-checksums', /start at block 1024/, number(0x1c, 1024)],
    ['with a feature of the future', 'journal-ext4-no-checksums', /journal feature 0x80/, number(0x28, 0x80)],
    ['whose superblock has a flipped bit', 'journal-ext4', /superblock: checksum/, ({ image, journal }) => flip(image, journal + 0x40)],
    ['in another device', 'journal-ext4-no-checksums', /external journal/, ({ image }) => view(image).setUint32(1024 + 0xe0, 0)],
    ['in an inode that is a directory', 'journal-ext4-no-checksums', /is no file/, ({ image }) => view(image).setUint32(1024 + 0xe0, 2, true)],
    ['that writes behind the end of the file system', 'journal-ext4-no-checksums', /block 2147483647 of 6144/, (found) => view(found.image).setUint32((blocksOf(found, types.descriptor)[0] ?? 0) + 12, 0x7fffffff)],
    ['whose commit block has a flipped bit', 'journal-ext4', /checksum of transaction/, (found) => flip(found.image, (blocksOf(found, types.commit)[1] ?? 0) + 40)],
    ['whose descriptor has a flipped bit', 'journal-ext4', /checksum of transaction/, (found) => flip(found.image, (blocksOf(found, types.descriptor)[1] ?? 0) + 500)],
    ['whose revoke block has a flipped bit', 'journal-ext4', /checksum of transaction/, (found) => flip(found.image, (blocksOf(found, types.revoke)[0] ?? 0) + 500)],
    ['whose revoke block lies about its length', 'journal-ext4-no-checksums', /revoke block: 4294967295 bytes/, (found) => view(found.image).setUint32((blocksOf(found, types.revoke)[0] ?? 0) + 12, 0xffffffff)],
    ['whose log has no end', 'journal-ext4-no-checksums', /runs into itself/, fillWithDescriptors],
  ])('%s', async (_, name, detail, damage) => {
    const found = find(name);
    damage(found);

    const opened = await ext4Reader.open(createBufferSource(found.image));

    expect(opened).toMatchObject({ kind: 'not-read', state: 'unsupported', reason: 'journal-not-replayed', uuid: '6e6f6465-7761-4264-8001-000000000009' });
    expect('state' in opened && opened.detail).toMatch(detail);
  });

  it('and a logged block with a flipped bit is damage wherever it is needed', async () => {
    const found = find('journal-ext4');
    for (const at of blocksOf(found, types.descriptor)) flip(found.image, at + found.blockSize + 100);
    const read = async (): Promise<unknown> => treeOf(await openForTest(ext4Reader, found.image));

    await expect(read()).rejects.toBeInstanceOf(ChecksumMismatchError);
  });
});

/** Every block of the log announces one copy and names the same transaction. */
function fillWithDescriptors({ image, journal, log, blockSize }: Found): void {
  const [last, start, sequence] = [0x10, 0x1c, 0x18].map((offset) => view(image).getUint32(journal + offset));
  if (last === undefined || start === undefined || sequence === undefined) return;
  // The circle is made smaller, so that it lies in one run.
  view(image).setUint32(journal + 0x14, start);
  for (let at = log; at < log + (last - start) * blockSize; at += blockSize) {
    for (const [index, value] of [magic, types.descriptor, sequence, 100, 0x8].entries()) view(image).setUint32(at + index * 4, value);
  }
}

it('random damage to a journal ends in an answer, and with checksums never in another package database', async () => {
  const random = createRandom(11);
  const found = find('journal-ext4');
  const versions = new Set(['3.0.2-0ubuntu1.10', '3.0.2-0ubuntu1.15', '3.0.2-0ubuntu1.18']);
  const outcomes = new Set<string>();
  for (let round = 0; round < 200; round++) {
    const image = new Uint8Array(found.image);
    for (let flips = 1 + random(6); flips > 0; flips--) flip(image, found.log + random(130) * found.blockSize + random(found.blockSize));
    try {
      const opened = await ext4Reader.open(createBufferSource(image));
      if (!('state' in opened)) {
        await treeOf(opened);
        expect(versions).toContain(await statusVersion(image));
      }
      outcomes.add('state' in opened ? 'not read' : 'read');
    } catch (error) {
      expect(error).toBeInstanceOf(DomainError);
      outcomes.add('damage');
    }
  }

  expect([...outcomes].toSorted()).toEqual(['damage', 'not read', 'read']);
});

it.each([
  ['123456789', 0xffffffff, 0x0376e6e7],
  ['', 0xffffffff, 0xffffffff],
])('the oldest checksum of "%s" is the one that Linux computes', (text, start, sum) => {
  // CRC-32/MPEG-2 of the catalogue of parametrised CRC algorithms is the same sum.
  expect(crc32be(start, Buffer.from(text))).toBe(sum);
});
