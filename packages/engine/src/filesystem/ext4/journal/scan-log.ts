import { ByteReader } from '../../../base/byte-reader.ts';
import { crc32c } from '../../../base/crc32c.ts';
import { ChecksumMismatchError, CorruptStructureError, LimitExceededError } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';
import { crc32be } from './crc32-be.ts';
import type { Journal } from './journal.ts';
import { blockTypes, journalMagic, type JournalSuperblock } from './journal-superblock.ts';
import { isIntact, parseRevokes, parseTags, type Tag } from './tags.ts';

/** A block of a committed transaction, and where in the journal file its copy is. */
export interface LoggedBlock extends Tag {
  readonly copy: number;
}

export interface Transaction {
  readonly sequence: number;
  readonly blocks: readonly LoggedBlock[];
  readonly revoked: readonly number[];
}

export interface ScannedLog {
  readonly transactions: readonly Transaction[];
  /** Of the transaction that would have come next. */
  readonly nextSequence: number;
}

interface Scan {
  readonly journal: Journal;
  readonly transactions: Transaction[];
  /** Of the transaction whose commit block has not been met. */
  blocks: LoggedBlock[];
  revoked: number[];
  sequence: number;
  position: number;
  visited: number;
  kept: number;
  /** A descriptor or revoke block disagreed with its checksum: the rest of an older round of the log, or damage; the time of the commit block tells. */
  isDoubtful: boolean;
  lastCommitTime: number;
  /** Running sum of the oldest checksums. */
  sum: number;
  /** With asynchronous commits the last transaction may be torn; once it was, nothing may follow. */
  tornAt: number | undefined;
}

/**
 * The transactions that were committed and may not be in place, oldest first; what the kernel's
 * do_one_pass(PASS_SCAN) accepts. What makes the kernel refuse the whole journal throws.
 */
export async function scanLog(journal: Journal): Promise<ScannedLog> {
  const { sequence, start } = journal.superblock;
  const scan: Scan = {
    journal, transactions: [], blocks: [], revoked: [], sequence, position: start, visited: 0, kept: 0,
    isDoubtful: false, lastCommitTime: 0, sum: 0xffffffff, tornAt: undefined,
  };
  while (await step(scan));
  return { transactions: scan.transactions, nextSequence: scan.tornAt ?? scan.sequence };
}

/** One control block with all that it announces; false at the end of the log. */
async function step(scan: Scan): Promise<boolean> {
  const block = await scan.journal.read(advance(scan));
  const reader = new ByteReader(block, 'journal block');
  if (reader.u32be(0) !== journalMagic || reader.u32be(8) !== scan.sequence) return false;
  switch (reader.u32be(4)) {
    case blockTypes.descriptor:
      await passDescriptor(scan, block);
      return true;
    case blockTypes.revoke:
      passRevoke(scan, block);
      return true;
    case blockTypes.commit:
      return passCommit(scan, block, reader);
    default:
      return false;
  }
}

/** The next block of the circle. A log longer than its circle is damage: that, and not the sequence, ends every cycle. */
function advance(scan: Scan): number {
  const { first, last } = scan.journal.superblock;
  scan.visited++;
  if (scan.visited > last - first) throw new CorruptStructureError('journal: the log runs into itself', 0);
  const { position } = scan;
  scan.position = position + 1 >= last ? first : position + 1;
  return position;
}

async function passDescriptor(scan: Scan, block: Uint8Array): Promise<void> {
  const { journal } = scan;
  if (!isIntact(block, journal.superblock)) scan.isDoubtful = true;
  const isSummed = journal.superblock.checksums === 'commit' && scan.tornAt === undefined;
  if (isSummed) scan.sum = crc32be(scan.sum, block);
  for (const tag of parseTags(block, journal.superblock)) {
    const copy = advance(scan);
    if (isSummed) scan.sum = crc32be(scan.sum, await journal.read(copy));
    keep(scan, limits.journalBlocks, 'blocks');
    scan.blocks.push({ ...tag, copy });
  }
}

function passRevoke(scan: Scan, block: Uint8Array): void {
  const { superblock } = scan.journal;
  if (!isIntact(block, superblock)) {
    scan.isDoubtful = true;
    return;
  }
  for (const target of parseRevokes(block, superblock)) {
    keep(scan, limits.journalBlocks, 'revoked blocks');
    scan.revoked.push(target);
  }
}

function keep(scan: Scan, limit: number, what: string): void {
  scan.kept++;
  if (scan.kept > limit) throw new LimitExceededError(`journal: more than ${limit} ${what}`);
}

function passCommit(scan: Scan, block: Uint8Array, reader: ByteReader): boolean {
  const time = reader.u32be(48) * 2 ** 32 + reader.u32be(52);
  const isOlder = time < scan.lastCommitTime;
  const isGood = !scan.isDoubtful && isCommitIntact(block, reader, scan);
  if (!isGood) {
    if (isOlder) return false;
    if (scan.isDoubtful || !scan.journal.superblock.hasAsyncCommit) throw mismatch(scan.sequence);
    scan.tornAt ??= scan.sequence;
  } else {
    if (scan.tornAt !== undefined) throw mismatch(scan.tornAt);
    scan.transactions.push({ sequence: scan.sequence, blocks: scan.blocks, revoked: scan.revoked });
    scan.lastCommitTime = time;
  }
  scan.blocks = [];
  scan.revoked = [];
  scan.sum = 0xffffffff;
  scan.sequence = (scan.sequence + 1) >>> 0;
  return true;
}

function mismatch(sequence: number): ChecksumMismatchError {
  return new ChecksumMismatchError(`journal: checksum of transaction ${sequence}`, 0);
}

/** The header of a commit block: h_chksum_type, h_chksum_size, h_chksum[8], the time in seconds and nanoseconds. */
const commitHeaderSize = 60;
const sumOffset = 16;

function isCommitIntact(block: Uint8Array, reader: ByteReader, { journal: { superblock }, sum }: Scan): boolean {
  const stored = reader.u32be(sumOffset);
  switch (superblock.checksums) {
    case 'none':
      return true;
    case 'commit':
      return (stored === sum && reader.u8(12) === 1 && reader.u8(13) === 4) || (stored === 0 && reader.u8(12) === 0 && reader.u8(13) === 0);
    case 'v2':
    case 'v3':
      return stored === sumOf(block, superblock) || stored === sumOf(headOf(block), superblock);
  }
}

function sumOf(block: Uint8Array, { seed }: JournalSuperblock): number {
  return crc32c(crc32c(crc32c(seed, block, 0, sumOffset), new Uint8Array(4)), block, sumOffset + 4);
}

/** Some kernels summed a block of zeros behind the header and wrote an older one: jbd2_commit_block_csum_verify_partial. */
function headOf(block: Uint8Array): Uint8Array {
  const head = new Uint8Array(block.length);
  head.set(block.subarray(0, commitHeaderSize));
  return head;
}
