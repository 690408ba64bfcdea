import type { CoverageEntry, CoverageReason, MatchReason, MatchState, NotMatchedReason } from '@nodeward/engine';

const coverageWords: Record<CoverageReason, string> = {
  read: 'read',
  'not-read-in-this-version': 'not read in this version',
  'not-needed-by-root': 'not needed by the root file system',
  'partition-type-out-of-scope': 'partition type out of scope',
  'container-images': 'container images are not part of a node assessment',
  'vendor-publishes-no-feed': 'the vendor publishes no advisories',
  'source-package-unknown': 'source package unknown, matched under its own name',
  'corrupt-structure': 'damaged structure',
  'checksum-mismatch': 'checksum does not agree',
  truncated: 'the image ends before its contents do (truncated)',
  'read-error': 'read error',
  'partition-table-unknown': 'no partition table or file system recognised',
  'partition-table-not-read-yet': 'partition table not read yet',
  'disk-format-not-read-yet': 'disk format not recognised or not read yet',
  'empty-disk': 'the disk is empty',
  'filesystem-unknown': 'file system not recognised',
  'filesystem-not-read-yet': 'file system not read yet',
  'filesystem-feature-unsupported': 'file system feature not supported',
  'volume-manager-not-read-yet': 'volume manager not read yet',
  'journal-not-replayed': 'journal not replayed',
  'encrypted-in-guest': 'encrypted inside the guest',
  'no-root-found': 'no root file system found',
  'package-database-missing': 'no package database found',
  'package-database-unsupported': 'package database not supported',
  'operating-system-unknown': 'operating system unknown',
  'operating-system-unsupported': 'operating system not supported',
  'kernel-image-missing': 'no kernel image installed',
  'running-kernel-not-installed': 'the running kernel is not installed as a package',
  'limit-exceeded': 'over a safety limit',
  'cataloger-failed': 'reading failed',
  'reader-killed-memory': 'the disk reader was stopped: too much memory',
  'reader-killed-deadline': 'the disk reader was stopped: too much time',
  'reader-died': 'the disk reader died',
  'list-format-unknown': 'not a node-image list that can be read',
};

/** What a coverage entry says, detail included: "journal not replayed (ext4)". */
export function coverageReasonText(entry: Pick<CoverageEntry, 'reason' | 'detail'>): string {
  const words = coverageWords[entry.reason];
  return entry.detail === undefined ? words : `${words} (${entry.detail})`;
}

export const notMatchedWords: Record<NotMatchedReason, string> = {
  'no-inventory': 'nothing to match: no package list could be read',
  'no-advisories-for-operating-system': 'the advisory database has no rows for this operating system',
  'database-made-for-sample': 'the advisory database was made for the sample fleet and is refused for anything else',
};

export const matchReasonWords: Record<MatchReason, string> = {
  'installed-version-unparsable': 'installed version cannot be read',
  'advisory-version-unparsable': 'advisory version cannot be read',
  'running-kernel-unknown': 'running kernel unknown',
  'channel-not-in-database': 'channel not in the database',
};

export const matchStateWords: Record<MatchState, string> = {
  'affected-fix-available': 'fix available',
  'affected-fix-with-subscription': 'fix with subscription',
  'affected-no-fix': 'no fix yet',
  deferred: 'deferred by the vendor',
  'not-affected': 'not affected',
  undetermined: 'undetermined',
};
