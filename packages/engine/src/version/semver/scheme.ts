import type { VersionScheme } from '../scheme.ts';

export interface SemVersion {
  /** Major, minor and patch: digits without leading zeros, of any length. */
  readonly numbers: readonly [string, string, string];
  /** Its identifiers; none is a release. */
  readonly preRelease: readonly string[];
}

/**
 * Semantic Versioning 2.0.0 §11, for Go modules and Kubernetes. Go's pseudo-versions are pre-releases
 * of it, and `+incompatible` is build metadata, which has no order. Wider than the specification
 * where publishers are: a `v` in front, fewer than three numbers, leading zeros (`v17.03.1`), further
 * numbers (which are taken as metadata); and toolchains (`go1.21rc2`), as Go's own vulnerability
 * checker reads them (https://go.dev/doc/security/vuln/database).
 */
export const semverScheme: VersionScheme<SemVersion> = { id: 'semver', parse: parseSemVersion, compare: compareSemVersions };

const longestVersion = 1024;
const numbers = /(\d+)(?:\.(\d+))?(?:\.(\d+))?/.source;
const ordinary = new RegExp(`^v?${numbers}(?:\\.\\d+)*(?:-([0-9A-Za-z.-]+))?(?:\\+[0-9A-Za-z.-]+)?$`);
/** `go1.21rc2`; after a hyphen a vendor's revision (`go1.23.1-1`) or a state of development, after a blank the experiments. */
const toolchain = new RegExp(`^go${numbers}(?:(alpha|beta|rc)(\\d+))?(?:-(pre|devel)?[^ ]*)?(?: .*)?$`);

function parseSemVersion(text: string): SemVersion | undefined {
  if (text.length > longestVersion) return undefined;
  return parseOrdinary(text) ?? parseToolchain(text);
}

function parseOrdinary(text: string): SemVersion | undefined {
  const found = ordinary.exec(text);
  if (found === null) return undefined;
  const preRelease = found[4]?.split('.') ?? [];
  return preRelease.includes('') ? undefined : { numbers: numbersOf(found), preRelease };
}

function parseToolchain(text: string): SemVersion | undefined {
  const found = toolchain.exec(text);
  if (found === null) return undefined;
  const preRelease = [found[4], found[5], found[6]].filter((identifier) => identifier !== undefined);
  return { numbers: numbersOf(found), preRelease };
}

function numbersOf([, major, minor, patch]: RegExpExecArray): SemVersion['numbers'] {
  return [withoutZeros(major ?? ''), withoutZeros(minor ?? ''), withoutZeros(patch ?? '')];
}

/** Zero itself comes out empty, which is shorter than every other number. */
function withoutZeros(digits: string): string {
  return digits.replace(/^0+/, '');
}

function compareSemVersions(a: SemVersion, b: SemVersion): number {
  return compareNumbers(a.numbers[0], b.numbers[0]) || compareNumbers(a.numbers[1], b.numbers[1])
    || compareNumbers(a.numbers[2], b.numbers[2]) || comparePreReleases(a.preRelease, b.preRelease);
}

function compareNumbers(a: string, b: string): number {
  return a.length - b.length || compareText(a, b);
}

/** §11.3 and §11.4: a pre-release comes before its release, and a shorter list before a longer one that begins alike. */
function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (const [index, identifier] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Numbers as numbers, before everything that is none; the rest by ASCII. */
function compareIdentifiers(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [isDigits(a), isDigits(b)];
  if (isNumber && isOtherNumber) return compareNumbers(withoutZeros(a), withoutZeros(b));
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  return compareText(a, b);
}

function isDigits(text: string): boolean {
  return /^\d+$/.test(text);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
