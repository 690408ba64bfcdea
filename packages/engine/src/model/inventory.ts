import { createHash } from 'node:crypto';
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

/** All packages of one disk or node image; equal contents have equal ids. */
export interface Inventory {
  readonly id: string;
  readonly operatingSystem: OperatingSystem;
  readonly packages: readonly Package[];
}

/** Raised when what the id hashes changes, so that old ids are never mistaken for new ones. */
const inventoryFormat = 1;

/**
 * Sorts the packages and derives the content-addressed id (design.md §1.3): the format version,
 * the operating system, and each package's name, version, architecture and source, nothing else.
 */
export function createInventory(operatingSystem: OperatingSystem, packages: readonly Package[]): Inventory {
  const lines = packages.map((p) => [p.name, p.version, p.architecture, p.source, p.sourceVersion].join('\t'));
  const order = lines.map((line, index) => ({ line, index })).toSorted((a, b) => (a.line < b.line ? -1 : a.line > b.line ? 1 : 0));
  const hash = createHash('sha256');
  hash.update(`nodeward-inventory ${inventoryFormat}\n${operatingSystem.id}\t${operatingSystem.versionId}\n`);
  for (const { line } of order) hash.update(`${line}\n`);
  return { id: hash.digest('hex'), operatingSystem, packages: order.flatMap(({ index }) => packages[index] ?? []) };
}
