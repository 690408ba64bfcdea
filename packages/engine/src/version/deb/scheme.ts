import type { VersionScheme } from '../scheme.ts';

export interface DebVersion {
  readonly epoch: number;
  readonly upstream: string;
  readonly revision: string;
}

/**
 * Debian's order, deb-version(7), as dpkg implements it (lib/dpkg/parsehelp.c and version.c).
 * What dpkg only warns about (a letter in front, an underscore) is ordered too; what it refuses is
 * refused, and so is everything outside printable ASCII, which no archive accepts.
 */
export const debScheme: VersionScheme<DebVersion> = { id: 'deb', parse: parseDebVersion, compare: compareDebVersions };

const blanksAround = /^[ \t\n]+|[ \t\n]+$/g;
const printable = /^[!-~]+$/;
const longestVersion = 4096;

function parseDebVersion(text: string): DebVersion | undefined {
  const version = text.replace(blanksAround, '');
  if (version.length > longestVersion || !printable.test(version)) return undefined;
  const colon = version.indexOf(':');
  const epoch = colon === -1 ? 0 : parseEpoch(version.slice(0, colon));
  if (epoch === undefined) return undefined;
  const rest = colon === -1 ? version : version.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  if (rest === '' || hyphen === 0 || hyphen === rest.length - 1) return undefined;
  return hyphen === -1
    ? { epoch, upstream: rest, revision: '' }
    : { epoch, upstream: rest.slice(0, hyphen), revision: rest.slice(hyphen + 1) };
}

function parseEpoch(text: string): number | undefined {
  if (!/^\+?\d+$/.test(text)) return undefined;
  const epoch = Number(text);
  return epoch <= 0x7fff_ffff ? epoch : undefined;
}

function compareDebVersions(a: DebVersion, b: DebVersion): number {
  return a.epoch - b.epoch || comparePart(a.upstream, b.upstream) || comparePart(a.revision, b.revision);
}

/** `verrevcmp`: stretches of other characters by `weight`, stretches of digits as numbers of any length. */
function comparePart(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a.charCodeAt(i))) || (j < b.length && !isDigit(b.charCodeAt(j)))) {
      const difference = weight(a.charCodeAt(i)) - weight(b.charCodeAt(j));
      if (difference !== 0) return difference;
      i += 1;
      j += 1;
    }
    while (a.charCodeAt(i) === zero) i += 1;
    while (b.charCodeAt(j) === zero) j += 1;
    let firstDifference = 0;
    while (isDigit(a.charCodeAt(i)) && isDigit(b.charCodeAt(j))) {
      firstDifference ||= a.charCodeAt(i) - b.charCodeAt(j);
      i += 1;
      j += 1;
    }
    if (isDigit(a.charCodeAt(i))) return 1;
    if (isDigit(b.charCodeAt(j))) return -1;
    if (firstDifference !== 0) return firstDifference;
  }
  return 0;
}

const zero = 0x30;
const tilde = 0x7e;

function isDigit(code: number): boolean {
  return code >= zero && code <= 0x39;
}

/** A tilde sorts before the end of the part, letters before everything else; past the end `code` is NaN. */
function weight(code: number): number {
  if (Number.isNaN(code) || isDigit(code)) return 0;
  if (code === tilde) return -1;
  const isLetter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  return isLetter ? code : code + 256;
}
