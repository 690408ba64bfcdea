import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ChecksumMismatchError, CorruptStructureError, DomainError } from '../../base/errors.ts';
import { createBlockCache } from '../../source/block-cache.ts';
import { createBufferSource } from '../../source/buffer-source.ts';
import type { DiskSource } from '../../source/disk-source.ts';
import { loadFixture } from '../../source/load-fixture-for-tests.ts';
import { openDisk } from '../open-disk.ts';

const load = (name: string): Uint8Array => loadFixture(new URL(`fixtures/${name}.vhd.zst`, import.meta.url));
const footerSize = 512;
const sectors = 2051;
/** As the script of the fixtures made it. */
const flat = Buffer.from(Array.from({ length: sectors }, (_, sector) => `${String(sector).padStart(15, '0')}\n`.repeat(32)).join(''));

async function contents(bytes: Uint8Array): Promise<{ format: string; bytes: Buffer }> {
  const disk = await openDisk(createBufferSource(bytes));
  if (disk.kind === 'not-read') throw new Error(`${disk.state} ${disk.reason} ${disk.detail ?? ''}`);
  return { format: disk.format, bytes: Buffer.from(await disk.source.read(0, disk.source.size)) };
}

/** With numbers of its own in the footer, and the checksum that the specification asks for. */
function withFooter(image: Uint8Array, change: (footer: DataView) => void): Uint8Array {
  const footer = new DataView(image.buffer, image.byteOffset + image.length - footerSize, footerSize);
  change(footer);
  footer.setUint32(64, 0);
  const bytes = image.subarray(-footerSize);
  footer.setUint32(64, ~bytes.reduce((sum, byte) => sum + byte, 0));
  return image;
}

describe('a fixed VHD', () => {
  it('is the disk before its footer, byte for byte', async () => {
    const read = await contents(load('fixed'));

    expect(read.format).toBe('vhd');
    expect(read.bytes.equals(flat)).toBe(true);
  });

  it('whose footer promises less is as large as the footer says', async () => {
    const read = await contents(withFooter(load('fixed'), (footer) => footer.setBigUint64(48, 1024n)));

    expect(read.bytes.equals(flat.subarray(0, 1024))).toBe(true);
  });

  it('costs no more than its two ends to be told', async () => {
    const size = 2 ** 40;
    const footer = withFooter(load('fixed'), (view) => view.setBigUint64(48, BigInt(size))).subarray(-footerSize);
    const cache = createBlockCache(sparse(size, footer), { blockSize: 4096 });

    await openDisk(cache);

    expect(cache.statistics.bytes).toBeLessThan(1024 * 1024);
  });

  it('of zeros is an empty disk', async () => {
    const image = load('fixed').fill(0, 0, -footerSize);

    expect(await openDisk(createBufferSource(image))).toMatchObject({ kind: 'not-read', reason: 'empty-disk' });
  });
});

/** A disk of one byte over and over, and a footer behind it. */
function sparse(size: number, footer: Uint8Array): DiskSource {
  const read = (offset: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length).fill(7);
    if (offset + length > size) bytes.set(footer.subarray(Math.max(0, offset - size), offset + length - size), Math.max(0, size - offset));
    return bytes;
  };
  return { size: size + footerSize, read: (offset, length) => Promise.resolve(read(offset, length)), close: () => Promise.resolve() };
}

describe('what is no fixed VHD', () => {
  it.each([
    ['dynamic', (): Uint8Array => load('dynamic'), 'unsupported', 'disk-format-not-read-yet', 'VHD dynamic'],
    ['differencing', (): Uint8Array => withFooter(load('dynamic'), (footer) => footer.setUint32(60, 4)), 'unsupported', 'disk-format-not-read-yet', 'VHD differencing'],
    ['of an unknown type', (): Uint8Array => withFooter(load('fixed'), (footer) => footer.setUint32(60, 9)), 'unsupported', 'disk-format-not-read-yet', 'VHD type 9'],
    ['dynamic and has lost its end', (): Uint8Array => load('dynamic').subarray(0, -1024), 'unreadable', 'truncated', 'VHD'],
  ])('a VHD that is %s is told, never read as raw', async (_, image, state, reason, detail) => {
    expect(await openDisk(createBufferSource(image()))).toEqual({ kind: 'not-read', state, reason, detail });
  });

  it.each([
    ['other bytes', 'something else'],
    ['the cookie in another place', '       conectix'],
    ['the cookie in capitals', 'CONECTIX'],
  ])('a raw disk with %s in its last sector stays raw and whole', async (_, text) => {
    const image = new Uint8Array(flat);
    image.set(Buffer.from(text), image.length - footerSize);

    const read = await contents(image);

    expect(read.format).toBe('raw');
    expect(read.bytes.equals(image)).toBe(true);
  });

  it.each([1, 100, 511, 512, 513])('a raw disk of %d bytes is raw', async (size) => {
    expect((await contents(new Uint8Array(size).fill(1))).format).toBe('raw');
  });
});

describe('a hostile VHD', () => {
  it('with one flipped bit anywhere in its footer is never read as another disk', async () => {
    const answers = new Set<string>();
    for (let at = 0; at < footerSize; at++) {
      const image = load('fixed');
      const place = image.length - footerSize + at;
      image[place] = (image[place] ?? 0) ^ 0x10;
      const answer = await contents(image).catch((error: unknown) => error);
      if (!(answer instanceof ChecksumMismatchError)) expect(answer).toMatchObject({ format: 'raw' });
      answers.add(answer instanceof Error ? answer.name : 'raw');
    }

    // Without its cookie it is a raw disk, one sector longer.
    expect([...answers].toSorted()).toEqual(['ChecksumMismatchError', 'raw']);
  });

  it.each([0n, 513n, BigInt(sectors * 512 + 512), 2n ** 53n, 2n ** 64n - 1n])('that promises %d bytes ends in a value or as damage', async (size) => {
    const image = withFooter(load('fixed'), (footer) => footer.setBigUint64(48, size));
    const opened = openDisk(createBufferSource(image));

    if (size === 0n) expect(await opened).toMatchObject({ reason: 'empty-disk' });
    else await expect(opened).rejects.toBeInstanceOf(CorruptStructureError);
  });

  it('cut anywhere near its end is no VHD, or says so', async () => {
    for (let cut = 1; cut <= 600; cut++) {
      const answer = await contents(load('fixed').subarray(0, -cut)).catch((error: unknown) => error);
      if (!(answer instanceof DomainError)) expect(answer).toMatchObject({ format: 'raw' });
    }
  });

  it('of a footer alone, or of a part of one, does not fail otherwise', async () => {
    const footer = load('fixed').subarray(-footerSize);

    await expect(openDisk(createBufferSource(footer))).rejects.toBeInstanceOf(CorruptStructureError);
    await expect(openDisk(createBufferSource(footer.subarray(0, 100)))).rejects.toBeInstanceOf(CorruptStructureError);
  });
});

const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;
if (!hasQemu) console.warn('SKIPPED (no qemu-img here): VHD beside qemu-img');

describe('beside qemu-img', () => {
  it.skipIf(!hasQemu).each([
    ['1M', ['subformat=fixed,force_size']],
    ['5M', ['subformat=fixed']],
  ])('a fixed VHD of %s (%j) holds what qemu-img takes out of it', async (size, options) => {
    const folder = mkdtempSync(join(tmpdir(), 'nodeward-vhd-'));
    const path = (name: string): string => join(folder, name);
    try {
      writeFileSync(path('raw'), Buffer.concat([flat, Buffer.alloc(5 * 1024 * 1024)]).subarray(0, parseInt(size) * 1024 * 1024));
      qemuImg(['convert', '-f', 'raw', '-O', 'vpc', '-o', options.join(), path('raw'), path('vhd')]);
      qemuImg(['convert', '-f', 'vpc', '-O', 'raw', path('vhd'), path('out')]);

      const read = await contents(readFileSync(path('vhd')));

      expect(read.format).toBe('vhd');
      expect(read.bytes.equals(readFileSync(path('out')))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function qemuImg(parameters: readonly string[]): void {
  execFileSync('qemu-img', parameters, { stdio: 'ignore' });
}
