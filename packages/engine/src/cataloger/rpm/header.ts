import { ByteReader } from '../../base/byte-reader.ts';
import { CorruptStructureError, LimitExceededError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Payload } from './stored-header.ts';

type Tag = 'name' | 'version' | 'release' | 'epoch' | 'architecture' | 'sourceRpm' | 'dirIndexes' | 'baseNames' | 'dirNames';

/** rpmtag.h. */
const tags: ReadonlyMap<number, Tag> = new Map([
  [1000, 'name'], [1001, 'version'], [1002, 'release'], [1003, 'epoch'], [1022, 'architecture'], [1044, 'sourceRpm'],
  [1116, 'dirIndexes'], [1117, 'baseNames'], [1118, 'dirNames'],
]);
/** rpmtag.h, rpmTagType. */
const types = { int32: 4, string: 6, stringArray: 8 } as const;

const introSize = 8;
const entrySize = 16;
/** First read of a string: real names and versions end within it. */
const usualString = 128;

interface Entry {
  readonly type: number;
  /** Bytes from the start of the data. */
  readonly offset: number;
  readonly count: number;
}

/** The index of one rpm header; its data are fetched tag by tag. */
export interface Header {
  /** Undefined where the header does not have the tag. */
  text(tag: 'name' | 'version' | 'release' | 'architecture' | 'sourceRpm'): Promise<string | undefined>;
  epoch(): Promise<number | undefined>;
  /** Absolute paths of the package's files. */
  files(): Promise<readonly string[]>;
}

/**
 * An rpm header as databases keep it: no magic, two big-endian counts, an index of 16-byte entries,
 * the data (rpm's docs, "Package format", "Header structure"; lib/header.c).
 */
export async function openHeader(payload: Payload): Promise<Header> {
  const intro = new ByteReader(await payload.read(introSize), 'rpm header');
  const entryCount = intro.u32be(0);
  const dataLength = intro.u32be(4);
  if (entryCount > limits.rpmHeaderEntries) throw new LimitExceededError(`rpm header of ${entryCount} entries`);
  const dataStart = introSize + entryCount * entrySize;
  if (dataStart + dataLength !== payload.length) throw new CorruptStructureError(`rpm header: ${dataStart + dataLength} bytes of ${payload.length}`, 0);
  const entries = readIndex(new ByteReader((await payload.read(dataStart)).subarray(introSize), 'rpm header index'), entryCount);
  const data: Data = { length: dataLength, read: async (from, to) => (await payload.read(dataStart + to)).subarray(dataStart + from) };
  return {
    text: async (tag) => {
      const entry = entries.get(tag);
      return entry === undefined ? undefined : readText(data, expect(entry, tag, types.string));
    },
    epoch: async () => {
      const entry = entries.get('epoch');
      return entry === undefined ? undefined : (await readNumbers(data, { ...expect(entry, 'epoch', types.int32), count: 1 }))[0];
    },
    files: () => readFiles(data, entries),
  };
}

interface Data {
  readonly length: number;
  read(from: number, to: number): Promise<Uint8Array>;
}

/** Of a tag that is there twice the last entry holds: what rpm adds at installation stands behind what was built. */
function readIndex(index: ByteReader, count: number): ReadonlyMap<Tag, Entry> {
  const entries = new Map<Tag, Entry>();
  for (let at = 0; at < count * entrySize; at += entrySize) {
    const tag = tags.get(index.u32be(at));
    if (tag !== undefined) entries.set(tag, { type: index.u32be(at + 4), offset: index.u32be(at + 8), count: index.u32be(at + 12) });
  }
  return entries;
}

function expect(entry: Entry, tag: Tag, type: number): Entry {
  if (entry.type !== type || entry.count === 0) throw new CorruptStructureError(`rpm header: ${tag} of type ${entry.type}, ${entry.count} values`, entry.offset);
  return entry;
}

async function readText(data: Data, { offset }: Entry): Promise<string> {
  for (let length = usualString; ; length *= 2) {
    const end = Math.min(offset + length, data.length);
    if (end <= offset) throw new CorruptStructureError('rpm header: a string beyond its data', offset);
    const bytes = await data.read(offset, end);
    const zero = bytes.indexOf(0);
    if (zero >= 0) return decode(bytes.subarray(0, zero));
    if (end === data.length) throw new CorruptStructureError('rpm header: a string without end', offset);
    if (length > limits.rpmTextBytes) throw new LimitExceededError(`rpm header: a string of more than ${limits.rpmTextBytes} bytes`);
  }
}

/** Bytes that are no UTF-8 stay visible as such: names with them are refused, paths match no file. */
function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

async function readNumbers(data: Data, { offset, count }: Entry): Promise<readonly number[]> {
  if (offset + count * 4 > data.length) throw new CorruptStructureError('rpm header: numbers beyond its data', offset);
  const numbers = new ByteReader(await data.read(offset, offset + count * 4), 'rpm header numbers');
  return Array.from({ length: count }, (_, index) => numbers.u32be(index * 4));
}

/** Each string has one byte at least, so that the data bound the count. */
async function readStrings(data: Data, { offset, count }: Entry): Promise<readonly string[]> {
  if (offset + count > data.length) throw new CorruptStructureError('rpm header: strings beyond its data', offset);
  const bytes = await data.read(offset, data.length);
  const strings: string[] = [];
  for (let at = 0; strings.length < count; ) {
    const zero = bytes.indexOf(0, at);
    if (zero < 0) throw new CorruptStructureError('rpm header: a string without end', offset + at);
    strings.push(decode(bytes.subarray(at, zero)));
    at = zero + 1;
  }
  return strings;
}

/** Folders are kept once: each file names its own by number. */
async function readFiles(data: Data, entries: ReadonlyMap<Tag, Entry>): Promise<readonly string[]> {
  const [base, folder, index] = [entries.get('baseNames'), entries.get('dirNames'), entries.get('dirIndexes')];
  if (base === undefined || folder === undefined || index === undefined) return [];
  if (base.count > limits.directoryEntries) throw new LimitExceededError(`rpm header: ${base.count} files`);
  const names = await readStrings(data, expect(base, 'baseNames', types.stringArray));
  const folders = await readStrings(data, expect(folder, 'dirNames', types.stringArray));
  const indexes = await readNumbers(data, expect(index, 'dirIndexes', types.int32));
  return names.map((name, at) => {
    const inFolder = folders[indexes[at] ?? folders.length];
    if (inFolder === undefined) throw new CorruptStructureError('rpm header: a file without a folder', index.offset);
    return inFolder + name;
  });
}
