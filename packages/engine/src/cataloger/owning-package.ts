import { basename } from 'node:path/posix';
import { limits } from '../base/limits.ts';
import type { RootTree } from '../filesystem/filesystem.ts';
import type { Package } from '../model/inventory.ts';

/** Packages that can hold a node component by their name: only their file lists are read, of hundreds. */
const candidate = /containerd|runc|kube|cni|moby|docker/;
const lists = '/var/lib/dpkg/info';

/** A file that a package database itself gives to a package. */
export interface OwnedFile {
  readonly path: string;
  readonly package: Package;
}

export function mayHoldComponent({ name }: Package): boolean {
  return candidate.test(name);
}

/**
 * The package whose own list of files holds this path: what the database gave (`owned`, rpm), or
 * dpkg's `info/NAME.list`. A name alone proves nothing.
 */
export async function findOwner(root: RootTree, packages: readonly Package[], owned: readonly OwnedFile[], path: string): Promise<Package | undefined> {
  for (const file of owned) {
    if (basename(file.path) === basename(path) && (await root.realPath(file.path)) === path) return file.package;
  }
  for (const found of packages) {
    if (mayHoldComponent(found) && (await owns(root, found, path))) return found;
  }
  return undefined;
}

async function owns(root: RootTree, { name, architecture }: Package, path: string): Promise<boolean> {
  // Packages that may be installed for several architectures have it in the list's name.
  const bytes = (await root.readFile(`${lists}/${name}.list`, limits.fieldBytes)) ?? (await root.readFile(`${lists}/${name}:${architecture}.list`, limits.fieldBytes));
  const files = Buffer.from(bytes ?? []).toString('utf8').split('\n').filter((file) => basename(file) === basename(path));
  for (const file of files) if ((await root.realPath(file)) === path) return true;
  return false;
}
