import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { FeedFormat, RefusalReason } from '../advisory/feed.ts';
import { feedFormats } from '../advisory/registry.ts';
import { InvalidInputError } from '../base/errors.ts';
import type { AdvisoryDatabasePurpose } from '../model/advisory-lookup.ts';
import type { Advisory } from '../model/advisory.ts';
import { openFeedRecords } from './feed-records.ts';
import { FeedTables } from './feed-tables.ts';
import { builderRevision, createTables } from './schema.ts';

export interface FeedBuildTask {
  readonly path: string;
  /** Undefined: the family of its first ecosystem, in lower case. */
  readonly name?: string;
  readonly temporaryFile: string;
  readonly purpose: AdvisoryDatabasePurpose;
}

export interface RefusedRecord {
  readonly name: string;
  readonly reason: RefusalReason | 'not-json' | 'duplicate-id' | 'ecosystem-unknown';
  readonly detail: string;
}

export interface BuiltFeed {
  readonly feed: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly sourceSha256: string;
  readonly records: number;
  readonly rows: number;
  readonly newest: string;
  readonly ecosystems: readonly string[];
  readonly families: readonly string[];
  readonly refusedCount: number;
  /** The first few. */
  readonly refused: readonly RefusedRecord[];
}

const refusedShown = 10;
const recordsPerProgress = 1000;

/** One feed into one SQLite file under a temporary name. Throws `InvalidInputError` where the feed must not be used. */
export async function buildFeed(task: FeedBuildTask, onProgress: (done: number, of: number) => void): Promise<BuiltFeed> {
  const bytes = readFileSync(task.path);
  const records = await openFeedRecords(bytes, task.path);
  const reader = new FeedReader(task.path);
  // Defensive, Node's default, would silently keep a journal.
  const database = new DatabaseSync(task.temporaryFile, { defensive: false });
  try {
    createTables(database);
    database.exec('BEGIN');
    const tables = new FeedTables(database);
    let done = 0;
    for await (const { name, record } of records.records()) {
      const advisory = reader.read(name, record);
      if (advisory !== undefined) tables.add(advisory);
      done += 1;
      if (done % recordsPerProgress === 0) onProgress(done, records.count);
    }
    const summary = reader.summary(tables, task.name);
    tables.finish(metaOf(summary, reader, task));
    database.exec('COMMIT');
    database.close();
    const file = readFileSync(task.temporaryFile);
    return { ...summary, sha256: sha256(file), bytes: file.length, sourceSha256: sha256(bytes) };
  } finally {
    if (database.isOpen) database.close();
  }
}

function metaOf(summary: FeedSummary, reader: FeedReader, task: FeedBuildTask): Map<string, string> {
  return new Map([
    ['builder', String(builderRevision)],
    ['ecosystems', JSON.stringify(summary.ecosystems)],
    ['feed', summary.feed],
    ['licence', reader.licence],
    ['newest', summary.newest],
    ['purpose', task.purpose],
    ['records', String(summary.records)],
    ['refused', String(summary.refusedCount)],
    ['rows', String(summary.rows)],
  ]);
}

type FeedSummary = Omit<BuiltFeed, 'sha256' | 'bytes' | 'sourceSha256'>;

/** Parses record by record and keeps count of what was refused and why. */
class FeedReader {
  readonly #what: string;
  readonly #ids = new Set<string>();
  readonly #refused: RefusedRecord[] = [];
  readonly #families = new Set<string>();
  #format: FeedFormat | undefined;
  #refusedCount = 0;
  #newest = '';
  #unknownEcosystem = '';

  constructor(what: string) {
    this.#what = what;
  }

  get licence(): string {
    return [...new Set([...this.#families].map((family) => this.#format?.families.get(family) ?? ''))].join(' AND ');
  }

  read(name: string, record: unknown): Advisory | undefined {
    if (record === undefined) {
      this.#refuse({ name, reason: 'not-json', detail: '' });
      return undefined;
    }
    this.#format ??= feedFormats.find((format) => format.recognises(record));
    if (this.#format === undefined) throw new InvalidInputError(`${this.#what} is not a feed that can be read (${name} is no OSV record)`);
    const parsed = this.#format.parse(record);
    if (parsed.kind === 'refused') {
      if (parsed.reason === 'unknown-operator') throw new InvalidInputError(`${this.#what} uses what this version cannot read (${name}: ${parsed.detail})`);
      this.#refuse({ name: parsed.id || name, reason: parsed.reason, detail: parsed.detail });
      return undefined;
    }
    return this.#accept(parsed.advisory, this.#format);
  }

  #accept(advisory: Advisory, format: FeedFormat): Advisory | undefined {
    if (this.#ids.has(advisory.id)) {
      this.#refuse({ name: advisory.id, reason: 'duplicate-id', detail: '' });
      return undefined;
    }
    const families = new Set(advisory.affected.map((range) => range.ecosystem.split(':', 1)[0] ?? ''));
    const unknown = [...families].find((family) => !format.families.has(family));
    if (unknown !== undefined) {
      this.#unknownEcosystem ||= unknown;
      this.#refuse({ name: advisory.id, reason: 'ecosystem-unknown', detail: unknown });
      return undefined;
    }
    this.#ids.add(advisory.id);
    for (const family of families) this.#families.add(family);
    const date = advisory.modified ?? advisory.published ?? '';
    if (date > this.#newest) this.#newest = date;
    return advisory;
  }

  #refuse(refused: RefusedRecord): void {
    this.#refusedCount += 1;
    if (this.#refused.length < refusedShown) this.#refused.push(refused);
  }

  summary(tables: FeedTables, name: string | undefined): FeedSummary {
    if (this.#families.size === 0) throw new InvalidInputError(`${this.#what} has no advisory that can be used (${this.#why()})`);
    const families = [...this.#families].toSorted();
    return {
      feed: name ?? families.join('-').toLowerCase(),
      records: this.#ids.size,
      rows: tables.rows,
      newest: this.#newest,
      ecosystems: tables.ecosystems,
      families,
      refusedCount: this.#refusedCount,
      refused: this.#refused,
    };
  }

  #why(): string {
    if (this.#unknownEcosystem !== '') return `ecosystem ${this.#unknownEcosystem} is not read in this version`;
    const [first] = this.#refused;
    return first === undefined ? 'no records' : `${first.name}: ${first.reason} ${first.detail}`.trim();
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
