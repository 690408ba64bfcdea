import type { FactClass } from '../base/coverage.ts';
import type { ComponentState } from './component.ts';
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
 * it. Key: (vulnerability, sourcePackage, installedVersion, kernelRelease, component).
 */
export interface Match {
  readonly vulnerability: string;
  /** Source package; of components what the advisory speaks of: `k8s.io/kubelet`, a Go module's path, `stdlib`. */
  readonly sourcePackage: string;
  /** All sources of one kernel line are one family (design.md §2); everything in a component is the component's. */
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
  /** Path of the component's binary that the match speaks of (empty: known by name only); null for packages. */
  readonly component: string | null;
  /** On what reading it rests, and by which readings it can be closed. */
  readonly factClass: FactClass;
  /** Known to be exploited; null where the database has no such feed. */
  readonly exploited: boolean | null;
  /** EPSS probability, 0 to 1; null where no feed gives one (missing is not zero). */
  readonly epss: number | null;
  readonly advisory: string;
  readonly rule: MatchRule;
}

export const matchReasons = [
  'installed-version-unparsable',
  'advisory-version-unparsable',
  'running-kernel-unknown',
  'kernel-build-unknown',
  'channel-not-in-database',
  'component-version-unknown',
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
  /** Null for packages. `staged` ones are hidden by default and never counted. */
  readonly componentState: ComponentState | null;
  /** Path in the root tree (or name of the list) on which the match rests. */
  readonly evidence: string;
}

/** What the node suffers from: kernels that do not run and binaries that nothing starts are left out of every count. */
export function isLive({ kernel, componentState }: Pick<NodeMatch, 'kernel' | 'componentState'>): boolean {
  return (kernel === null || kernel === 'running') && componentState !== 'staged';
}
