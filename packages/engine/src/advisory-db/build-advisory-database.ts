import { type ChildProcess, fork } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AdvisoryDatabaseError, InvalidInputError } from '../base/errors.ts';
import type { AdvisoryDatabasePurpose } from '../model/advisory-lookup.ts';
import type { FeedBuildTask } from './build-feed.ts';
import type { BuildMessage } from './build-feed-process.ts';
import type { BuiltFeed } from './built-feed.ts';
import { fileNameOf, isFeedName, type ManifestFeed, manifestName, readManifest, writeManifestText } from './manifest.ts';
import { builderRevision, databaseFormat } from './schema.ts';
import { publishFile } from './write-once.ts';

export interface FeedSource {
  readonly path: string;
  /** Lower-case letters, digits, hyphens. Undefined: the family of its ecosystems (`ubuntu`), or `kev` or `epss`. */
  readonly name?: string;
}

export interface BuildOptions {
  readonly feeds: readonly FeedSource[];
  readonly folder: string;
  readonly purpose: AdvisoryDatabasePurpose;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

export interface BuildProgress {
  readonly path: string;
  readonly done: number;
  readonly of: number;
}

/** What became of one feed. A refused one leaves the file that it would have replaced in use. */
export type FeedOutcome =
  | { readonly path: string; readonly outcome: 'built'; readonly built: BuiltFeed; readonly seconds: number; readonly peakBytes: number }
  | { readonly path: string; readonly outcome: 'unchanged'; readonly feed: string }
  | { readonly path: string; readonly outcome: 'refused'; readonly reason: string };

export interface BuildReport {
  readonly revision: string;
  readonly feeds: readonly FeedOutcome[];
}

/** A feed may lose records when its publisher tidies up, never a tenth of them at once. */
const leastShareOfRecords = 0.9;

/**
 * Builds one file per feed and makes them the current ones. Feeds of the folder that are not named
 * here stay. Throws `InvalidInputError` where a file is no feed at all and nothing is left to use.
 */
export async function buildAdvisoryDatabase(options: BuildOptions): Promise<BuildReport> {
  if (options.feeds.length === 0) throw new InvalidInputError('no feed was given');
  await mkdir(options.folder, { recursive: true });
  const before = readPrevious(options.folder);
  if (before !== undefined && before.purpose !== options.purpose) {
    throw new InvalidInputError(`${options.folder} holds a database made for ${before.purpose}, not for ${options.purpose}`);
  }
  const feeds = new Map(before?.feeds);
  const outcomes: FeedOutcome[] = [];
  const namesOfThisBuild = new Set<string>();
  for (const source of options.feeds) {
    const outcome = await buildOne(source, options, feeds, namesOfThisBuild);
    outcomes.push(outcome);
  }
  if (feeds.size === 0) throw new InvalidInputError(outcomes.flatMap((feed) => (feed.outcome === 'refused' ? [feed.reason] : [])).join('; '));
  const revision = await publishManifest(options, feeds);
  return { revision, feeds: outcomes };
}

/** A database of an older format is built anew from what is given here. */
function readPrevious(folder: string): ReturnType<typeof readManifest> {
  try {
    return readManifest(folder);
  } catch (error) {
    if (error instanceof AdvisoryDatabaseError && error.reason === 'format-too-old') return undefined;
    throw error;
  }
}

/** Puts the new entry into `feeds`, or says why not. */
async function buildOne(
  source: FeedSource,
  options: BuildOptions,
  feeds: Map<string, ManifestFeed>,
  namesOfThisBuild: Set<string>,
): Promise<FeedOutcome> {
  const { path, name } = source;
  if (name !== undefined && !isFeedName(name)) throw new InvalidInputError(`${name} is not a name for a feed`);
  const sourceSha256 = await hashSource(path, options.signal);
  const unchanged = await findUnchanged(feeds, sourceSha256, options.folder, name);
  if (unchanged !== undefined) {
    namesOfThisBuild.add(unchanged);
    return { path, outcome: 'unchanged', feed: unchanged };
  }
  const temporaryFile = join(options.folder, `.building-${randomUUID()}.sqlite`);
  try {
    const result = await buildInChild({ path, temporaryFile, purpose: options.purpose, ...(name === undefined ? {} : { name }) }, options);
    if (result.kind === 'invalid') return { path, outcome: 'refused', reason: result.message };
    const { built } = result;
    const tooFew = feeds.get(built.feed);
    if (namesOfThisBuild.has(built.feed)) throw new InvalidInputError(`${path} would replace the feed ${built.feed} that was just built; give it another name`);
    if (tooFew !== undefined && built.records < tooFew.records * leastShareOfRecords) {
      return { path, outcome: 'refused', reason: `${path} has ${built.records} records where ${tooFew.file} has ${tooFew.records}` };
    }
    await publishFile(temporaryFile, join(options.folder, fileNameOf(built.feed, built.sha256)));
    namesOfThisBuild.add(built.feed);
    feeds.set(built.feed, entryOf(built));
    return { path, outcome: 'built', built, seconds: result.seconds, peakBytes: result.peakBytes };
  } finally {
    await rm(temporaryFile, { force: true });
  }
}

function entryOf(built: BuiltFeed): ManifestFeed {
  return {
    kind: built.kind,
    file: fileNameOf(built.feed, built.sha256),
    sha256: built.sha256,
    bytes: built.bytes,
    records: built.records,
    newest: built.newest,
    source_sha256: built.sourceSha256,
    builder: builderName(),
    families: built.families,
  };
}

/** SQLite writes its own version into every file, so another Node gives another file for the same feed. */
function builderName(): string {
  return `${databaseFormat}.${builderRevision} sqlite ${process.versions.sqlite ?? ''}`.trim();
}

async function findUnchanged(
  feeds: ReadonlyMap<string, ManifestFeed>,
  sourceSha256: string,
  folder: string,
  name: string | undefined,
): Promise<string | undefined> {
  for (const [feed, entry] of feeds) {
    const isSame = entry.source_sha256 === sourceSha256 && entry.builder === builderName() && (name === undefined || name === feed);
    if (isSame && await exists(join(folder, entry.file))) return feed;
  }
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

async function hashSource(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  try {
    const pieces: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 1 << 20, signal });
    for await (const piece of pieces) hash.update(piece);
  } catch (error) {
    signal?.throwIfAborted();
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new InvalidInputError(`${path} cannot be read (${code})`, { cause: error });
  }
  return hash.digest('hex');
}

async function publishManifest(options: BuildOptions, feeds: ReadonlyMap<string, ManifestFeed>): Promise<string> {
  const text = writeManifestText({ purpose: options.purpose, feeds });
  const temporaryFile = join(options.folder, `.building-${randomUUID()}.json`);
  await writeFile(temporaryFile, text);
  await publishFile(temporaryFile, join(options.folder, manifestName));
  return createHash('sha256').update(text).digest('hex');
}

type ChildResult =
  | { readonly kind: 'built'; readonly built: BuiltFeed; readonly seconds: number; readonly peakBytes: number }
  | { readonly kind: 'invalid'; readonly message: string };

/** A small young generation costs a tenth of the time and saves a third of the memory. */
const childFlags = ['--max-semi-space-size=4'];

function buildInChild(task: FeedBuildTask, options: BuildOptions): Promise<ChildResult> {
  const started = performance.now();
  const program = fileURLToPath(new URL(`./build-feed-process${extname(import.meta.url)}`, import.meta.url));
  const child = fork(program, taskArgumentsOf(task), {
    env: {},
    execArgv: childFlags,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const errorText = collectErrors(child);
  return new Promise((resolve, reject) => {
    child.on('message', (message: BuildMessage) => {
      if (message.kind === 'progress') options.onProgress?.({ path: task.path, done: message.done, of: message.of });
      else if (message.kind === 'built') resolve({ kind: 'built', built: message.built, seconds: (performance.now() - started) / 1000, peakBytes: message.peakBytes });
      else if (message.kind === 'invalid') resolve({ kind: 'invalid', message: message.message });
      else reject(new Error(`building ${task.path} failed: ${message.message}`));
    });
    child.on('error', reject);
    child.on('exit', (code, killedBy) => reject(new Error(`building ${task.path} ended with ${String(code ?? killedBy)} ${errorText()}`.trim())));
  });
}

function taskArgumentsOf(task: FeedBuildTask): string[] {
  return [task.path, task.temporaryFile, task.purpose, ...(task.name === undefined ? [] : [task.name])];
}

const errorTextKept = 2000;

function collectErrors(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (piece: Buffer) => {
    text = (text + piece.toString('utf8')).slice(-errorTextKept);
  });
  return () => text;
}
