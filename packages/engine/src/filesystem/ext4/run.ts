import { CorruptStructureError, LimitExceededError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Inode } from './inode.ts';

/** A run of blocks of a file; what no run covers reads as zeros. */
export interface Run {
  /** First block within the file. */
  readonly logical: number;
  /** First block within the filesystem; undefined where the run is allocated but reads as zeros. */
  readonly physical: number | undefined;
  readonly count: number;
}

/** Adds a run behind the others; checks it against them and the filesystem. */
export function appendRun(runs: Run[], run: Run, inode: Inode, blockCount: number): void {
  const previous = runs.at(-1);
  const free = previous === undefined ? 0 : previous.logical + previous.count;
  const inside = run.physical === undefined || (run.physical > 0 && run.physical + run.count <= blockCount);
  if (run.logical < free || run.count === 0 || !inside) {
    throw new CorruptStructureError(`ext4 inode ${inode.number}: block ${run.logical} at ${run.physical ?? 'nowhere'}`, 0);
  }
  if (runs.length >= limits.extentsPerFile) throw new LimitExceededError(`ext4 inode ${inode.number}: more than ${runs.length} extents`);
  runs.push(run);
}
