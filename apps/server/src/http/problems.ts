import type { Problem } from '@nodeward/api';
import { DomainError } from '@nodeward/engine';
import { ProviderBusyError, ProviderConflictError, ProviderDeniedError } from '@nodeward/providers';
import type { FastifyReply } from 'fastify';
import { ConflictError, ForbiddenError, InvalidRequestError, NotFoundError, TooManyRequestsError, UnauthorizedError, UnavailableError } from './errors.ts';

type Code = Problem['code'];

const titles: Readonly<Record<Code, string>> = {
  'invalid-request': 'The request is not valid',
  'not-found': 'Not found',
  conflict: 'Not possible as things stand',
  unauthorized: 'No session',
  forbidden: 'Not allowed',
  'too-many-requests': 'Too many requests',
  unavailable: 'Not available now',
  internal: 'Internal error',
};

/**
 * The one place that turns an error into what the client sees (RFC 9457). What nobody foresaw is
 * `internal` and says nothing of the inside; the caller logs it.
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof InvalidRequestError) return { ...describe(400, 'invalid-request', error.message), ...partsOf(error) };
  if (error instanceof DomainError) return fromDomain(error);
  return fromFramework(error);
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).header('content-type', 'application/problem+json; charset=utf-8').header('cache-control', 'no-store').send(JSON.stringify(problem));
}

function fromDomain(error: DomainError): Problem {
  if (error instanceof NotFoundError) return describe(404, 'not-found', error.message);
  if (error instanceof ConflictError || error instanceof ProviderConflictError) return describe(409, 'conflict', error.message);
  if (error instanceof UnauthorizedError) return describe(401, 'unauthorized', error.message);
  if (error instanceof ForbiddenError) return describe(403, 'forbidden', error.message);
  if (error instanceof ProviderDeniedError) return describe(403, 'forbidden', error.message);
  if (error instanceof TooManyRequestsError) return describe(429, 'too-many-requests', error.message);
  if (error instanceof UnavailableError || error instanceof ProviderBusyError) return describe(503, 'unavailable', error.message);
  return describe(500, 'internal');
}

/** Fastify and its plug-ins throw errors with a `statusCode`; below 500 their message speaks of the request only. */
function fromFramework(error: unknown): Problem {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return describe(500, 'internal');
  const status = error.statusCode;
  if (status === 404) return describe(404, 'not-found', error.message);
  if (status >= 400 && status < 500) return describe(status, 'invalid-request', error.message);
  return describe(500, 'internal');
}

function describe(status: number, code: Code, detail?: string): Problem {
  return { type: 'about:blank', title: titles[code], status, code, ...(detail === undefined ? {} : { detail }) };
}

function partsOf(error: InvalidRequestError): Pick<Problem, 'errors'> {
  return error.parts.length === 0 ? {} : { errors: [...error.parts] };
}
