import { limits } from '../base/limits.ts';
import type { Component, ComponentFamily, ComponentFile } from '../model/component.ts';
import type { Package } from '../model/inventory.ts';

export interface ListedComponents {
  readonly components: readonly Component[];
  /** Cached binaries that the list shows by path and size; which of them runs is not the image's to say. */
  readonly files: readonly ComponentFile[];
}

interface ListedFamily {
  readonly family: Exclude<ComponentFamily, 'kubelet'>;
  readonly package: string;
  /** `  - [installed] containerd v1.7.5-1`, `  - runc version 1.1.9-1`; what is `[cached]` is an archive. */
  readonly line: RegExp;
}

/** The package that Microsoft installs each family from, and the line by which lists name it. */
const families: readonly ListedFamily[] = [
  { family: 'containerd', package: 'moby-containerd', line: /^\s*- (?:\[installed\] )?containerd (?:version )?v?(\d\S*)\s*$/ },
  { family: 'runc', package: 'moby-runc', line: /^\s*- (?:\[installed\] )?runc version v?(\d\S*)\s*$/ },
  { family: 'cni-plugins', package: 'containernetworking-plugins', line: /^\s*- CNI plugin version v?(\d\S*)\s*$/ },
];

/** A line of `ls -l`: mode, links, owner, group, size, date, path. */
const fileLine = /^-[-rwxsStT]{9}[.+@]?\s+\d+\s+\S+\s+\S+\s+(\d+)\s.*\s(\/(?:\S+\/)?([^/\s]+))\s*$/;
const binary = /^(kubelet|containerd(?:-shim-[a-z0-9-]+)?|runc)(?:[-_]v?\d+\.\d.*)?$/;

/**
 * Of a family that is installed as a package the package's version counts; the line beside it may
 * name an archive that only lies ready. `lines` are those before the list of packages.
 */
export function readListedComponents(lines: readonly string[], packages: readonly Package[]): ListedComponents {
  const components = families.flatMap((listed) => {
    const owner = packages.find(({ name }) => name === listed.package);
    if (owner !== undefined) return [component(listed.family, { version: owner.version, versionFrom: 'package', package: owner.name })];
    const versions = new Set(lines.flatMap((line) => listed.line.exec(line)?.[1] ?? []));
    return [...versions].slice(0, limits.components).map((version) => component(listed.family, { version, versionFrom: 'manifest' }));
  });
  return { components, files: lines.flatMap(readFile).slice(0, limits.components) };
}

/** Families that every node of a list must have, and of which this one says nothing. */
export function unlistedFamilies({ components }: ListedComponents): readonly ComponentFamily[] {
  return (['containerd', 'runc'] as const).filter((family) => !components.some((found) => found.family === family));
}

function component(family: ComponentFamily, known: Pick<Component, 'version' | 'versionFrom' | 'package'>): Component {
  return { family, name: family, path: '', ...known };
}

function readFile(line: string): readonly ComponentFile[] {
  const [, size, path, file = ''] = fileLine.exec(line) ?? [];
  const name = binary.exec(file)?.[1];
  if (size === undefined || path === undefined || name === undefined) return [];
  const family = name.startsWith('containerd') ? 'containerd' : name === 'runc' ? 'runc' : 'kubelet';
  return [{ family, name, path: path.slice(1), size: Number(size), state: 'staged' }];
}
