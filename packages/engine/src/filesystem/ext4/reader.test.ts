import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ChecksumMismatchError, CorruptStructureError, SourceTruncatedError } from '../../base/errors.ts';
import { createBufferSource } from '../../source/buffer-source.ts';
import { loadFixture } from '../../source/load-fixture-for-tests.ts';
import { type Expectations, itReadsLikeAFilesystem, loadExpectations, openForTest } from '../filesystem.contract.ts';
import { ext4Reader } from './reader.ts';

const expectations = (name: string): Expectations => loadExpectations(new URL(`fixtures/${name}.json`, import.meta.url));
const expected = expectations('expected');
const mapped = expectations('expected-mapped');
const inline = expectations('expected-inline');
const load = (name: string): Uint8Array => loadFixture(new URL(`fixtures/${name}/volume.img.zst`, import.meta.url));

const wholeTrees = [
  ['blocks-1k', expected, 'ext4'],
  ['blocks-2k', expected, 'ext4'],
  ['blocks-4k', expected, 'ext4'],
  ['inode-128', expected, 'ext4'],
  ['no-checksums', expected, 'ext4'],
  ['ext2', mapped, 'ext2'],
  ['ext2-revision-0', expectations('expected-revision-0'), 'ext2'],
  ['ext3', mapped, 'ext3'],
  ['inline-data', inline, 'ext4'],
  ['inline-data-1k', inline, 'ext4'],
] as const;
for (const [name, tree] of wholeTrees) itReadsLikeAFilesystem({ name, reader: ext4Reader, load: () => load(name), expected: tree });

it.each(wholeTrees)('%s is called by its own name', async (name, _, kind) => {
  expect((await openForTest(ext4Reader, load(name))).kind).toBe(kind);
});

describe('ext4 that is not read', () => {
  it.each([
    ['bigalloc', 'filesystem-feature-unsupported', 'ext4: bigalloc'],
    ['meta-bg', 'filesystem-feature-unsupported', 'ext4: meta_bg'],
    ['casefold', 'filesystem-feature-unsupported', 'ext4: casefold'],
  ])('%s is unsupported by name', async (name, reason, detail) => {
    const opened = await ext4Reader.open(createBufferSource(load(name)));

    expect(opened).toMatchObject({ kind: 'not-read', state: 'unsupported', reason, detail });
  });
});

/** Offsets inside the fixture of 1 KiB blocks, found by its own numbers. */
function u32(image: Uint8Array, at: number): number {
  return new DataView(image.buffer, image.byteOffset).getUint32(at, true);
}

function inodeOffset(image: Uint8Array, inode: number): number {
  const table = u32(image, 2 * 1024 + 8);
  return table * 1024 + (inode - 1) * 256;
}

/** As debugfs told them when the fixture was made. */
function inodes(name: string): { fragmented: number; many: number } {
  return z.object({ fragmented: z.number(), many: z.number() }).parse(JSON.parse(readFileSync(new URL(`fixtures/${name}/inodes.json`, import.meta.url), 'utf8')));
}

describe('damage to ext4', () => {
  it.each([
    ['the superblock', (): number => 1024 + 0x78],
    ['a group descriptor', (): number => 2 * 1024 + 0x0c],
    ['the root inode', (image: Uint8Array): number => inodeOffset(image, 2) + 0x10],
    ['the root directory', (image: Uint8Array): number => u32(image, inodeOffset(image, 2) + 0x28 + 20) * 1024 + 0x30],
  ])('one flipped bit in %s is a checksum mismatch', async (_, place) => {
    const image = load('blocks-1k');
    const at = place(image);
    image[at] = (image[at] ?? 0) ^ 0x40;

    await expect(openForTest(ext4Reader, image).then((filesystem) => filesystem.readFile('/etc/os-release'))).rejects.toBeInstanceOf(ChecksumMismatchError);
  });

  it('one flipped bit in an extent block or an htree node is a checksum mismatch', async () => {
    const image = load('blocks-1k');
    const { fragmented, many } = inodes('blocks-1k');
    const extentBlock = u32(image, inodeOffset(image, fragmented) + 0x28 + 16) * 1024;
    const htreeRoot = u32(image, inodeOffset(image, many) + 0x28 + 20) * 1024;
    for (const at of [extentBlock + 14, htreeRoot + 0x24]) image[at] = (image[at] ?? 0) ^ 0x01;
    const filesystem = await openForTest(ext4Reader, image);

    await expect(filesystem.readFile('/fragmented.bin')).rejects.toBeInstanceOf(ChecksumMismatchError);
    await expect(filesystem.readDirectory('/many')).rejects.toBeInstanceOf(ChecksumMismatchError);
  });

  it('an extent tree that leads back to itself ends', async () => {
    const image = load('no-checksums');
    const inode = inodes('no-checksums').fragmented;
    const root = inodeOffset(image, inode) + 0x28;
    const child = u32(image, root + 16);
    // The first entry of the node below the root points at that node.
    new DataView(image.buffer).setUint32(child * 1024 + 16, child, true);
    const filesystem = await openForTest(ext4Reader, image);

    await expect(filesystem.readFile('/fragmented.bin')).rejects.toBeInstanceOf(CorruptStructureError);
  });

  it('a directory that contains its own ancestor ends', async () => {
    const filesystem = await openForTest(ext4Reader, load('loop'));

    expect(await filesystem.readFile('/a/b/c/file')).toBeDefined();
    await expect(filesystem.status('/a/b/loop/b')).rejects.toBeInstanceOf(CorruptStructureError);
  });

  it('a volume shorter than its filesystem is truncated, not read as far as it goes', async () => {
    const image = load('blocks-4k');

    await expect(ext4Reader.open(createBufferSource(image.subarray(0, image.length - 4096)))).rejects.toBeInstanceOf(SourceTruncatedError);
  });
});

describe.each(wholeTrees)('%s beside the kernel', (name, tree) => {
  it('gives what the kernel gives', ({ skip }) => {
    const folder = mkdtempSync(join(tmpdir(), 'nodeward-mount-'));
    const image = join(folder, 'image');
    const mounted = join(folder, 'mounted');
    writeFileSync(image, load(name));
    try {
      execFileSync('mkdir', [mounted]);
      execFileSync('mount', ['-o', 'loop,ro', image, mounted], { stdio: 'ignore' });
    } catch {
      rmSync(folder, { recursive: true });
      console.warn(`SKIPPED (no loop mount here): ${name}`);
      return skip();
    }
    try {
      for (const [path, { sha256 }] of Object.entries(tree.files)) {
        expect(createHash('sha256').update(readFileSync(mounted + path)).digest('hex')).toBe(sha256);
      }
    } finally {
      execFileSync('umount', [mounted]);
      rmSync(folder, { recursive: true });
    }
  });
});
