import type { AffectedRange } from '../model/advisory.ts';
import type { MatchRule, MatchState } from '../model/match.ts';

export const explanationReasons = [
  'not-installed',
  'not-in-advisory',
  'fixed',
  'before-introduced',
  'after-last-affected',
  'binaries-not-affected',
  'other-operating-system',
  'withdrawn',
  'other-channel-decides',
  'no-such-vulnerability',
  'third-party-package',
  'staged',
  'version-not-comparable',
  'kernel-not-running',
  'not-read',
] as const;
export type ExplanationReason = (typeof explanationReasons)[number];

/** One advisory range that was looked at, or why there was none to look at. */
export interface ExplanationEntry {
  readonly outcome: 'match' | 'no-match';
  readonly sourcePackage: string;
  readonly packageFamily: string;
  /** Path of the component's binary; null for packages. */
  readonly component: string | null;
  readonly installedVersion: string | null;
  readonly advisory: string | null;
  readonly ecosystem: string | null;
  readonly range: ExplainedRange | null;
  readonly state: MatchState | null;
  readonly rule: MatchRule | null;
  /** Why there is no match, or what leaves it undetermined. */
  readonly reason: ExplanationReason | null;
  readonly evidence: string | null;
  /** `deb`, `semver`, …: how the versions were compared. */
  readonly versionOrder: string | null;
}

export interface ExplainedRange {
  readonly introduced: string | null;
  readonly above: string | null;
  readonly fixed: string | null;
  readonly lastAffected: string | null;
}

export function explainedRange({ introduced, above, fixed, lastAffected }: AffectedRange): ExplainedRange {
  return { introduced: introduced ?? null, above: above ?? null, fixed: fixed ?? null, lastAffected: lastAffected ?? null };
}

type Named = Pick<ExplanationEntry, 'sourcePackage' | 'packageFamily' | 'reason'> & Partial<ExplanationEntry>;

/** An entry without a comparison. */
export function noMatch(named: Named): ExplanationEntry {
  return {
    outcome: 'no-match', component: null, installedVersion: null, advisory: null, ecosystem: null, range: null,
    state: null, rule: null, evidence: null, versionOrder: null, ...named,
  };
}
