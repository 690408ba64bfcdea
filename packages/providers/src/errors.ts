import { DomainError } from '@nodeward/engine';
import type { DiskRefusal } from './provider.ts';

/** Come back later. */
export class ProviderBusyError extends DomainError {
  readonly code = 'PROVIDER_BUSY';
  /** Milliseconds. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number, options?: ErrorOptions) {
    super(message, options);
    this.retryAfter = retryAfter;
  }
}

/** A person must grant something first; the message names it. */
export class ProviderDeniedError extends DomainError {
  readonly code = 'PROVIDER_DENIED';
}

/** A disk cannot be had, for a reason that waiting does not cure; there may be something in its place. */
export class DiskRefusedError extends DomainError {
  readonly code = 'DISK_REFUSED';
  readonly refusal: DiskRefusal;

  constructor(refusal: DiskRefusal) {
    super(`${refusal.reason} (${refusal.detail})`);
    this.refusal = refusal;
  }
}

/** A configuration file is wrong: one line, with the file and the line number. */
export class InvalidConfigurationError extends DomainError {
  readonly code = 'INVALID_CONFIGURATION';
  readonly file: string;
  /** 1-based; 0 where the file as a whole is meant. */
  readonly line: number;

  constructor(file: string, line: number, what: string, options?: ErrorOptions) {
    super(line > 0 ? `${file}:${line}: ${what}` : `${file}: ${what}`, options);
    this.file = file;
    this.line = line;
  }
}

/** The request cannot be carried out as things stand (an operation already runs, no such image). */
export class ProviderConflictError extends DomainError {
  readonly code = 'PROVIDER_CONFLICT';
}
