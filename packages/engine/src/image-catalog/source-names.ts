import { InvalidInputError } from '../base/errors.ts';
import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import type { Inventory } from '../model/inventory.ts';
import { ecosystemOf, type OperatingSystem } from '../model/operating-system.ts';

/** Where a binary package comes from. */
export interface NamedSource {
  readonly source: string;
  /** Set where the binary has a version of its own: its version → that of its source, as far as known. */
  readonly versions?: ReadonlyMap<string, string>;
}

/** Binary package → source package, per release (`sourceNamesKeyOf`). */
export type SourceNames = ReadonlyMap<string, ReadonlyMap<string, NamedSource>>;

/** `jammy`; `azurelinux-3.0` and `mariner-2.0` where a release has no codename: os-release's ID and VERSION_ID. */
export function sourceNamesKeyOf({ id, versionId, codename }: OperatingSystem): string {
  return codename === undefined || codename === '' ? `${id}-${versionId}` : codename;
}

/**
 * Reads the file that a user gives for published lists, which name binaries only:
 * `{"jammy": {"libssl3": "openssl"}}`; with a version of its own
 * `{"azurelinux-3.0": {"perl-Socket": {"source": "perl", "versions": {"2.036-506.azl3": "5.38.2-506.azl3"}}}}`.
 */
export function parseSourceNames(text: string, what: string): SourceNames {
  const root = parseJson(text, what);
  if (!isObject(root)) throw malformed(what, 'it is no JSON object');
  return new Map(Object.entries(root).map(([release, names]) => {
    if (!isObject(names)) throw malformed(what, `${release} is no object`);
    return [release, new Map(Object.entries(names).map(([binary, named]) => [binary, readNamed(named, what, `${release}, ${binary}`)]))];
  }));
}

function readNamed(named: unknown, what: string, where: string): NamedSource {
  const { source, versions } = isObject(named) ? named : { source: named, versions: undefined };
  if (typeof source !== 'string' || source === '') throw malformed(what, `${where}: no source name`);
  if (versions === undefined) return { source };
  if (!isObject(versions)) throw malformed(what, `${where}: versions are no object`);
  return { source, versions: new Map(Object.entries(versions).map(([version, of]) => {
    if (typeof of !== 'string' || of === '') throw malformed(what, `${where}, ${version}: no version of the source`);
    return [version, of];
  })) };
}

/**
 * What a disk that was read teaches about lists of the same release. Versions are without epochs, as
 * lists write them. Packages whose source is itself a guess teach nothing.
 */
export function sourceNamesOf({ operatingSystem, packages }: Inventory): SourceNames {
  const names = new Map<string, NamedSource>();
  for (const { name, version, source, sourceVersion, sourceKnown } of packages) {
    if (!sourceKnown) continue;
    const own = isRpmSystem(operatingSystem) ? withoutEpoch(version) : version;
    const isOwn = sourceVersion !== '' && sourceVersion !== own;
    const found: NamedSource = isOwn ? { source, versions: new Map([[own, sourceVersion]]) } : { source };
    names.set(name, joinNamed(names.get(name), found));
  }
  return new Map([[sourceNamesKeyOf(operatingSystem), names]]);
}

/** Of a binary that both name differently the first is right: give what was read before what was written. */
export function joinSourceNames(first: SourceNames, second: SourceNames): SourceNames {
  const joined = new Map([...first].map(([release, names]) => [release, new Map(names)]));
  for (const [release, names] of second) {
    const own = joined.get(release) ?? new Map<string, NamedSource>();
    joined.set(release, own);
    for (const [binary, named] of names) own.set(binary, joinNamed(own.get(binary), named));
  }
  return joined;
}

function joinNamed(first: NamedSource | undefined, second: NamedSource): NamedSource {
  if (first === undefined) return second;
  if (first.source !== second.source || (first.versions ?? second.versions) === undefined) return first;
  return { source: first.source, versions: new Map([...second.versions ?? [], ...first.versions ?? []]) };
}

/** Their lists name rpm packages, without epochs. */
export function isRpmSystem(os: OperatingSystem): boolean {
  return ecosystemOf(os)?.startsWith('Azure Linux:') === true;
}

export function withoutEpoch(version: string): string {
  return version.replace(/^\d+:/, '');
}

/** What may say where packages come from. */
export interface SourceWitnesses {
  readonly operatingSystem: OperatingSystem;
  readonly sourceNames: SourceNames | undefined;
  readonly advisories: AdvisoryLookup | undefined;
}

export type SourceName =
  | ({ readonly kind: 'known' } & NamedSource)
  /** The feed lists binaries and does not name this one: no advisory can concern it. */
  | { readonly kind: 'in-no-advisory' }
  | { readonly kind: 'unknown' };

/** design.md §5: the feed's own lists first, then what was read elsewhere or given by the user. */
export function resolveSource(
  binary: string,
  os: OperatingSystem,
  names: SourceNames | undefined,
  advisories: AdvisoryLookup | undefined,
): SourceName {
  const ecosystem = ecosystemOf(os);
  const listed = ecosystem === undefined ? undefined : advisories?.sourceOfBinary(ecosystem, binary);
  const named = names?.get(sourceNamesKeyOf(os))?.get(binary);
  if (named !== undefined && (listed === undefined || listed === named.source)) return { kind: 'known', ...named };
  if (listed !== undefined) return { kind: 'known', source: listed };
  const isListing = ecosystem !== undefined && advisories?.listsBinaries(ecosystem) === true;
  return { kind: isListing ? 'in-no-advisory' : 'unknown' };
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidInputError(`${what} is not JSON`, { cause: error });
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(what: string, why: string): InvalidInputError {
  return new InvalidInputError(`${what} does not map binary packages to sources (${why})`);
}
