import { ByteReader } from '../../base/byte-reader.ts';
import { ChecksumMismatchError, CorruptStructureError, LimitExceededError, UnsupportedFeatureError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { adler32 } from './adler32.ts';
import { createVisits } from './chained-payload.ts';
import type { RandomFile } from './random-file.ts';
import type { Payload, StoredHeader } from './stored-header.ts';

const pageSize = 4096;
const slotSize = 16;
/** The file's own header takes the place of two slots. */
const headerSize = 32;
const blockSize = 16;
const blobHeadSize = 16;
const blobTailSize = 12;

interface Slot {
  readonly number: number;
  /** In blocks. */
  readonly start: number;
  readonly blocks: number;
}

/** rpm's own `Packages.db` (lib/backend/ndb/rpmpkg.c): pages of slots, each of which names the blocks of one blob. */
export async function* ndbHeaders(file: RandomFile): AsyncGenerator<StoredHeader> {
  if (file.size === 0) return;
  const header = new ByteReader(await file.read(0, headerSize), 'ndb header');
  if (header.latin1(0, 4) !== 'RpmP') throw new CorruptStructureError('ndb header: no such database', 0);
  if (header.u32(4) !== 0) throw new UnsupportedFeatureError(`ndb database of version ${header.u32(4)}`);
  const slotPages = header.u32(12);
  if (slotPages === 0 || slotPages * pageSize > file.size) throw new CorruptStructureError('ndb header: pages of slots', 12);
  if (slotPages > (limits.packages * slotSize) / pageSize + 1) throw new LimitExceededError(`ndb database with ${slotPages} pages of slots`);
  const visit = createVisits('ndb number of a package');
  for (let index = 0; index < slotPages; index++) {
    const page = new ByteReader(await file.read(index * pageSize, pageSize), `ndb slot page ${index}`);
    for (const slot of slotsOf(page, index === 0 ? headerSize : 0)) {
      visit(slot.number);
      yield { number: slot.number, open: () => readBlob(file, slot) };
    }
  }
}

function* slotsOf(page: ByteReader, start: number): Generator<Slot> {
  for (let at = start; at < page.length; at += slotSize) {
    if (page.latin1(at, 4) !== 'Slot') throw new CorruptStructureError('ndb slot: not one', at);
    const number = page.u32(at + 4);
    if (number !== 0) yield { number, start: page.u32(at + 8), blocks: page.u32(at + 12) };
  }
}

async function readBlob(file: RandomFile, { number, start, blocks }: Slot): Promise<Payload> {
  const size = blocks * blockSize;
  if (size > limits.rpmHeaderBytes) throw new LimitExceededError(`ndb blob of ${size} bytes`);
  if (size < blobHeadSize + blobTailSize) throw new CorruptStructureError('ndb slot: too few blocks', start);
  const bytes = await file.read(start * blockSize, size);
  const blob = new ByteReader(bytes, 'ndb blob');
  const length = blob.u32(12);
  const tail = size - blobTailSize;
  const sound =
    blob.latin1(0, 4) === 'BlbS' &&
    blob.u32(4) === number &&
    Math.ceil((blobHeadSize + length + blobTailSize) / blockSize) === blocks &&
    blob.u32(tail + 4) === length &&
    blob.latin1(tail + 8, 4) === 'BlbE';
  if (!sound) throw new CorruptStructureError('ndb blob: its head and tail disagree with its slot', start * blockSize);
  if (adler32(bytes.subarray(0, tail)) !== blob.u32(tail)) throw new ChecksumMismatchError('ndb blob', start * blockSize);
  const contents = new ByteReader(blob.bytes(blobHeadSize, length), 'rpm header');
  return { length, read: (count) => Promise.resolve(contents.bytes(0, count)) };
}
