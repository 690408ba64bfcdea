import { ByteReader } from '../../base/byte-reader.ts';
import { crc32c } from '../../base/crc32c.ts';
import { ChecksumMismatchError, CorruptStructureError } from '../../base/errors.ts';
import type { FileKind } from '../filesystem.ts';
import { incompatible } from './features.ts';
import { readInlineData } from './inline-data.ts';
import type { Superblock } from './superblock.ts';
import { type Ext4Volume, inodeTable, little32 } from './volume.ts';

export const rootInode = 2;

export const inodeFlags = { encrypted: 0x800, index: 0x1000, extents: 0x80000, inlineData: 0x10000000 } as const;

export interface Inode {
  readonly number: number;
  readonly kind: FileKind;
  /** Bytes. */
  readonly size: number;
  readonly flags: number;
  /** The 60 bytes that hold the root of the extent tree, block numbers, or a short link's target. */
  readonly data: Uint8Array;
  /** The contents, where the inode itself keeps them. */
  readonly inline: Uint8Array | undefined;
  /** What the checksums of this inode's blocks start from; undefined on a filesystem without them. */
  readonly checksumSeed: number | undefined;
}

/** Bits 12 to 15 of i_mode. */
const kinds: Readonly<Record<number, FileKind>> = { 0x4: 'directory', 0x8: 'file', 0xa: 'symbolic-link' };

const zeros = new Uint8Array(2);

export async function readInode(volume: Ext4Volume, number: number): Promise<Inode> {
  const { superblock, source } = volume;
  if (number < 1 || number > superblock.inodeCount) throw new CorruptStructureError(`ext4: inode ${number} of ${superblock.inodeCount}`, 0);
  const group = Math.floor((number - 1) / superblock.inodesPerGroup);
  const index = (number - 1) % superblock.inodesPerGroup;
  const offset = (await inodeTable(volume, group)) + index * superblock.inodeSize;
  const bytes = await source.read(offset, superblock.inodeSize);
  return parseInode(bytes, number, superblock, offset);
}

function parseInode(bytes: Uint8Array, number: number, superblock: Superblock, offset: number): Inode {
  const reader = new ByteReader(bytes, `ext4 inode ${number}`);
  const filesystemSeed = superblock.checksumSeed;
  const checksumSeed =
    filesystemSeed === undefined ? undefined : crc32c(crc32c(filesystemSeed, little32(number)), reader.bytes(0x64, 4));
  if (checksumSeed !== undefined) verify(bytes, reader, number, checksumSeed, offset);
  const mode = reader.u16(0x00);
  if (mode === 0 || reader.u16(0x1a) === 0) throw new CorruptStructureError(`ext4 inode ${number}: is not in use`, offset);
  const kind = kinds[mode >> 12] ?? 'other';
  const flags = reader.u32(0x20);
  const size = reader.u32(0x04) + (hasWideSize(kind, superblock) ? reader.u32(0x6c) * 2 ** 32 : 0);
  if (!Number.isSafeInteger(size)) throw new CorruptStructureError(`ext4 inode ${number}: size`, offset);
  const isInline = (flags & inodeFlags.inlineData) !== 0;
  if (isInline && (superblock.incompatible & incompatible.inlineData) === 0) {
    throw new CorruptStructureError(`ext4 inode ${number}: inline data on a filesystem without`, offset);
  }
  const inline = isInline ? readInlineData(reader, number) : undefined;
  return { number, kind, size, flags, data: new Uint8Array(reader.bytes(0x28, 60)), inline, checksumSeed };
}

/** ext2 keeps something else of directories in the upper half of their size. */
function hasWideSize(kind: FileKind, superblock: Superblock): boolean {
  return kind === 'file' || (superblock.incompatible & incompatible.largeDirectory) !== 0;
}

/** Both halves of the checksum count as zero; inodes of 128 bytes, or without room for it, have the low half only. */
function verify(bytes: Uint8Array, reader: ByteReader, number: number, seed: number, offset: number): void {
  const extra = bytes.length > 128 ? reader.u16(0x80) : 0;
  const hasHigh = extra >= 4;
  let sum = crc32c(seed, bytes, 0, 0x7c);
  sum = crc32c(sum, zeros);
  sum = crc32c(sum, bytes, 0x7e, hasHigh ? 0x82 : bytes.length);
  if (hasHigh) sum = crc32c(crc32c(sum, zeros), bytes, 0x84);
  const stored = reader.u16(0x7c) + (hasHigh ? reader.u16(0x82) * 2 ** 16 : 0);
  if ((hasHigh ? sum : sum & 0xffff) !== stored) throw new ChecksumMismatchError(`ext4 inode ${number}: checksum`, offset);
}
