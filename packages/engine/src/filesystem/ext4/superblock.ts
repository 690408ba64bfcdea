import { ByteReader } from '../../base/byte-reader.ts';
import { crc32c } from '../../base/crc32c.ts';
import { ChecksumMismatchError, CorruptStructureError } from '../../base/errors.ts';
import { formatUuid } from '../format-uuid.ts';
import { compatible, incompatible, readOnlyCompatible } from './features.ts';

/** Bytes from the start of the volume ("ext4 Data Structures and Algorithms", The Super Block). */
export const superblockOffset = 1024;
export const superblockSize = 1024;
const checksumOffset = 0x3fc;
const crc32cType = 1;
/** filetype, needs_recovery, meta_bg; sparse_super, large_file, btree_dir. */
const ext3Incompatible = 0x2 | 0x4 | 0x10;
const ext3ReadOnlyCompatible = 0x1 | 0x2 | 0x4;

/** What can be told before any number is believed: a feature that is not read may change what the numbers mean. */
export interface Identity {
  readonly compatible: number;
  readonly incompatible: number;
  readonly readOnlyCompatible: number;
  readonly label: string;
  readonly uuid: string;
}

export interface Superblock extends Identity {
  readonly blockSize: number;
  readonly blockCount: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly inodesPerGroup: number;
  readonly inodeCount: number;
  readonly inodeSize: number;
  readonly groupCount: number;
  readonly descriptorSize: number;
  /** Set where every structure carries a CRC-32C: what each checksum starts from. */
  readonly checksumSeed: number | undefined;
  /** Group descriptors carry flags only where some checksum guards them. */
  readonly hasGroupFlags: boolean;
}

export function isExt(head: Uint8Array): boolean {
  return head.length >= superblockOffset + superblockSize && new ByteReader(head, 'ext4 superblock').u16(superblockOffset + 0x38) === 0xef53;
}

export function parseIdentity(bytes: Uint8Array): Identity {
  const reader = new ByteReader(bytes, 'ext4 superblock');
  if (isChecksummed(reader.u32(0x64))) verify(reader, bytes);
  return {
    compatible: reader.u32(0x5c),
    incompatible: reader.u32(0x60),
    readOnlyCompatible: reader.u32(0x64),
    label: reader.latin1(0x78, 16).split('\0', 1)[0] ?? '',
    uuid: formatUuid(reader.bytes(0x68, 16)),
  };
}

export function parseSuperblock(bytes: Uint8Array, identity: Identity): Superblock {
  const reader = new ByteReader(bytes, 'ext4 superblock');
  const checksummed = isChecksummed(identity.readOnlyCompatible);
  return {
    ...parseGeometry(reader, identity.incompatible),
    ...identity,
    checksumSeed: checksummed ? seed(reader, identity.incompatible) : undefined,
    hasGroupFlags: checksummed || (identity.readOnlyCompatible & readOnlyCompatible.groupChecksum) !== 0,
  };
}

function isChecksummed(readOnlyBits: number): boolean {
  return (readOnlyBits & readOnlyCompatible.metadataChecksum) !== 0;
}

/** What it takes to find anything; every number is checked against the others before it is used. */
function parseGeometry(reader: ByteReader, features: number) {
  const wide = (features & incompatible.wideBlockNumbers) !== 0;
  const logarithm = reader.u32(0x18);
  if (logarithm > 6) throw bad(`block size 1024 << ${logarithm}`, 0x18);
  const blockSize = 1024 << logarithm;
  const blockCount = reader.u32(0x04) + (wide ? reader.u32(0x150) * 2 ** 32 : 0);
  const firstDataBlock = reader.u32(0x14);
  const blocksPerGroup = reader.u32(0x20);
  const inodesPerGroup = reader.u32(0x28);
  const inodeCount = reader.u32(0x00);
  // Revision 0 filesystems have no such field.
  const inodeSize = reader.u32(0x4c) === 0 ? 128 : reader.u16(0x58);
  const descriptorSize = wide ? reader.u16(0xfe) : 32;
  if (firstDataBlock !== (blockSize === 1024 ? 1 : 0)) throw bad(`first data block ${firstDataBlock}`, 0x14);
  if (blockCount <= firstDataBlock || blockCount * blockSize > Number.MAX_SAFE_INTEGER) throw bad(`${blockCount} blocks`, 0x04);
  if (blocksPerGroup === 0 || blocksPerGroup > blockSize * 8) throw bad(`${blocksPerGroup} blocks per group`, 0x20);
  if (inodesPerGroup === 0 || inodesPerGroup > blockSize * 8) throw bad(`${inodesPerGroup} inodes per group`, 0x28);
  if (inodeSize < 128 || inodeSize > blockSize || !isPowerOfTwo(inodeSize)) throw bad(`inode size ${inodeSize}`, 0x58);
  if (descriptorSize < (wide ? 64 : 32) || descriptorSize > 1024 || !isPowerOfTwo(descriptorSize)) {
    throw bad(`group descriptor size ${descriptorSize}`, 0xfe);
  }
  const groupCount = Math.ceil((blockCount - firstDataBlock) / blocksPerGroup);
  if (inodeCount !== groupCount * inodesPerGroup) throw bad(`${inodeCount} inodes in ${groupCount} groups`, 0x00);
  return { blockSize, blockCount, firstDataBlock, blocksPerGroup, inodesPerGroup, inodeCount, inodeSize, groupCount, descriptorSize };
}

function verify(reader: ByteReader, bytes: Uint8Array): void {
  if (reader.u8(0x175) !== crc32cType) throw bad(`checksum type ${reader.u8(0x175)}`, 0x175);
  if (crc32c(0xffffffff, bytes, 0, checksumOffset) !== reader.u32(checksumOffset)) {
    throw new ChecksumMismatchError('ext4 superblock: checksum', superblockOffset);
  }
}

function seed(reader: ByteReader, features: number): number {
  if ((features & incompatible.checksumSeed) !== 0) return reader.u32(0x270);
  return crc32c(0xffffffff, reader.bytes(0x68, 16));
}

function isPowerOfTwo(value: number): boolean {
  return (value & (value - 1)) === 0;
}

function bad(what: string, offset: number): CorruptStructureError {
  return new CorruptStructureError(`ext4 superblock: ${what}`, superblockOffset + offset);
}

/** `ext2`, `ext3` or `ext4`: one magic number, told apart by features as blkid does. */
export function flavour(superblock: Identity): 'ext2' | 'ext3' | 'ext4' {
  const younger = (superblock.incompatible & ~ext3Incompatible) !== 0 || (superblock.readOnlyCompatible & ~ext3ReadOnlyCompatible) !== 0;
  if (younger) return 'ext4';
  return (superblock.compatible & compatible.journal) !== 0 ? 'ext3' : 'ext2';
}
