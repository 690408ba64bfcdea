import * as z from 'zod';

/**
 * The words of the wire, as codes; the portal puts them into English or Japanese. A test in the
 * server compares them with the engine's, which this package must not import.
 */
export const severity = z.enum(['critical', 'high', 'medium', 'low', 'negligible', 'unknown']);
export type Severity = z.infer<typeof severity>;

export const severitySource = z.enum(['vendor', 'cvss-v4', 'cvss-v3', 'none']);
export type SeveritySource = z.infer<typeof severitySource>;

export const matchState = z.enum([
  'affected-fix-available',
  'affected-fix-with-subscription',
  'affected-no-fix',
  'deferred',
  'not-affected',
  'undetermined',
]);
export type MatchState = z.infer<typeof matchState>;

export const kernelState = z.enum(['running', 'standby', 'stale']);
export const evidenceGrade = z.enum(['disk', 'pod', 'reference-image', 'manifest', 'node-status']);
export type EvidenceGrade = z.infer<typeof evidenceGrade>;

export const coverageState = z.enum(['read', 'out-of-scope', 'no-feed', 'unknown-source', 'unreadable', 'unsupported', 'encrypted', 'over-limit']);
export type CoverageState = z.infer<typeof coverageState>;

export const coverageReason = z.enum([
  'read',
  'not-read-in-this-version',
  'not-needed-by-root',
  'partition-type-out-of-scope',
  'container-images',
  'vendor-publishes-no-feed',
  'source-package-unknown',
  'corrupt-structure',
  'checksum-mismatch',
  'truncated',
  'read-error',
  'partition-table-unknown',
  'partition-table-not-read-yet',
  'disk-format-not-read-yet',
  'empty-disk',
  'filesystem-unknown',
  'filesystem-not-read-yet',
  'filesystem-feature-unsupported',
  'volume-manager-not-read-yet',
  'journal-not-replayed',
  'encrypted-in-guest',
  'no-root-found',
  'package-database-missing',
  'package-database-unsupported',
  'operating-system-unknown',
  'operating-system-unsupported',
  'kernel-image-missing',
  'running-kernel-not-installed',
  'limit-exceeded',
  'cataloger-failed',
  'reader-killed-memory',
  'reader-killed-deadline',
  'reader-died',
  'list-format-unknown',
  'component-configuration-unreadable',
  'component-not-a-go-binary',
  'component-staged',
  'component-chosen-by-cluster',
  'component-version-unknown',
  'no-advisories-for-components',
  'no-advisories-for-system',
  'no-advisories-for-kernel',
  'go-modules-not-in-evidence',
  'image-list-not-published',
  'image-list-unreachable',
  'image-publisher-without-lists',
  'image-list-without-packages',
  'node-image-unknown',
  'windows-node',
  'node-status-only',
  'security-patch-unknown',
  'disk-ephemeral',
  'disk-encrypted-by-guest-extension',
  'disk-confidential',
  'disk-access-denied',
  'disk-locked-down',
  'disk-refused-by-policy',
  'disk-key-unavailable',
  'disk-not-found',
  'disk-network-refused',
  'disk-access-expired',
  'journal-replayed',
]);
export type CoverageReason = z.infer<typeof coverageReason>;

/** design.md §2: the state of a node pool's recommendation. */
export const recommendationState = z.enum(['healthy', 'unhealthy', 'not-applicable', 'not-evaluated']);
export type RecommendationState = z.infer<typeof recommendationState>;

export const nodeState = z.enum(['healthy', 'unhealthy', 'not-assessed']);
export type NodeState = z.infer<typeof nodeState>;

/** Why a pool or node is not evaluated, worst first after the plan switch. */
export const notEvaluatedCause = z.enum([
  'no-nodes',
  'plan-off',
  'unreachable',
  'failed',
  'encrypted',
  'unsupported',
  'no-advisories',
  'image-not-published',
  'incomplete',
  'never-assessed',
]);
export type NotEvaluatedCause = z.infer<typeof notEvaluatedCause>;

/** ux.md §6.2. */
export const findingState = z.enum(['open', 'no-fix', 'reboot-required', 'remediating', 'awaiting-verification', 'undetermined', 'resolved', 'resource-gone']);
export type FindingState = z.infer<typeof findingState>;

/** Which sentence of the matcher's rules gave a match. */
export const matchRule = z.enum(['source-older-than-fixed', 'source-in-range-without-fix', 'source-up-to-last-affected', 'version-not-comparable']);
export type MatchRule = z.infer<typeof matchRule>;

export const verdict = z.enum(['fixed-by-reboot', 'fixed-by-image', 'fixed-by-kubernetes', 'no-image-yet', 'no-vendor-fix', 'not-fixable-here', 'unknown']);
export type Verdict = z.infer<typeof verdict>;

/** What a user starts on a pool. */
export const operationKind = z.enum(['node-image', 'kubernetes', 'reboot']);
export type OperationKind = z.infer<typeof operationKind>;

/** What one step of an upgrade plan does; `control-plane` is the cluster's. */
export const stepKind = z.enum(['control-plane', 'node-image', 'kubernetes', 'reboot']);
export type StepKind = z.infer<typeof stepKind>;

export const factClass = z.enum(['os-packages', 'kernel', 'node-components', 'go-modules']);
export type FactClass = z.infer<typeof factClass>;

/** ux.md §6.3, as far as this version goes. */
export const jobState = z.enum(['draft', 'preflight', 'running', 'verifying', 'succeeded', 'succeeded-with-residual', 'preflight-failed', 'failed', 'cancelled']);
export type JobState = z.infer<typeof jobState>;

export const nodePhase = z.enum(['waiting', 'surge', 'cordon', 'drain', 'reimage', 'reboot', 'ready', 'verified', 'failed']);
export type NodePhase = z.infer<typeof nodePhase>;

export const instant = z.iso.datetime().meta({ description: 'RFC 3339, UTC' });
export const identifier = z.string().min(1).max(200);
export const count = z.int().nonnegative();
