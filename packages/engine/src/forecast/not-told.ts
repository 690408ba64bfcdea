import type { CoverageEntry, FactClass } from '../base/coverage.ts';
import type { Package } from '../model/inventory.ts';
import type { MatchState, NodeMatch } from '../model/match.ts';

/** One side of a forecast, with what its evidence can and cannot vouch for. */
export interface ForecastSide {
  readonly matches: readonly NodeMatch[];
  readonly coverage: readonly CoverageEntry[];
  /** Where they are known: a source that is known to be there vouches for itself although others are unknown. */
  readonly packages?: readonly Package[] | undefined;
}

/**
 * Rows of `other` that `side` lacks without being able to say that it is free of them, as undetermined
 * rows for `side`: what could not be read is neither fixed nor introduced.
 */
export function notToldBy(side: ForecastSide, other: readonly NodeMatch[], states: readonly MatchState[]): readonly NodeMatch[] {
  const present = new Set(side.matches.map(keyOf));
  return other
    .filter((row) => states.includes(row.state) && !present.has(keyOf(row)) && !tells(side, row))
    .map((row) => ({ ...row, state: 'undetermined' }));
}

function tells({ coverage, packages = [] }: ForecastSide, row: NodeMatch): boolean {
  const factClass: FactClass = row.kernelRelease === null ? 'os-packages' : 'kernel';
  const states = coverage.filter((entry) => entry.subject === factClass).map((entry) => entry.state);
  if (states.length > 0 && states.every((state) => state === 'read')) return true;
  // With some sources unknown, a source that is known is known to be there, in the version that was compared.
  return states.every((state) => state === 'read' || state === 'unknown-source') && packages.some((found) => found.sourceKnown && found.source === row.sourcePackage);
}

function keyOf({ packageFamily, vulnerability }: NodeMatch): string {
  return `${packageFamily}\n${vulnerability}`;
}
