import { inflateRawSync, crc32 } from 'node:zlib';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import { InvalidInputError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';

export interface FeedRecord {
  readonly name: string;
  /** Parsed JSON; undefined where an entry is none. */
  readonly record: unknown;
  /** When its file was written, RFC 3339; empty where nothing says so. */
  readonly date: string;
}

/** The records of one feed, in an order that depends on its content only. */
export interface FeedRecords {
  readonly count: number;
  records(): AsyncIterable<FeedRecord>;
}

/** A list of records, or one record. */
export function recordsOf(root: unknown): FeedRecords {
  const list: readonly unknown[] = Array.isArray(root) ? root : [root];
  return {
    count: list.length,
    async *records() {
      for (const [index, record] of list.entries()) yield { name: `record ${index}`, record, date: '' };
    },
  };
}

/** Undefined where the bytes are no JSON, or nested deeper than the parser's stack. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** What is kept of an entry; the library's own holds ten times as much. */
interface StoredFile {
  readonly name: string;
  readonly start: number;
  readonly storedSize: number;
  readonly size: number;
  readonly crc32: number;
  readonly isDeflated: boolean;
  /** Milliseconds of Unix time. */
  readonly modified: number;
}

export async function openZip(bytes: Buffer, what: string): Promise<FeedRecords> {
  const files = await listFiles(bytes, what);
  if (files.length === 0) throw new InvalidInputError(`${what} is a ZIP archive without JSON files`);
  const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return {
    count: sorted.length,
    async *records() {
      for (const file of sorted) yield { name: file.name, record: parseJson(readStored(bytes, file, what)), date: timeOf(file.modified) };
    },
  };
}

async function listFiles(bytes: Buffer, what: string): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  try {
    const zip = await fromBufferPromise(bytes);
    if (zip.entryCount > limits.feedEntries) throw new InvalidInputError(`${what} has more than ${limits.feedEntries} entries`);
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('.json')) files.push(await locate(zip, entry, what));
    }
  } catch (error) {
    throw error instanceof InvalidInputError ? error : damagedArchive(what, error);
  }
  return files;
}

async function locate(zip: ZipFile, entry: Entry, what: string): Promise<StoredFile> {
  const isEncrypted = (entry.generalPurposeBitFlag & 1) !== 0;
  if (isEncrypted || (entry.compressionMethod !== 0 && entry.compressionMethod !== 8)) {
    throw new InvalidInputError(`${what}: ${entry.fileName} is encrypted or compressed by a method that is not read`);
  }
  if (entry.uncompressedSize > limits.feedEntryBytes) {
    throw new InvalidInputError(`${what}: ${entry.fileName} is larger than ${limits.feedEntryBytes} bytes`);
  }
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  return {
    name: entry.fileName,
    start: fileDataStart,
    storedSize: entry.compressedSize,
    size: entry.uncompressedSize,
    crc32: entry.crc32,
    isDeflated: entry.compressionMethod === 8,
    // The format knows local time only, so a day more or less is all that it can tell.
    modified: entry.getLastModDate({ timezone: 'UTC' }).getTime(),
  };
}

function timeOf(modified: number): string {
  return Number.isNaN(modified) ? '' : `${new Date(modified).toISOString().slice(0, 19)}Z`;
}

/** yauzl's streams do not compare the checksum and cost five times as much: the bytes are inflated here. */
function readStored(bytes: Buffer, file: StoredFile, what: string): Buffer {
  const name = `${what}: ${file.name}`;
  const stored = bytes.subarray(file.start, file.start + file.storedSize);
  const content = file.isDeflated ? inflate(stored, file.size, name) : stored;
  if (content.length !== file.size || crc32(content) !== file.crc32) throw damagedArchive(name, undefined);
  return content;
}

function inflate(stored: Buffer, size: number, name: string): Buffer {
  try {
    // A limit of zero means none to zlib, and 64 is its smallest chunk.
    return inflateRawSync(stored, { maxOutputLength: Math.max(1, size), chunkSize: Math.max(64, size) });
  } catch (error) {
    throw damagedArchive(name, error);
  }
}

function damagedArchive(what: string, cause: unknown): InvalidInputError {
  return new InvalidInputError(`${what} is damaged`, { cause });
}
