import { ByteReader } from '../../base/byte-reader.ts';
import { CorruptStructureError, LimitExceededError, UnsupportedFeatureError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { createChainedPayload, createVisits } from './chained-payload.ts';
import type { RandomFile } from './random-file.ts';
import type { StoredHeader } from './stored-header.ts';

const hashMagic = 0x061561;
const pageHeaderSize = 26;
const metaSize = 512;
/** db_page.h: what a page is, and what an item on a hash page is. */
const pageKinds = { unused: 0, unsortedHash: 2, overflow: 7, hashMeta: 8, hash: 13 } as const;
const itemKinds = { keyData: 1, offPage: 3 } as const;

interface Database {
  readonly pageSize: number;
  readonly lastPage: number;
  /** First page of each bucket's chain. */
  readonly buckets: readonly number[];
  /** Keys and data that the database counts. */
  readonly pairs: number;
}

/** rpm's older `Packages`: a Berkeley DB hash from the header's number to the header; number 0 is a counter. */
export async function* bdbHeaders(file: RandomFile): AsyncGenerator<StoredHeader> {
  if (file.size === 0) return;
  const database = parseMeta(new ByteReader(await file.read(0, metaSize), 'Berkeley DB meta page'), file.size);
  const visit = createVisits('Berkeley DB');
  let pairs = 0;
  for (const bucket of database.buckets) {
    for (let number = bucket; number !== 0; ) {
      visit(number);
      const page = await readPage(file, database, number);
      for (const header of headersOn(page, (overflow) => (visit(overflow), readPage(file, database, overflow)))) {
        pairs++;
        if (header.number !== 0) yield header;
      }
      number = page.u32(16);
    }
  }
  if (pairs < database.pairs) throw new CorruptStructureError(`Berkeley DB: ${pairs} of ${database.pairs} entries`, 88);
}

/** db_page.h, DBMETA and HMETA. */
function parseMeta(meta: ByteReader, fileSize: number): Database {
  if (meta.u32be(12) === hashMagic) throw new UnsupportedFeatureError('Berkeley DB of a big-endian machine');
  if (meta.u32(12) !== hashMagic || meta.u8(25) !== pageKinds.hashMeta) throw new CorruptStructureError('Berkeley DB: no hash', 12);
  if (meta.u32(16) < 7 || meta.u32(16) > 10) throw new UnsupportedFeatureError(`Berkeley DB hash of version ${meta.u32(16)}`);
  if (meta.u8(24) !== 0 || (meta.u8(26) & 1) !== 0) throw new UnsupportedFeatureError('Berkeley DB with encryption or checksums');
  const pageSize = meta.u32(20);
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) throw new CorruptStructureError('Berkeley DB: page size', 20);
  const lastPage = meta.u32(32);
  const lastBucket = meta.u32(72);
  if (lastPage >= fileSize / pageSize || lastBucket > lastPage) throw new CorruptStructureError('Berkeley DB: more pages than the file has', 32);
  if (lastBucket > limits.bdbBuckets) throw new LimitExceededError(`Berkeley DB of ${lastBucket} buckets`);
  // BS_TO_PAGE: the buckets of one doubling lie together, behind the spare pages of those before.
  const buckets = Array.from({ length: lastBucket + 1 }, (_, bucket) => bucket + meta.u32(96 + 4 * Math.ceil(Math.log2(bucket + 1))));
  return { pageSize, lastPage, buckets, pairs: meta.u32(88) };
}

async function readPage(file: RandomFile, { pageSize, lastPage }: Database, number: number): Promise<ByteReader> {
  if (number === 0 || number > lastPage) throw new CorruptStructureError(`Berkeley DB page ${number} of ${lastPage}`, number);
  const page = new ByteReader(await file.read(number * pageSize, pageSize), `Berkeley DB page ${number}`);
  // Buckets that were made and never used are pages of zeros.
  if (page.u8(25) !== pageKinds.unused && page.u32(8) !== number) throw new CorruptStructureError(`Berkeley DB page ${number}: calls itself ${page.u32(8)}`, number);
  return page;
}

function* headersOn(page: ByteReader, open: (number: number) => Promise<ByteReader>): Generator<StoredHeader> {
  const kind = page.u8(25);
  if (kind === pageKinds.unused) return;
  if (kind !== pageKinds.hash && kind !== pageKinds.unsortedHash) throw new CorruptStructureError(`Berkeley DB page ${page.u32(8)}: kind ${kind} in a bucket`, 25);
  const items = itemsOf(page);
  for (let index = 0; index + 1 < items.length; index += 2) {
    const [key, value] = [items[index], items[index + 1]];
    if (key?.u8(0) !== itemKinds.keyData || key.length !== 5 || value === undefined) throw new CorruptStructureError('Berkeley DB: the key of a package', index);
    yield { number: key.u32(1), open: () => Promise.resolve().then(() => payloadOf(value, open)) };
  }
}

/** Items grow from the page's end: each ends where the one before it begins. */
function itemsOf(page: ByteReader): readonly ByteReader[] {
  const count = page.u16(20);
  if (count % 2 !== 0 || pageHeaderSize + count * 2 > page.length) throw new CorruptStructureError('Berkeley DB page: number of items', 20);
  let end = page.length;
  return Array.from({ length: count }, (_, index) => {
    const start = page.u16(pageHeaderSize + index * 2);
    if (start >= end) throw new CorruptStructureError('Berkeley DB page: order of items', pageHeaderSize + index * 2);
    const item = new ByteReader(page.bytes(start, end - start), 'Berkeley DB item');
    end = start;
    return item;
  });
}

function payloadOf(item: ByteReader, open: (number: number) => Promise<ByteReader>): ReturnType<typeof createChainedPayload> {
  const kind = item.u8(0);
  if (kind === itemKinds.keyData) return createChainedPayload(item.bytes(1, item.length - 1), 0, item.length - 1, () => Promise.reject(new CorruptStructureError('Berkeley DB item', 0)));
  if (kind !== itemKinds.offPage) throw new CorruptStructureError(`Berkeley DB item of kind ${kind}`, 0);
  return createChainedPayload(new Uint8Array(0), item.u32(4), item.u32(8), async (number) => {
    const page = await open(number);
    if (page.u8(25) !== pageKinds.overflow) throw new CorruptStructureError(`Berkeley DB page ${number}: no overflow page`, 25);
    return { bytes: page.bytes(pageHeaderSize, page.u16(22)), next: page.u32(16) };
  });
}
