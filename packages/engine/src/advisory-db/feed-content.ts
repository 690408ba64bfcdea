import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import { readXmlRecords, threatFormats } from '../advisory/registry.ts';
import { InvalidInputError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { type FeedRecords, openZip, parseJson, recordsOf } from './feed-records.ts';

/** A feed file, told by its content; `sourceSha256` is known once everything has been read. */
export type FeedContent = { readonly sourceSha256: () => string } & (
  | { readonly kind: 'advisories'; readonly records: FeedRecords }
  | { readonly kind: 'kev'; readonly root: unknown }
  | { readonly kind: 'epss'; readonly lines: AsyncIterable<string> }
);

/** Throws `InvalidInputError` where the file is no feed that can be read. */
export async function openFeedContent(path: string): Promise<FeedContent> {
  const { size } = await stat(path);
  if (size > limits.feedBytes) throw new InvalidInputError(`${path} is larger than ${limits.feedBytes} bytes`);
  const start = await readStart(path);
  const isZipped = start[0] === 0x1f && start[1] === 0x8b;
  const text = isZipped ? inflateStart(start, path) : start.toString('latin1');
  if (threatFormats.epss.recognises(text)) return openLines(path, isZipped);
  if (/^(\u00ef\u00bb\u00bf)?\s*</.test(text)) return openXml(path, isZipped);
  if (isZipped) throw new InvalidInputError(`${path} is not a feed that can be read (compressed by gzip, and neither EPSS nor OVAL)`);
  return openWhole(path, start);
}

/** One document, whole: its parts refer to each other from end to end. */
async function openXml(path: string, isZipped: boolean): Promise<FeedContent> {
  const bytes = await readFile(path);
  const text = (isZipped ? inflateWhole(bytes, path) : bytes).toString('utf8');
  if (text.length > limits.feedEntryBytes) throw new InvalidInputError(`${path} is larger than ${limits.feedEntryBytes} bytes`);
  return { kind: 'advisories', records: recordsOf(readXmlRecords(text.replace(/^\ufeff/, ''), path)), sourceSha256: () => createHash('sha256').update(bytes).digest('hex') };
}

function inflateWhole(bytes: Buffer, path: string): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: limits.feedEntryBytes });
  } catch (error) {
    const isTooLarge = error instanceof RangeError;
    throw new InvalidInputError(isTooLarge ? `${path} is larger than ${limits.feedEntryBytes} bytes` : `${path} is damaged`, { cause: error });
  }
}

async function openWhole(path: string, start: Buffer): Promise<FeedContent> {
  const bytes = await readFile(path);
  const sourceSha256 = (): string => createHash('sha256').update(bytes).digest('hex');
  if (start.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004', 'latin1'))) return { kind: 'advisories', records: await openZip(bytes, path), sourceSha256 };
  const root = /^\s*[[{]/.test(start.toString('latin1')) ? parseJson(bytes) : undefined;
  if (root === undefined) throw new InvalidInputError(`${path} is not a feed that can be read (neither a ZIP archive nor JSON)`);
  return threatFormats.kev.recognises(root) ? { kind: 'kev', root, sourceSha256 } : { kind: 'advisories', records: recordsOf(root), sourceSha256 };
}

const startBytes = 4096;

async function readStart(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(startBytes), 0, startBytes);
  return buffer.subarray(0, bytesRead);
}

/** The beginning of a stream is cut by its nature: what came out before that is what is wanted. */
function inflateStart(start: Buffer, path: string): string {
  try {
    // zlib's Z_SYNC_FLUSH as the last word takes an unfinished stream; 4 KB become at most 4 MB.
    return gunzipSync(start, { finishFlush: syncFlush }).toString('latin1', 0, startBytes);
  } catch (error) {
    throw new InvalidInputError(`${path} is damaged`, { cause: error });
  }
}

const syncFlush = 2;

function openLines(path: string, isZipped: boolean): FeedContent {
  const hash = createHash('sha256');
  const bytes = createReadStream(path, { highWaterMark: pieceBytes });
  const hashed = new Transform({
    transform: (piece: Buffer, _encoding, done) => {
      hash.update(piece);
      done(null, piece);
    },
  });
  const stream = bytes.on('error', (error) => hashed.destroy(error)).pipe(hashed);
  return { kind: 'epss', lines: linesOf(isZipped ? inflated(stream) : stream, path), sourceSha256: () => hash.digest('hex') };
}

function inflated(stream: Readable): Readable {
  const gunzip = createGunzip({ chunkSize: pieceBytes });
  stream.on('error', (error) => gunzip.destroy(error));
  return stream.pipe(gunzip);
}

const pieceBytes = 1 << 17;

/** Bounded by the length of a line, whatever the stream inflates to; the number of lines is the reader's to count. */
async function* linesOf(stream: AsyncIterable<Buffer>, path: string): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const piece of stream) {
      const lines = (rest + piece.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield checked(line, path);
      checked(rest, path);
    }
  } catch (error) {
    throw isZlibError(error) ? new InvalidInputError(`${path} is damaged`, { cause: error }) : error;
  }
  if (rest !== '') yield rest;
}

function checked(line: string, path: string): string {
  if (line.length > limits.feedLineBytes) throw new InvalidInputError(`${path} has a line of more than ${limits.feedLineBytes} bytes`);
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
}
