/** design.md §6, from worst to least; `unknown` counts as medium for floors. */
export const severities = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'] as const;

export type Severity = (typeof severities)[number];

/** Where a severity came from; shown beside it. */
export const severitySources = ['vendor', 'cvss-v4', 'cvss-v3', 'none'] as const;

export type SeveritySource = (typeof severitySources)[number];

const rank: Record<Severity, number> = { critical: 5, high: 4, medium: 3, unknown: 3, low: 2, negligible: 1 };

/** Larger is worse; `unknown` ranks with medium. */
export function severityRank(severity: Severity): number {
  return rank[severity];
}

export function isAtLeast(severity: Severity, floor: Severity): boolean {
  return rank[severity] >= rank[floor];
}
