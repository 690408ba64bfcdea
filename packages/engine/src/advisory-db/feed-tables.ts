import type { DatabaseSync } from 'node:sqlite';
import { deflateRawSync } from 'node:zlib';
import type { Advisory, AffectedRange } from '../model/advisory.ts';
import { severityOf } from '../advisory/severity-of.ts';

interface RangeEntry {
  readonly bounds: AffectedRange;
  readonly seq: number;
  readonly advisories: number[];
}

interface PackageEntry {
  readonly id: number;
  readonly ecosystem: string;
  readonly name: string;
  readonly ranges: Map<string, RangeEntry>;
}

/** Before compression. Smaller blocks waste what is left of SQLite's pages: 16 KB costs a megabyte of the Ubuntu feed. */
const blockBytes = 48 * 1024;

/**
 * Collects the advisories of one feed and writes their tables. Ids follow the order in which
 * advisories come, so the same feed in the same order gives the same bytes.
 */
export class FeedTables {
  readonly #database: DatabaseSync;
  readonly #packages = new Map<string, Map<string, PackageEntry>>();
  readonly #binaries = new Map<string, number>();
  readonly #ratings = new Map<string, number>();
  readonly #aliases: [string, number][] = [];
  #packageCount = 0;
  #advisories = 0;
  #rows = 0;
  #block: string[] = [];
  #blockLength = 0;
  #blocks = 0;
  readonly #insertAdvisory;
  readonly #insertDetail;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insertAdvisory = database.prepare('INSERT INTO advisory VALUES (?, ?, ?, ?, ?)');
    this.#insertDetail = database.prepare('INSERT INTO detail VALUES (?, ?)');
  }

  get rows(): number {
    return this.#rows;
  }

  get ecosystems(): readonly string[] {
    return [...this.#packages.keys()].toSorted();
  }

  /** A withdrawn advisory can be looked up, and matches nothing. */
  add(advisory: Advisory): void {
    this.#advisories += 1;
    const id = this.#advisories;
    const { affected, cvss, vulnerabilities, related, ...prose } = advisory;
    const rows = advisory.withdrawn === undefined ? affected.flatMap((range) => this.#addRange(range, id)) : [];
    const { severity, source } = severityOf(advisory.vendorSeverity, cvss);
    const column = vulnerabilitiesColumn(advisory);
    const rating = idOf(this.#ratings, [`${severity} ${source}`, ...cvss].join('\n'));
    this.#insertAdvisory.run(id, advisory.id, column, rating, this.#blocks);
    for (const name of new Set([...vulnerabilities, ...related, ...(column === null ? [] : [advisory.id])])) this.#aliases.push([name, id]);
    this.#addDetail(JSON.stringify({ ...prose, related: related.filter((name) => !vulnerabilities.includes(name)), affected: rows }));
  }

  finish(): void {
    this.#flushDetail();
    const insertPackage = this.#database.prepare('INSERT INTO package VALUES (?, ?, ?)');
    const insertRange = this.#database.prepare('INSERT INTO range VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    const packages = [...this.#packages.values()].flatMap((names) => [...names.values()]).toSorted((a, b) => a.id - b.id);
    for (const { id, ecosystem, name, ranges } of packages) {
      insertPackage.run(id, ecosystem, name);
      for (const { bounds, seq, advisories } of ranges.values()) {
        insertRange.run(
          id, seq, bounds.introduced ?? null, bounds.above ?? null, bounds.fixed ?? null, bounds.lastAffected ?? null,
          bounds.binaries === undefined ? null : idOf(this.#binaries, JSON.stringify(bounds.binaries)), extraColumn(bounds), JSON.stringify(advisories),
        );
      }
    }
    this.#writeNames();
  }

  #writeNames(): void {
    const insertAlias = this.#database.prepare('INSERT INTO alias VALUES (?, ?)');
    const insertBinaries = this.#database.prepare('INSERT INTO binaries VALUES (?, ?)');
    const insertRating = this.#database.prepare('INSERT INTO rating VALUES (?, ?, ?)');
    const aliases = this.#aliases.toSorted(([a, first], [b, second]) => (a < b ? -1 : a > b ? 1 : first - second));
    for (const [name, advisory] of aliases) insertAlias.run(name, advisory);
    for (const [names, id] of this.#binaries) insertBinaries.run(id, names);
    for (const [rating, id] of this.#ratings) {
      const [severity = '', ...vectors] = rating.split('\n');
      insertRating.run(id, severity, vectors.length === 0 ? null : vectors.join(' '));
    }
  }

  /** Gives the key of the row, package and sequence, or nothing where the advisory repeats itself. */
  #addRange(bounds: AffectedRange, advisory: number): readonly number[] {
    const found = this.#packageOf(bounds.ecosystem, bounds.package);
    const key = boundsKey(bounds);
    let range = found.ranges.get(key);
    if (range === undefined) {
      range = { bounds, seq: found.ranges.size, advisories: [] };
      found.ranges.set(key, range);
    }
    if (range.advisories.at(-1) === advisory) return [];
    range.advisories.push(advisory);
    this.#rows += 1;
    return [found.id, range.seq];
  }

  #packageOf(ecosystem: string, name: string): PackageEntry {
    let names = this.#packages.get(ecosystem);
    if (names === undefined) {
      names = new Map();
      this.#packages.set(ecosystem, names);
    }
    let found = names.get(name);
    if (found === undefined) {
      this.#packageCount += 1;
      found = { id: this.#packageCount, ecosystem, name, ranges: new Map() };
      names.set(name, found);
    }
    return found;
  }

  #addDetail(line: string): void {
    this.#block.push(line);
    this.#blockLength += line.length;
    if (this.#blockLength >= blockBytes) this.#flushDetail();
  }

  #flushDetail(): void {
    if (this.#block.length === 0) return;
    this.#insertDetail.run(this.#blocks, deflateRawSync(this.#block.join('\n'), { level: 9 }));
    this.#blocks += 1;
    this.#block = [];
    this.#blockLength = 0;
  }
}

/** Numbers each distinct text once, from 1 on, in the order in which they come. */
function idOf(known: Map<string, number>, text: string): number {
  const id = known.get(text) ?? known.size + 1;
  known.set(text, id);
  return id;
}

/** Most ranges are "older than"; the others need all bounds to be told apart. */
function boundsKey({ introduced, above, fixed, lastAffected, binaries, operatingSystems }: AffectedRange): string {
  const isPlain = introduced === undefined && above === undefined && lastAffected === undefined && binaries === undefined && operatingSystems === undefined;
  return isPlain ? fixed ?? '' : JSON.stringify([introduced, above, fixed, lastAffected, binaries, operatingSystems]);
}

/** NULL for nearly every range of nearly every feed. */
function extraColumn({ operatingSystems }: AffectedRange): string | null {
  return operatingSystems === undefined ? null : JSON.stringify({ operatingSystems });
}

function vulnerabilitiesColumn(advisory: Advisory): string | null {
  const [first] = advisory.vulnerabilities;
  return advisory.vulnerabilities.length === 1 && advisory.id === `UBUNTU-${first}` ? null : advisory.vulnerabilities.join(' ');
}
