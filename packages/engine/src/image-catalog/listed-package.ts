/** One package as a published list names it. */
export interface ListedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

export interface ListedPackages {
  readonly format: 'deb' | 'rpm';
  readonly packages: readonly ListedPackage[];
  /** Lines that are no package and nothing that is known to stand between them. */
  readonly unparsed: readonly string[];
}

/** `apt list --installed`: name/archive,archive version architecture [status] */
export const aptLine = /^([^/\s]+)\/(\S+) (\S+) (\S+) \[([^\]]*)\]/;
/** What apt prints around its list. */
const aptChatter = /^(Listing\.\.\.|WARNING: apt does not have a stable CLI interface.*|)$/;

/** `rpm -qa`: name-version-release.architecture; only the name may hold hyphens, only the first three dots. */
const rpmLine = /^([A-Za-z0-9][^\s/]*)-([^\s/-]+-[^\s/-]+)\.([^\s/.-]+)$/;
/** A key that packages are signed with, in the shape of a package without architecture. */
const rpmKey = /^gpg-pubkey-[0-9a-f]+-[0-9a-f]+(\.\(none\))?$/;

/** `format` is the system's: a line of another system's package manager is unparsed, whatever it looks like. */
export function parseListedPackages(lines: readonly string[], format: ListedPackages['format']): ListedPackages {
  const parse = format === 'deb' ? parseAptLine : parseRpmLine;
  const packages: ListedPackage[] = [];
  const unparsed: string[] = [];
  for (const line of lines) {
    const found = parse(line);
    if (found === 'unparsed') unparsed.push(line);
    else if (found !== 'no-package') packages.push(found);
  }
  return { format, packages, unparsed };
}

type ParsedLine = ListedPackage | 'no-package' | 'unparsed';

function parseAptLine(line: string): ParsedLine {
  if (aptChatter.test(line)) return 'no-package';
  const [, name, , version, architecture, status] = aptLine.exec(line) ?? [];
  if (name === undefined || version === undefined || architecture === undefined || status === undefined) return 'unparsed';
  // `residual-config` is a package that was removed.
  return /^installed(,|$)/.test(status) ? { name, version, architecture } : 'no-package';
}

function parseRpmLine(line: string): ParsedLine {
  if (line.trim() === '' || rpmKey.test(line)) return 'no-package';
  const [, name, version, architecture] = rpmLine.exec(line.trimEnd()) ?? [];
  return name === undefined || version === undefined || architecture === undefined ? 'unparsed' : { name, version, architecture };
}
