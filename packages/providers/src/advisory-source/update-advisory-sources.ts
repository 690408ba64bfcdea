import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AdvisoryDatabaseError, type AdvisoryDatabasePurpose, type AdvisoryDatabaseStatus, advisoryDatabaseStatus, buildAdvisoryDatabase, type FeedOutcome, type FeedStatus, InvalidInputError } from '@nodeward/engine';
import type { Outbound } from '../network/outbound.ts';
import { type FetchedSource, fetchSource } from './fetch-source.ts';
import { type Mirror, parseMirror } from './mirror.ts';
import { selectEntries } from './select-entries.ts';
import { type AdvisorySource, type AdvisorySourceName, advisorySources, hasShape } from './sources.ts';
import { type AdvisorySourceState, neverAsked, readSourceRecords, shown, type SourceRecord, writeSourceRecords } from './source-state.ts';
import { lockForUpdate } from './update-lock.ts';

/** What is kept elsewhere and belongs to the same update: the lists of node images. */
export interface RefreshedBeside {
  refresh(signal: AbortSignal): Promise<AdvisorySourceState>;
}

export interface AdvisoryUpdateOptions {
  /** Of the advisory database. */
  readonly folder: string;
  readonly purpose: AdvisoryDatabasePurpose;
  readonly outbound: Outbound;
  /** Default: all. */
  readonly names?: readonly AdvisorySourceName[] | undefined;
  /** An address or a folder in place of the publishers. */
  readonly mirror?: string | undefined;
  readonly nodeImages?: RefreshedBeside | undefined;
  readonly now: () => Date;
  /** Default: the timer. */
  readonly sleep?: ((milliseconds: number, signal: AbortSignal) => Promise<void>) | undefined;
}

export type AdvisoryUpdateProgress =
  | { readonly phase: 'downloading'; readonly name: AdvisorySourceName; readonly bytes: number; readonly of: number | undefined }
  | { readonly phase: 'building'; readonly name: AdvisorySourceName; readonly done: number; readonly of: number }
  | { readonly phase: 'finished'; readonly source: AdvisorySourceState; readonly change: SourceChange };

export type SourceChange = 'changed' | 'unchanged' | 'failed';

export type AdvisoryUpdateReport =
  | { readonly kind: 'updated'; readonly revision: string | null; readonly sources: readonly { readonly source: AdvisorySourceState; readonly change: SourceChange }[] }
  /** Another update of the same folder runs, here or in another process. */
  | { readonly kind: 'already-running' };

/**
 * Asks the sources for what is new and builds it into the database. A source that fails keeps its data, and its state
 * says why. Throws the signal's reason when aborted: nothing half-done stays behind. Throws `InvalidConfigurationError`
 * for a mirror that is none.
 */
export async function updateAdvisorySources(options: AdvisoryUpdateOptions, onProgress: (progress: AdvisoryUpdateProgress) => void, signal: AbortSignal): Promise<AdvisoryUpdateReport> {
  const mirror = options.mirror === undefined ? undefined : parseMirror(options.mirror);
  await mkdir(options.folder, { recursive: true });
  using lock = lockForUpdate(options.folder);
  if (lock === undefined) return { kind: 'already-running' };
  await removeLeftovers(options.folder, options.now());
  const update: Update = { options, mirror, onProgress, records: new Map(await readSourceRecords(options.folder)), status: await statusOf(options.folder), signal };
  const wanted = advisorySources.filter(({ name }) => options.names?.includes(name) ?? true);
  // Publishers answer at the same time; feeds are built one after the other, each in a process of its own.
  const downloads = wanted.map((source) => ({ source, fetched: begin(source, update) }));
  const sources: { source: AdvisorySourceState; change: SourceChange }[] = [];
  try {
    for (const { source, fetched } of downloads) sources.push(await finish(source, await fetched, update));
    if (options.nodeImages !== undefined) sources.push(await refreshBeside(options.nodeImages, update));
  } finally {
    await Promise.allSettled(downloads.map(({ fetched }) => fetched));
    await removeLeftovers(options.folder, options.now());
  }
  return { kind: 'updated', revision: (await statusOf(options.folder))?.revision ?? null, sources };
}

interface Update {
  readonly options: AdvisoryUpdateOptions;
  readonly mirror: Mirror | undefined;
  readonly onProgress: (progress: AdvisoryUpdateProgress) => void;
  readonly records: Map<string, SourceRecord>;
  readonly status: AdvisoryDatabaseStatus | undefined;
  readonly signal: AbortSignal;
}

const temporaryPrefix = '.fetching-';
/** Of the builder, which also runs without us: what is older than a day was left by a killed process. */
const foreignPrefixes = ['.building-', '.sources-'];
const day = 24 * 60 * 60_000;

/** With the lock held, our own temporary files are what a killed update left. */
async function removeLeftovers(folder: string, now: Date): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const isForeign = foreignPrefixes.some((prefix) => name.startsWith(prefix));
    const isOld = isForeign && (await stat(path)).mtimeMs < now.getTime() - day;
    if (isOld || name.startsWith(temporaryPrefix)) await rm(path, { force: true });
  }
}

/** Undefined where there is none that can be used: everything must come whole then. */
async function statusOf(folder: string): Promise<AdvisoryDatabaseStatus | undefined> {
  try {
    return await advisoryDatabaseStatus(folder);
  } catch (error) {
    if (error instanceof AdvisoryDatabaseError) return undefined;
    throw error;
  }
}

function begin(source: AdvisorySource, { options, mirror, onProgress, records, status, signal }: Update): Promise<FetchedSource> {
  const { name } = source;
  const before = records.get(name);
  const built = status?.feeds.find((feed) => feed.name === name && feed.damage === undefined);
  const fetched = fetchSource(source, {
    outbound: options.outbound,
    mirror,
    // "Unchanged" is an answer only where what it speaks of is still here.
    before: built !== undefined && before?.sourceSha256 === built.sourceSha256 ? before : undefined,
    file: temporaryFile(options.folder),
    now: options.now,
    sleep: options.sleep,
    signal,
    onBytes: (bytes, of) => onProgress({ phase: 'downloading', name, bytes, of }),
  });
  // It is awaited in its turn; until then nobody listens.
  fetched.catch(() => undefined);
  return fetched;
}

function temporaryFile(folder: string): string {
  return join(folder, `${temporaryPrefix}${randomUUID()}`);
}

interface Finished {
  readonly source: AdvisorySourceState;
  readonly change: SourceChange;
}

async function finish(source: AdvisorySource, fetched: FetchedSource, update: Update): Promise<Finished> {
  update.signal.throwIfAborted();
  const { options, mirror, records } = update;
  const mirrored = mirror !== undefined;
  const before = records.get(source.name) ?? neverAsked(source.name, fetched.url, mirrored);
  const at = options.now().toISOString();
  const settled = fetched.kind === 'fresh' ? await build(source, fetched, update) : fetched;
  if (settled.kind === 'failed') return keep(update, { ...before, url: fetched.url, mirrored, state: 'failed', failure: { ...settled.failure, at } }, 'failed');
  if (settled.kind === 'unchanged') {
    const answered: SourceRecord = { ...withoutFailure(before), url: fetched.url, mirrored, state: 'ok', checkedAt: at };
    return keep(update, answered, 'unchanged');
  }
  const { feed, isNew } = settled;
  const tags = fetched.kind === 'fresh' ? { etag: fetched.etag, lastModified: fetched.lastModified } : {};
  const built: SourceRecord = {
    name: source.name, url: fetched.url, mirrored, state: 'ok', checkedAt: at, changedAt: isNew ? at : (before.changedAt ?? at),
    newest: feed.newest === '' ? null : feed.newest, records: feed.records, sourceSha256: feed.sourceSha256,
    ...(tags.etag === undefined ? {} : { etag: tags.etag }),
    ...(tags.lastModified === undefined ? {} : { lastModified: tags.lastModified }),
  };
  return keep(update, built, isNew ? 'changed' : 'unchanged');
}

function withoutFailure(record: SourceRecord): SourceRecord {
  const copy = { ...record };
  delete copy.failure;
  return copy;
}

async function keep({ options, records, onProgress }: Update, record: SourceRecord, change: SourceChange): Promise<Finished> {
  records.set(record.name, record);
  await writeSourceRecords(options.folder, records);
  const source = shown(record);
  onProgress({ phase: 'finished', source, change });
  return { source, change };
}

async function refreshBeside(beside: RefreshedBeside, update: Update): Promise<Finished> {
  const state = await beside.refresh(update.signal);
  return keep(update, state, state.state === 'failed' ? 'failed' : 'changed');
}

type Built =
  | { readonly kind: 'built'; readonly feed: Pick<FeedStatus, 'newest' | 'records' | 'sourceSha256'>; readonly isNew: boolean }
  | { readonly kind: 'failed'; readonly failure: { readonly code: string; readonly detail: string } };

async function build(source: AdvisorySource, fetched: FetchedSource & { readonly kind: 'fresh' }, update: Update): Promise<Built> {
  const { options, onProgress, signal } = update;
  try {
    const path = await prepare(source, fetched.file, options.folder);
    const report = await buildAdvisoryDatabase({
      feeds: [{ path }],
      folder: options.folder,
      purpose: options.purpose,
      onProgress: ({ done, of }) => onProgress({ phase: 'building', name: source.name, done, of }),
      signal,
    });
    const [outcome] = report.feeds;
    return outcome === undefined ? refused('nothing was built') : await builtOf(outcome, path, source, options.folder);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof InvalidInputError) return refused(said(error.message, fetched.file, source));
    throw error;
  }
}

async function builtOf(outcome: FeedOutcome, path: string, source: AdvisorySource, folder: string): Promise<Built> {
  if (outcome.outcome === 'refused') return refused(said(outcome.reason, path, source));
  // The content says which feed it is: a file that stands under another one's name is told, and is no harm.
  const feedName = outcome.outcome === 'built' ? outcome.built.feed : outcome.feed;
  if (feedName !== source.name) return refused(`what stands there is the feed ${feedName}, not ${source.name}`);
  if (outcome.outcome === 'built') return { kind: 'built', feed: outcome.built, isNew: true };
  const feed = (await statusOf(folder))?.feeds.find(({ name }) => name === source.name);
  return feed === undefined ? refused('nothing was built') : { kind: 'built', feed, isNew: false };
}

/** The engine speaks of the file that it was given; people know the source. */
function said(message: string, path: string, source: AdvisorySource): string {
  return message.replaceAll(path, `the feed ${source.name}`);
}

function refused(detail: string): Built {
  return { kind: 'failed', failure: { code: 'not-usable', detail } };
}

/** The archive as it came, or the records that were picked from it. */
async function prepare(source: AdvisorySource, file: string, folder: string): Promise<string> {
  if (source.entries === undefined || !(await startsAsZip(file))) return file;
  const list = temporaryFile(folder);
  await selectEntries(file, source.entries, list);
  return list;
}

async function startsAsZip(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4);
  return hasShape(buffer.subarray(0, bytesRead), ['zip']);
}
