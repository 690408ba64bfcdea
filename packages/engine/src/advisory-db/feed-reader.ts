import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { AdvisoryDatabaseError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { AdvisoryHead, RangeRow } from '../model/advisory-lookup.ts';
import type { Advisory, AffectedRange } from '../model/advisory.ts';
import { type Severity, type SeveritySource, severities, severitySources } from '../model/severity.ts';
import { asDatabaseError } from './feed-file.ts';

/** Package ids of several files live in one number: this many ids for each file. */
const idsPerFile = 2 ** 40;

/** Reads one proven file. What it has read it keeps: one process asks for the same packages again and again. */
export class FeedReader {
  readonly name: string;
  readonly #database: DatabaseSync;
  readonly #firstId: number;
  readonly #names = new Map<string, ReadonlySet<string>>();
  readonly #ranges = new Map<string, readonly RangeRow[]>();
  readonly #heads = new Map<number, AdvisoryHead>();
  readonly #hits = new Map<RangeRow, readonly AdvisoryHead[]>();
  readonly #sources = new Map<string, ReadonlyMap<string, string | undefined>>();
  readonly #selectRanges: StatementSync;
  readonly #selectAdvisories: StatementSync;

  constructor(name: string, database: DatabaseSync, index: number) {
    this.name = name;
    this.#database = database;
    this.#firstId = index * idsPerFile;
    this.#selectRanges = statement(database, `SELECT r.package, r.seq, r.introduced, r.above, r.fixed, r.last_affected, b.names, r.extra
      FROM package p JOIN range r ON r.package = p.id LEFT JOIN binaries b ON b.id = r.binaries
      WHERE p.ecosystem = ? AND p.name = ? ORDER BY r.seq`);
    this.#selectAdvisories = statement(database, `SELECT a.name, a.vulnerabilities, t.severity, t.cvss, a.id
      FROM range r JOIN json_each(r.advisories) j JOIN advisory a ON a.id = j.value JOIN rating t ON t.id = a.rating
      WHERE r.package = ? AND r.seq = ? ORDER BY j.key`);
  }

  close(): void {
    this.#database.close();
  }

  owns(range: RangeRow): boolean {
    return Math.floor(range.packageId / idsPerFile) === this.#firstId / idsPerFile;
  }

  hasEcosystem(ecosystem: string): boolean {
    return this.#packageNames(ecosystem).size > 0;
  }

  /** One text instead of a row per name: half a millisecond that spares a query for each package without advisories. */
  #packageNames(ecosystem: string): ReadonlySet<string> {
    let names = this.#names.get(ecosystem);
    if (names === undefined) {
      const query = statement(this.#database, 'SELECT group_concat(name, char(10)) FROM package WHERE ecosystem = ?');
      const joined = this.#all(query, ecosystem)[0]?.[0];
      names = new Set(isNull(joined) ? [] : text(joined).split('\n'));
      this.#names.set(ecosystem, names);
    }
    return names;
  }

  ranges(ecosystem: string, source: string): readonly RangeRow[] {
    if (!this.#packageNames(ecosystem).has(source)) return noRanges;
    const key = `${ecosystem}\n${source}`;
    let found = this.#ranges.get(key);
    if (found === undefined) {
      found = this.#all(this.#selectRanges, ecosystem, source).map((row) => this.#rangeRow(source, row));
      this.#ranges.set(key, found);
    }
    return found;
  }

  #rangeRow(source: string, row: Row): RangeRow {
    return {
      package: source,
      packageId: this.#firstId + integer(row[0]),
      sequence: integer(row[1]),
      ...boundsOf(row, 2),
    };
  }

  advisories(range: RangeRow): readonly AdvisoryHead[] {
    let found = this.#hits.get(range);
    if (found === undefined) {
      found = this.#all(this.#selectAdvisories, range.packageId - this.#firstId, range.sequence).map((row) => this.#head(row));
      this.#hits.set(range, found);
    }
    return found;
  }

  #head(row: Row): AdvisoryHead {
    const id = integer(row[4]);
    let head = this.#heads.get(id);
    if (head === undefined) {
      head = headOf(row);
      this.#heads.set(id, head);
    }
    return head;
  }

  /** Binary → source of one ecosystem; undefined as a value where two sources name the same binary. */
  binaries(ecosystem: string): ReadonlyMap<string, string | undefined> {
    let found = this.#sources.get(ecosystem);
    if (found === undefined) {
      found = this.#readBinaries(ecosystem);
      this.#sources.set(ecosystem, found);
    }
    return found;
  }

  #readBinaries(ecosystem: string): Map<string, string | undefined> {
    const query = statement(this.#database, `SELECT DISTINCT p.name, b.names FROM package p JOIN range r ON r.package = p.id
      JOIN binaries b ON b.id = r.binaries WHERE p.ecosystem = ?`);
    const sources = new Map<string, string | undefined>();
    for (const row of this.#all(query, ecosystem)) {
      const source = text(row[0]);
      for (const binary of stringList(row[1])) {
        const known = sources.get(binary);
        sources.set(binary, sources.has(binary) && known !== source ? undefined : source);
      }
    }
    return sources;
  }

  /** By own id or alias; an advisory of that id wins over one that only mentions it. */
  about(name: string): readonly Advisory[] {
    const query = statement(this.#database, `SELECT a.name, a.vulnerabilities, r.severity, r.cvss, d.body
      FROM alias n JOIN advisory a ON a.id = n.advisory JOIN rating r ON r.id = a.rating JOIN detail d ON d.block = a.block
      WHERE n.name IN (?1, ?2) AND (n.name = ?1 OR a.name = ?1) GROUP BY a.id ORDER BY a.name <> ?1, a.id`);
    return this.#all(query, name, name.replace(/^UBUNTU-(?=CVE-)/, '')).map((row) => this.#advisoryOf(row));
  }

  #advisoryOf(row: Row): Advisory {
    const head = headOf(row);
    const body = row[4];
    if (!(body instanceof Uint8Array)) throw malformed('detail');
    // Loaded with the first prose: a process that only matches never needs it.
    const { inflateRawSync } = process.getBuiltinModule('node:zlib');
    const lines = inflateRawSync(body, { maxOutputLength: limits.feedEntryBytes }).toString('utf8').split('\n');
    const start = `{"id":${JSON.stringify(head.id)}`;
    const line = lines.find((candidate) => candidate.startsWith(start));
    if (line === undefined) throw malformed('detail');
    return this.#wholeAdvisory(head, JSON.parse(line));
  }

  #wholeAdvisory(head: AdvisoryHead, detail: unknown): Advisory {
    if (!isObject(detail)) throw malformed('detail');
    const optional = (['summary', 'published', 'modified', 'withdrawn', 'vendorSeverity'] as const)
      .flatMap((key) => (detail[key] === undefined ? [] : [[key, text(detail[key])] as const]));
    return {
      id: head.id,
      vulnerabilities: head.vulnerabilities,
      related: [...head.vulnerabilities, ...strings(detail.related)].filter((name) => name !== head.id),
      details: text(detail.details),
      ...Object.fromEntries(optional),
      cvss: head.cvss,
      references: strings(detail.references),
      affected: this.#affected(detail.affected),
    };
  }

  /** `keys`: package, sequence, package, sequence, …: the rows of this advisory. */
  #affected(keys: unknown): AffectedRange[] {
    if (!Array.isArray(keys)) throw malformed('detail');
    const query = statement(this.#database, `SELECT p.ecosystem, p.name, r.introduced, r.above, r.fixed, r.last_affected, b.names, r.extra
      FROM range r JOIN package p ON p.id = r.package LEFT JOIN binaries b ON b.id = r.binaries WHERE r.package = ? AND r.seq = ?`);
    return keys.flatMap((key: unknown, index) => {
      if (index % 2 === 1) return [];
      return this.#all(query, integer(key), integer(keys[index + 1]))
        .map((row) => ({ ecosystem: text(row[0]), package: text(row[1]), ...boundsOf(row, 2) }));
    });
  }

  #all(query: StatementSync, ...values: (string | number)[]): Row[] {
    try {
      return query.all(...values);
    } catch (error) {
      throw asDatabaseError(error, this.name);
    }
  }
}

const noRanges: readonly RangeRow[] = [];

/** By position: `setReturnArrays` spares an object per row. */
type Row = Readonly<Record<number, SQLOutputValue>>;

function statement(database: DatabaseSync, sql: string): StatementSync {
  const prepared = database.prepare(sql);
  prepared.setReturnArrays(true);
  return prepared;
}

/** introduced, above, fixed, last affected, binaries and extra, from this position on. */
function boundsOf(row: Row, from: number): Omit<AffectedRange, 'ecosystem' | 'package'> {
  const names = row[from + 4];
  return {
    ...(isNull(row[from]) ? {} : { introduced: text(row[from]) }),
    ...(isNull(row[from + 1]) ? {} : { above: text(row[from + 1]) }),
    ...(isNull(row[from + 2]) ? {} : { fixed: text(row[from + 2]) }),
    ...(isNull(row[from + 3]) ? {} : { lastAffected: text(row[from + 3]) }),
    ...(isNull(names) ? {} : { binaries: stringList(names) }),
    ...(isNull(row[from + 5]) ? {} : extraOf(row[from + 5])),
  };
}

function extraOf(column: unknown): Pick<AffectedRange, 'operatingSystems'> {
  const extra: unknown = JSON.parse(text(column));
  if (!isObject(extra)) throw malformed('range');
  const named = strings(extra.operatingSystems);
  return { operatingSystems: (['linux', 'windows'] as const).filter((system) => named.includes(system)) };
}

/** name, vulnerabilities, severity and cvss, from the beginning of the row. */
function headOf(row: Row): AdvisoryHead {
  const id = text(row[0]);
  const { severity, source } = severityColumn(text(row[2]));
  return {
    id,
    vulnerabilities: isNull(row[1]) ? [id.replace(/^UBUNTU-/, '')] : text(row[1]).split(' '),
    severity,
    severitySource: source,
    cvss: isNull(row[3]) ? [] : text(row[3]).split(' '),
  };
}

function severityColumn(column: string): { severity: Severity; source: SeveritySource } {
  const [word, from] = column.split(' ');
  const severity = severities.find((known) => known === word);
  const source = severitySources.find((known) => known === from);
  if (severity === undefined || source === undefined) throw malformed('severity');
  return { severity, source };
}

function isNull(value: SQLOutputValue | undefined): boolean {
  return value === null || value === undefined;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw malformed('text');
  return value;
}

function integer(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw malformed('number');
  return value;
}

function strings(value: unknown): string[] {
  if (!Array.isArray(value)) throw malformed('list');
  return value.map(text);
}

function stringList(value: unknown): string[] {
  return strings(JSON.parse(text(value)));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A proven file that holds the wrong kind of value was not written by our builder. */
function malformed(what: string): AdvisoryDatabaseError {
  return new AdvisoryDatabaseError('foreign', `an advisory database with a malformed ${what}`);
}
