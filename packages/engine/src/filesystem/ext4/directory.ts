import { ByteReader } from '../../base/byte-reader.ts';
import { crc32c } from '../../base/crc32c.ts';
import { ChecksumMismatchError, CorruptStructureError, LimitExceededError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { FileKind } from '../filesystem.ts';
import { incompatible } from './features.ts';
import { readFileData, readRuns } from './file-data.ts';
import { type Inode, inodeFlags } from './inode.ts';
import type { Ext4Volume } from './volume.ts';

export interface DirectoryItem {
  readonly inode: number;
  /** Undefined where the directory does not tell: ext2 of revision 0, and without the feature `filetype`. */
  readonly kind: FileKind | undefined;
}

export type Directory = ReadonlyMap<string, DirectoryItem>;

/** Bytes of an entry before its name. */
const entryHeader = 8;
const tailSize = 12;
const tailMarker = 0xde;
const kinds: readonly (FileKind | undefined)[] = [undefined, 'file', 'directory', 'other', 'other', 'other', 'other', 'symbolic-link'];
/** An inline directory starts with the number of its parent and has neither `.` nor `..`. */
const inlineParentSize = 4;

/** Reads a directory block by block: an htree's inner nodes look like empty blocks to a linear reader, by design. */
export async function readDirectory(volume: Ext4Volume, inode: Inode): Promise<Directory> {
  const { blockSize } = volume.superblock;
  const items = new Map<string, DirectoryItem>();
  if (inode.inline !== undefined) {
    parseBlock(volume, inode.inline.subarray(inlineParentSize), inode, items, 0);
    return items;
  }
  if (inode.size > limits.directoryBytes) throw new LimitExceededError(`ext4 directory ${inode.number}: ${inode.size} bytes`);
  if (inode.size === 0 || inode.size % blockSize !== 0) throw bad(inode, `size ${inode.size}`, 0);
  await refuseHoles(volume, inode);
  const bytes = await readFileData(volume, inode, 0, inode.size);
  for (let at = 0; at < bytes.length; at += blockSize) {
    const block = bytes.subarray(at, at + blockSize);
    verifyBlock(block, at === 0, inode);
    parseBlock(volume, block, inode, items, at);
  }
  return items;
}

/** A directory has no holes: what is missing would silently be entries that are not seen. */
async function refuseHoles(volume: Ext4Volume, inode: Inode): Promise<void> {
  let next = 0;
  for (const run of await readRuns(volume, inode, 0, inode.size)) {
    if (run.logical !== next || run.physical === undefined) throw bad(inode, 'hole', next * volume.superblock.blockSize);
    next += run.count;
  }
  if (next * volume.superblock.blockSize < inode.size) throw bad(inode, 'hole', next * volume.superblock.blockSize);
}

function parseBlock(volume: Ext4Volume, block: Uint8Array, inode: Inode, items: Map<string, DirectoryItem>, blockStart: number): void {
  const reader = new ByteReader(block, `ext4 directory ${inode.number}`);
  const hasType = (volume.superblock.incompatible & incompatible.fileType) !== 0;
  for (let at = 0; at < block.length; ) {
    const target = reader.u32(at);
    const length = entryLength(reader.u16(at + 4), block.length);
    const nameLength = hasType ? reader.u8(at + 6) : reader.u16(at + 6);
    if (length < entryHeader || length % 4 !== 0 || at + length > block.length || entryHeader + nameLength > length) {
      throw bad(inode, `entry of ${length} bytes`, blockStart + at);
    }
    if (target !== 0) add(items, inode, reader, at, nameLength, { inode: target, kind: hasType ? kinds[reader.u8(at + 7)] : undefined });
    at += length;
  }
}

function add(items: Map<string, DirectoryItem>, inode: Inode, reader: ByteReader, at: number, nameLength: number, item: DirectoryItem): void {
  const name = Buffer.from(reader.bytes(at + entryHeader, nameLength)).toString('utf8');
  if (name === '.' || name === '..') return;
  if (name === '' || name.includes('/') || name.includes('\0')) throw bad(inode, 'entry name', at);
  if (items.size >= limits.directoryEntries) throw new LimitExceededError(`ext4 directory ${inode.number}: more than ${items.size} entries`);
  items.set(name, item);
}

/** Only blocks of 64 KiB need the two odd encodings of a length that does not fit 16 bits. */
function entryLength(stored: number, blockSize: number): number {
  if (blockSize < 65536) return stored;
  if (stored === 65535 || stored === 0) return blockSize;
  return (stored & 65532) | ((stored & 3) << 16);
}

function verifyBlock(block: Uint8Array, first: boolean, inode: Inode): void {
  if (inode.checksumSeed === undefined) return;
  const reader = new ByteReader(block, `ext4 directory ${inode.number}`);
  const countsAt = (inode.flags & inodeFlags.index) === 0 ? undefined : indexCounts(reader, first);
  const valid = countsAt === undefined ? isValidLeaf(reader, inode.checksumSeed) : isValidIndex(reader, countsAt, inode.checksumSeed);
  if (!valid) throw new ChecksumMismatchError(`ext4 directory ${inode.number}: checksum`, 0);
}

/** Where an htree block keeps its limit and count (kernel: get_dx_countlimit); undefined for a leaf. */
function indexCounts(reader: ByteReader, first: boolean): number | undefined {
  if (first) return 0x20;
  const isNode = reader.u32(0) === 0 && entryLength(reader.u16(4), reader.length) === reader.length && reader.u8(6) === 0;
  return isNode ? 8 : undefined;
}

function isValidLeaf(reader: ByteReader, seed: number): boolean {
  const tail = reader.length - tailSize;
  if (reader.u32(tail) !== 0 || reader.u16(tail + 4) !== tailSize || reader.u8(tail + 7) !== tailMarker) return false;
  return crc32c(seed, reader.bytes(0, tail)) === reader.u32(tail + 8);
}

function isValidIndex(reader: ByteReader, countsAt: number, seed: number): boolean {
  const tail = countsAt + reader.u16(countsAt) * 8;
  const used = countsAt + reader.u16(countsAt + 2) * 8;
  if (used > tail) return false;
  let sum = crc32c(seed, reader.bytes(0, used));
  sum = crc32c(sum, reader.bytes(tail, 4));
  return crc32c(sum, zeros) === reader.u32(tail + 4);
}

const zeros = new Uint8Array(4);

function bad(inode: Inode, what: string, offset: number): CorruptStructureError {
  return new CorruptStructureError(`ext4 directory ${inode.number}: ${what}`, offset);
}
