import type { Match } from '../model/match.ts';
import { type Severity, severityRank } from '../model/severity.ts';

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

/** The order in which findings are shown: worst first, then by name, newest CVE first. */
export function compareByRisk(a: Pick<Match, 'severity' | 'vulnerability'>, b: Pick<Match, 'severity' | 'vulnerability'>): number {
  const difference = severityRank(b.severity) - severityRank(a.severity);
  return difference !== 0 ? difference : b.vulnerability.localeCompare(a.vulnerability, 'en', { numeric: true });
}
