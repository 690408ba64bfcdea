import type { Coverage } from '../../base/coverage.ts';
import { LimitExceededError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { RootTree } from '../../filesystem/filesystem.ts';
import type { Package } from '../../model/inventory.ts';
import type { Cataloger } from '../cataloger.ts';
import { packageFields, parseStanza } from './parse.ts';
import { type ControlFile, parseStanzas } from './stanzas.ts';

const folder = '/var/lib/dpkg';
const statusPath = `${folder}/status`;

/** What was found so far; later files override earlier ones by name and architecture, as dpkg's own do. */
interface Found {
  readonly packages: Map<string, Package>;
  readonly unreadable: Map<string, string>;
  damage?: ControlFile['damage'];
}

/** Debian packages from dpkg's status database, with the changes that dpkg had not merged into it yet. */
export const dpkgCataloger: Cataloger = {
  id: 'dpkg',
  subject: 'os-packages',
  catalog: async (root, coverage) => {
    const found: Found = { packages: new Map(), unreadable: new Map() };
    const evidencePath = await readDatabase(root, found);
    if (evidencePath === undefined) return undefined;
    noteState(found, evidencePath, coverage);
    return found.packages.size === 0 ? undefined : { packages: [...found.packages.values()], evidencePath };
  },
};

/** The path that says most, or undefined where there is no database at all. */
async function readDatabase(root: RootTree, found: Found): Promise<string | undefined> {
  const status = await root.readFile(statusPath);
  if (status !== undefined) add(found, status, undefined);
  for (const path of await files(root, `${folder}/updates`, (name) => /^\d+$/.test(name))) {
    add(found, await root.readFile(path), undefined);
  }
  const separate = await files(root, `${folder}/status.d`, (name) => !name.endsWith('.md5sums'));
  for (const path of separate) add(found, await root.readFile(path), 'installed');
  if (status !== undefined) return statusPath;
  return separate.length > 0 ? `${folder}/status.d` : undefined;
}

/** dpkg names its unmerged changes by ascending numbers of equal length. */
async function files(root: RootTree, path: string, wanted: (name: string) => boolean): Promise<readonly string[]> {
  const entries = (await root.readDirectory(path)) ?? [];
  const names = entries.filter(({ name, kind }) => kind !== 'directory' && wanted(name)).map(({ name }) => name);
  return names.toSorted().map((name) => `${path}/${name}`);
}

function add(found: Found, bytes: Uint8Array | undefined, stateWhenMissing: 'installed' | undefined): void {
  const { stanzas, damage } = parseStanzas(Buffer.from(bytes ?? []).toString('utf8'), packageFields);
  if (damage !== undefined) found.damage ??= damage;
  const ofThisFile = new Set<string>();
  for (const stanza of stanzas) {
    const parsed = parseStanza(stanza, stateWhenMissing);
    if (parsed.kind === 'unreadable') found.unreadable.set(parsed.name, parsed.missing);
    else if (parsed.kind === 'not-installed') found.packages.delete(`${parsed.name}:${parsed.architecture}`);
    else {
      const instance = `${parsed.package.name}:${parsed.package.architecture}`;
      // dpkg refuses its own database then: a block stands where another one was.
      if (ofThisFile.has(instance)) found.damage ??= 'corrupt-structure';
      ofThisFile.add(instance);
      found.packages.set(instance, parsed.package);
    }
    if (found.packages.size + found.unreadable.size > limits.packages) throw new LimitExceededError(`more than ${limits.packages} packages`);
  }
}

/** A database with a damaged part closes nothing: what is missing from it may have been there. An empty one is damaged. */
function noteState({ packages, unreadable, damage }: Found, path: string, coverage: Coverage): void {
  for (const [name, missing] of unreadable) coverage.add(`package ${name}`.trim(), 'unreadable', 'corrupt-structure', missing);
  if (packages.size > 0 && damage === undefined && unreadable.size === 0) coverage.add('os-packages', 'read', 'read');
  else coverage.add('os-packages', 'unreadable', damage ?? 'corrupt-structure', path);
}
