import { type Assessment, type Forecast, forecast, type ForecastSide, type MatchState, notToldBy } from '@nodeward/engine';

/** Compared with `--all`; without it only what the vendor has a fix for. */
export const everyAffectedState = ['affected-fix-available', 'affected-fix-with-subscription', 'affected-no-fix', 'deferred'] as const satisfies readonly MatchState[];

/**
 * The forecast between two assessments. A row that one side has and the other only lacks because
 * its evidence could not be read is neither fixed nor introduced: it is undetermined.
 */
export function openForecast(from: Assessment, to: Assessment, states: readonly MatchState[]): Forecast {
  return forecast([...from.matches, ...notToldBy(sideOf(from), to.matches, states)], [...to.matches, ...notToldBy(sideOf(to), from.matches, states)], { states });
}

function sideOf({ matches, coverage, inventory, facts }: Assessment): ForecastSide {
  return { matches, coverage, packages: inventory?.packages, kubeletVersion: facts.kubeletVersion };
}
