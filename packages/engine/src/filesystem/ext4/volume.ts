import { ByteReader } from '../../base/byte-reader.ts';
import { crc32c } from '../../base/crc32c.ts';
import { ChecksumMismatchError, CorruptStructureError } from '../../base/errors.ts';
import type { DiskSource } from '../../source/disk-source.ts';
import type { Superblock } from './superblock.ts';

const inodesUninitialised = 0x1;

/** A superblock with the bytes under it: everything is addressed through these functions. */
export interface Ext4Volume {
  readonly superblock: Superblock;
  readonly source: DiskSource;
}

/** `count` blocks; numbers outside the filesystem are damage, not a read error. */
export async function readBlocks({ superblock, source }: Ext4Volume, first: number, count: number): Promise<Uint8Array> {
  if (first <= 0 || first + count > superblock.blockCount) {
    throw new CorruptStructureError(`ext4: block ${first}+${count} outside of ${superblock.blockCount}`, first * superblock.blockSize);
  }
  return source.read(first * superblock.blockSize, count * superblock.blockSize);
}

/** Where the inode table of a group starts, in bytes from the start of the volume. */
export async function inodeTable(volume: Ext4Volume, group: number): Promise<number> {
  const { blockSize, firstDataBlock, descriptorSize, hasGroupFlags, blockCount } = volume.superblock;
  const offset = (firstDataBlock + 1) * blockSize + group * descriptorSize;
  const bytes = await volume.source.read(offset, descriptorSize);
  const reader = new ByteReader(bytes, 'ext4 group descriptor');
  verify(volume.superblock, group, bytes, reader, offset);
  if (hasGroupFlags && (reader.u16(0x12) & inodesUninitialised) !== 0) {
    throw new CorruptStructureError(`ext4: inode used in group ${group}, which has none`, offset);
  }
  const block = reader.u32(0x08) + (descriptorSize >= 64 ? reader.u32(0x28) * 2 ** 32 : 0);
  if (block === 0 || block >= blockCount) throw new CorruptStructureError(`ext4 group descriptor: inode table at block ${block}`, offset);
  return block * blockSize;
}

/** ext4 "Checksums": the low 16 bits, over the group number and the descriptor with its checksum zeroed. */
function verify(superblock: Superblock, group: number, bytes: Uint8Array, reader: ByteReader, offset: number): void {
  if (superblock.checksumSeed === undefined) return;
  let sum = crc32c(superblock.checksumSeed, little32(group));
  sum = crc32c(sum, bytes, 0, 0x1e);
  sum = crc32c(sum, zeros, 0, 2);
  sum = crc32c(sum, bytes, 0x20);
  if ((sum & 0xffff) !== reader.u16(0x1e)) throw new ChecksumMismatchError(`ext4 group descriptor ${group}: checksum`, offset);
}

const zeros = new Uint8Array(4);

export function little32(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
}
