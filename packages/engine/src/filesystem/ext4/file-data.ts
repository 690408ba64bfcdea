import { type Extent, readExtents } from './extents.ts';
import type { Inode } from './inode.ts';
import type { Ext4Volume } from './volume.ts';

/** Bytes of one read: large files never stand twice in memory. */
const pieceSize = 4 * 1024 * 1024;

/** `length` bytes of a file from `start`, all of them within its size; holes and unwritten extents are zeros. */
export async function readFileData(volume: Ext4Volume, inode: Inode, start: number, length: number): Promise<Uint8Array> {
  if (length === 0) return new Uint8Array(0);
  const extents = await readExtents(volume, inode);
  const bytes = new Uint8Array(length);
  for (const extent of extents) await copyExtent(volume, extent, start, bytes);
  return bytes;
}

async function copyExtent({ superblock, source }: Ext4Volume, extent: Extent, start: number, into: Uint8Array): Promise<void> {
  if (extent.physical === undefined) return;
  const extentStart = extent.logical * superblock.blockSize;
  const to = Math.min(start + into.length, extentStart + extent.count * superblock.blockSize);
  for (let at = Math.max(start, extentStart); at < to; at += pieceSize) {
    const length = Math.min(pieceSize, to - at);
    into.set(await source.read(extent.physical * superblock.blockSize + (at - extentStart), length), at - start);
  }
}
