import { describe, expect, it } from 'vitest';
import { CorruptStructureError, DomainError, LimitExceededError } from '../../base/errors.ts';
import { createBlockCache } from '../../source/block-cache.ts';
import { createBufferSource } from '../../source/buffer-source.ts';
import { loadFixture } from '../../source/load-fixture-for-tests.ts';
import { openForTest } from '../filesystem.contract.ts';
import { ext4Reader } from './reader.ts';

const load = (name: string): Uint8Array => loadFixture(new URL(`fixtures/${name}/volume.img.zst`, import.meta.url));
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? 'nothing').toString();

/** As the script of the fixtures made it: behind what two levels of map blocks of 4 KiB can name. */
const farBehind = (12 + 1024 + 1024 ** 2 + 5) * 4096 + 100;

describe('a file of more than 4 GB that is all holes but for its end', () => {
  it('is read by ranges, through three levels of map blocks', async () => {
    const filesystem = await openForTest(ext4Reader, load('ext3'));

    expect(await filesystem.status('/huge.bin')).toEqual({ kind: 'file', size: farBehind + 10 });
    expect(text(await filesystem.readRange('/huge.bin', farBehind, 100))).toBe('far behind');
    expect(text(await filesystem.readRange('/huge.bin', farBehind - 3, 6))).toBe('\0\0\0far');
    expect(await filesystem.readRange('/huge.bin', 2 ** 31, 5000)).toEqual(new Uint8Array(5000));
  });

  it('costs few reads, wherever the range lies', async () => {
    const cache = createBlockCache(createBufferSource(load('ext3')), { blockSize: 4096, requestSize: 4096 });
    const filesystem = await ext4Reader.open(cache);
    if ('state' in filesystem) throw new Error(filesystem.reason);
    await filesystem.status('/huge.bin');
    const before = cache.statistics.requests;

    await filesystem.readRange('/huge.bin', farBehind, 10);

    expect(cache.statistics.requests - before).toBe(4);
  });

  it('is not read whole', async () => {
    await expect((await openForTest(ext4Reader, load('ext3'))).readFile('/huge.bin')).rejects.toBeInstanceOf(LimitExceededError);
  });
});

/** The offset of an inode in `tiny-ext2`, whose one group has its table where the first descriptor says. */
function inodeOf(image: Uint8Array, number: number): DataView {
  const table = new DataView(image.buffer, image.byteOffset).getUint32(2048 + 8, true);
  return new DataView(image.buffer, image.byteOffset + table * 1024 + (number - 1) * 256, 256);
}

const firstFree = 11;

/** The inode of `/os-release`, the first after lost+found. */
function osRelease(image: Uint8Array): DataView {
  return inodeOf(image, firstFree + 1);
}

function setMap(inode: DataView, size: number, numbers: Readonly<Record<number, number>>): void {
  inode.setUint32(4, size, true);
  for (const [index, block] of Object.entries(numbers)) inode.setUint32(0x28 + Number(index) * 4, block, true);
}

describe('a hostile block map', () => {
  it.each([
    ['a block behind the end of the filesystem', 20, { 0: 64 }],
    ['the largest block number', 20, { 0: 0xffffffff }],
    ['a map block behind the end of the filesystem', 13 * 1024, { 12: 64 }],
    ['a second level behind the end', 300 * 1024, { 13: 0x7fffffff }],
    ['a third level behind the end', 66_000 * 1024, { 14: 0xdeadbeef }],
    ['a map block full of text', 13 * 1024, { 12: 'os-release' }],
  ])('that names %s is damage', async (_, size, numbers) => {
    const image = load('tiny-ext2');
    const inode = osRelease(image);
    const own = inode.getUint32(0x28, true);
    setMap(inode, size, Object.fromEntries(Object.entries(numbers).map(([index, block]) => [index, typeof block === 'number' ? block : own])));

    await expect((await openForTest(ext4Reader, image)).readFile('/os-release')).rejects.toBeInstanceOf(CorruptStructureError);
  });

  it('whose map blocks are all the same block ends, at the size of the file', async () => {
    const image = load('tiny-ext2');
    const inode = osRelease(image);
    const block = 60;
    for (let at = 0; at < 1024; at += 4) new DataView(image.buffer).setUint32(block * 1024 + at, block, true);
    setMap(inode, 120 * 1024 * 1024, { 12: block, 13: block, 14: block });
    const started = performance.now();

    const bytes = await (await openForTest(ext4Reader, image)).readFile('/os-release');

    expect(bytes?.length).toBe(120 * 1024 * 1024);
    // Bounded, not fast: following every number would be 16 million reads.
    expect(performance.now() - started).toBeLessThan(30_000);
  });

  it('of a file larger than a block map can hold is damage', async () => {
    const image = load('tiny-ext2');
    setMap(osRelease(image), 0xffffffff, {});
    osRelease(image).setUint32(0x6c, 0xff, true);

    await expect((await openForTest(ext4Reader, image)).readRange('/os-release', 2 ** 39, 10)).rejects.toBeInstanceOf(CorruptStructureError);
  });

  it('of a directory with a hole is damage, not a directory with fewer entries', async () => {
    const image = load('tiny-ext2');
    setMap(inodeOf(image, 2), 2048, {});

    await expect((await openForTest(ext4Reader, image)).readDirectory('/')).rejects.toBeInstanceOf(CorruptStructureError);
  });

  it('ignores the upper half of the size of a directory, where ext2 keeps its attributes', async () => {
    const image = load('tiny-ext2');
    inodeOf(image, 2).setUint32(0x6c, 7, true);

    expect((await (await openForTest(ext4Reader, image)).readDirectory('/'))?.map(({ name }) => name)).toContain('os-release');
  });
});

describe.each(['tiny-ext2', 'tiny-inline'])('%s without any checksum', (name) => {
  const image = load(name);
  const used = Array.from({ length: image.length / 1024 }, (_, block) => block * 1024).filter((at) => image.subarray(at, at + 1024).some((byte) => byte !== 0));

  it('with any byte changed ends in values or DomainErrors', async () => {
    const answers = new Set<string>();
    for (const block of used) {
      for (let at = block; at < block + 1024; at++) {
        const before = image[at] ?? 0;
        for (const byte of before === 0 ? [0xff] : [0, before ^ 1, 0xff]) {
          image[at] = byte;
          answers.add(await walk(image));
        }
        image[at] = before;
      }
    }

    expect(answers.size).toBeGreaterThan(5);
  });

  it('cut at any sector ends in a DomainError', async () => {
    for (let length = 0; length < image.length; length += 512) {
      await expect(openForTest(ext4Reader, image.subarray(0, length))).rejects.toBeInstanceOf(DomainError);
    }
  });
});

async function walk(image: Uint8Array): Promise<string> {
  const opened = await ext4Reader.open(createBufferSource(image)).catch(expectDomainError);
  if (typeof opened === 'string') return opened;
  if ('state' in opened) return opened.reason;
  const entries = await opened.readDirectory('/').catch(expectDomainError);
  if (typeof entries === 'string') return entries;
  const answers: string[] = [];
  for (const { name } of entries ?? []) {
    const path = `/${name}`;
    for (const read of [() => opened.readFile(path), () => opened.readLink(path), () => opened.readDirectory(path)]) {
      const answer = await read().catch(expectDomainError);
      if (typeof answer === 'string') answers.push(answer);
    }
  }
  return answers.join();
}

function expectDomainError(error: unknown): string {
  if (!(error instanceof DomainError)) throw error;
  return error.name;
}
