import type { Coverage } from '../base/coverage.ts';
import type { RootTree } from '../filesystem/filesystem.ts';
import type { Package } from '../model/inventory.ts';
import type { RunningKernel } from '../model/node-facts.ts';
import type { OperatingSystem } from '../model/operating-system.ts';
import type { ComponentEvidence } from './component-evidence.ts';
import type { OwnedFile } from './owning-package.ts';

/** What one cataloger found; absent fields mean that it does not speak of them. */
export interface CatalogResult {
  readonly operatingSystem?: OperatingSystem;
  readonly packages?: readonly Package[];
  /** Files of packages that may hold a node component, where the package database itself lists files. */
  readonly ownedFiles?: readonly OwnedFile[];
  readonly runningKernel?: RunningKernel;
  readonly componentEvidence?: ComponentEvidence;
  /** Path in the root tree from which this was read. */
  readonly evidencePath?: string;
}

/** Reads one kind of package database or fact. Catalogers never import each other. */
export interface Cataloger {
  readonly id: string;
  /** What a failure of this cataloger leaves open: the subject of its coverage entry. */
  readonly subject: string;
  /**
   * Undefined where the disk does not have what this cataloger reads. What cannot be read is
   * reported into `coverage`; a thrown error is contained by the caller and becomes coverage too.
   */
  catalog(root: RootTree, coverage: Coverage): Promise<CatalogResult | undefined>;
}
