/**
 * An error whose `code` callers may rely on. Each subclass is named by what the caller can do;
 * `docs/error-codes.md` lists the codes.
 */
export abstract class DomainError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The bytes are not what the format promises. The disk is at fault, not the caller: note it, go on. */
export class CorruptStructureError extends DomainError {
  readonly code = 'CORRUPT_STRUCTURE';
  /** Bytes from the start of the structure's container (a partition, a file), not of the disk. */
  readonly offset: number;

  constructor(what: string, offset: number, options?: ErrorOptions) {
    super(`${what} at byte ${offset}`, options);
    this.offset = offset;
  }
}

/** The structure's own checksum disagrees with its bytes. */
export class ChecksumMismatchError extends CorruptStructureError {}

/** An on-disk number asks for more than `limits.ts` allows: note it, go on. */
export class LimitExceededError extends DomainError {
  readonly code = 'LIMIT_EXCEEDED';
}

/** The format is valid but uses a feature that is not read: note it by name, go on. */
export class UnsupportedFeatureError extends DomainError {
  readonly code = 'UNSUPPORTED_FEATURE';
}

/** The source gave fewer bytes than its size promises, or failed to read at all. */
export class SourceReadError extends DomainError {
  readonly code = 'SOURCE_READ';
}

/** The source ends before the bytes that its contents promise. */
export class SourceTruncatedError extends SourceReadError {}

/** What the caller gave cannot be worked with; the message says in one line what and why. */
export class InvalidInputError extends DomainError {
  readonly code = 'INVALID_INPUT';
}

/** Stable; `db status` and exit status 4 name it. */
export type AdvisoryDatabaseReason = 'absent' | 'unreadable' | 'damaged' | 'foreign' | 'made-for-sample' | 'format-too-new' | 'format-too-old';

/** The advisory database is absent, damaged, foreign, or not made for this purpose. */
export class AdvisoryDatabaseError extends DomainError {
  readonly code = 'ADVISORY_DATABASE';
  readonly reason: AdvisoryDatabaseReason;

  constructor(reason: AdvisoryDatabaseReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
