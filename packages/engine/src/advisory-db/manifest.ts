import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AdvisoryDatabaseError } from '../base/errors.ts';
import type { AdvisoryDatabasePurpose } from '../model/advisory-lookup.ts';
import { databaseFormat, type FeedKind, feedKinds } from './schema.ts';

export interface ManifestFeed {
  readonly kind: FeedKind;
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly records: number;
  /** Time of its newest record, or of the feed itself where it says one; RFC 3339. */
  readonly newest: string;
  /** Of the feed that it was built from, and the builder: both unchanged, nothing is built. */
  readonly source_sha256: string;
  readonly builder: string;
  /** First words of ecosystems (`Ubuntu`): a reader opens only the files that it needs. None for threat data. */
  readonly families: readonly string[];
}

export interface Manifest {
  readonly purpose: AdvisoryDatabasePurpose;
  readonly feeds: ReadonlyMap<string, ManifestFeed>;
}

export interface ReadManifest extends Manifest {
  /** SHA-256 of the manifest's bytes. */
  readonly revision: string;
}

export const manifestName = 'current.json';
const longestManifest = 1024 * 1024;

/** Undefined where the folder or the manifest does not exist. Some kilobytes, read at once: the first asynchronous read of a process takes 3 ms. */
export function readManifest(folder: string): ReadManifest | undefined {
  const bytes = readBytes(folder);
  return bytes === undefined ? undefined : { ...parseManifest(bytes), revision: createHash('sha256').update(bytes).digest('hex') };
}

/** Of the current files, without a look at them: what is matched against must be opened. Undefined and errors as `readManifest`. */
export function advisoryRevision(folder: string): string | undefined {
  return readManifest(folder)?.revision;
}

function readBytes(folder: string): Buffer | undefined {
  try {
    return readFileSync(join(folder, manifestName));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new AdvisoryDatabaseError('unreadable', `the advisory database in ${folder} cannot be read (${String(code)})`, { cause: error });
  }
}

/** No build times: the same feeds give the same bytes, hence the same revision. */
export function writeManifestText(manifest: Manifest): string {
  const feeds = [...manifest.feeds].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, feed]) => [name, sortKeys(feed)] as const);
  return `${JSON.stringify({ feeds: Object.fromEntries(feeds), format: databaseFormat, purpose: manifest.purpose }, undefined, 1)}\n`;
}

function sortKeys(value: object): object {
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function parseManifest(bytes: Buffer): Manifest {
  const text = bytes.length > longestManifest ? undefined : bytes.toString('utf8');
  const root = text === undefined ? undefined : parseJson(text);
  if (!isObject(root)) throw damaged('no JSON object');
  if (typeof root.format === 'number' && root.format > databaseFormat) {
    throw new AdvisoryDatabaseError('format-too-new', `the advisory database has format ${root.format}; this version reads ${databaseFormat}`);
  }
  if (typeof root.format === 'number' && root.format < databaseFormat) {
    throw new AdvisoryDatabaseError('format-too-old', `the advisory database has format ${root.format}, which is no longer read; build it again`);
  }
  const { purpose, feeds } = root;
  if (root.format !== databaseFormat || (purpose !== 'production' && purpose !== 'sample') || !isObject(feeds)) {
    throw damaged('format, purpose or feeds');
  }
  return { purpose, feeds: new Map(Object.entries(feeds).map(([name, feed]) => [name, parseFeed(name, feed)])) };
}

/** The file name is joined to a path, so it is held to the shape that we write. */
function parseFeed(name: string, feed: unknown): ManifestFeed {
  if (!isObject(feed)) throw damaged(name);
  const { file, sha256, bytes, records, newest, source_sha256, builder, families } = feed;
  const kind = feedKinds.find((known) => known === feed.kind);
  if (
    kind === undefined || !isFeedName(name) || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256) || file !== fileNameOf(name, sha256)
    || !isCount(bytes) || !isCount(records) || typeof newest !== 'string' || typeof source_sha256 !== 'string'
    || typeof builder !== 'string' || !isStringList(families)
  ) {
    throw damaged(name);
  }
  return { kind, file, sha256, bytes, records, newest, source_sha256, builder, families };
}

export function isFeedName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,63}$/.test(name);
}

export function fileNameOf(feed: string, sha256: string): string {
  return `${feed}-${sha256.slice(0, 16)}.sqlite`;
}

function damaged(what: string): AdvisoryDatabaseError {
  return new AdvisoryDatabaseError('damaged', `the manifest of the advisory database is damaged (${what})`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
