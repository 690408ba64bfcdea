import { DomainError } from '@nodeward/engine';

export const databaseProblems = [
  'DATABASE_IN_USE',
  'DATABASE_DAMAGED',
  'DATABASE_UNWRITABLE',
  'DATABASE_UNREACHABLE',
  'DATABASE_TOO_OLD',
  'DATABASE_NEWER',
  'MIGRATION_CHANGED',
  'MIGRATION_FAILED',
  'MIGRATION_MISNAMED',
  'MOVE_REFUSED',
  'MOVE_UNEQUAL',
] as const;
export type DatabaseProblem = (typeof databaseProblems)[number];

/** The server cannot start on this database: print the message, which is one line, and end with status 1. */
export class DatabaseUnusableError extends DomainError {
  readonly code: DatabaseProblem;

  constructor(code: DatabaseProblem, message: string, options?: ErrorOptions) {
    super(message.replace(/\s+/g, ' ').trim(), options);
    this.code = code;
  }
}

/** The embedded database's worker ended while a client was connected; the statement in flight may or may not have been kept. */
export class ConnectionLostError extends DomainError {
  readonly code = 'ECONNRESET';
}

/** What a thrown value says; node's AggregateError (both addresses of `localhost` refused) has an empty message of its own. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') return thrown.errors.map(messageOf).join(', ');
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
}
