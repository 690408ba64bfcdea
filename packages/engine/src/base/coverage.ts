/** design.md §2. The last five make an assessment incomplete: not healthy, exit status 3. */
export const coverageStates = [
  'read',
  'out-of-scope',
  'no-feed',
  'unknown-source',
  'unreadable',
  'unsupported',
  'encrypted',
  'over-limit',
] as const;

export type CoverageState = (typeof coverageStates)[number];

/**
 * Why an entry has its state, as a stable code that the portal translates and the CLI words.
 * A new reason is a line here, in the CLI's wording and in both message files (the compiler insists).
 */
export const coverageReasons = [
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
] as const;

export type CoverageReason = (typeof coverageReasons)[number];

/**
 * What rests on what was read. An assessment closes a finding only when the entry of its fact
 * class (an entry whose `subject` is exactly this word) has state `read`.
 */
export const factClasses = ['os-packages', 'kernel', 'node-components', 'go-modules'] as const;

export type FactClass = (typeof factClasses)[number];

export interface CoverageEntry {
  /** A fact class, `disk`, `partition 1`, `package NAME`, …: what the entry speaks of. */
  readonly subject: string;
  readonly state: CoverageState;
  readonly reason: CoverageReason;
  /** Facts that no code can carry: a feature name, a path, a label. Never a sentence. */
  readonly detail?: string;
}

const incompleteStates: ReadonlySet<CoverageState> = new Set([
  'unknown-source',
  'unreadable',
  'unsupported',
  'encrypted',
  'over-limit',
]);

export function isIncomplete(entry: CoverageEntry): boolean {
  return incompleteStates.has(entry.state);
}

/** Every reader reports into one of these; entries keep the order in which they were met. */
export class Coverage {
  readonly #entries: CoverageEntry[] = [];

  add(subject: string, state: CoverageState, reason: CoverageReason, detail?: string): void {
    this.#entries.push(detail === undefined ? { subject, state, reason } : { subject, state, reason, detail });
  }

  get entries(): readonly CoverageEntry[] {
    return this.#entries;
  }
}
