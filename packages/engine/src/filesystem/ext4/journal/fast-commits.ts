import { ByteReader } from '../../../base/byte-reader.ts';
import type { Journal } from './journal.ts';

const headTag = 9;
const tagSize = 4;
const headSize = 8;

/**
 * Whether fast commits follow the last full one. They begin with a head that names the transaction in
 * which they belong ("ext4 Data Structures and Algorithms", Fast Commits); those of older ones are void.
 */
export async function hasFastCommits({ superblock, read }: Journal, nextSequence: number): Promise<boolean> {
  if (superblock.fastCommits === undefined) return false;
  const reader = new ByteReader(await read(superblock.fastCommits), 'journal fast commit');
  return reader.u16(0) === headTag && reader.u16(2) >= headSize && reader.u32(tagSize + 4) === nextSequence;
}
