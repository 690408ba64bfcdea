import { ByteReader } from '../../../base/byte-reader.ts';
import { CorruptStructureError, SourceTruncatedError, UnsupportedFeatureError } from '../../../base/errors.ts';
import type { RandomFile } from '../random-file.ts';
import { isPageSize, type WriteAheadLog } from './write-ahead-log.ts';

const headerSize = 100;

/** The pages of a SQLite database as its last commit left them. */
export interface Pages {
  /** Bytes of a page that hold data: page size without the reserved space. */
  readonly usable: number;
  readonly count: number;
  page(number: number): Promise<Uint8Array>;
}

/** SQLite file format, §1.3. The first page too may be in the log alone. */
export async function openPages(file: RandomFile, log: WriteAheadLog | undefined): Promise<Pages> {
  const first = await (log?.page(1) ?? file.read(0, headerSize));
  const header = new ByteReader(first.subarray(0, headerSize), 'SQLite header');
  if (header.latin1(0, 16) !== 'SQLite format 3\0') throw new CorruptStructureError('SQLite header: no such database', 0);
  // §1.3.2: 1 stands for 65,536, which does not fit.
  const pageSize = header.u16be(16) === 1 ? 65_536 : header.u16be(16);
  if (!isPageSize(pageSize) || (log !== undefined && log.pageSize !== pageSize)) throw new CorruptStructureError('SQLite header: page size', 16);
  const usable = pageSize - header.u8(20);
  if (usable < 480) throw new CorruptStructureError('SQLite header: reserved space', 20);
  // 0 in a database that has no table yet.
  if (header.u32be(56) > 1) throw new UnsupportedFeatureError('SQLite database in UTF-16');
  const count = log?.pageCount ?? countOf(header, file, pageSize);
  return {
    usable,
    count,
    page: (number) => {
      if (number < 1 || number > count) throw new CorruptStructureError(`SQLite page ${number} of ${count}`, number);
      return log?.page(number) ?? file.read((number - 1) * pageSize, pageSize);
    },
  };
}

/** §1.3.7: the count in the header holds only where the version number beside it is the change counter. */
function countOf(header: ByteReader, file: RandomFile, pageSize: number): number {
  const inHeader = header.u32be(24) === header.u32be(92) ? header.u32be(28) : 0;
  const inFile = Math.floor(file.size / pageSize);
  if (inHeader > inFile) throw new SourceTruncatedError(`${file.path}: ${inFile} of ${inHeader} pages`);
  return inHeader === 0 ? inFile : inHeader;
}
