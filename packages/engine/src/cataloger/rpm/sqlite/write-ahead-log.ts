import { ByteReader } from '../../../base/byte-reader.ts';
import { LimitExceededError, UnsupportedFeatureError } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';
import type { RandomFile } from '../random-file.ts';

const headerSize = 32;
const frameHeaderSize = 24;
const formatVersion = 3_007_000;

/** What was committed into the log and not yet copied into the database. */
export interface WriteAheadLog {
  readonly pageSize: number;
  /** Pages of the database after the last commit. */
  readonly pageCount: number;
  /** The newest committed contents of a page; undefined where the database's own hold. */
  page(number: number): Promise<Uint8Array> | undefined;
}

interface Sum {
  readonly first: number;
  readonly second: number;
}

/**
 * SQLite file format, §4: frames count up to the first one whose salts or running checksum are not
 * the log's (an older round of the same file, or a write that the crash cut short), and of these
 * only up to the last commit. Undefined where nothing is committed, as SQLite's own recovery finds it.
 */
export async function readWriteAheadLog(file: RandomFile): Promise<WriteAheadLog | undefined> {
  if (file.size < headerSize) return undefined;
  const header = new ByteReader(await file.read(0, headerSize), 'SQLite log header');
  const magic = header.u32be(0);
  const pageSize = header.u32be(8);
  if (magic >>> 1 !== 0x377f0682 >>> 1 || !isPageSize(pageSize)) return undefined;
  const add = magic & 1 ? addBigEndian : addLittleEndian;
  const start = add({ first: 0, second: 0 }, header, 0, 24);
  if (start.first !== header.u32be(24) || start.second !== header.u32be(28)) return undefined;
  if (header.u32be(4) !== formatVersion) throw new UnsupportedFeatureError(`SQLite log of version ${header.u32be(4)}`);
  const { places, pageCount } = await readFrames(file, { pageSize, salts: [header.u32be(16), header.u32be(20)], start, add });
  if (pageCount === 0) return undefined;
  const page = (number: number): Promise<Uint8Array> | undefined => {
    const place = places.get(number);
    return place === undefined ? undefined : file.read(place, pageSize);
  };
  return { pageSize, pageCount, page };
}

interface Frames {
  readonly pageSize: number;
  readonly salts: readonly [number, number];
  readonly start: Sum;
  readonly add: typeof addBigEndian;
}

async function readFrames(file: RandomFile, { pageSize, salts, start, add }: Frames): Promise<{ places: ReadonlyMap<number, number>; pageCount: number }> {
  const frameSize = frameHeaderSize + pageSize;
  const frames = Math.floor((file.size - headerSize) / frameSize);
  if (frames > limits.walFrames) throw new LimitExceededError(`SQLite log of ${frames} frames`);
  const places = new Map<number, number>();
  const waiting = new Map<number, number>();
  let pageCount = 0;
  let sum = start;
  for (let at = headerSize, left = frames; left > 0; at += frameSize, left--) {
    const frame = new ByteReader(await file.read(at, frameSize), 'SQLite log frame');
    const page = frame.u32be(0);
    if (page === 0 || frame.u32be(8) !== salts[0] || frame.u32be(12) !== salts[1]) break;
    sum = add(add(sum, frame, 0, 8), frame, frameHeaderSize, frameSize);
    if (sum.first !== frame.u32be(16) || sum.second !== frame.u32be(20)) break;
    waiting.set(page, at + frameHeaderSize);
    const committed = frame.u32be(4);
    if (committed === 0) continue;
    for (const [number, place] of waiting) places.set(number, place);
    waiting.clear();
    pageCount = committed;
  }
  return { places, pageCount };
}

export function isPageSize(size: number): boolean {
  return size >= 512 && size <= 65_536 && (size & (size - 1)) === 0;
}

/** §4.2. The words are in the byte order of the machine that began the log, the stored sums always big-endian. */
function addBigEndian({ first, second }: Sum, reader: ByteReader, from: number, to: number): Sum {
  for (let at = from; at < to; at += 8) {
    first = (first + reader.u32be(at) + second) >>> 0;
    second = (second + reader.u32be(at + 4) + first) >>> 0;
  }
  return { first, second };
}

function addLittleEndian({ first, second }: Sum, reader: ByteReader, from: number, to: number): Sum {
  for (let at = from; at < to; at += 8) {
    first = (first + reader.u32(at) + second) >>> 0;
    second = (second + reader.u32(at + 4) + first) >>> 0;
  }
  return { first, second };
}
