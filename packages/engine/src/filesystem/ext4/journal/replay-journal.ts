import { ByteReader } from '../../../base/byte-reader.ts';
import { CorruptStructureError, LimitExceededError, UnsupportedFeatureError } from '../../../base/errors.ts';
import { type NotRead, notRead } from '../../../base/not-read.ts';
import type { DiskSource } from '../../../source/disk-source.ts';
import { flavour } from '../superblock.ts';
import type { Ext4Volume } from '../volume.ts';
import { hasFastCommits } from './fast-commits.ts';
import { type Journal, openJournal } from './journal.ts';
import { createOverlay, readCopy, type Replayed } from './overlay.ts';
import { type ScannedLog, scanLog } from './scan-log.ts';

const journalInodeOffset = 0xe0;

export interface ReplayedJournal {
  readonly kind: 'replayed';
  /** The file system's bytes with the journal's on top. */
  readonly source: DiskSource;
  readonly transactions: number;
  readonly blocks: number;
}

/**
 * Replays the journal of a file system that was not unmounted, into memory: what the kernel does at
 * mount. Only where the journal lies is kept, no block of it. What the kernel would refuse is not read.
 */
export async function replayJournal(volume: Ext4Volume, superblockBytes: Uint8Array): Promise<ReplayedJournal | NotRead> {
  const inode = new ByteReader(superblockBytes, 'ext4 superblock').u32(journalInodeOffset);
  if (inode === 0) return refuse(volume, 'external journal');
  try {
    return await replay(volume, inode);
  } catch (error) {
    const isAboutJournal = error instanceof CorruptStructureError || error instanceof LimitExceededError || error instanceof UnsupportedFeatureError;
    if (!isAboutJournal) throw error;
    return refuse(volume, error.message);
  }
}

function refuse({ superblock }: Ext4Volume, why: string): NotRead {
  return notRead('unsupported', 'journal-not-replayed', `${flavour(superblock)}: ${why}`);
}

async function replay(volume: Ext4Volume, inode: number): Promise<ReplayedJournal | NotRead> {
  const journal = await openJournal(volume, inode);
  if (journal.superblock.start === 0) return { kind: 'replayed', source: volume.source, transactions: 0, blocks: 0 };
  const log = await scanLog(journal);
  if (await hasFastCommits(journal, log.nextSequence)) return refuse(volume, 'fast_commit');
  const blocks = newestCopies(log, volume.superblock.blockCount);
  // With asynchronous commits a commit block says nothing of the blocks before it.
  if (journal.superblock.hasAsyncCommit) await verifyAll(journal, blocks);
  return { kind: 'replayed', source: createOverlay(volume.source, journal, blocks), transactions: log.transactions.length, blocks: blocks.size };
}

async function verifyAll(journal: Journal, blocks: ReadonlyMap<number, Replayed>): Promise<void> {
  for (const [block, replayed] of blocks) await readCopy(journal, block, replayed);
}

function newestCopies({ transactions }: ScannedLog, blockCount: number): ReadonlyMap<number, Replayed> {
  const revokedAt = new Map<number, number>();
  for (const { sequence, revoked } of transactions) for (const target of revoked) revokedAt.set(target, sequence);
  const newest = new Map<number, Replayed>();
  for (const { sequence, blocks } of transactions) {
    for (const { target, copy, escaped, checksum } of blocks) {
      if (target >= blockCount) throw new CorruptStructureError(`journal: block ${target} of ${blockCount}`, 0);
      const revoked = revokedAt.get(target);
      // Revoked by a transaction of its own or a later one. Sequences wrap round at 32 bits.
      if (revoked !== undefined && ((revoked - sequence) | 0) >= 0) continue;
      newest.set(target, { copy, escaped, checksum, sequence });
    }
  }
  return newest;
}
