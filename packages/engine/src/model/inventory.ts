import { createHash } from 'node:crypto';
import type { Component } from './component.ts';
import type { OperatingSystem } from './operating-system.ts';

/** One installed package. Where it was seen is a node fact, not part of it. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Source package and its version; equal to `name` and `version` where the database says nothing else. */
  readonly source: string;
  readonly sourceVersion: string;
  /** False where only the binary's name is known and the source is a guess (published lists). */
  readonly sourceKnown: boolean;
}

/** All packages and components of one disk or node image; equal contents have equal ids. */
export interface Inventory {
  readonly id: string;
  readonly operatingSystem: OperatingSystem;
  readonly packages: readonly Package[];
  /** Those that were opened, or that a published list names; binaries that lie about unused are node facts. */
  readonly components: readonly Component[];
}

/** Raised when what the id hashes changes, so that old ids are never mistaken for new ones. */
const inventoryFormat = 2;

/**
 * Sorts packages and components and derives the content-addressed id (design.md §1.3): the format
 * version, the operating system, each package's name, version, architecture and source, and each
 * component's path, version and modules, nothing else.
 */
export function createInventory(operatingSystem: OperatingSystem, packages: readonly Package[], components: readonly Component[] = []): Inventory {
  const sortedPackages = byLine(packages, (p) => [p.name, p.version, p.architecture, p.source, p.sourceVersion].join('\t'));
  const sortedComponents = byLine(components, componentLine);
  const hash = createHash('sha256');
  hash.update(`nodeward-inventory ${inventoryFormat}\n${operatingSystem.id}\t${operatingSystem.versionId}\n`);
  for (const { line } of [...sortedPackages, ...sortedComponents]) hash.update(`${line}\n`);
  return {
    id: hash.digest('hex'),
    operatingSystem,
    packages: sortedPackages.map(({ value }) => value),
    components: sortedComponents.map(({ value }) => value),
  };
}

function componentLine({ family, name, path, version, mainModule, goVersion, modules }: Component): string {
  return ['component', family, name, path, version ?? '', mainModule ?? '', goVersion ?? '', modules?.map((module) => `${module.path}@${module.version}`).join(' ') ?? '-'].join('\t');
}

function byLine<T>(values: readonly T[], lineOf: (value: T) => string): { readonly line: string; readonly value: T }[] {
  return values.map((value) => ({ line: lineOf(value), value })).toSorted((a, b) => (a.line < b.line ? -1 : a.line > b.line ? 1 : 0));
}
