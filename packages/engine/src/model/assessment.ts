import type { CoverageEntry } from '../base/coverage.ts';
import type { Inventory } from './inventory.ts';
import type { NodeMatch } from './match.ts';
import type { NodeFacts } from './node-facts.ts';

/** What reading the evidence of one node gave, before any advisory was looked at. */
export interface Reading {
  /** Undefined where no operating system or package database could be read. */
  readonly inventory?: Inventory;
  readonly facts: NodeFacts;
  readonly coverage: readonly CoverageEntry[];
  readonly bytesRead: number;
  readonly requests: number;
}

/** Why no match list could be made although an inventory may exist. */
export const notMatchedReasons = ['no-inventory', 'no-advisories-for-operating-system', 'database-made-for-sample'] as const;
export type NotMatchedReason = (typeof notMatchedReasons)[number];

export interface Assessment extends Reading {
  readonly target: string;
  readonly advisoryDatabaseRevision: string;
  readonly matches: readonly NodeMatch[];
  /** Set where packages could not be compared: whatever `matches` lacks means nothing, and it is never to be read as clean. */
  readonly notMatched?: NotMatchedReason;
  /** False where coverage or an undetermined match leaves something open. */
  readonly complete: boolean;
}
