import { SourceReadError } from '@nodeward/engine';

/** Why a disk behind an address cannot be read; stable. `changed`: what has been read before no longer belongs to it. */
export const rangeSourceFailures = [
  'address-refused',
  'access-denied',
  'access-expired',
  'not-found',
  'changed',
  'range-refused',
  'range-ignored',
  'redirect-refused',
  'busy',
  'server-error',
  'unreachable',
  'timed-out',
  'answer-invalid',
  'answer-cut',
] as const;
export type RangeSourceFailure = (typeof rangeSourceFailures)[number];

/** One line, without the query of the address, which may be a signature. */
export class RangeSourceError extends SourceReadError {
  readonly failure: RangeSourceFailure;
  /** Of the last answer, where there was one. */
  readonly status: number | undefined;

  constructor(failure: RangeSourceFailure, message: string, status?: number) {
    super(message);
    this.failure = failure;
    this.status = status;
  }
}
