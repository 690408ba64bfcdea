import { ByteReader } from '../../base/byte-reader.ts';
import { CorruptStructureError } from '../../base/errors.ts';
import type { Inode } from './inode.ts';
import { appendRun, type Run } from './run.ts';
import { type Ext4Volume, readBlocks } from './volume.ts';

/** How many levels of map blocks lie below each of the 15 numbers in the inode. */
const heights = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3] as const;
const numberSize = 4;

interface Walk {
  readonly volume: Ext4Volume;
  readonly inode: Inode;
  readonly from: number;
  readonly to: number;
  readonly runs: Run[];
}

/**
 * The runs of a file of ext2 or ext3 that touch its blocks `from` to `to` ("ext4 Data Structures and
 * Algorithms", Direct/Indirect Block Addressing). Only map blocks above that range are read, so that
 * the range bounds the work whatever the numbers say; the height bounds the depth.
 */
export async function readBlockMap(volume: Ext4Volume, inode: Inode, from: number, to: number): Promise<readonly Run[]> {
  const walk: Walk = { volume, inode, from, to, runs: [] };
  const numbers = new ByteReader(inode.data, `ext4 block map of inode ${inode.number}`);
  const fanOut = volume.superblock.blockSize / numberSize;
  let logical = 0;
  for (const [index, height] of heights.entries()) {
    await visit(walk, numbers.u32(index * numberSize), height, logical);
    logical += fanOut ** height;
  }
  if (to > logical) throw new CorruptStructureError(`ext4 inode ${inode.number}: block ${to - 1} is more than a block map can hold`, 0);
  return walk.runs;
}

async function visit(walk: Walk, block: number, height: number, logical: number): Promise<void> {
  const { volume, inode, from, to, runs } = walk;
  const fanOut = volume.superblock.blockSize / numberSize;
  const span = fanOut ** height;
  if (block === 0 || logical >= to || logical + span <= from) return;
  if (height === 0) {
    appendRun(runs, { logical, physical: block, count: 1 }, inode, volume.superblock.blockCount);
    joinLastTwo(runs);
    return;
  }
  const numbers = new ByteReader(await readBlocks(volume, block, 1), `ext4 block map of inode ${inode.number}`);
  const step = span / fanOut;
  const last = Math.min(fanOut, Math.ceil((to - logical) / step));
  for (let index = Math.max(0, Math.floor((from - logical) / step)); index < last; index++) {
    const below = numbers.u32(index * numberSize);
    if (below !== 0) await visit(walk, below, height - 1, logical + index * step);
  }
}

/** A block map tells every block: neighbours are read together. */
function joinLastTwo(runs: Run[]): void {
  const [one, two] = runs.slice(-2);
  if (one?.physical === undefined || two?.physical === undefined) return;
  if (two.logical !== one.logical + one.count || two.physical !== one.physical + one.count) return;
  runs.splice(-2, 2, { ...one, count: one.count + two.count });
}
