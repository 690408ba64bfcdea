import { type Assessment, type Forecast, type FactClass, forecast, type MatchState, type NodeMatch } from '@nodeward/engine';

/** Compared with `--all`; without it only what the vendor has a fix for. */
export const everyAffectedState = ['affected-fix-available', 'affected-fix-with-subscription', 'affected-no-fix', 'deferred'] as const satisfies readonly MatchState[];

/**
 * The forecast between two assessments. A row that one side has and the other only lacks because
 * its evidence could not be read is neither fixed nor introduced: it is undetermined.
 */
export function openForecast(from: Assessment, to: Assessment, states: readonly MatchState[]): Forecast {
  return forecast([...from.matches, ...notToldBy(from, to, states)], [...to.matches, ...notToldBy(to, from, states)], { states });
}

/** Rows of `other` of which `side` cannot say that it is free of them. */
function notToldBy(side: Assessment, other: Assessment, states: readonly MatchState[]): readonly NodeMatch[] {
  const present = new Set(side.matches.map(keyOf));
  return other.matches
    .filter((row) => states.includes(row.state) && !present.has(keyOf(row)) && !tells(side, row))
    .map((row) => ({ ...row, state: 'undetermined' }));
}

function tells({ coverage, inventory }: Assessment, row: NodeMatch): boolean {
  const factClass: FactClass = row.kernelRelease === null ? 'os-packages' : 'kernel';
  const states = coverage.filter((entry) => entry.subject === factClass).map((entry) => entry.state);
  if (states.length > 0 && states.every((state) => state === 'read')) return true;
  // With some sources unknown, a source that is known is known to be there, in the version that was compared.
  return states.every((state) => state === 'read' || state === 'unknown-source') && (inventory?.packages ?? []).some((found) => found.sourceKnown && found.source === row.sourcePackage);
}

function keyOf({ packageFamily, vulnerability }: NodeMatch): string {
  return `${packageFamily}\n${vulnerability}`;
}
