import { ByteReader } from '../../../base/byte-reader.ts';
import { CorruptStructureError, LimitExceededError } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';
import { createChainedPayload, createVisits } from '../chained-payload.ts';
import type { Payload } from '../stored-header.ts';
import type { Pages } from './pages.ts';
import { readVariableInteger } from './variable-integer.ts';

const interior = 0x05;
const leaf = 0x0d;

export interface TableRow {
  readonly rowId: number;
  open(): Payload;
}

interface Walk {
  readonly pages: Pages;
  readonly visit: (page: number) => void;
}

/** All rows of a table b-tree in the order of their row ids (SQLite file format, §1.6). */
export async function* tableRows(pages: Pages, root: number): AsyncGenerator<TableRow> {
  yield* rowsBelow({ pages, visit: createVisits('SQLite b-tree') }, root, 0);
}

async function* rowsBelow(walk: Walk, number: number, depth: number): AsyncGenerator<TableRow> {
  if (depth > limits.bTreeDepth) throw new LimitExceededError(`SQLite b-tree of more than ${limits.bTreeDepth} levels`);
  walk.visit(number);
  const page = new ByteReader(await walk.pages.page(number), `SQLite page ${number}`);
  // The database's own header lies in front of the first page's.
  const start = number === 1 ? 100 : 0;
  const kind = page.u8(start);
  if (kind !== interior && kind !== leaf) throw new CorruptStructureError(`SQLite page ${number}: kind ${kind} in a table`, start);
  const cells = cellPointers(page, start, kind);
  if (kind === leaf) {
    for (const cell of cells) yield rowAt(walk, page, cell);
    return;
  }
  for (const cell of cells) yield* rowsBelow(walk, page.u32be(cell), depth + 1);
  yield* rowsBelow(walk, page.u32be(start + 8), depth + 1);
}

function cellPointers(page: ByteReader, start: number, kind: number): readonly number[] {
  const array = start + (kind === interior ? 12 : 8);
  const count = page.u16be(start + 3);
  // A cell has two bytes at least, and a pointer of two bytes.
  if (count > page.length / 4) throw new CorruptStructureError('SQLite page: more cells than it can hold', start + 3);
  return Array.from({ length: count }, (_, index) => page.u16be(array + index * 2));
}

function rowAt({ pages, visit }: Walk, page: ByteReader, cell: number): TableRow {
  const length = readVariableInteger(page, cell);
  const rowId = readVariableInteger(page, length.next);
  return {
    rowId: rowId.value,
    open: () => {
      const local = localLength(length.value, pages.usable);
      const head = page.bytes(rowId.next, local);
      const first = local === length.value ? 0 : page.u32be(rowId.next + local);
      return createChainedPayload(head, first, length.value, async (number) => {
        visit(number);
        const overflow = new ByteReader(await pages.page(number), `SQLite overflow page ${number}`);
        return { bytes: overflow.bytes(4, pages.usable - 4), next: overflow.u32be(0) };
      });
    },
  };
}

/** §1.6, "the amount of payload that spills onto overflow pages", for a table's leaf. */
function localLength(length: number, usable: number): number {
  const largest = usable - 35;
  if (length <= largest) return length;
  const smallest = Math.floor(((usable - 12) * 32) / 255) - 23;
  const wanted = smallest + ((length - smallest) % (usable - 4));
  return wanted <= largest ? wanted : smallest;
}
