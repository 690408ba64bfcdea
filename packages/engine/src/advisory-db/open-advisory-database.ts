import type { DatabaseSync } from 'node:sqlite';
import { AdvisoryDatabaseError } from '../base/errors.ts';
import type { AdvisoryDatabasePurpose, AdvisoryHead, AdvisoryLookup, RangeRow } from '../model/advisory-lookup.ts';
import type { Advisory } from '../model/advisory.ts';
import type { Threat } from '../model/threat.ts';
import { FeedFileMissing, openFeedFile } from './feed-file.ts';
import { FeedReader } from './feed-reader.ts';
import { type ManifestFeed, readManifest, type ReadManifest } from './manifest.ts';
import { openEpss, openKev, type ThreatReader } from './threat-reader.ts';

export interface OpenOptions {
  /** `production` refuses a database made for the sample fleet. Undefined: the caller compares `purpose`. */
  readonly purpose?: AdvisoryDatabasePurpose;
  /** Only feeds that speak of these ecosystems, beside threat data; undefined: all. */
  readonly ecosystems?: readonly string[];
  /** Beside `ecosystems`, those that node components are matched against. */
  readonly components?: boolean;
}

const componentEcosystems = ['Go', 'kubernetes'];

/** How often a reader that was overtaken by a swap reads the manifest again. */
const attempts = 3;

/**
 * Opens the current files of a folder. When this has returned, every byte of them has agreed with
 * the manifest. Throws `AdvisoryDatabaseError`, never gives a database that only looks empty.
 */
export async function openAdvisoryDatabase(folder: string, options: OpenOptions = {}): Promise<AdvisoryDatabase> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openOnce(folder, options);
    } catch (error) {
      if (!(error instanceof FeedFileMissing)) throw error;
      if (attempt > attempts) throw new AdvisoryDatabaseError('absent', `${error.message} is missing`, { cause: error });
    }
  }
}

async function openOnce(folder: string, options: OpenOptions): Promise<AdvisoryDatabase> {
  const manifest = readManifest(folder);
  if (manifest === undefined || manifest.feeds.size === 0) {
    throw new AdvisoryDatabaseError('absent', `there is no advisory database in ${folder}`);
  }
  if (manifest.purpose === 'sample' && options.purpose === 'production') {
    throw new AdvisoryDatabaseError('made-for-sample', `the advisory database in ${folder} was made for the sample fleet`);
  }
  const files = await openFiles(folder, neededFeeds(manifest, options));
  try {
    return new AdvisoryDatabase(manifest, files);
  } catch (error) {
    for (const { database } of files) database.close();
    throw error;
  }
}

interface OpenedFile {
  readonly name: string;
  readonly feed: ManifestFeed;
  readonly database: DatabaseSync;
}

/** One after the other: each is read and hashed at the same time already. */
async function openFiles(folder: string, feeds: ReadManifest['feeds']): Promise<readonly OpenedFile[]> {
  const files: OpenedFile[] = [];
  try {
    for (const [name, feed] of feeds) files.push({ name, feed, database: await openFeedFile(folder, feed) });
    return files;
  } catch (error) {
    for (const { database } of files) database.close();
    throw error;
  }
}

function neededFeeds(manifest: ReadManifest, { ecosystems, components = false }: OpenOptions): ReadManifest['feeds'] {
  if (ecosystems === undefined) return manifest.feeds;
  const needed = components ? [...ecosystems, ...componentEcosystems] : ecosystems;
  const families = new Set(needed.map(familyOf));
  return new Map([...manifest.feeds].filter(([, feed]) => feed.kind !== 'advisories' || feed.families.some((family) => families.has(family))));
}

/** The first word: `Ubuntu` of `Ubuntu:22.04:LTS`. */
function familyOf(ecosystem: string): string {
  return ecosystem.split(':', 1)[0] ?? '';
}

const noReaders: readonly FeedReader[] = [];

/** Holds open files: close it. Files that are replaced meanwhile stay readable through it. */
export class AdvisoryDatabase implements AdvisoryLookup, Disposable {
  readonly revision: string;
  readonly purpose: AdvisoryDatabasePurpose;
  readonly #readers: readonly FeedReader[];
  readonly #families: ReadonlyMap<string, readonly FeedReader[]>;
  readonly #threatReaders: readonly ThreatReader[];
  readonly #ecosystems = new Map<string, boolean>();
  readonly #threats = new Map<string, Threat>();

  constructor(manifest: ReadManifest, files: readonly OpenedFile[]) {
    this.revision = manifest.revision;
    this.purpose = manifest.purpose;
    const readers = files.filter(({ feed }) => feed.kind === 'advisories')
      .map(({ name, feed, database }, index) => ({ families: feed.families, reader: new FeedReader(name, database, index) }));
    this.#readers = readers.map(({ reader }) => reader);
    const families = [...new Set(readers.flatMap((entry) => entry.families))];
    this.#families = new Map(families.map((family) => [family, readers.filter((entry) => entry.families.includes(family)).map(({ reader }) => reader)]));
    this.#threatReaders = files.flatMap(({ name, feed, database }) => {
      if (feed.kind === 'advisories') return [];
      return [feed.kind === 'kev' ? openKev(name, database) : openEpss(name, database)];
    });
  }

  hasEcosystem(ecosystem: string): boolean {
    let known = this.#ecosystems.get(ecosystem);
    if (known === undefined) {
      known = this.#readersOf(ecosystem).some((reader) => reader.hasEcosystem(ecosystem));
      this.#ecosystems.set(ecosystem, known);
    }
    return known;
  }

  #readersOf(ecosystem: string): readonly FeedReader[] {
    return this.#families.get(familyOf(ecosystem)) ?? noReaders;
  }

  listsBinaries(ecosystem: string): boolean {
    return this.#readersOf(ecosystem).some((reader) => reader.binaries(ecosystem).size > 0);
  }

  sourceOfBinary(ecosystem: string, binary: string): string | undefined {
    const sources = this.#readersOf(ecosystem).flatMap((reader) => {
      const binaries = reader.binaries(ecosystem);
      return binaries.has(binary) ? [binaries.get(binary)] : [];
    });
    return sources.every((source) => source === sources[0]) ? sources[0] : undefined;
  }

  ranges(ecosystem: string, source: string): readonly RangeRow[] {
    const readers = this.#readersOf(ecosystem);
    const [only] = readers;
    if (only !== undefined && readers.length === 1) return only.ranges(ecosystem, source);
    return readers.flatMap((reader) => reader.ranges(ecosystem, source));
  }

  advisories(range: RangeRow): readonly AdvisoryHead[] {
    return this.#readers.find((reader) => reader.owns(range))?.advisories(range) ?? [];
  }

  threat(vulnerability: string): Threat {
    let threat = this.#threats.get(vulnerability);
    if (threat === undefined) {
      threat = { exploited: undefined, epss: undefined };
      for (const reader of this.#threatReaders) threat = { ...threat, ...reader.threat(vulnerability) };
      this.#threats.set(vulnerability, threat);
    }
    return threat;
  }

  /** An advisory of that id wins over one of another feed that only mentions it. */
  advisory(id: string): Advisory | undefined {
    const found = this.about(id);
    return found.find((advisory) => advisory.id === id) ?? found[0];
  }

  about(name: string): readonly Advisory[] {
    return this.#readers.flatMap((reader) => reader.about(name));
  }

  close(): void {
    for (const reader of this.#readers) reader.close();
    for (const reader of this.#threatReaders) reader[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
