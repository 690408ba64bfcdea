import { download, type DownloadAnswer } from '../network/download.ts';
import type { Outbound } from '../network/outbound.ts';
import { redact } from '../network/redact.ts';
import { findMirrored, type Mirror, mirrorPaths } from './mirror.ts';
import { type AdvisorySource, hasShape } from './sources.ts';
import type { SourceRecord } from './source-state.ts';

export interface FetchOptions {
  readonly outbound: Outbound;
  readonly mirror: Mirror | undefined;
  /** What the last answer said; undefined where the data must come whole. */
  readonly before: SourceRecord | undefined;
  /** Where a download may be written. */
  readonly file: string;
  readonly now: () => Date;
  readonly sleep?: ((milliseconds: number, signal: AbortSignal) => Promise<void>) | undefined;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number, of: number | undefined) => void;
}

export type FetchedSource = { readonly url: string } & (
  | { readonly kind: 'fresh'; readonly file: string; readonly etag?: string | undefined; readonly lastModified?: string | undefined }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'failed'; readonly failure: { readonly code: string; readonly detail: string } }
);

/** From the publisher, the mirror's server or the mirror's folder. */
export async function fetchSource(source: AdvisorySource, options: FetchOptions): Promise<FetchedSource> {
  const { mirror } = options;
  if (mirror === undefined) return fromServer(source, [source.url], options);
  if (mirror.kind === 'folder') return fromFolder(source, mirror.folder, options);
  return fromServer(source, source.mirrorNames.flatMap((name) => mirrorPaths('feeds', name)).map((path) => new URL(path, mirror.url).href), options);
}

async function fromServer(source: AdvisorySource, urls: readonly string[], options: FetchOptions): Promise<FetchedSource> {
  let last: FetchedSource | undefined;
  for (const url of urls) {
    const answer = await downloadSource(source, url, options);
    last = fetched(answer, redact(url), options.file);
    if (answer.kind !== 'failed' || answer.failure.code !== 'not-found') return last;
  }
  return last ?? { kind: 'failed', url: source.url, failure: { code: 'not-found', detail: 'no address' } };
}

function downloadSource(source: AdvisorySource, url: string, options: FetchOptions): Promise<DownloadAnswer> {
  const { outbound, before, file, now, sleep, signal, onBytes } = options;
  // A tag is a word of one address only.
  const tags = before?.url === redact(url) ? { etag: before.etag, lastModified: before.lastModified } : {};
  return download({ outbound, url, file, now, sleep, signal, onBytes, ...tags, maxBytes: source.maxBytes, isExpected: (start) => hasShape(start, source.shapes) });
}

function fetched(answer: DownloadAnswer, url: string, file: string): FetchedSource {
  if (answer.kind !== 'fresh') return { ...answer, url };
  return { kind: 'fresh', url, file, etag: answer.etag, lastModified: answer.lastModified };
}

async function fromFolder(source: AdvisorySource, folder: string, { before }: FetchOptions): Promise<FetchedSource> {
  const paths = source.mirrorNames.flatMap((name) => mirrorPaths('feeds', name));
  const refused = (code: string, detail: string): FetchedSource => ({ kind: 'failed', url: folder, failure: { code, detail } });
  try {
    const found = await findMirrored(folder, paths);
    if (found === undefined) return refused('not-found', `${folder} has no ${source.mirrorNames.join(' or ')}`);
    if (found.bytes > source.maxBytes) return refused('too-large', `${found.path} has ${found.bytes} bytes; ${source.maxBytes} are allowed`);
    if (before?.url === found.path && before.etag === found.tag) return { kind: 'unchanged', url: found.path };
    return { kind: 'fresh', url: found.path, file: found.path, etag: found.tag };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return refused('unreadable', `${folder} cannot be read (${String(error.code)})`);
  }
}
