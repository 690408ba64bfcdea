import { ByteReader } from '../../../base/byte-reader.ts';
import { CorruptStructureError } from '../../../base/errors.ts';
import type { Payload } from '../stored-header.ts';
import { readVariableInteger } from './variable-integer.ts';

/** No header of a record that is read here has more bytes: rpm's tables have two columns, the schema five. */
const headerLimit = 1024;

/** One column: where its bytes lie in the payload. */
export interface Column {
  readonly kind: 'null' | 'integer' | 'real' | 'blob' | 'text';
  readonly offset: number;
  readonly length: number;
  /** Integers that the kind itself says (serial types 8 and 9). */
  readonly constant?: number;
}

/** SQLite file format, §2.1. Nothing but the record's header is fetched. */
export async function readRecord(payload: Payload): Promise<readonly Column[]> {
  const start = new ByteReader(await payload.read(Math.min(9, payload.length)), 'SQLite record');
  const size = readVariableInteger(start, 0);
  if (size.value < size.next || size.value > headerLimit) throw new CorruptStructureError('SQLite record: header size', 0);
  const header = new ByteReader(await payload.read(size.value), 'SQLite record header');
  const columns: Column[] = [];
  let offset = size.value;
  for (let at = size.next; at < header.length; ) {
    const type = readVariableInteger(header, at);
    const column = { ...columnOf(type.value, at), offset };
    columns.push(column);
    offset += column.length;
    at = type.next;
  }
  if (offset > payload.length) throw new CorruptStructureError('SQLite record: columns beyond its end', 0);
  return columns;
}

const integerLengths = [1, 2, 3, 4, 6, 8];

function columnOf(type: number, at: number): Omit<Column, 'offset'> {
  if (type === 0) return { kind: 'null', length: 0 };
  if (type <= 6) return { kind: 'integer', length: integerLengths[type - 1] ?? 0 };
  if (type === 7) return { kind: 'real', length: 8 };
  if (type <= 9) return { kind: 'integer', length: 0, constant: type - 8 };
  if (type < 12) throw new CorruptStructureError(`SQLite record: reserved type ${type}`, at);
  return { kind: type % 2 === 0 ? 'blob' : 'text', length: Math.floor((type - 12) / 2) };
}

export async function readText(payload: Payload, { kind, offset, length }: Column): Promise<string | undefined> {
  if (kind !== 'text') return undefined;
  return Buffer.from((await payload.read(offset + length)).subarray(offset)).toString('latin1');
}

/** Undefined where the column holds no integer that a page number can be. */
export async function readPageNumber(payload: Payload, { kind, offset, length, constant }: Column): Promise<number | undefined> {
  if (kind !== 'integer' || length > 6) return undefined;
  const bytes = (await payload.read(offset + length)).subarray(offset);
  return constant ?? bytes.reduce((value, byte) => value * 256 + byte, 0);
}
