import type { FactClass } from '../base/coverage.ts';
import type { AdvisoryHead, AdvisoryLookup, RangeRow } from '../model/advisory-lookup.ts';
import type { Match, MatchedPackage, MatchState } from '../model/match.ts';
import type { OperatingSystem } from '../model/operating-system.ts';
import type { NotAffected, Verdict } from './affected.ts';

/** A range that hit, with the advisory that it belongs to. */
export interface Hit {
  readonly verdict: Verdict;
  readonly range: RangeRow;
  readonly advisory: AdvisoryHead;
  readonly packages: readonly MatchedPackage[];
}

/** By vulnerability. */
export type Hits = Map<string, Hit>;

/** How one installed thing is held against ranges. */
export interface Judge {
  /** Undefined where the range does not affect it. */
  readonly check: (range: RangeRow) => Verdict | undefined;
  /** Why `check` gave none, where the range holds here at all. */
  readonly whyNot: (range: RangeRow) => NotAffected;
  /** What of it the range speaks of; none: of nothing here. */
  readonly concerned: (range: RangeRow) => readonly MatchedPackage[];
  /** True where the first version is newer; false where either has no order. */
  readonly isLater: (fixed: string, other: string) => boolean;
}

/** The worst that these ranges say, for each vulnerability. */
export function hitsOf(ranges: readonly RangeRow[], judge: Judge, advisories: AdvisoryLookup): Hits {
  const hits: Hits = new Map();
  for (const range of ranges) {
    const verdict = judge.check(range);
    if (verdict === undefined) continue;
    const packages = judge.concerned(range);
    if (packages.length === 0) continue;
    for (const advisory of advisories.advisories(range)) {
      for (const vulnerability of advisory.vulnerabilities) keepWorst(hits, vulnerability, { verdict, range, advisory, packages }, judge);
    }
  }
  return hits;
}

const weight: Record<MatchState, number> = {
  'affected-fix-available': 5,
  'affected-fix-with-subscription': 4,
  'affected-no-fix': 3,
  undetermined: 2,
  deferred: 1,
  'not-affected': 0,
};

/** Several advisories may speak of one vulnerability: a fix counts once all of them are satisfied. */
function keepWorst(hits: Hits, vulnerability: string, hit: Hit, judge: Judge): void {
  const known = hits.get(vulnerability);
  if (known === undefined || isWorse(hit, known, judge)) hits.set(vulnerability, hit);
}

function isWorse(hit: Hit, known: Hit, { isLater }: Judge): boolean {
  const difference = weight[hit.verdict.state] - weight[known.verdict.state];
  if (difference !== 0) return difference > 0;
  const [a, b] = [hit.range.fixed, known.range.fixed];
  return a !== undefined && b !== undefined && isLater(a, b);
}

/** Advisories that hold on another operating system only never speak of this one. */
export function holdsOn({ operatingSystems }: Pick<RangeRow, 'operatingSystems'>, { id }: OperatingSystem): boolean {
  return operatingSystems === undefined || operatingSystems.includes(id === 'windows' ? 'windows' : 'linux');
}

/** What a hit was found on. */
export interface MatchSubject {
  readonly sourcePackage: string;
  readonly packageFamily: string;
  readonly installedVersion: string;
  readonly kernelRelease: string | null;
  readonly component: string | null;
  readonly factClass: FactClass;
}

export function matchOf(vulnerability: string, subject: MatchSubject, { verdict, range, advisory, packages }: Hit, advisories: AdvisoryLookup): Match {
  const { exploited, epss } = advisories.threat(vulnerability);
  return {
    vulnerability,
    sourcePackage: subject.sourcePackage,
    packageFamily: subject.packageFamily,
    packages,
    installedVersion: subject.installedVersion,
    fixedVersion: range.fixed ?? null,
    state: verdict.state,
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    severity: advisory.severity,
    severitySource: advisory.severitySource,
    cvss: advisory.cvss,
    kernelRelease: subject.kernelRelease,
    component: subject.component,
    factClass: subject.factClass,
    exploited: exploited ?? null,
    epss: epss ?? null,
    advisory: advisory.id,
    rule: verdict.rule,
  };
}
