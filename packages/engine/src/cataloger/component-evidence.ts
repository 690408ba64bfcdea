import type { CoverageEntry } from '../base/coverage.ts';
import type { ComponentFamily } from '../model/component.ts';

/** One binary of a component as it lies on the disk: what its place and name tell without opening it. */
export interface FoundBinary {
  readonly family: ComponentFamily;
  readonly name: string;
  /** After all links, absolute. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** As the file's name gives it. */
  readonly nameVersion?: string;
  /** Unit or configuration file that names it; undefined where nothing does. */
  readonly namedBy?: string;
}

/** What units, containerd and CNI configuration and the usual folders say of node components. */
export interface ComponentEvidence {
  readonly binaries: readonly FoundBinary[];
  /** What is used and could not be followed to its binary: never nothing. */
  readonly gaps: readonly CoverageEntry[];
}
