import type { VersionScheme } from '../scheme.ts';

export interface RpmVersion {
  readonly epoch: number;
  readonly version: string;
  /** Undefined where the text has none: then it is older than every release of its version. */
  readonly release: string | undefined;
}

/**
 * rpm's order of `[epoch:]version[-release]` (rpmio/rpmver.c and rpmvercmp.c): an absent epoch is 0.
 * rpm orders any text. Refused is what feeds write by mistake and what would compare as something
 * else than it means: several versions in one (`1.17.13-2,1.18.8-2`), blanks, no version (`null`).
 */
export const rpmScheme: VersionScheme<RpmVersion> = { id: 'rpm', parse: parseRpmVersion, compare: compareRpmVersions };

const longestVersion = 4096;
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const forbidden = /[\u0000-\u0020\u007f,]/;

function parseRpmVersion(text: string): RpmVersion | undefined {
  if (text.length > longestVersion || forbidden.test(text)) return undefined;
  const [whole = '', digits] = /^(\d*):/.exec(text) ?? [];
  const epoch = Number(digits ?? 0);
  const rest = text.slice(whole.length);
  const hyphen = rest.lastIndexOf('-');
  const version = hyphen === -1 ? rest : rest.slice(0, hyphen);
  if (version === '' || version === 'null' || epoch > 0xffff_ffff) return undefined;
  return { epoch, version, release: hyphen === -1 ? undefined : rest.slice(hyphen + 1) };
}

function compareRpmVersions(a: RpmVersion, b: RpmVersion): number {
  return a.epoch - b.epoch || comparePart(a.version, b.version) || compareReleases(a.release, b.release);
}

function compareReleases(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return comparePart(a, b);
}

/** Digits, letters, a tilde or a caret; everything between them only separates. */
const segments = /\d+|[A-Za-z]+|[~^]/g;

/** `rpmvercmp`. */
function comparePart(a: string, b: string): number {
  const left = a.match(segments) ?? [];
  const right = b.match(segments) ?? [];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = compareSegments(left[index], right[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Undefined: past the end, which is newer than a tilde, older than a caret and older than everything else. */
function compareSegments(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === '~' || b === '~') return a === '~' ? -1 : 1;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  if (a === '^' || b === '^') return a === '^' ? -1 : 1;
  const [isNumber, isOtherNumber] = [isDigit(a), isDigit(b)];
  if (isNumber !== isOtherNumber) return isNumber ? 1 : -1;
  return isNumber ? compareNumbers(a, b) : a < b ? -1 : 1;
}

/** Numbers of any length. */
function compareNumbers(a: string, b: string): number {
  const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return x.length - y.length || (x === y ? 0 : x < y ? -1 : 1);
}

function isDigit(text: string): boolean {
  return text.charCodeAt(0) <= 0x39;
}
