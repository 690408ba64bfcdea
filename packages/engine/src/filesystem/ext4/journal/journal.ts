import { CorruptStructureError } from '../../../base/errors.ts';
import { readRuns } from '../file-data.ts';
import { readInode } from '../inode.ts';
import type { Run } from '../run.ts';
import { type Ext4Volume, readBlocks } from '../volume.ts';
import { type JournalSuperblock, parseJournalSuperblock } from './journal-superblock.ts';

/** An opened journal: its superblock, and its blocks by their number in the journal file. */
export interface Journal {
  readonly superblock: JournalSuperblock;
  readonly read: (block: number) => Promise<Uint8Array>;
  /** The block of the file system that holds a block of the journal. */
  readonly place: (block: number) => number;
}

/** The journal in a file of the file system itself, as the inode on disk describes it: replay comes after. */
export async function openJournal(volume: Ext4Volume, inodeNumber: number): Promise<Journal> {
  const inode = await readInode(volume, inodeNumber);
  if (inode.kind !== 'file') throw new CorruptStructureError(`journal inode ${inodeNumber}: is no file`, 0);
  const { blockSize } = volume.superblock;
  const runs = await readRuns(volume, inode, 0, inode.size);
  const place = (block: number): number => placeIn(runs, block);
  const read = (block: number): Promise<Uint8Array> => readBlocks(volume, place(block), 1);
  return { superblock: parseJournalSuperblock(await read(0), blockSize, Math.floor(inode.size / blockSize)), read, place };
}

/** Binary search: the journal of an old file system is a run of its own for every hole in it. */
function placeIn(runs: readonly Run[], block: number): number {
  let low = 0;
  let high = runs.length - 1;
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    const run = runs[middle];
    if (run === undefined) break;
    if (block < run.logical) high = middle - 1;
    else if (block >= run.logical + run.count) low = middle + 1;
    else if (run.physical === undefined) break;
    else return run.physical + (block - run.logical);
  }
  throw new CorruptStructureError(`journal: block ${block} is nowhere`, 0);
}
