import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createBufferSource } from '../source/buffer-source.ts';
import { openFilesystem } from './open-filesystem.ts';
import { filesystemReaders } from './registry.ts';

function signed(at: number, bytes: string, length = 128 * 1024): Uint8Array {
  const head = new Uint8Array(length);
  head.set(Buffer.from(bytes, 'latin1'), at);
  return head;
}

describe('a filesystem that is not read', () => {
  it.each([
    ['xfs', 0, 'XFSB'],
    ['btrfs', 0x10040, '_BHRfS_M'],
    ['squashfs', 0, 'hsqs'],
    ['erofs', 1024, '\xe2\xe1\xf5\xe0'],
    ['vfat', 82, 'FAT32   '],
    ['vfat', 54, 'FAT16   '],
    ['ntfs', 3, 'NTFS    '],
  ])('is told as %s', async (detail, at, bytes) => {
    expect(await openFilesystem(createBufferSource(signed(at, bytes)))).toMatchObject({ kind: 'not-read', state: 'unsupported', reason: 'filesystem-not-read-yet', detail });
    expect((await openFilesystem(createBufferSource(signed(at, bytes, at + bytes.length)))).kind).toBe('not-read');
  });

  it('keeps label and UUID, by which fstab may call it', async () => {
    const image = signed(0, 'XFSB');
    image.set(Buffer.from('var'), 108);
    image[32] = 0xab;

    expect(await openFilesystem(createBufferSource(image))).toMatchObject({ label: 'var', uuid: 'ab000000-0000-0000-0000-000000000000' });
  });

  it.each([0, 1, 4096])('of %d unknown bytes is unknown', async (length) => {
    expect(await openFilesystem(createBufferSource(new Uint8Array(length).fill(7)))).toMatchObject({ kind: 'not-read', reason: 'filesystem-unknown' });
  });
});

it('the registry names every folder of a filesystem', () => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true }).filter((entry) => entry.isDirectory());

  expect(filesystemReaders.map((reader) => reader.id)).toEqual(folders.map((folder) => folder.name).toSorted());
});
