import { ByteReader } from '../../base/byte-reader.ts';
import { crc32c } from '../../base/crc32c.ts';
import { ChecksumMismatchError, CorruptStructureError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Inode } from './inode.ts';
import { appendRun, type Run } from './run.ts';
import { type Ext4Volume, readBlocks } from './volume.ts';

const magic = 0xf30a;
const headerSize = 12;
const entrySize = 12;
/** Longer lengths mark an extent that is allocated but not written: it reads as zeros. */
const longestInitialised = 32768;

/** All extents of a file, ascending ("ext4 Data Structures and Algorithms", Extent Tree). */
export async function readExtents(volume: Ext4Volume, inode: Inode): Promise<readonly Run[]> {
  const runs: Run[] = [];
  await collect(volume, inode, inode.data, undefined, runs);
  return runs;
}

/** `expectedDepth` is one less than the parent's: that, and not a list of visited blocks, is what ends every cycle. */
async function collect(volume: Ext4Volume, inode: Inode, node: Uint8Array, expectedDepth: number | undefined, runs: Run[]): Promise<void> {
  const reader = new ByteReader(node, `ext4 extent tree of inode ${inode.number}`);
  const { entries, depth } = checkHeader(reader, inode, expectedDepth);
  for (let index = 0; index < entries; index++) {
    const at = headerSize + index * entrySize;
    if (depth === 0) {
      appendRun(runs, leafEntry(reader, at), inode, volume.superblock.blockCount);
      continue;
    }
    const child = await readBlocks(volume, reader.u32(at + 4) + reader.u16(at + 8) * 2 ** 32, 1);
    verify(child, inode);
    await collect(volume, inode, child, depth - 1, runs);
  }
}

function checkHeader(reader: ByteReader, inode: Inode, expectedDepth: number | undefined): { entries: number; depth: number } {
  const bad = (what: string): CorruptStructureError => new CorruptStructureError(`ext4 extent tree of inode ${inode.number}: ${what}`, 0);
  const entries = reader.u16(2);
  const depth = reader.u16(6);
  if (reader.u16(0) !== magic) throw bad('magic number');
  if (depth > limits.extentDepth || (expectedDepth !== undefined && depth !== expectedDepth)) throw bad(`depth ${depth}`);
  if (entries > reader.u16(4) || headerSize + reader.u16(4) * entrySize > reader.length) throw bad(`${entries} entries`);
  if (entries === 0 && expectedDepth !== undefined) throw bad('empty node');
  return { entries, depth };
}

function leafEntry(reader: ByteReader, at: number): Run {
  const length = reader.u16(at + 4);
  const start = reader.u32(at + 8) + reader.u16(at + 6) * 2 ** 32;
  const written = length <= longestInitialised;
  return { logical: reader.u32(at), physical: written ? start : undefined, count: written ? length : length - longestInitialised };
}

/** The checksum follows the room for entries, whether they are used or not. */
function verify(block: Uint8Array, inode: Inode): void {
  if (inode.checksumSeed === undefined) return;
  const reader = new ByteReader(block, `ext4 extent block of inode ${inode.number}`);
  const tail = headerSize + reader.u16(4) * entrySize;
  if (crc32c(inode.checksumSeed, reader.bytes(0, tail)) !== reader.u32(tail)) {
    throw new ChecksumMismatchError(`ext4 extent block of inode ${inode.number}: checksum`, 0);
  }
}
