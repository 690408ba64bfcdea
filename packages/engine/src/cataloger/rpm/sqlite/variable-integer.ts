import type { ByteReader } from '../../../base/byte-reader.ts';
import { CorruptStructureError } from '../../../base/errors.ts';

/** SQLite file format, §1.6 "varint": seven bits a byte, the ninth byte has eight. `next` is the offset behind it. */
export function readVariableInteger(reader: ByteReader, offset: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let index = 0; index < 9; index++) {
    const byte = reader.u8(offset + index);
    value = index === 8 ? value * 256 + byte : value * 128 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER) break;
    if (byte < 0x80 || index === 8) return { value, next: offset + index + 1 };
  }
  throw new CorruptStructureError('SQLite integer out of range', offset);
}
