import type { CoverageEntry, CoverageReason, ExplanationReason, MatchReason, MatchState, NotMatchedReason } from '@nodeward/engine';

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
  'component-configuration-unreadable': 'the configuration that says which binaries run cannot be read',
  'component-not-a-go-binary': 'not a Go binary, so nothing says what is in it',
  'component-staged': 'not started by anything, not opened',
  'component-chosen-by-cluster': 'the cluster chooses the kubelet; --kubelet-version says which one runs',
  'component-version-unknown': 'version unknown',
  'no-advisories-for-components': 'the advisory database has no rows for node components',
  'no-advisories-for-system': 'the advisory database has no rows for this operating system',
  'no-advisories-for-kernel': 'the advisory database has no rows for this kernel',
  'go-modules-not-in-evidence': 'nothing here says which Go modules are in the binaries',
  'image-list-not-published': 'the publisher has not published the list of this image yet',
  'image-list-unreachable': 'the published list of this image cannot be fetched',
  'image-publisher-without-lists': 'the publisher of this image publishes no lists of packages',
  'image-list-without-packages': 'the published list of this image names no packages',
  'node-image-unknown': 'the node names no image',
  'windows-node': 'Windows nodes are not assessed',
  'node-status-only': 'no disk and no package list: only kernel, kubelet and container runtime, as the cluster reports them, can be judged',
  'security-patch-unknown': 'the security patches of this node are unknown',
  'disk-ephemeral': 'the disk is ephemeral and cannot be copied',
  'disk-encrypted-by-guest-extension': 'encrypted by Azure Disk Encryption',
  'disk-confidential': 'the disk of a confidential machine is encrypted',
  'disk-access-denied': 'access to the disk denied',
  'disk-locked-down': 'the resource group of the nodes is locked',
  'disk-refused-by-policy': 'a policy refuses access to the disk',
  'disk-key-unavailable': 'the key of the disk is not available',
  'disk-not-found': 'the disk does not exist',
  'disk-network-refused': 'the disk does not allow access from this network',
  'disk-access-expired': 'access to the disk has ended',
  'journal-replayed': 'with what was only in the journal',
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
  'kernel-build-unknown': 'which build of the kernel runs is unknown',
  'channel-not-in-database': 'channel not in the database',
  'component-version-unknown': 'component version unknown',
};

export const matchStateWords: Record<MatchState, string> = {
  'affected-fix-available': 'fix available',
  'affected-fix-with-subscription': 'fix with subscription',
  'affected-no-fix': 'no fix yet',
  deferred: 'deferred by the vendor',
  'not-affected': 'not affected',
  undetermined: 'undetermined',
};

export const explanationReasonWords: Record<ExplanationReason, string> = {
  'not-installed': 'not installed',
  'not-in-advisory': 'no advisory speaks of it here',
  fixed: 'the installed version is past the fix of this range',
  'before-introduced': 'the installed version is older than the fault',
  'after-last-affected': 'the installed version is newer than the last affected one',
  'binaries-not-affected': 'none of the installed binary packages is affected',
  'other-operating-system': 'holds on another operating system only',
  withdrawn: 'the advisory was withdrawn',
  'other-channel-decides': 'another channel of the vendor decides for this version',
  'no-such-vulnerability': 'not in the advisory database',
  'third-party-package': 'packaged by another vendor, of whom there are no advisories',
  staged: 'in a binary that nothing starts',
  'version-not-comparable': 'the versions cannot be compared',
  'kernel-not-running': 'in a kernel that does not run',
  'not-read': 'not read, so nobody can tell',
};
