import { InvalidInputError } from '../base/errors.ts';
import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import { ecosystemOf, type OperatingSystem } from '../model/operating-system.ts';

/** Binary package → source package, per release codename: `{"jammy": {"libssl3": "openssl"}}`. */
export type SourceNames = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Reads the file that a user gives for published lists, which name binaries only. */
export function parseSourceNames(text: string, what: string): SourceNames {
  const root = parseJson(text, what);
  if (!isObject(root)) throw malformed(what, 'it is no JSON object');
  return new Map(Object.entries(root).map(([codename, names]) => {
    if (!isObject(names)) throw malformed(what, `${codename} is no object`);
    return [codename, new Map(Object.entries(names).map(([binary, source]) => {
      if (typeof source !== 'string' || source === '') throw malformed(what, `${codename}, ${binary}: no source name`);
      return [binary, source];
    }))];
  }));
}

export type SourceName =
  | { readonly kind: 'known'; readonly source: string }
  /** The feed lists binaries and does not name this one: no advisory can concern it. */
  | { readonly kind: 'in-no-advisory' }
  | { readonly kind: 'unknown' };

/** design.md §5: the feed's own lists first, then the user's file. */
export function resolveSource(
  binary: string,
  os: OperatingSystem,
  names: SourceNames | undefined,
  advisories: AdvisoryLookup | undefined,
): SourceName {
  const ecosystem = ecosystemOf(os);
  const listed = ecosystem === undefined ? undefined : advisories?.sourceOfBinary(ecosystem, binary);
  const source = listed ?? names?.get(os.codename ?? '')?.get(binary);
  if (source !== undefined) return { kind: 'known', source };
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
