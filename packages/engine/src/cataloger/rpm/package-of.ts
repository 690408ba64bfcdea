import type { Package } from '../../model/inventory.ts';
import type { Header } from './header.ts';

/** What a header says: an installed package, something that is none, or something that cannot be told. */
export type ParsedHeader =
  | { readonly kind: 'installed'; readonly package: Package }
  | { readonly kind: 'no-package' }
  | { readonly kind: 'unreadable'; readonly name: string; readonly missing: string };

/** rpm keeps the keys that it trusts among the packages. */
const keyName = 'gpg-pubkey';

/** rpm's build/parsePreamble.c allows less; what other builders wrote is let through as far as it is printable. */
const namePattern = /^[A-Za-z0-9_][!-.0-~]*$/;
/** No colon and no dash: they separate epoch, version and release. */
const versionPattern = /^[!-,.0-9;-~]+$/;

export async function packageOf(header: Header): Promise<ParsedHeader> {
  const name = (await header.text('name')) ?? '';
  if (name === keyName) return { kind: 'no-package' };
  if (!namePattern.test(name)) return { kind: 'unreadable', name: printable(name), missing: 'Name' };
  const missing = (what: string): ParsedHeader => ({ kind: 'unreadable', name, missing: what });
  const version = (await header.text('version')) ?? '';
  if (!versionPattern.test(version)) return missing('Version');
  const release = (await header.text('release')) ?? '';
  if (!versionPattern.test(release)) return missing('Release');
  const architecture = (await header.text('architecture')) ?? '';
  if (!/^[a-z0-9_]+$/i.test(architecture)) return missing('Arch');
  const sourceRpm = await header.text('sourceRpm');
  const source = sourceRpm === undefined ? undefined : parseSourceRpm(sourceRpm);
  if (sourceRpm !== undefined && source === undefined) return missing('Sourcerpm');
  const epoch = (await header.epoch()) ?? 0;
  const own = `${version}-${release}`;
  return {
    kind: 'installed',
    package: {
      name,
      version: epoch === 0 ? own : `${epoch}:${own}`,
      architecture,
      source: source?.name ?? name,
      // Without an epoch: the file's name has none, and the binaries' may be another one.
      sourceVersion: source?.version ?? own,
      sourceKnown: source !== undefined,
    },
  };
}

/** `name-version-release.src.rpm`: neither version nor release has a dash. */
function parseSourceRpm(text: string): { readonly name: string; readonly version: string } | undefined {
  const [, name, version] = /^([A-Za-z0-9_][!-.0-~]*)-([!-,.0-9;-~]+-[!-,.0-9;-~]+)\.(?:no)?src\.rpm$/.exec(text) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
}

/** A name out of damaged bytes must not carry control characters into a terminal. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 80);
}
