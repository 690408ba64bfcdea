import type { DatabaseSync } from 'node:sqlite';
import type { FeedFormat } from '../advisory/feed.ts';
import { feedFormats } from '../advisory/registry.ts';
import { InvalidInputError } from '../base/errors.ts';
import type { Advisory } from '../model/advisory.ts';
import { type FeedSummary, Refusals } from './built-feed.ts';
import type { FeedRecords } from './feed-records.ts';
import { FeedTables } from './feed-tables.ts';

const recordsPerProgress = 1000;

/** `what` names the feed in errors. Throws `InvalidInputError` where it must not be used. */
export async function writeAdvisories(
  database: DatabaseSync,
  feed: FeedRecords,
  what: string,
  onProgress: (done: number, of: number) => void,
): Promise<FeedSummary> {
  const tables = new FeedTables(database);
  const reader = new AdvisoryFeed(what);
  let done = 0;
  for await (const { name, record, date } of feed.records()) {
    const advisory = reader.read(name, record, date);
    if (advisory !== undefined) tables.add(advisory);
    done += 1;
    if (done % recordsPerProgress === 0) onProgress(done, feed.count);
  }
  tables.finish();
  return reader.summary(tables);
}

/** Parses record by record and keeps count of what was refused and why. */
class AdvisoryFeed {
  readonly #what: string;
  readonly #ids = new Set<string>();
  readonly #refusals = new Refusals();
  readonly #families = new Set<string>();
  #format: FeedFormat | undefined;
  #newest = '';
  #unknownEcosystem = '';

  constructor(what: string) {
    this.#what = what;
  }

  read(name: string, record: unknown, date: string): Advisory | undefined {
    if (record === undefined) {
      this.#refusals.add({ name, reason: 'not-json', detail: '' });
      return undefined;
    }
    this.#format ??= feedFormats.find((format) => format.recognises(record));
    if (this.#format === undefined) throw new InvalidInputError(`${this.#what} is not a feed that can be read (${name} is no record of a known format)`);
    const parsed = this.#format.parse(record);
    if (parsed.kind === 'index') {
      this.#date(parsed.date ?? '');
      return undefined;
    }
    if (parsed.kind === 'refused') {
      if (parsed.reason === 'unknown-operator') throw new InvalidInputError(`${this.#what} uses what this version cannot read (${name}: ${parsed.detail})`);
      this.#refusals.add({ name: parsed.id || name, reason: parsed.reason, detail: parsed.detail });
      return undefined;
    }
    return this.#accept(parsed.advisory, this.#format, date);
  }

  /** `date`: of the record's file, where the record itself has none. */
  #accept(advisory: Advisory, format: FeedFormat, date: string): Advisory | undefined {
    if (this.#ids.has(advisory.id)) {
      this.#refusals.add({ name: advisory.id, reason: 'duplicate-id', detail: '' });
      return undefined;
    }
    const families = new Set(advisory.affected.map((range) => range.ecosystem.split(':', 1)[0] ?? ''));
    const unknown = [...families].find((family) => !format.families.has(family));
    if (unknown !== undefined) {
      this.#unknownEcosystem ||= unknown;
      this.#refusals.add({ name: advisory.id, reason: 'ecosystem-unknown', detail: unknown });
      return undefined;
    }
    this.#ids.add(advisory.id);
    for (const family of families) this.#families.add(family);
    const own = [advisory.modified, advisory.published, advisory.withdrawn].flatMap((time) => time ?? []);
    for (const time of own.length === 0 ? [date] : own) this.#date(time);
    return advisory;
  }

  #date(time: string): void {
    if (time > this.#newest) this.#newest = time;
  }

  summary(tables: FeedTables): FeedSummary {
    const format = this.#format;
    if (format === undefined || this.#families.size === 0) throw new InvalidInputError(`${this.#what} has no advisory that can be used (${this.#why()})`);
    const families = [...this.#families].toSorted();
    return {
      feed: format.feedName?.(tables.ecosystems) ?? families.join('-').toLowerCase(),
      records: this.#ids.size,
      rows: tables.rows,
      newest: this.#newest,
      ecosystems: tables.ecosystems,
      families,
      licence: [...new Set(families.map((family) => format.families.get(family) ?? ''))].join(' AND '),
      refusedCount: this.#refusals.count,
      refused: this.#refusals.first,
    };
  }

  #why(): string {
    if (this.#unknownEcosystem !== '') return `ecosystem ${this.#unknownEcosystem} is not read in this version`;
    const [first] = this.#refusals.first;
    return first === undefined ? 'no records' : `${first.name}: ${first.reason} ${first.detail}`.trim();
  }
}
