import type { Advisory, AffectedRange } from '../model/advisory.ts';
import type { ParsedRecord, RefusalReason } from './feed.ts';

/**
 * OSV schema 1.7 (https://ossf.github.io/osv-schema/): what its dialects have in common. Guards by
 * hand instead of a schema library: 27,000 records and 200,000 ranges are parsed in half a second.
 */
export interface OsvDialect {
  /** `affected[].ranges[].type`; another one is an operator that nobody knows. */
  readonly rangeType: 'ECOSYSTEM' | 'SEMVER';
  /** What the publisher says of one `affected` entry beyond place and bounds. */
  readonly restrictions: (affected: Json, advisory: string) => Pick<AffectedRange, 'binaries' | 'operatingSystems'>;
  /** Where severities stand when not on the record itself. */
  readonly severityPlace?: 'affected';
}

/** What makes one record unusable; caught in `parseOsvRecord` only. */
class Refusal extends Error {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

export function parseOsvRecord(record: unknown, dialect: OsvDialect): ParsedRecord {
  try {
    if (!isObject(record)) throw new Refusal('not-an-object', typeof record);
    return { kind: 'advisory', advisory: readAdvisory(record, dialect) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const id = isObject(record) && typeof record.id === 'string' ? record.id : '';
    return { kind: 'refused', id, reason: error.reason, detail: error.message };
  }
}

/** Whether this is an OSV record at all, and its first ecosystem (`''`: it names none). */
export function firstEcosystemOf(record: unknown): string | undefined {
  if (!isObject(record) || typeof record.id !== 'string' || !Array.isArray(record.affected)) return undefined;
  const affected: readonly unknown[] = record.affected;
  const first = affected[0];
  const named = isObject(first) ? first.package : undefined;
  return isObject(named) && typeof named.ecosystem === 'string' ? named.ecosystem : '';
}

function readAdvisory(record: Json, dialect: OsvDialect): Advisory {
  const id = text(record, 'id');
  if (id === undefined || id === '') throw new Refusal('field-missing', 'id');
  const rated = dialect.severityPlace === 'affected' ? list(record, 'affected').map((entry) => object(entry, 'affected')) : [record];
  const severity = rated.flatMap((place) => list(place, 'severity').map(readSeverity));
  const names = [...strings(record, 'upstream'), ...strings(record, 'aliases')];
  return compact({
    id,
    vulnerabilities: vulnerabilitiesOf(id, names),
    related: [...new Set([...names, ...strings(record, 'related')])],
    summary: text(record, 'summary'),
    details: text(record, 'details') ?? '',
    published: time(record, 'published'),
    modified: time(record, 'modified'),
    withdrawn: text(record, 'withdrawn'),
    vendorSeverity: severity.find(({ type }) => type === 'Ubuntu')?.score.toLowerCase(),
    cvss: [...new Set(cvssTypes.flatMap((type) => severity.filter((entry) => entry.type === type).map(({ score }) => score)))],
    references: list(record, 'references').map((reference) => required(object(reference, 'references'), 'url')),
    affected: list(record, 'affected').flatMap((affected) => readAffected(affected, id, dialect)),
  });
}

const cvssTypes = ['CVSS_V4', 'CVSS_V3', 'CVSS_V2'];

/** Canonical names its records `UBUNTU-` and the CVE, and says the CVE again under `upstream`. */
function vulnerabilitiesOf(id: string, names: readonly string[]): string[] {
  const own = id.startsWith('UBUNTU-CVE-') ? id.slice('UBUNTU-'.length) : id;
  const cves = new Set([...names, own].filter((name) => /^CVE-\d{4}-\d{4,}$/.test(name)));
  return cves.size > 0 ? [...cves].toSorted() : [id];
}

function readSeverity(value: unknown): { type: string; score: string } {
  const entry = object(value, 'severity');
  return { type: required(entry, 'type'), score: required(entry, 'score') };
}

function readAffected(value: unknown, advisory: string, dialect: OsvDialect): AffectedRange[] {
  const affected = object(value, 'affected');
  const named = object(affected.package, 'affected.package');
  const place = { ecosystem: required(named, 'ecosystem'), package: required(named, 'name'), ...dialect.restrictions(affected, advisory) };
  const ranges = list(affected, 'ranges').flatMap((range) => readRange(range, dialect));
  // A record may name single versions instead of ranges; beside ranges the names only repeat them.
  const bounds = ranges.length > 0 ? ranges : strings(affected, 'versions').map((version) => ({ introduced: version, lastAffected: version }));
  if (bounds.length === 0) throw new Refusal('no-bounds', `${place.ecosystem} ${place.package}`);
  return bounds.map((bound) => ({ ...place, ...bound }));
}

type Bounds = Pick<AffectedRange, 'introduced' | 'fixed' | 'lastAffected'>;

function readRange(value: unknown, { rangeType }: OsvDialect): Bounds[] {
  const range = object(value, 'ranges');
  const type = required(range, 'type');
  if (type !== rangeType) throw new Refusal('unknown-operator', `range type ${type}`);
  return pairEvents(list(range, 'events').map(readEvent));
}

interface Event {
  readonly kind: string;
  readonly version: string;
}

function readEvent(value: unknown): Event {
  const event = object(value, 'events');
  const kinds = Object.keys(event);
  const kind = kinds[0];
  if (kind === undefined || kinds.length !== 1) throw new Refusal('field-malformed', `an event with ${kinds.length} keys`);
  if (!eventKinds.has(kind)) throw new Refusal('unknown-operator', `event ${kind.slice(0, 40)}`);
  return { kind, version: required(event, kind) };
}

const eventKinds = new Set(['introduced', 'fixed', 'last_affected', 'limit']);

/**
 * OSV §"affected[].ranges[].events fields": `introduced` opens, `fixed` and `last_affected` close,
 * `0` is the beginning. The order of versions is not known here, so events must stand in it.
 */
function pairEvents(events: readonly Event[]): Bounds[] {
  const pairs: Bounds[] = [];
  let introduced: string | undefined;
  for (const { kind, version } of events) {
    if (kind === 'limit') {
      // `*` is the default and says nothing; no other limit can be expressed as a bound of a package.
      if (version !== '*') throw new Refusal('bound-unsupported', 'limit');
    } else if (kind === 'introduced') {
      if (introduced !== undefined) throw new Refusal('bounds-out-of-order', 'introduced twice');
      introduced = version;
    } else {
      if (introduced === undefined) throw new Refusal('bounds-out-of-order', `${kind} without introduced`);
      pairs.push({ ...opening(introduced), ...(kind === 'fixed' ? { fixed: version } : { lastAffected: version }) });
      introduced = undefined;
    }
  }
  if (introduced !== undefined) pairs.push(opening(introduced));
  return pairs;
}

function opening(introduced: string): Bounds {
  return introduced === '0' ? {} : { introduced };
}

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function object(value: unknown, where: string): Json {
  if (!isObject(value)) throw new Refusal('field-malformed', where);
  return value;
}

export function list(record: Json, key: string): readonly unknown[] {
  const value = record[key];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Refusal('field-malformed', key);
  return value;
}

export function strings(record: Json, key: string): string[] {
  return list(record, key).map((value) => {
    if (typeof value !== 'string') throw new Refusal('field-malformed', key);
    return value;
  });
}

function text(record: Json, key: string): string | undefined {
  const value = record[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new Refusal('field-malformed', key);
  return value;
}

/** A year 1 is what Go's program writes where it knows no time (`time.Time{}`): unknown, not a date. */
function time(record: Json, key: string): string | undefined {
  const value = text(record, key);
  return value?.startsWith('0001-') === true ? undefined : value;
}

export function required(record: Json, key: string): string {
  const value = record[key];
  if (typeof value !== 'string' || value === '') throw new Refusal(value === undefined ? 'field-missing' : 'field-malformed', key);
  return value;
}

type Compact<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Leaves out what is undefined: `exactOptionalPropertyTypes` tells absent from undefined. */
function compact<T extends object>(value: T): Compact<T>;
function compact(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined));
}
