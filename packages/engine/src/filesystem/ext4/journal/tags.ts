import { ByteReader } from '../../../base/byte-reader.ts';
import { crc32c } from '../../../base/crc32c.ts';
import { CorruptStructureError } from '../../../base/errors.ts';
import type { JournalSuperblock } from './journal-superblock.ts';

const headerSize = 12;
const tailSize = 4;
const uuidSize = 16;
const revokeHeaderSize = 16;
const flags = { escaped: 0x1, sameUuid: 0x2, last: 0x8 } as const;

/** One block that a descriptor announces, in the order in which the copies follow. */
export interface Tag {
  /** Block of the file system. */
  readonly target: number;
  /** The copy begins with zeros in place of the journal's magic number. */
  readonly escaped: boolean;
  /** Of the copy: 32 bits of `v3`, 16 bits of `v2`. */
  readonly checksum: number | undefined;
}

/** Bytes of one tag, without the UUID that may follow it: journal_tag_bytes of the kernel. */
function tagSize({ checksums, hasWideNumbers }: JournalSuperblock): number {
  if (checksums === 'v3') return 16;
  return 8 + (hasWideNumbers ? 4 : 0) + (checksums === 'v2' ? 2 : 0);
}

function hasTail({ checksums }: JournalSuperblock): boolean {
  return checksums === 'v2' || checksums === 'v3';
}

export function parseTags(block: Uint8Array, superblock: JournalSuperblock): readonly Tag[] {
  const reader = new ByteReader(block, 'journal descriptor');
  const size = tagSize(superblock);
  const end = block.length - (hasTail(superblock) ? tailSize : 0);
  const tags: Tag[] = [];
  for (let at = headerSize; at + size <= end; ) {
    // The low half of the flags of `v3`, the flags of the others.
    const bits = reader.u16be(at + 6);
    tags.push(parseTag(reader, at, bits, superblock));
    if ((bits & flags.last) !== 0) break;
    at += size + ((bits & flags.sameUuid) === 0 ? uuidSize : 0);
  }
  return tags;
}

function parseTag(reader: ByteReader, at: number, bits: number, { checksums, hasWideNumbers }: JournalSuperblock): Tag {
  const high = hasWideNumbers ? reader.u32be(at + 8) : 0;
  const checksum = checksums === 'v3' ? reader.u32be(at + 12) : checksums === 'v2' ? reader.u16be(at + 4) : undefined;
  return { target: high * 2 ** 32 + reader.u32be(at), escaped: (bits & flags.escaped) !== 0, checksum };
}

/** Block numbers whose earlier copies must not be replayed. */
export function parseRevokes(block: Uint8Array, superblock: JournalSuperblock): readonly number[] {
  const reader = new ByteReader(block, 'journal revoke block');
  const used = reader.u32be(headerSize);
  if (used > block.length - (hasTail(superblock) ? tailSize : 0)) throw new CorruptStructureError(`journal revoke block: ${used} bytes`, headerSize);
  const size = superblock.hasWideNumbers ? 8 : 4;
  const revoked: number[] = [];
  for (let at = revokeHeaderSize; at + size <= used; at += size) {
    revoked.push(superblock.hasWideNumbers ? reader.u32be(at) * 2 ** 32 + reader.u32be(at + 4) : reader.u32be(at));
  }
  return revoked;
}

/** Whether the checksum in the last bytes of a descriptor or revoke block agrees; true where there is none. */
export function isIntact(block: Uint8Array, superblock: JournalSuperblock): boolean {
  if (!hasTail(superblock)) return true;
  const at = block.length - tailSize;
  const sum = crc32c(crc32c(superblock.seed, block, 0, at), new Uint8Array(tailSize));
  return sum === new ByteReader(block, 'journal block').u32be(at);
}

/** Whether a copy is the one that its tag speaks of; true where tags carry no checksum. */
export function isCopyIntact(copy: Uint8Array, checksum: number | undefined, sequence: number, { checksums, seed }: JournalSuperblock): boolean {
  if (checksum === undefined) return true;
  const sum = crc32c(crc32c(seed, Uint8Array.of(sequence >>> 24, (sequence >>> 16) & 0xff, (sequence >>> 8) & 0xff, sequence & 0xff)), copy);
  return (checksums === 'v3' ? sum : sum & 0xffff) === checksum;
}
