import { CorruptStructureError, LimitExceededError } from '../../../base/errors.ts';
import type { RandomFile } from '../random-file.ts';
import type { Payload, StoredHeader } from '../stored-header.ts';
import { openPages, type Pages } from './pages.ts';
import { readPageNumber, readRecord, readText } from './record.ts';
import { tableRows } from './table-rows.ts';
import { readWriteAheadLog } from './write-ahead-log.ts';

/** Tables and indexes: rpm makes some forty. */
const schemaRows = 1000;

/** rpm's `rpmdb.sqlite`: table `Packages (hnum INTEGER PRIMARY KEY, blob BLOB)`, with what its log has committed. */
export async function* sqliteHeaders(file: RandomFile, logFile: RandomFile | undefined): AsyncGenerator<StoredHeader> {
  // As SQLite does: a log beside a database without any byte belongs to one that was deleted.
  if (file.size === 0) return;
  const pages = await openPages(file, logFile === undefined ? undefined : await readWriteAheadLog(logFile));
  const root = await findTable(pages, 'Packages');
  if (root === undefined) throw new CorruptStructureError('SQLite database: no table of packages', 0);
  for await (const row of tableRows(pages, root)) yield { number: row.rowId, open: () => blobOf(row.open()) };
}

async function findTable(pages: Pages, wanted: string): Promise<number | undefined> {
  let rows = 0;
  // §2.6: type, name, tbl_name, rootpage, sql.
  for await (const row of tableRows(pages, 1)) {
    if (++rows > schemaRows) throw new LimitExceededError(`SQLite schema of more than ${schemaRows} rows`);
    const payload = row.open();
    const [type, name, , rootPage] = await readRecord(payload);
    if (type === undefined || name === undefined || rootPage === undefined) throw new CorruptStructureError('SQLite schema: too few columns', 0);
    if ((await readText(payload, type)) !== 'table' || (await readText(payload, name)) !== wanted) continue;
    return readPageNumber(payload, rootPage);
  }
  return undefined;
}

async function blobOf(payload: Payload): Promise<Payload> {
  const [, blob] = await readRecord(payload);
  if (blob?.kind !== 'blob') throw new CorruptStructureError('SQLite row of a package: no blob', 0);
  const { offset, length } = blob;
  return {
    length,
    read: async (count) => {
      if (count > length) throw new CorruptStructureError(`rpm header: ${count} bytes of ${length}`, 0);
      return (await payload.read(offset + count)).subarray(offset);
    },
  };
}
