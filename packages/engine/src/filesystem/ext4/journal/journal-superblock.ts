import { ByteReader } from '../../../base/byte-reader.ts';
import { crc32c } from '../../../base/crc32c.ts';
import { ChecksumMismatchError, CorruptStructureError, UnsupportedFeatureError } from '../../../base/errors.ts';

/** All numbers of a journal are big-endian ("ext4 Data Structures and Algorithms", Journal (jbd2)). */
export const journalMagic = 0xc03b3998;
export const blockTypes = { descriptor: 1, commit: 2, superblockV1: 3, superblockV2: 4, revoke: 5 } as const;

const superblockSize = 1024;
const checksumOffset = 0xfc;
const crc32cType = 4;
const compatibleChecksum = 0x1;
const features = { revoke: 0x1, wide: 0x2, asyncCommit: 0x4, checksumV2: 0x8, checksumV3: 0x10, fastCommit: 0x20 } as const;
const knownFeatures = 0x3f;
/** JBD2_DEFAULT_FAST_COMMIT_BLOCKS and JBD2_MIN_JOURNAL_BLOCKS of the kernel's jbd2.h. */
const defaultFastCommitBlocks = 256;
const minimumBlocks = 1024;

/** `commit`: one sum per transaction, in its commit block; `v2`, `v3`: one sum per block. */
export type JournalChecksums = 'none' | 'commit' | 'v2' | 'v3';

export interface JournalSuperblock {
  readonly blockSize: number;
  /** Blocks of the journal file between which the log runs in a circle: from `first`, before `last`. */
  readonly first: number;
  readonly last: number;
  /** Where the oldest transaction that may not be in place begins; 0 where the log is empty. */
  readonly start: number;
  readonly sequence: number;
  readonly hasWideNumbers: boolean;
  readonly hasAsyncCommit: boolean;
  readonly checksums: JournalChecksums;
  readonly seed: number;
  /** Where fast commits begin; undefined where the journal has no place for them. */
  readonly fastCommits: number | undefined;
}

/** `blockSize` and `blocks` are the file system's and the journal file's. */
export function parseJournalSuperblock(bytes: Uint8Array, blockSize: number, blocks: number): JournalSuperblock {
  const reader = new ByteReader(bytes.subarray(0, superblockSize), 'journal superblock');
  const type = reader.u32be(4);
  if (reader.u32be(0) !== journalMagic) throw bad('magic number', 0);
  if (type !== blockTypes.superblockV1 && type !== blockTypes.superblockV2) throw bad(`block type ${type}`, 4);
  const isV2 = type === blockTypes.superblockV2;
  const bits = isV2 ? reader.u32be(0x28) : 0;
  if ((bits & ~knownFeatures) !== 0) throw new UnsupportedFeatureError(`journal feature 0x${((bits & ~knownFeatures) >>> 0).toString(16)}`);
  const checksums = checksumsOf(reader, bits, isV2);
  if (checksums === 'v2' || checksums === 'v3') verify(reader, bytes);
  return {
    ...parseLog(reader, blockSize, blocks, (bits & features.fastCommit) !== 0),
    hasWideNumbers: (bits & features.wide) !== 0,
    hasAsyncCommit: (bits & features.asyncCommit) !== 0,
    checksums,
    seed: crc32c(0xffffffff, reader.bytes(0x30, 16)),
  };
}

function checksumsOf(reader: ByteReader, bits: number, isV2: boolean): JournalChecksums {
  const v2 = (bits & features.checksumV2) !== 0;
  const v3 = (bits & features.checksumV3) !== 0;
  const old = isV2 && (reader.u32be(0x24) & compatibleChecksum) !== 0;
  if (Number(v2) + Number(v3) + Number(old) > 1) throw bad('more than one kind of checksum', 0x28);
  if (v2 || v3) return v3 ? 'v3' : 'v2';
  return old ? 'commit' : 'none';
}

function verify(reader: ByteReader, bytes: Uint8Array): void {
  if (reader.u8(0x50) !== crc32cType) throw bad(`checksum type ${reader.u8(0x50)}`, 0x50);
  let sum = crc32c(0xffffffff, bytes, 0, checksumOffset);
  sum = crc32c(crc32c(sum, new Uint8Array(4)), bytes, checksumOffset + 4, superblockSize);
  if (sum !== reader.u32be(checksumOffset)) throw new ChecksumMismatchError('journal superblock: checksum', checksumOffset);
}

function parseLog(reader: ByteReader, blockSize: number, blocks: number, hasFastCommits: boolean) {
  const end = reader.u32be(0x10);
  const first = reader.u32be(0x14);
  const start = reader.u32be(0x1c);
  if (reader.u32be(0x0c) !== blockSize) throw bad(`blocks of ${reader.u32be(0x0c)} bytes`, 0x0c);
  if (end > blocks) throw bad(`${end} blocks in a file of ${blocks}`, 0x10);
  const kept = hasFastCommits ? reader.u32be(0x54) || defaultFastCommitBlocks : 0;
  const last = end - kept >= minimumBlocks ? end - kept : end;
  if (first === 0 || first >= last) throw bad(`log from block ${first} to ${last}`, 0x14);
  if (start !== 0 && (start < first || start >= last)) throw bad(`start at block ${start}`, 0x1c);
  return { blockSize, first, last, start, sequence: reader.u32be(0x18), fastCommits: hasFastCommits && last + 1 < end ? last + 1 : undefined };
}

function bad(what: string, offset: number): CorruptStructureError {
  return new CorruptStructureError(`journal superblock: ${what}`, offset);
}
