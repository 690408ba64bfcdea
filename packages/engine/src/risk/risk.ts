import type { Match } from '../model/match.ts';
import { type Severity, severityRank } from '../model/severity.ts';
import { riskValue } from './risk-score.ts';

export const riskLevels = ['critical', 'high', 'medium', 'low'] as const;
export type RiskLevel = (typeof riskLevels)[number];

const levelOfSeverity: Record<Severity, RiskLevel> = {
  critical: 'critical',
  high: 'high',
  medium: 'medium',
  unknown: 'medium',
  low: 'low',
  negligible: 'low',
};

/** A pool's risk: its worst open finding that the vendor has a fix for; undefined where there is none. */
export function riskLevelOf(findings: readonly Pick<Match, 'severity' | 'state'>[]): RiskLevel | undefined {
  const fixable = findings.filter((finding) => finding.state === 'affected-fix-available');
  const levels = new Set(fixable.map((finding) => levelOfSeverity[finding.severity]));
  return riskLevels.find((level) => levels.has(level));
}

/** Enough to be put in order; a CVSS score is only needed where there is no word for the severity. */
export type Ranked = Pick<Match, 'severity' | 'vulnerability' | 'exploited' | 'epss' | 'state'>;

/**
 * The order in which findings are shown: highest score first, then by severity, newest CVE first. An
 * unknown severity counts as medium here, as it does for floors; in the score it is missing.
 */
export function compareByRisk(a: Ranked, b: Ranked): number {
  return orderValue(b) - orderValue(a) || severityRank(b.severity) - severityRank(a.severity)
    || compareIds(b.vulnerability, a.vulnerability);
}

/** `CVE-2023-999` is older than `CVE-2023-10000`: numbers compare as numbers. A collator does the same and takes milliseconds to load. */
function compareIds(a: string, b: string): number {
  const [as, bs] = [a.split('-'), b.split('-')];
  for (const [index, part] of as.entries()) {
    const other = bs[index] ?? '';
    const areNumbers = /^\d+$/.test(part) && /^\d+$/.test(other);
    const order = areNumbers ? part.length - other.length || compareText(part, other) : compareText(part, other);
    if (order !== 0) return order;
  }
  return as.length - bs.length;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function orderValue({ severity, exploited, epss, state }: Ranked): number {
  return riskValue({ severity: severity === 'unknown' ? 'medium' : severity, cvssScore: null, exploited, epss, state });
}
