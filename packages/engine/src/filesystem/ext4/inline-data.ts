import type { ByteReader } from '../../base/byte-reader.ts';
import { CorruptStructureError } from '../../base/errors.ts';

const blockAreaAt = 0x28;
const blockAreaSize = 60;
const oldInodeSize = 128;
const attributesMagic = 0xea020000;
const entryHeader = 16;
/** The attribute `system.data`: its prefix is a number, and "system." is 7. */
const systemIndex = 7;
const name = 'data';

/**
 * What an inode with the flag `inline_data` keeps inside itself: the 60 bytes that else are block
 * numbers, and behind them the value of the attribute `system.data` ("ext4 Data Structures and
 * Algorithms", Inline Data and Extended Attributes).
 */
export function readInlineData(inode: ByteReader, number: number): Uint8Array {
  const value = findSystemData(inode, number);
  const bytes = new Uint8Array(blockAreaSize + value.length);
  bytes.set(inode.bytes(blockAreaAt, blockAreaSize));
  bytes.set(value, blockAreaSize);
  return bytes;
}

/** The attribute has to be there even where its value is empty: without it the inode is damaged. */
function findSystemData(inode: ByteReader, number: number): Uint8Array {
  const header = inode.length > oldInodeSize ? oldInodeSize + inode.u16(oldInodeSize) : inode.length;
  if (header + 8 > inode.length || inode.u32(header) !== attributesMagic) throw bad(number, 'no attributes', header);
  const first = header + 4;
  for (let at = first; at + entryHeader <= inode.length && inode.u32(at) !== 0; ) {
    const nameLength = inode.u8(at);
    if (inode.u8(at + 1) === systemIndex && inode.latin1(at + entryHeader, nameLength) === name) {
      if (inode.u32(at + 4) !== 0) throw bad(number, 'value in another inode', at);
      return inode.bytes(first + inode.u16(at + 2), inode.u32(at + 8));
    }
    at += entryHeader + Math.ceil(nameLength / 4) * 4;
  }
  throw bad(number, 'no attribute system.data', header);
}

function bad(number: number, what: string, offset: number): CorruptStructureError {
  return new CorruptStructureError(`ext4 inode ${number}: inline data: ${what}`, offset);
}
