import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { type DiskSource, SourceReadError } from '@nodeward/engine';

/** Inclusive, as the service writes them. */
export interface Page {
  readonly start: number;
  readonly end: number;
}

/** The next `times` requests for bytes go wrong: `busy` 503 ServerBusy, `cut` the connection ends in the body, `short` fewer bytes than asked for. */
export interface PageBlobFault {
  readonly kind: 'busy' | 'cut' | 'short' | 'slow' | 'status' | 'shifted';
  readonly times: number;
  readonly status?: number;
  /** Seconds. */
  readonly retryAfter?: number;
  readonly milliseconds?: number;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly range: string | undefined;
  readonly ifMatch: string | undefined;
  readonly status: number;
}

/** A storage account of managed disks as the service behaves (its REST reference, and what was measured of it). */
export interface PageBlobServer {
  readonly origin: string;
  readonly requests: readonly RecordedRequest[];
  /** Appends the footer of a fixed VHD, as an export of a disk has it, unless told not to. */
  addDisk(name: string, source: DiskSource, options?: { readonly pages?: readonly Page[]; readonly footer?: boolean }): void;
  /** The same address with other contents: a new ETag. */
  replaceDisk(name: string, source: DiskSource): void;
  remove(name: string): void;
  /** A shared access signature; several may be valid at once. */
  grant(name: string, durationInSeconds: number): string;
  hasGrant(name: string): boolean;
  /** Every signature of this disk is void from now on. */
  revoke(name: string): void;
  fail(fault: PageBlobFault): void;
  close(): Promise<void>;
}

interface Blob {
  readonly source: DiskSource;
  readonly footer: Buffer;
  readonly size: number;
  readonly pages: readonly Page[] | undefined;
  readonly etag: string;
}

/** A simulated way to the server: milliseconds for one round trip, and bytes per second that all answers share. */
export interface Link {
  readonly roundTrip: number;
  readonly bytesPerSecond: number;
}

interface State {
  readonly link: Link | undefined;
  /** When the last byte that was promised has gone through the link, by `performance.now()`. */
  busyUntil: number;
  readonly blobs: Map<string, Blob>;
  /** Signature → the disk and the time (Unix milliseconds) at which it ends. */
  readonly grants: Map<string, { readonly name: string; readonly until: number }>;
  readonly faults: PageBlobFault[];
  readonly requests: RecordedRequest[];
  readonly now: () => number;
  generation: number;
}

const pageSize = 512;
const mostPages = 10_000;
const longestSummedRange = 4 * 1024 * 1024;
/** A list of all pages is made by reading all of them. */
const largestListed = 1024 ** 3;
const modified = 'Tue, 24 Nov 2026 00:00:00 GMT';

export async function startPageBlobServer({ now = () => Date.now(), link }: { readonly now?: () => number; readonly link?: Link } = {}): Promise<PageBlobServer> {
  const state: State = { link, busyUntil: 0, blobs: new Map(), grants: new Map(), faults: [], requests: [], now, generation: 0 };
  const server = createServer((request, response) => {
    serve(state, request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = originOf(server);
  const nameOf = (name: string): string => `/${name}`;
  return {
    origin,
    requests: state.requests,
    addDisk: (name, source, { pages, footer = true } = {}) => void state.blobs.set(nameOf(name), toBlob(state, source, pages, footer)),
    replaceDisk: (name, source) => void state.blobs.set(nameOf(name), toBlob(state, source, undefined, (state.blobs.get(nameOf(name))?.footer.length ?? 0) > 0)),
    remove: (name) => void state.blobs.delete(nameOf(name)),
    grant: (name, durationInSeconds) => {
      const signature = createHash('sha256').update(`${name} ${(state.generation += 1)}`).digest('base64url');
      state.grants.set(signature, { name: nameOf(name), until: now() + durationInSeconds * 1000 });
      return `${origin}/${name}?sv=2018-03-28&sr=b&si=${state.generation}&sig=${signature}`;
    },
    hasGrant: (name) => [...state.grants.values()].some((grant) => grant.name === nameOf(name) && grant.until > now()),
    revoke: (name) => {
      for (const [signature, grant] of state.grants) if (grant.name === nameOf(name)) state.grants.delete(signature);
    },
    fail: (fault) => void state.faults.push(...Array.from({ length: fault.times }, () => fault)),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function originOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return `http://127.0.0.1:${address.port}`;
}

function toBlob(state: State, source: DiskSource, pages: readonly Page[] | undefined, hasFooter: boolean): Blob {
  state.generation += 1;
  const footer = hasFooter ? vhdFooter(source.size) : Buffer.alloc(0);
  return { source, footer, size: source.size + footer.length, pages, etag: `"0x${(0x8dc0000000000 + state.generation).toString(16).toUpperCase()}"` };
}

/** "Virtual Hard Disk Image Format Specification", Hard Disk Footer Format. */
function vhdFooter(size: number): Buffer {
  const footer = Buffer.alloc(pageSize);
  footer.write('conectix');
  footer.writeUInt32BE(2, 8);
  footer.writeUInt32BE(0x00010000, 12);
  footer.writeBigUInt64BE(0xffffffffffffffffn, 16);
  footer.write('win ', 28);
  footer.writeUInt32BE(0x000a0000, 32);
  footer.write('Wi2k', 36);
  footer.writeBigUInt64BE(BigInt(size), 40);
  footer.writeBigUInt64BE(BigInt(size), 48);
  footer.writeUInt32BE(2, 60);
  footer.writeUInt32BE(~footer.reduce((sum, byte) => sum + byte, 0) >>> 0, 64);
  return footer;
}

interface Exchange {
  readonly state: State;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://blob');
  const exchange: Exchange = { state, request, response, url };
  response.once('close', () => state.requests.push(recordOf(exchange)));
  const blob = state.blobs.get(url.pathname);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead) return refuse(exchange, 405, 'UnsupportedHttpVerb');
  if (!isGranted(exchange)) return refuse(exchange, 403, 'AuthenticationFailed');
  if (blob === undefined) return refuse(exchange, 404, 'BlobNotFound');
  if (state.link !== undefined) await setTimeout(state.link.roundTrip);
  const fault = request.method === 'GET' ? state.faults.shift() : undefined;
  if (fault?.kind === 'busy') return refuse(exchange, 503, 'ServerBusy', fault.retryAfter);
  if (fault?.kind === 'status') return refuse(exchange, fault.status ?? 500, 'InternalError', fault.retryAfter);
  if (fault?.kind === 'slow') await setTimeout(fault.milliseconds ?? 1000);
  if (!isMatching(request, blob)) return refuse(exchange, 412, 'ConditionNotMet');
  if (url.searchParams.get('comp') === 'pagelist') return listPages(exchange, blob);
  return sendBytes(exchange, blob, fault);
}

/** A path without a disk is unknown whoever asks: 404, not 403. */
function isGranted({ state, url }: Exchange): boolean {
  if (!state.blobs.has(url.pathname)) return true;
  const grant = state.grants.get(url.searchParams.get('sig') ?? '');
  return grant?.name === url.pathname && grant.until > state.now();
}

function isMatching(request: IncomingMessage, blob: Blob): boolean {
  const wanted = request.headers['if-match'];
  return wanted === undefined || wanted === '*' || wanted === blob.etag;
}

function recordOf({ request, response, url }: Exchange): RecordedRequest {
  for (const secret of ['sig', 'si']) if (url.searchParams.has(secret)) url.searchParams.set(secret, 'redacted');
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams.toString(),
    range: rangeText(request),
    ifMatch: request.headers['if-match'],
    status: response.statusCode,
  };
}

function rangeText({ headers }: IncomingMessage): string | undefined {
  return headers['x-ms-range']?.toString() ?? headers.range;
}

function refuse({ request, response }: Exchange, status: number, code: string, retryAfter?: number): Promise<void> {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  response.writeHead(status, { 'x-ms-error-code': code, 'content-type': 'application/xml', ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }) });
  response.end(request.method === 'HEAD' ? undefined : body);
  return Promise.resolve();
}

async function passLink(state: State, bytes: number): Promise<void> {
  if (state.link === undefined) return;
  const now = performance.now();
  state.busyUntil = Math.max(now, state.busyUntil) + (bytes / state.link.bytesPerSecond) * 1000;
  await setTimeout(state.busyUntil - now);
}

function headersOf(blob: Blob): Record<string, string> {
  return { etag: blob.etag, 'last-modified': modified, 'accept-ranges': 'bytes', 'x-ms-blob-type': 'PageBlob', 'x-ms-version': '2021-12-02', 'content-type': 'application/octet-stream' };
}

async function sendBytes(exchange: Exchange, blob: Blob, fault: PageBlobFault | undefined): Promise<void> {
  const { request, response } = exchange;
  const text = request.method === 'HEAD' ? undefined : rangeText(request);
  const range = parseRange(text, blob.size);
  if (range === undefined) return refuse(exchange, 416, 'InvalidRange');
  const length = range.end - range.start + 1;
  const wantsSum = request.headers['x-ms-range-get-content-md5'] === 'true';
  if (wantsSum && (text === undefined || length > longestSummedRange)) return refuse(exchange, 400, 'InvalidHeaderValue');
  if (request.method === 'HEAD') {
    response.writeHead(200, { ...headersOf(blob), 'content-length': String(blob.size) });
    response.end();
    return;
  }
  const shift = fault?.kind === 'shifted' ? pageSize : 0;
  const contentRange = { 'content-range': `bytes ${range.start + shift}-${range.end + shift}/${blob.size}` };
  await passLink(exchange.state, length);
  const missing = fault?.kind === 'short' || fault?.kind === 'cut' ? Math.ceil(length / 2) : 0;
  const bytes = length <= longestRange ? await readBlob(blob, range.start, length) : undefined;
  const sum = wantsSum && bytes !== undefined ? { 'content-md5': createHash('md5').update(bytes).digest('base64') } : {};
  const told = fault?.kind === 'short' ? length - missing : length;
  response.writeHead(text === undefined ? 200 : 206, { ...headersOf(blob), 'content-length': String(told), ...(text === undefined ? {} : contentRange), ...sum });
  if (bytes !== undefined && missing === 0) response.end(bytes);
  else if (fault?.kind === 'short') response.end(bytes?.subarray(0, told));
  else if (fault?.kind === 'cut') response.write(bytes?.subarray(0, length - missing) ?? Buffer.alloc(0), () => response.destroy());
  else await sendWhole(response, blob, range);
}

const longestRange = 64 * 1024 * 1024;

async function sendWhole(response: ServerResponse, blob: Blob, { start, end }: Page): Promise<void> {
  for (let at = start; at <= end && !response.destroyed; at += longestSummedRange) {
    const piece = await readBlob(blob, at, Math.min(longestSummedRange, end + 1 - at));
    if (!response.write(piece)) await new Promise<void>((resolve) => void response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}

/** Undefined: not satisfiable. An open end, or one past the end of the blob, is its last byte. */
function parseRange(text: string | undefined, size: number): Page | undefined {
  if (text === undefined) return { start: 0, end: size - 1 };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(text) ?? [];
  const start = Number(from);
  const end = to === undefined || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return from === undefined || start >= size || end < start ? undefined : { start, end };
}

async function readBlob({ source, footer }: Blob, offset: number, length: number): Promise<Buffer> {
  const fromDisk = Math.max(0, Math.min(length, source.size - offset));
  const head = fromDisk === 0 ? Buffer.alloc(0) : Buffer.from(await source.read(offset, fromDisk));
  const from = Math.max(0, offset - source.size);
  return fromDisk === length ? head : Buffer.concat([head, footer.subarray(from, from + length - fromDisk)]);
}

/** Get Page Ranges: pages in order, cut to the range that was asked for, at most `maxresults` of them from the marker on. */
async function listPages(exchange: Exchange, blob: Blob): Promise<void> {
  const { url, request, response } = exchange;
  const range = parseRange(rangeText(request), blob.size);
  const wanted = Number(url.searchParams.get('maxresults') ?? mostPages);
  if (range === undefined) return refuse(exchange, 416, 'InvalidRange');
  if (!Number.isInteger(wanted) || wanted < 1) return refuse(exchange, 400, 'OutOfRangeQueryParameterValue');
  const all = (await pagesOf(blob))
    .filter(({ start, end }) => end >= range.start && start <= range.end)
    .map(({ start, end }) => ({ start: Math.max(start, range.start), end: Math.min(end, range.end) }));
  const first = Number(url.searchParams.get('marker') || 0);
  const shown = all.slice(first, first + Math.min(wanted, mostPages));
  const next = first + shown.length < all.length ? String(first + shown.length) : '';
  const body = `<?xml version="1.0" encoding="utf-8"?><PageList>${shown.map(({ start, end }) => `<PageRange><Start>${start}</Start><End>${end}</End></PageRange>`).join('')}<NextMarker>${next}</NextMarker></PageList>`;
  await passLink(exchange.state, body.length);
  response.writeHead(200, { ...headersOf(blob), 'content-type': 'application/xml', 'x-ms-blob-content-length': String(blob.size) });
  response.end(body);
}

/** What is read once is known: a disk never changes, it is replaced. */
const scanned = new WeakMap<Blob, readonly Page[]>();

async function pagesOf(blob: Blob): Promise<readonly Page[]> {
  const known = scanned.get(blob);
  if (known !== undefined) return known;
  const footer = blob.footer.length === 0 ? [] : [{ start: blob.source.size, end: blob.size - 1 }];
  const pages = joined([...(blob.pages ?? (await scan(blob.source))), ...footer]);
  scanned.set(blob, pages);
  return pages;
}

const zeros = Buffer.alloc(pageSize);

/** Pages that hold something. */
async function scan(source: DiskSource): Promise<readonly Page[]> {
  if (source.size > largestListed) throw new SourceReadError('name the pages of a disk as large as this one');
  const pages: Page[] = [];
  for (let at = 0; at < source.size; at += longestSummedRange) {
    const piece = Buffer.from(await source.read(at, Math.min(longestSummedRange, source.size - at)));
    for (let inside = 0; inside < piece.length; inside += pageSize) {
      const page = piece.subarray(inside, inside + pageSize);
      if (!page.equals(zeros.subarray(0, page.length))) pages.push({ start: at + inside, end: at + inside + page.length - 1 });
    }
  }
  return pages;
}

function joined(pages: readonly Page[]): readonly Page[] {
  const result: Page[] = [];
  for (const page of pages) {
    const last = result.at(-1);
    if (last !== undefined && last.end + 1 === page.start) result[result.length - 1] = { start: last.start, end: page.end };
    else result.push(page);
  }
  return result;
}
