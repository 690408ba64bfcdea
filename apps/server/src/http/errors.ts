import { DomainError } from '@nodeward/engine';

/** No such thing: 404. */
export class NotFoundError extends DomainError {
  readonly code = 'NOT_FOUND';

  constructor(what: string, id: string, options?: ErrorOptions) {
    super(`there is no ${what} ${id}`, options);
  }
}

/** The request is right and cannot be done as things stand: 409. */
export class ConflictError extends DomainError {
  readonly code = 'CONFLICT';
}

export interface InvalidPart {
  /** Where in the request: `query.limit`, `body.target`. */
  readonly path: string;
  readonly message: string;
}

/** The request itself is wrong: 400. */
export class InvalidRequestError extends DomainError {
  readonly code = 'INVALID_REQUEST';
  readonly parts: readonly InvalidPart[];

  constructor(message: string, parts: readonly InvalidPart[] = [], options?: ErrorOptions) {
    super(message, options);
    this.parts = parts;
  }
}

/** The caller has no session, or not any more: 401. */
export class UnauthorizedError extends DomainError {
  readonly code = 'UNAUTHORIZED';
}

/** The request comes from where it must not (a foreign page, a foreign host name): 403. */
export class ForbiddenError extends DomainError {
  readonly code = 'FORBIDDEN';
}

/** The caller has been wrong too often; try later: 429. */
export class TooManyRequestsError extends DomainError {
  readonly code = 'TOO_MANY_REQUESTS';
}

/** More than the server takes at once; try later: 503. */
export class UnavailableError extends DomainError {
  readonly code = 'UNAVAILABLE';
}
