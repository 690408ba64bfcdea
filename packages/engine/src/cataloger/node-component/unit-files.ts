import { basename } from 'node:path/posix';
import { LimitExceededError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { DirectoryEntry, RootTree } from '../../filesystem/filesystem.ts';
import { readCommands, type UnitCommand, type UnitText } from './systemd-unit.ts';

export interface Unit {
  readonly name: string;
  /** Where its file lies. */
  readonly path: string;
  readonly commands: readonly UnitCommand[];
}

/** systemd.unit(5), "Unit File Load Path": the first one counts. `/run` is memory and on no disk. */
const administrators = ['/etc/systemd/system', '/usr/local/lib/systemd/system'] as const;
const vendors = ['/usr/lib/systemd/system', '/lib/systemd/system'] as const;
const folders = [...administrators, ...vendors];

/** Of a vendor's hundreds of units only these are read; of the administrator's few, all. */
const relevant = /kubelet|kubelite|containerd|crio|hyperkube|k3s|rke2|k0s|microk8s/;

type Listing = ReadonlyMap<string, ReadonlyMap<string, DirectoryEntry>>;

/**
 * The services that may run a node component. Enabled or not: provisioning starts kubelet and
 * containerd by hand on some clouds (EKS's nodeadm, GKE's node start-up), so a unit without an
 * `[Install]` link is as likely to run as one with it. Only a masked unit cannot.
 */
export async function readUnits(root: RootTree): Promise<readonly Unit[]> {
  const listing: Listing = new Map(await Promise.all(folders.map(async (folder) => [folder, await list(root, folder)] as const)));
  const names = await unitNames(root, listing);
  if (names.length > limits.configurationFiles) throw new LimitExceededError(`systemd units: ${names.length}`);
  const units: Unit[] = [];
  for (const name of names) {
    const unit = await readUnit(root, listing, name);
    if (unit !== undefined) units.push(unit);
  }
  return units;
}

async function list(root: RootTree, folder: string): Promise<ReadonlyMap<string, DirectoryEntry>> {
  return new Map(((await root.readDirectory(folder)) ?? []).map((entry) => [entry.name, entry]));
}

async function unitNames(root: RootTree, listing: Listing): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const [folder, entries] of listing) {
    const isOwn = administrators.some((own) => own === folder);
    for (const { name, kind } of entries.values()) {
      const unit = name.replace(/\.d$/, '');
      if (!unit.endsWith('.service')) continue;
      if (relevant.test(unit) || (isOwn && (kind !== 'symbolic-link' || !(await isVendors(root, `${folder}/${name}`))))) names.add(unit);
    }
  }
  return [...names].toSorted();
}

/** Most links in `/etc` are second names of a vendor's units. */
async function isVendors(root: RootTree, path: string): Promise<boolean> {
  const real = await root.realPath(path);
  return real === '/dev/null' || vendors.some((folder) => real.startsWith(`${folder}/`));
}

async function readUnit(root: RootTree, listing: Listing, name: string): Promise<Unit | undefined> {
  const folder = folders.find((candidate) => listing.get(candidate)?.has(name) === true);
  if (folder === undefined) return undefined;
  const fragment = await readText(root, `${folder}/${name}`);
  // A link to /dev/null or an empty file masks the unit, whatever lies in a folder further back.
  if (fragment === undefined || fragment.text === '') return undefined;
  const texts = [fragment, ...(await readDropIns(root, listing, name))];
  return { name, path: fragment.path, commands: readCommands(texts) };
}

/** Undefined where there is no such file, which a link into nothing is too. */
async function readText(root: RootTree, path: string): Promise<UnitText | undefined> {
  const bytes = await root.readFile(path, limits.configurationBytes);
  return bytes === undefined ? undefined : { path: await root.realPath(path), text: Buffer.from(bytes).toString('utf8') };
}

/** Files of one name replace each other; all that remain follow in the order of their names, whatever folder they are in. */
async function readDropIns(root: RootTree, listing: Listing, name: string): Promise<readonly UnitText[]> {
  const paths = new Map<string, string>();
  for (const dropIns of dropInFolders(name)) {
    for (const folder of folders.toReversed()) {
      if (listing.get(folder)?.has(dropIns) !== true) continue;
      const entries = (await root.readDirectory(`${folder}/${dropIns}`)) ?? [];
      for (const entry of entries) if (entry.name.endsWith('.conf')) paths.set(entry.name, `${folder}/${dropIns}/${entry.name}`);
    }
  }
  if (paths.size > limits.configurationFiles) throw new LimitExceededError(`drop-ins of ${name}: ${paths.size}`);
  const texts = await Promise.all([...paths.values()].toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1)).map((path) => readText(root, path)));
  return texts.filter((text) => text !== undefined);
}

/** From the least to the most specific: `service.d`, `kubelet-.service.d`, `kubelet-node.service.d`. */
function dropInFolders(name: string): readonly string[] {
  const parts = name.replace(/\.service$/, '').split('-');
  const begins = parts.slice(1).map((_, index) => `${parts.slice(0, index + 1).join('-')}-.service.d`);
  return ['service.d', ...begins, `${name}.d`];
}

/** Whether a target or another unit pulls it in at boot. */
export async function isEnabled(root: RootTree, name: string): Promise<boolean> {
  for (const folder of folders) {
    for (const entry of (await root.readDirectory(folder)) ?? []) {
      if (!/\.(?:wants|requires)$/.test(entry.name)) continue;
      const pulled = (await root.readDirectory(`${folder}/${entry.name}`)) ?? [];
      if (pulled.some((unit) => unit.name === name)) return true;
    }
  }
  return false;
}
