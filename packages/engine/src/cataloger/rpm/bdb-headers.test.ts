import { describe, expect, it } from 'vitest';
import { createMemoryTree } from '../../filesystem/memory-tree-for-tests.ts';
import { loadFixture } from '../../source/load-fixture-for-tests.ts';
import { bdbHeaders } from './bdb-headers.ts';
import { openRandomFile } from './random-file.ts';

const whole = Buffer.from(loadFixture(new URL('fixtures/clean.bdb.zst', import.meta.url)));
const pageSize = 4096;
const pages = [...Array(whole.length / pageSize).keys()];
const kindOf = (page: number): number => whole[page * pageSize + 25] ?? 0;
const [bucket = 0] = pages.filter((page) => kindOf(page) === 13 && whole.readUInt16LE(page * pageSize + 20) > 0);
const [overflow = 0] = pages.filter((page) => kindOf(page) === 7 && whole.readUInt32LE(page * pageSize + 16) > 0);

function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(whole);
  change(bytes);
  return bytes;
}

/** Lengths of all headers, each read to its end. */
async function read(bytes: Uint8Array): Promise<readonly number[]> {
  const file = await openRandomFile(createMemoryTree({ '/Packages': bytes }), '/Packages');
  const lengths: number[] = [];
  if (file === undefined) return lengths;
  for await (const stored of bdbHeaders(file)) {
    const payload = await stored.open();
    lengths.push((await payload.read(payload.length)).length);
  }
  return lengths;
}

it('a Berkeley DB of several buckets gives all its headers, the one of 300 KB among them', async () => {
  const lengths = await read(whole);

  expect(whole.readUInt32LE(72)).toBeGreaterThan(1);
  // Less the counter under key 0.
  expect(lengths).toHaveLength(whole.readUInt32LE(88) - 1);
  expect(Math.max(...lengths)).toBeGreaterThan(200_000);
});

describe('a hostile Berkeley DB', () => {
  it.each([
    ['another magic number', (b: Buffer) => b.writeUInt32LE(0x053162, 12), 'no hash'],
    ['the bytes of a big-endian machine', (b: Buffer) => b.writeUInt32BE(0x061561, 12), 'big-endian'],
    ['an unknown version', (b: Buffer) => b.writeUInt32LE(99, 16), 'version 99'],
    ['encryption', (b: Buffer) => b.writeUInt8(1, 24), 'encryption'],
    ['pages of 3,000 bytes', (b: Buffer) => b.writeUInt32LE(3000, 20), 'page size'],
    ['more pages than bytes', (b: Buffer) => b.writeUInt32LE(1_000_000, 32), 'more pages'],
    ['more buckets than pages', (b: Buffer) => b.writeUInt32LE(0xffffffff, 72), 'more pages'],
    ['buckets behind its end', (b: Buffer) => b.writeUInt32LE(1_000_000, 96 + 4), 'Berkeley DB page'],
    ['more entries than it has', (b: Buffer) => b.writeUInt32LE(1_000_000, 88), 'of 1000000 entries'],
    ['a bucket that goes on in itself', (b: Buffer) => b.writeUInt32LE(bucket, bucket * pageSize + 16), 'used twice'],
    ['a page with another number', (b: Buffer) => b.writeUInt32LE(77, bucket * pageSize + 8), 'calls itself 77'],
    ['a bucket of another kind', (b: Buffer) => b.writeUInt8(5, bucket * pageSize + 25), 'kind 5'],
    ['more items than a page can hold', (b: Buffer) => b.writeUInt16LE(0xfffe, bucket * pageSize + 20), 'number of items'],
    ['items out of order', (b: Buffer) => b.writeUInt16LE(4096, bucket * pageSize + 28), 'order of items'],
    ['an overflow chain that comes back', (b: Buffer) => b.writeUInt32LE(overflow, overflow * pageSize + 16), 'used twice'],
    ['an overflow chain that ends early', (b: Buffer) => b.writeUInt32LE(0, overflow * pageSize + 16), 'end after'],
    ['an overflow chain into a bucket', (b: Buffer) => b.writeUInt32LE(0, overflow * pageSize + 25), 'no overflow page'],
    ['more bytes on a page than it has', (b: Buffer) => b.writeUInt16LE(0xffff, overflow * pageSize + 22), 'past the end'],
  ])('with %s is refused', async (_, change, message) => {
    await expect(read(changed(change))).rejects.toThrow(message);
  });

  it('whose header says that it has four gigabytes is over the limit', async () => {
    const item = pages.flatMap((page) => {
      const at = page * pageSize;
      const count = kindOf(page) === 13 ? whole.readUInt16LE(at + 20) : 0;
      return [...Array(count).keys()].map((index) => at + whole.readUInt16LE(at + 26 + index * 2)).filter((start) => whole[start] === 3);
    })[0] ?? 0;

    await expect(read(changed((bytes) => bytes.writeUInt32LE(0xffffffff, item + 8)))).rejects.toThrow('rpm header of 4294967295 bytes');
  });
});
