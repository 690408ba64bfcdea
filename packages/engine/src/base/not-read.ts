import type { CoverageEntry, CoverageReason, CoverageState } from './coverage.ts';
import {
  ChecksumMismatchError,
  CorruptStructureError,
  DomainError,
  LimitExceededError,
  SourceReadError,
  SourceTruncatedError,
  UnsupportedFeatureError,
} from './errors.ts';

/** Something was recognised but not read, and why: a coverage entry that does not know its subject yet. */
export interface NotRead extends Omit<CoverageEntry, 'subject'> {
  readonly kind: 'not-read';
}

export function notRead(state: CoverageState, reason: CoverageReason, detail?: string): NotRead {
  return detail === undefined ? { kind: 'not-read', state, reason } : { kind: 'not-read', state, reason, detail };
}

/** What an error says about its structure; undefined for errors that are not about what was read. */
export function notReadBecause(error: unknown): NotRead | undefined {
  if (!(error instanceof DomainError)) return undefined;
  if (error instanceof ChecksumMismatchError) return notRead('unreadable', 'checksum-mismatch', error.message);
  if (error instanceof CorruptStructureError) return notRead('unreadable', 'corrupt-structure', error.message);
  if (error instanceof LimitExceededError) return notRead('over-limit', 'limit-exceeded', error.message);
  if (error instanceof UnsupportedFeatureError) return notRead('unsupported', 'filesystem-feature-unsupported', error.message);
  if (error instanceof SourceTruncatedError) return notRead('unreadable', 'truncated');
  if (error instanceof SourceReadError) return notRead('unreadable', 'read-error');
  return undefined;
}
