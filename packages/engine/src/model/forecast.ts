import type { NodeMatch } from './match.ts';

/**
 * `match(target) − match(now)` in both directions. Rows are keyed by (package family,
 * vulnerability); the unit of every count is the vulnerability: fixed means in no family any more.
 */
export interface Forecast {
  readonly fixed: readonly NodeMatch[];
  readonly remaining: readonly NodeMatch[];
  readonly introduced: readonly NodeMatch[];
  /** Rows that could not be told on either side. */
  readonly undetermined: readonly NodeMatch[];
  readonly counts: ForecastCounts;
}

/** Vulnerabilities, not rows. */
export interface ForecastCounts {
  readonly now: number;
  readonly after: number;
  readonly fixed: number;
  readonly remaining: number;
  readonly introduced: number;
  readonly undetermined: number;
}

/** design.md §7, one per vulnerability of the pool. */
export const verdicts = [
  'fixed-by-reboot',
  'fixed-by-image',
  'fixed-by-kubernetes',
  'no-image-yet',
  'no-vendor-fix',
  'not-fixable-here',
  'unknown',
] as const;
export type Verdict = (typeof verdicts)[number];
