import type { Forecast } from '../model/forecast.ts';
import { isLive, type MatchState, type NodeMatch } from '../model/match.ts';

export interface ForecastOptions {
  /** Which states are compared; by default what the vendor has a fix for. */
  readonly states?: readonly MatchState[];
}

/**
 * What moving from one node's matches to another's would fix, leave and introduce. Rows are keyed
 * by (package family, vulnerability); a vulnerability is fixed when no family has it any more.
 * Kernels that do not run are left out on both sides (after a boot the target's newest one runs), and
 * so are staged binaries.
 */
export function forecast(from: readonly NodeMatch[], to: readonly NodeMatch[], options: ForecastOptions = {}): Forecast {
  const states = new Set<MatchState>(options.states ?? ['affected-fix-available']);
  const [now, after] = [rowsOf(from, states), rowsOf(to, states)];
  const undetermined = [...rowsOf([...from, ...to], new Set<MatchState>(['undetermined'])).values()];
  const open = new Set(undetermined.map(keyOf));
  const isCertain = (row: NodeMatch): boolean => !open.has(keyOf(row));
  const fixed = [...now.values()].filter((row) => !after.has(keyOf(row)) && isCertain(row));
  const remaining = [...after.values()].filter((row) => now.has(keyOf(row)));
  const introduced = [...after.values()].filter((row) => !now.has(keyOf(row)) && isCertain(row));
  return { fixed, remaining, introduced, undetermined, counts: countVulnerabilities(now, after, undetermined) };
}

/** Per vulnerability, whatever the family: one that moves to another family neither vanishes nor comes. */
function countVulnerabilities(now: Rows, after: Rows, undetermined: readonly NodeMatch[]): Forecast['counts'] {
  const before = vulnerabilities(now.values());
  const later = vulnerabilities(after.values());
  const unknown = vulnerabilities(undetermined);
  const missingFrom = (set: ReadonlySet<string>) => (vulnerability: string): boolean => !set.has(vulnerability) && !unknown.has(vulnerability);
  return {
    now: before.size,
    after: later.size,
    fixed: [...before].filter(missingFrom(later)).length,
    remaining: [...before].filter((vulnerability) => later.has(vulnerability)).length,
    introduced: [...later].filter(missingFrom(before)).length,
    undetermined: unknown.size,
  };
}

type Rows = ReadonlyMap<string, NodeMatch>;

function rowsOf(matches: readonly NodeMatch[], states: ReadonlySet<MatchState>): Rows {
  const rows = new Map<string, NodeMatch>();
  for (const match of matches) {
    if (isLive(match) && states.has(match.state) && !rows.has(keyOf(match))) rows.set(keyOf(match), match);
  }
  return rows;
}

function keyOf(match: NodeMatch): string {
  return `${match.packageFamily}\n${match.vulnerability}`;
}

function vulnerabilities(matches: Iterable<NodeMatch>): Set<string> {
  return new Set([...matches].map((match) => match.vulnerability));
}
