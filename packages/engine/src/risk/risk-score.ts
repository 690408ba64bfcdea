import type { MatchState } from '../model/match.ts';
import type { Severity } from '../model/severity.ts';

/** What a score is made of, as a match and its feeds give it; null where nobody says. */
export interface RiskSignals {
  readonly severity: Severity;
  /** Base score, 0 to 10: stands in where no word for the severity is given. */
  readonly cvssScore: number | null;
  readonly exploited: boolean | null;
  /** Probability, 0 to 1. */
  readonly epss: number | null;
  readonly state: MatchState;
}

export interface RiskPart {
  readonly part: 'severity' | 'exploited' | 'epss' | 'fix';
  /** Null where nobody knows it: it adds nothing, and it is not zero. */
  readonly points: number | null;
  readonly max: number;
}

/** 0 to 100. */
export interface RiskScore {
  readonly value: number;
  readonly parts: readonly RiskPart[];
  /** True where a part is unknown: the value is a lower bound. */
  readonly isLowerBound: boolean;
}

const maxima = { severity: 40, exploited: 35, epss: 15, fix: 10 } as const;

const pointsOfSeverity: Record<Exclude<Severity, 'unknown'>, number> = { critical: 40, high: 30, medium: 20, low: 10, negligible: 3 };

/**
 * What should be looked at first, out of 100, as a sum of four parts, none of which ever lowers it:
 *
 * - severity, 40: critical 40, high 30, medium 20, low 10, negligible 3 (the vendor's word, or the
 *   band of CVSS); where there is no word, four points for each point of the CVSS base score;
 * - exploited, 35: known to be exploited or not. More than EPSS and fix together can give, so that
 *   what is exploited always comes before what is not, at the same severity;
 * - epss, 15: the square root of the probability, since nearly all of them are below 0.1 and would
 *   otherwise look alike: 0.01 gives 1.5, 0.25 gives 7.5;
 * - fix, 10: a fix that can be had is 10, one behind a subscription 5, none 0.
 */
export function riskScore(signals: RiskSignals): RiskScore {
  const points = { severity: severityPoints(signals), exploited: exploitedPoints(signals), epss: epssPoints(signals), fix: fixPoints(signals) };
  const parts = (['severity', 'exploited', 'epss', 'fix'] as const).map((part): RiskPart => ({ part, points: points[part], max: maxima[part] }));
  return { value: riskValue(signals), parts, isLowerBound: parts.some((part) => part.points === null) };
}

/** The score's value alone, for sorting. */
export function riskValue(signals: RiskSignals): number {
  return tenth((severityPoints(signals) ?? 0) + (exploitedPoints(signals) ?? 0) + (epssPoints(signals) ?? 0) + (fixPoints(signals) ?? 0));
}

function severityPoints({ severity, cvssScore }: RiskSignals): number | null {
  if (severity !== 'unknown') return pointsOfSeverity[severity];
  return cvssScore === null ? null : tenth((cvssScore / 10) * maxima.severity);
}

function exploitedPoints({ exploited }: RiskSignals): number | null {
  if (exploited === null) return null;
  return exploited ? maxima.exploited : 0;
}

function epssPoints({ epss }: RiskSignals): number | null {
  return epss === null ? null : tenth(Math.sqrt(epss) * maxima.epss);
}

function fixPoints({ state }: RiskSignals): number | null {
  if (state === 'undetermined') return null;
  if (state === 'affected-fix-available') return maxima.fix;
  return state === 'affected-fix-with-subscription' ? maxima.fix / 2 : 0;
}

function tenth(points: number): number {
  return Math.round(points * 10) / 10;
}
