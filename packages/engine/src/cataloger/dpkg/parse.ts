import type { Package } from '../../model/inventory.ts';
import type { Stanza } from './stanzas.ts';

export const packageFields: ReadonlySet<string> = new Set(['package', 'status', 'version', 'architecture', 'source']);

/** What a stanza says: an installed package, nothing that is installed, or something that cannot be told. */
export type ParsedStanza =
  | { readonly kind: 'installed'; readonly package: Package }
  | { readonly kind: 'not-installed'; readonly name: string; readonly architecture: string }
  | { readonly kind: 'unreadable'; readonly name: string; readonly missing: string };

/** dpkg(1), "Package states": these are configured, whatever is wanted of them (`install`, `hold`, …). */
const installedStates: ReadonlySet<string> = new Set(['installed', 'triggers-awaited', 'triggers-pending']);
const absentStates: ReadonlySet<string> = new Set(['not-installed', 'config-files']);

/** `status.d` files of images without dpkg have no Status: what is listed there is installed. */
export function parseStanza(stanza: Stanza, stateWhenMissing: 'installed' | undefined): ParsedStanza {
  const name = stanza.get('package') ?? '';
  const architecture = stanza.get('architecture') ?? '';
  const version = stanza.get('version') ?? '';
  const state = stanza.get('status')?.split(/\s+/)[2] ?? (stanza.has('status') ? undefined : stateWhenMissing);
  if (!/^[a-z0-9][a-z0-9+.-]*$/i.test(name)) return { kind: 'unreadable', name: printable(name), missing: 'Package' };
  if (state !== undefined && absentStates.has(state)) return { kind: 'not-installed', name, architecture };
  // An interrupted upgrade leaves some files of one version and some of another: neither can be told.
  if (state === undefined || !installedStates.has(state)) return { kind: 'unreadable', name, missing: `Status ${printable(state ?? '')}`.trim() };
  if (version === '' || /\s/.test(version)) return { kind: 'unreadable', name, missing: 'Version' };
  const source = parseSource(stanza.get('source') ?? '');
  if (source === undefined) return { kind: 'unreadable', name, missing: 'Source' };
  return {
    kind: 'installed',
    package: {
      name,
      version,
      architecture,
      source: source.name ?? name,
      sourceVersion: source.version ?? version,
      sourceKnown: true,
    },
  };
}

/** deb-control(5): `Source: name (version)`; without the field both are the binary package's own. */
function parseSource(text: string): { name?: string; version?: string } | undefined {
  if (text === '') return {};
  const [, name, version] = /^([A-Za-z0-9][A-Za-z0-9+.-]*)(?:\s*\(\s*([^()\s]+)\s*\))?$/.exec(text) ?? [];
  if (name === undefined) return undefined;
  return version === undefined ? { name } : { name, version };
}

/** A name out of damaged bytes must not carry control characters into a terminal. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 80);
}
