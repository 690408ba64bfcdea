import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Response } from 'undici';
import { checksumFailure } from './checksum.ts';
import type { DownloadFailure, DownloadFailureCode } from './download-failure.ts';
import { type FollowedAnswer, followRedirects } from './follow-redirects.ts';
import type { Outbound } from './outbound.ts';
import { OutboundError, reasonOf } from './outbound-error.ts';
import { redact } from './redact.ts';
import { retryAfter } from './retry-after.ts';

export type DownloadAnswer =
  | { readonly kind: 'fresh'; readonly bytes: number; readonly sha256: string; readonly etag?: string; readonly lastModified?: string }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'failed'; readonly failure: DownloadFailure };

export interface DownloadOptions {
  readonly outbound: Outbound;
  /** User name and password in it become a header, for its own origin only. */
  readonly url: string;
  /** Written anew at every attempt; what a failed download leaves is the caller's to remove. */
  readonly file: string;
  readonly maxBytes: number;
  /** Whether an answer without a byte is one. */
  readonly mayBeEmpty?: boolean;
  /** By the first bytes: false where this is something else, as the page of a proxy that wants a sign-in. */
  readonly isExpected?: (start: Buffer) => boolean;
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly now: () => Date;
  readonly sleep?: ((milliseconds: number, signal: AbortSignal) => Promise<void>) | undefined;
  readonly signal: AbortSignal;
  readonly onBytes?: (bytes: number, of: number | undefined) => void;
  /** Milliseconds for everything, with all attempts. */
  readonly deadline?: number;
  /** Milliseconds without a byte. */
  readonly silence?: number;
}

const attempts = 4;
const firstPause = 1000;
/** Whoever asks for more patience than this is asked again at the next update. */
const longestPause = 60_000;
const defaultDeadline = 15 * 60_000;
const defaultSilence = 60_000;
const startBytes = 512;
const htmlStart = /^\s*(<!doctype html|<html|<head|<body)/i;

/** Downloads to a file, again where that may help. What went wrong is a value; only the caller's own abort is thrown. */
export async function download(options: DownloadOptions): Promise<DownloadAnswer> {
  const { signal, now, sleep = pauseFor } = options;
  const deadline = AbortSignal.timeout(options.deadline ?? defaultDeadline);
  const limited = AbortSignal.any([signal, deadline]);
  for (let attempt = 1; ; attempt += 1) {
    const outcome: Attempt = await attemptDownload(options, limited, deadline);
    if (outcome.kind !== 'again') return outcome;
    const pause: number = outcome.after ?? firstPause * 2 ** (attempt - 1);
    if (attempt === attempts || pause > longestPause) return { kind: 'failed', failure: withPatience(outcome.failure, outcome.after, now) };
    try {
      await sleep(pause, limited);
    } catch {
      signal.throwIfAborted();
      return { kind: 'failed', failure: outcome.failure };
    }
  }
}

function withPatience(failure: DownloadFailure, after: number | undefined, now: () => Date): DownloadFailure {
  if (after === undefined) return failure;
  return { ...failure, detail: `${failure.detail}; it asks to come back after ${new Date(now().getTime() + after).toISOString().slice(0, 19)}Z` };
}

type Attempt = DownloadAnswer | { readonly kind: 'again'; readonly failure: DownloadFailure; readonly after?: number | undefined };

async function attemptDownload(options: DownloadOptions, limited: AbortSignal, deadline: AbortSignal): Promise<Attempt> {
  const silence = new AbortController();
  const signal = AbortSignal.any([limited, silence.signal]);
  const timer = setTimeout(() => silence.abort(), options.silence ?? defaultSilence);
  try {
    const answer = await followRedirects(options.outbound, options.url, requestHeaders(options), signal);
    if ('failure' in answer) return { kind: 'failed', failure: answer.failure };
    return await readAnswer(answer, options, () => timer.refresh());
  } catch (error) {
    options.signal.throwIfAborted();
    if (deadline.aborted) return failed('timed-out', `${hostOf(options.url)} did not finish in time`);
    if (silence.signal.aborted) return again('timed-out', `${hostOf(options.url)} fell silent`);
    if (error instanceof OutboundError) return again('unreachable', error.message);
    if (isSystemError(error)) throw error;
    return again('cut', `the answer of ${hostOf(options.url)} ended early: ${reasonOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  return sleepFor(milliseconds, undefined, { signal });
}

/** A full disk or a folder without write access is ours, not the publisher's. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'path' in error;
}

function requestHeaders({ etag, lastModified, headers }: DownloadOptions): Record<string, string> {
  return {
    accept: '*/*',
    'user-agent': 'nodeward',
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(lastModified === undefined ? {} : { 'if-modified-since': lastModified }),
    ...headers,
  };
}

async function readAnswer({ response, url }: FollowedAnswer, options: DownloadOptions, onPiece: () => void): Promise<Attempt> {
  const isConditional = options.etag !== undefined || options.lastModified !== undefined;
  if (response.status === 304 && isConditional) return { kind: 'unchanged' };
  if (response.status !== 200) {
    await response.body?.cancel();
    return refusalOf(response, url, options.now());
  }
  const type = response.headers.get('content-type') ?? '';
  if (/\b(text\/html|application\/xhtml)/i.test(type)) {
    await response.body?.cancel();
    return failed('wrong-type', `${url.host} answered with a web page (${redact(type)}), as a proxy that asks for a sign-in does`);
  }
  return store(response, url, options, onPiece);
}

async function store(response: Response, url: URL, options: DownloadOptions, onPiece: () => void): Promise<Attempt> {
  const announced = announcedBytes(response);
  if (announced !== undefined && announced > options.maxBytes) {
    await response.body?.cancel();
    return failed('too-large', `${url.host} announces ${announced} bytes; ${options.maxBytes} are allowed`);
  }
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  let bytes = 0;
  let start = Buffer.alloc(0);
  await using file = await open(options.file, 'w', 0o600);
  const pieces: AsyncIterable<Uint8Array> | null = response.body;
  for await (const piece of pieces ?? []) {
    onPiece();
    bytes += piece.byteLength;
    if (bytes > options.maxBytes) return failed('too-large', `${url.host} sends more than the ${options.maxBytes} bytes that are allowed`);
    if (start.length < startBytes) {
      start = Buffer.concat([start, piece]).subarray(0, startBytes);
      if (htmlStart.test(start.toString('latin1'))) return failed('wrong-type', `${url.host} answered with a web page`);
    }
    sha256.update(piece);
    md5.update(piece);
    await file.writeFile(piece);
    options.onBytes?.(bytes, announced);
  }
  if (bytes === 0 ? options.mayBeEmpty !== true : options.isExpected?.(start) === false) return failed('wrong-type', `${url.host} answered with something else than was asked for`);
  const digests = { sha256: sha256.digest('hex'), md5: md5.digest('base64') };
  const mismatch = checksumFailure(response.headers, digests);
  if (mismatch !== undefined) return again('checksum', `the bytes of ${url.host} do not have the checksum that it publishes (${mismatch})`);
  await file.sync();
  const etag = response.headers.get('etag');
  const lastModified = response.headers.get('last-modified');
  return { kind: 'fresh', bytes, sha256: digests.sha256, ...(etag === null ? {} : { etag }), ...(lastModified === null ? {} : { lastModified }) };
}

function refusalOf(response: Response, url: URL, now: Date): Attempt {
  const { status } = response;
  const said = `${url.host} answered ${status}`;
  if (status === 404 || status === 410) return failed('not-found', `${said} for ${url.pathname}`);
  const after = retryAfter(response.headers, now);
  const isSpent = status === 403 && response.headers.get('x-ratelimit-remaining') === '0';
  if (status === 429 || isSpent) return { ...again('busy', said), after };
  if (status === 401 || status === 403 || status === 407) return failed('denied', said);
  if (status === 503) return { ...again('busy', said), after };
  return status >= 500 || status === 408 || status === 425 ? { ...again('bad-answer', said), after } : failed('bad-answer', said);
}

/** Of the bytes as they are sent; what is decoded on the way has another length. */
function announcedBytes({ headers }: Response): number | undefined {
  const text = headers.get('content-length');
  return text === null || !/^\d{1,15}$/.test(text) || headers.has('content-encoding') ? undefined : Number(text);
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? 'the source';
}

function failed(code: DownloadFailureCode, detail: string): Attempt & { readonly kind: 'failed' } {
  return { kind: 'failed', failure: { code, detail } };
}

function again(code: DownloadFailureCode, detail: string): Attempt & { readonly kind: 'again' } {
  return { kind: 'again', failure: { code, detail } };
}
