import type { Severity, SeveritySource } from './severity.ts';

/** design.md §2. Never a boolean. */
export const matchStates = [
  'affected-fix-available',
  'affected-fix-with-subscription',
  'affected-no-fix',
  'deferred',
  'not-affected',
  'undetermined',
] as const;

export type MatchState = (typeof matchStates)[number];

export interface MatchedPackage {
  readonly name: string;
  readonly version: string;
}

/**
 * Inventory × advisory database: belongs to the inventory and is the same on every node that has
 * it. Key: (vulnerability, sourcePackage, installedVersion).
 */
export interface Match {
  readonly vulnerability: string;
  readonly sourcePackage: string;
  /** All sources of one kernel line are one family (design.md §2). */
  readonly packageFamily: string;
  readonly packages: readonly MatchedPackage[];
  readonly installedVersion: string;
  readonly fixedVersion: string | null;
  readonly state: MatchState;
  /** Set where `state` is `undetermined` or `deferred`. */
  readonly reason?: MatchReason;
  readonly severity: Severity;
  readonly severitySource: SeveritySource;
  readonly cvss: readonly string[];
  /** `uname -r` of the kernel image that this match speaks of; null for everything else. */
  readonly kernelRelease: string | null;
  readonly advisory: string;
  readonly rule: MatchRule;
}

export const matchReasons = [
  'installed-version-unparsable',
  'advisory-version-unparsable',
  'running-kernel-unknown',
  'channel-not-in-database',
] as const;
export type MatchReason = (typeof matchReasons)[number];

/** Which sentence of the matcher's rules gave the match. */
export const matchRules = ['source-older-than-fixed', 'source-in-range-without-fix', 'source-up-to-last-affected', 'version-not-comparable'] as const;
export type MatchRule = (typeof matchRules)[number];

export const kernelStates = ['running', 'standby', 'stale'] as const;
/** `running`; `standby`: newer, would run after a boot; `stale`: older than the running one. */
export type KernelState = (typeof kernelStates)[number];

/** A match as it stands on one node: computed from the match and the node facts, never stored. */
export interface NodeMatch extends Match {
  readonly kernel: KernelState | null;
  /** Path in the root tree (or name of the list) on which the match rests. */
  readonly evidence: string;
}
