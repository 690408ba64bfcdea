import { readBlockMap } from './block-map.ts';
import { readExtents } from './extents.ts';
import { type Inode, inodeFlags } from './inode.ts';
import type { Run } from './run.ts';
import type { Ext4Volume } from './volume.ts';

/** Bytes of one read: large files never stand twice in memory. */
const pieceSize = 4 * 1024 * 1024;

/** `length` bytes of a file from `start`, all of them within its size; holes and unwritten runs are zeros. */
export async function readFileData(volume: Ext4Volume, inode: Inode, start: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  if (length === 0) return bytes;
  if (inode.inline !== undefined) {
    // A file that was made longer without being written is longer than what it keeps.
    bytes.set(inode.inline.subarray(start, start + length));
    return bytes;
  }
  for (const run of await readRuns(volume, inode, start, length)) await copyRun(volume, run, start, bytes);
  return bytes;
}

/** The runs that hold `length` bytes from `start`, ascending; there may be others. */
export async function readRuns(volume: Ext4Volume, inode: Inode, start: number, length: number): Promise<readonly Run[]> {
  if ((inode.flags & inodeFlags.extents) !== 0) return readExtents(volume, inode);
  const { blockSize } = volume.superblock;
  return readBlockMap(volume, inode, Math.floor(start / blockSize), Math.ceil((start + length) / blockSize));
}

async function copyRun({ superblock, source }: Ext4Volume, run: Run, start: number, into: Uint8Array): Promise<void> {
  if (run.physical === undefined) return;
  const runStart = run.logical * superblock.blockSize;
  const to = Math.min(start + into.length, runStart + run.count * superblock.blockSize);
  for (let at = Math.max(start, runStart); at < to; at += pieceSize) {
    const length = Math.min(pieceSize, to - at);
    into.set(await source.read(run.physical * superblock.blockSize + (at - runStart), length), at - start);
  }
}
