import { ChecksumMismatchError } from '../../../base/errors.ts';
import { checkRange } from '../../../source/check-range.ts';
import type { DiskSource } from '../../../source/disk-source.ts';
import type { Journal } from './journal.ts';
import { journalMagic } from './journal-superblock.ts';
import { isCopyIntact } from './tags.ts';

/** Where the newest content of a block lies. */
export interface Replayed {
  /** Block of the journal file. */
  readonly copy: number;
  readonly escaped: boolean;
  readonly checksum: number | undefined;
  readonly sequence: number;
}

/**
 * The file system as it is after replay. Nothing is copied: a block that was logged is read from the
 * journal when it is asked for, and its checksum is compared then.
 */
export function createOverlay(source: DiskSource, journal: Journal, blocks: ReadonlyMap<number, Replayed>): DiskSource {
  const { blockSize } = journal.superblock;
  return {
    size: source.size,
    read: async (offset, length) => {
      checkRange(source.size, offset, length);
      const logged = loggedIn(blocks, blockSize, offset, length);
      if (logged.length === 0) return source.read(offset, length);
      return compose({ source, journal, blocks, offset, length }, logged);
    },
    close: () => source.close(),
  };
}

function loggedIn(blocks: ReadonlyMap<number, Replayed>, blockSize: number, offset: number, length: number): readonly number[] {
  const found: number[] = [];
  for (let block = Math.floor(offset / blockSize); block * blockSize < offset + length; block++) if (blocks.has(block)) found.push(block);
  return found;
}

interface Request {
  readonly source: DiskSource;
  readonly journal: Journal;
  readonly blocks: ReadonlyMap<number, Replayed>;
  readonly offset: number;
  readonly length: number;
}

/** What lies between the logged blocks comes in one read each. */
async function compose({ source, journal, blocks, offset, length }: Request, logged: readonly number[]): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { blockSize } = journal.superblock;
  const end = offset + length;
  let at = offset;
  const copyPlain = async (to: number): Promise<void> => {
    if (to > at) bytes.set(await source.read(at, to - at), at - offset);
  };
  for (const block of logged) {
    const start = block * blockSize;
    await copyPlain(start);
    const from = Math.max(start, offset);
    const replayed = blocks.get(block);
    if (replayed !== undefined) bytes.set((await readCopy(journal, block, replayed)).subarray(from - start, end - start), from - offset);
    at = start + blockSize;
  }
  await copyPlain(end);
  return bytes;
}

export async function readCopy(journal: Journal, block: number, { copy, escaped, checksum, sequence }: Replayed): Promise<Uint8Array> {
  const bytes = await journal.read(copy);
  if (!isCopyIntact(bytes, checksum, sequence, journal.superblock)) {
    throw new ChecksumMismatchError(`journal: checksum of block ${block} in transaction ${sequence}`, block * journal.superblock.blockSize);
  }
  if (!escaped) return bytes;
  const original = new Uint8Array(bytes);
  new DataView(original.buffer).setUint32(0, journalMagic);
  return original;
}
