import type { CoverageEntry } from '../base/coverage.ts';
import type { Package } from '../model/inventory.ts';
import type { MatchState, NodeMatch } from '../model/match.ts';

/** One side of a forecast, with what its evidence can and cannot vouch for. */
export interface ForecastSide {
  readonly matches: readonly NodeMatch[];
  readonly coverage: readonly CoverageEntry[];
  /** Where they are known: a source that is known to be there vouches for itself although others are unknown. */
  readonly packages?: readonly Package[] | undefined;
  /** Of the kubelet that runs, or would: the Node object's, or the Kubernetes version of the target. */
  readonly kubeletVersion?: string | undefined;
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

function tells(side: ForecastSide, row: NodeMatch): boolean {
  if (row.factClass === 'node-components') return tellsComponent(side, row);
  const { coverage, packages = [] } = side;
  const states = entriesOf(coverage, row.factClass).map((entry) => entry.state);
  if (states.length > 0 && states.every((state) => state === 'read')) return true;
  // With some sources unknown, a source that is known is known to be there, in the version that was compared; a binary of the very name that the row's advisory gives a source is one of it.
  const isOf = ({ name, source, sourceKnown }: Package): boolean => source === row.sourcePackage && (sourceKnown || name === row.sourcePackage);
  return states.every((state) => state === 'read' || state === 'unknown-source') && packages.some(isOf);
}

/**
 * Which kubelet runs is the cluster's choice: a list or an unused image tells of all components but
 * that one, and a version that somebody names tells of that one whatever else was read.
 */
function tellsComponent({ coverage, kubeletVersion }: ForecastSide, { packageFamily }: NodeMatch): boolean {
  const entries = entriesOf(coverage, 'node-components');
  if (packageFamily === 'kubelet') {
    if (kubeletVersion !== undefined) return entries.every(({ reason }) => reason !== 'no-advisories-for-components');
    return entries.length > 0 && [...entries, ...entriesOf(coverage, 'component kubelet')].every(({ state }) => state === 'read');
  }
  return entries.length > 0 && entries.every(({ state, reason }) => state === 'read' || reason === 'component-chosen-by-cluster');
}

function entriesOf(coverage: readonly CoverageEntry[], subject: string): readonly CoverageEntry[] {
  return coverage.filter((entry) => entry.subject === subject);
}

function keyOf({ packageFamily, vulnerability }: NodeMatch): string {
  return `${packageFamily}\n${vulnerability}`;
}
