import { type DiskSource, SourceReadError, type SourceStatistics, SourceTruncatedError } from '@nodeward/engine';
import type { Outbound } from '../network/outbound.ts';
import { ask, type Asker, realSleep } from './ask.ts';
import { parseDiskAddress, shownAddress } from './disk-address.ts';
import { type Piece, readPageList, type WrittenPages, writtenIn } from './page-list.ts';
import { RangeSourceError } from './range-source-error.ts';
import { readExactly } from './read-body.ts';
import { createSlots } from './slots.ts';

export interface RangeSourceOptions {
  readonly outbound: Pick<Outbound, 'fetch'>;
  /** Sent to the address's own origin only. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether to ask which pages were ever written; default: where the answer says that it is a page blob. */
  readonly pageList?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Requests at a time. */
  readonly parallel?: number;
  /** Milliseconds for one request. */
  readonly deadline?: number;
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** A disk behind an address: what it cost, and what ended it. */
export interface RangeSource extends DiskSource {
  readonly statistics: SourceStatistics;
  /** Why the last read failed for good; a reader further up knows only that it did. */
  readonly failure: RangeSourceError | undefined;
}

/** The first block of the engine's cache, which is the first thing that anybody reads. */
const headSize = 256 * 1024;
const longestRequest = 4 * 1024 * 1024;
/** At 60 MB/s a gap of this size costs less than another request. */
const cheapGap = 128 * 1024;
const defaultParallel = 8;
const defaultDeadline = 60_000;

interface Head {
  readonly bytes: Uint8Array;
  readonly size: number;
  /** Weak tags say nothing about bytes, and without any tag the time has to do. */
  readonly etag: string | undefined;
  readonly modified: string | undefined;
  readonly isPageBlob: boolean;
}

/**
 * Opens a disk by range requests. Every later answer must be of the same version of the same object,
 * to the byte, or the read fails. Throws `RangeSourceError`, or the reason of an abort.
 */
export async function openRangeSource(url: string, options: RangeSourceOptions): Promise<RangeSource> {
  const counted = { bytes: 0, requests: 0 };
  const ending = new AbortController();
  const asker: Asker = {
    address: parseDiskAddress(url),
    outbound: options.outbound,
    headers: options.headers ?? {},
    signal: options.signal === undefined ? ending.signal : AbortSignal.any([options.signal, ending.signal]),
    deadline: options.deadline ?? defaultDeadline,
    sleep: options.sleep ?? realSleep,
    count: (bytes, requests) => {
      counted.bytes += bytes;
      counted.requests += requests;
    },
  };
  const head = await readHead(asker);
  const pages = options.pageList ?? head.isPageBlob ? await readPageList(asker, head.size, condition(head)) : undefined;
  const slots = createSlots(options.parallel ?? defaultParallel);
  return new HttpDisk({ asker, head, pages, counted, inSlot: slots, end: () => ending.abort(new SourceReadError('the disk was closed')) });
}

interface Parts {
  readonly asker: Asker;
  readonly head: Head;
  readonly pages: WrittenPages | undefined;
  readonly counted: SourceStatistics;
  readonly inSlot: ReturnType<typeof createSlots>;
  readonly end: () => void;
}

class HttpDisk implements RangeSource {
  readonly size: number;
  readonly #parts: Parts;
  #failure: RangeSourceError | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.size = parts.head.size;
  }

  get statistics(): SourceStatistics {
    const { bytes, requests } = this.#parts.counted;
    return { bytes, requests };
  }

  get failure(): RangeSourceError | undefined {
    return this.#failure;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const { head, pages, inSlot, asker } = this.#parts;
    checkRange(this.size, offset, length);
    if (offset + length <= head.bytes.length) return head.bytes.subarray(offset, offset + length);
    const pieces = split(pages === undefined ? [{ from: offset, to: offset + length }] : writtenIn(pages, { from: offset, to: offset + length }, cheapGap));
    try {
      const parts = await Promise.all(pieces.map((piece) => inSlot(() => readPiece(asker, head, piece))));
      const [only] = parts;
      if (only?.length === length) return only;
      const bytes = new Uint8Array(length);
      for (const [index, { from }] of pieces.entries()) bytes.set(parts[index] ?? new Uint8Array(0), from - offset);
      return bytes;
    } catch (error) {
      if (error instanceof RangeSourceError) this.#failure = error;
      throw error;
    }
  }

  close(): Promise<void> {
    this.#parts.end();
    return Promise.resolve();
  }
}

function checkRange(size: number, offset: number, length: number): void {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) throw new SourceReadError(`not a range: ${length} bytes from ${offset}`);
  if (offset + length > size) throw new SourceTruncatedError(`${length} bytes from ${offset} reach past the end at ${size}`);
}

function split(pieces: readonly Piece[]): readonly Piece[] {
  return pieces.flatMap(({ from, to }) =>
    Array.from({ length: Math.ceil((to - from) / longestRequest) }, (_, nth) => ({ from: from + nth * longestRequest, to: Math.min(to, from + (nth + 1) * longestRequest) })),
  );
}

type Answer = Parameters<Parameters<typeof ask>[2]>[0];

/** Size, version and kind in one request, with the bytes that everybody needs first. */
async function readHead(asker: Asker): Promise<Head> {
  try {
    return await ask(asker, { headers: { range: `bytes=0-${headSize - 1}` } }, (answer) => toHead(asker, answer));
  } catch (error) {
    // Nothing at all cannot be asked for by range: RFC 9110 §15.5.17.
    if (error instanceof RangeSourceError && error.failure === 'range-refused') throw new RangeSourceError('range-refused', `${shownAddress(asker.address.url)}: there is not a single byte`, 416);
    throw error;
  }
}

async function toHead(asker: Asker, answer: Answer): Promise<Head> {
  const range = parseContentRange(answer);
  if (range?.first !== 0 || range.last !== Math.min(headSize, range.size) - 1) throw await notRange(asker, answer);
  const etag = answer.headers.get('etag') ?? undefined;
  const isPageBlob = answer.headers.get('x-ms-blob-type') === 'PageBlob';
  await checkLength(asker, answer, range.last + 1);
  const bytes = await readExactly(asker, answer, range.last + 1);
  return { bytes, size: range.size, etag: etag?.startsWith('"') === true ? etag : undefined, modified: answer.headers.get('last-modified') ?? undefined, isPageBlob };
}

function readPiece(asker: Asker, head: Head, { from, to }: Piece): Promise<Uint8Array> {
  const headers = { range: `bytes=${from}-${to - 1}`, ...condition(head) };
  return ask(asker, { headers }, async (answer) => {
    await checkSame(asker, answer, head);
    const range = parseContentRange(answer);
    if (range?.first !== from || range.last !== to - 1) throw await notRange(asker, answer);
    if (range.size !== head.size) throw await changed(asker, answer);
    await checkLength(asker, answer, to - from);
    return readExactly(asker, answer, to - from);
  });
}

function condition({ etag }: Head): Readonly<Record<string, string>> {
  return etag === undefined ? {} : { 'if-match': etag };
}

/** A server may ignore `If-Match`: what the answer says of itself counts too. */
async function checkSame(asker: Asker, answer: Answer, { etag, modified }: Head): Promise<void> {
  const isOther = etag === undefined ? (answer.headers.get('last-modified') ?? undefined) !== modified : (answer.headers.get('etag') ?? etag) !== etag;
  if (isOther) throw await changed(asker, answer);
}

async function changed(asker: Asker, answer: Answer): Promise<RangeSourceError> {
  await answer.body?.cancel();
  return new RangeSourceError('changed', `${shownAddress(asker.address.url)}: the disk was changed while it was read`, answer.status);
}

async function checkLength(asker: Asker, answer: Answer, length: number): Promise<void> {
  const told = answer.headers.get('content-length');
  const encoding = answer.headers.get('content-encoding') ?? 'identity';
  if (encoding === 'identity' && (told === null || Number(told) === length)) return;
  await answer.body?.cancel();
  if (encoding !== 'identity') throw new RangeSourceError('answer-invalid', `${shownAddress(asker.address.url)}: the bytes come encoded as ${encoding.slice(0, 40)}`, answer.status);
  throw new RangeSourceError('answer-cut', `${shownAddress(asker.address.url)}: ${Number(told)} bytes of ${length}`, answer.status);
}

interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly size: number;
}

function parseContentRange(answer: Answer): ContentRange | undefined {
  const [, first, last, size] = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(answer.headers.get('content-range') ?? '') ?? [];
  if (answer.status !== 206 || size === undefined || Number(size) > Number.MAX_SAFE_INTEGER) return undefined;
  return { first: Number(first), last: Number(last), size: Number(size) };
}

async function notRange(asker: Asker, answer: Answer): Promise<RangeSourceError> {
  await answer.body?.cancel();
  const shown = shownAddress(asker.address.url);
  if (answer.status === 200) return new RangeSourceError('range-ignored', `${shown}: the server gives whole files only, not ranges of bytes`, 200);
  return new RangeSourceError('answer-invalid', `${shown}: other bytes than were asked for`, answer.status);
}
