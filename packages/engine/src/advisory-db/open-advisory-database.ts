import { AdvisoryDatabaseError } from '../base/errors.ts';
import type { AdvisoryDatabasePurpose, AdvisoryHead, AdvisoryLookup, RangeRow } from '../model/advisory-lookup.ts';
import type { Advisory } from '../model/advisory.ts';
import { FeedFileMissing, openFeedFile } from './feed-file.ts';
import { FeedReader } from './feed-reader.ts';
import { readManifest, type ReadManifest } from './manifest.ts';

export interface OpenOptions {
  /** `production` refuses a database made for the sample fleet. Undefined: the caller compares `purpose`. */
  readonly purpose?: AdvisoryDatabasePurpose;
  /** Only feeds that speak of these ecosystems; undefined: all. */
  readonly ecosystems?: readonly string[];
}

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
  const manifest = await readManifest(folder);
  if (manifest === undefined || manifest.feeds.size === 0) {
    throw new AdvisoryDatabaseError('absent', `there is no advisory database in ${folder}`);
  }
  if (manifest.purpose === 'sample' && options.purpose === 'production') {
    throw new AdvisoryDatabaseError('made-for-sample', `the advisory database in ${folder} was made for the sample fleet`);
  }
  const readers: FeedReader[] = [];
  try {
    for (const [name, feed] of neededFeeds(manifest, options)) {
      readers.push(new FeedReader(name, await openFeedFile(folder, feed), readers.length));
    }
    return new AdvisoryDatabase(manifest, readers);
  } catch (error) {
    for (const reader of readers) reader.close();
    throw error;
  }
}

function neededFeeds(manifest: ReadManifest, options: OpenOptions): ReadManifest['feeds'] {
  if (options.ecosystems === undefined) return manifest.feeds;
  const families = new Set(options.ecosystems.map((ecosystem) => ecosystem.split(':', 1)[0]));
  return new Map([...manifest.feeds].filter(([, feed]) => feed.families.some((family) => families.has(family))));
}

/** Holds open files: close it. Files that are replaced meanwhile stay readable through it. */
export class AdvisoryDatabase implements AdvisoryLookup, Disposable {
  readonly revision: string;
  readonly purpose: AdvisoryDatabasePurpose;
  readonly #readers: readonly FeedReader[];
  readonly #ecosystems = new Map<string, boolean>();

  constructor(manifest: ReadManifest, readers: readonly FeedReader[]) {
    this.revision = manifest.revision;
    this.purpose = manifest.purpose;
    this.#readers = readers;
  }

  hasEcosystem(ecosystem: string): boolean {
    let known = this.#ecosystems.get(ecosystem);
    if (known === undefined) {
      known = this.#readers.some((reader) => reader.hasEcosystem(ecosystem));
      this.#ecosystems.set(ecosystem, known);
    }
    return known;
  }

  listsBinaries(ecosystem: string): boolean {
    return this.#readers.some((reader) => reader.binaries(ecosystem).size > 0);
  }

  sourceOfBinary(ecosystem: string, binary: string): string | undefined {
    const sources = this.#readers.flatMap((reader) => {
      const binaries = reader.binaries(ecosystem);
      return binaries.has(binary) ? [binaries.get(binary)] : [];
    });
    return sources.every((source) => source === sources[0]) ? sources[0] : undefined;
  }

  ranges(ecosystem: string, source: string): readonly RangeRow[] {
    const [only, ...more] = this.#readers;
    if (only !== undefined && more.length === 0) return only.ranges(ecosystem, source);
    return this.#readers.flatMap((reader) => reader.ranges(ecosystem, source));
  }

  advisories(range: RangeRow): readonly AdvisoryHead[] {
    return this.#readers.find((reader) => reader.owns(range))?.advisories(range) ?? [];
  }

  advisory(id: string): Advisory | undefined {
    for (const reader of this.#readers) {
      const found = reader.advisory(id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  close(): void {
    for (const reader of this.#readers) reader.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
