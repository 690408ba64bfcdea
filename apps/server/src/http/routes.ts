import { type Endpoint, type EndpointName, endpoints } from '@nodeward/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type * as z from 'zod';
import { InvalidRequestError } from './errors.ts';
import type { HandlerInput, Handlers } from './handlers.ts';

/** A handler gave what the contract does not allow: a fault of ours, never shown. */
export class ResponseMismatchError extends Error {
  constructor(name: EndpointName, cause: z.ZodError) {
    super(`the answer of ${name} disagrees with its schema: ${cause.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`, { cause });
    this.name = 'ResponseMismatchError';
  }
}

/** Registers every endpoint of the contract. What comes in is parsed by its schemas, and so is what goes out. */
export function registerRoutes(app: FastifyInstance, handlers: Handlers): void {
  for (const name of endpointNames()) registerRoute(app, name, handlers);
}

function endpointNames(): readonly EndpointName[] {
  const isName = (key: string): key is EndpointName => key in endpoints;
  return Object.keys(endpoints).filter(isName);
}

// Name ties the handler to its input; without it both are unions that do not fit each other
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
function registerRoute<Name extends EndpointName>(app: FastifyInstance, name: Name, handlers: Handlers): void {
  const endpoint: Endpoint = endpoints[name];
  app.route({
    method: endpoint.method,
    url: endpoint.path.replace(/\{(\w+)\}/g, ':$1'),
    handler: async (request, reply) => {
      const output = await handlers[name](readInput(name, request));
      const checked = endpoint.response.safeParse(output);
      if (!checked.success) throw new ResponseMismatchError(name, checked.error);
      return reply.code(endpoint.status).header('cache-control', 'no-store').type('application/json; charset=utf-8').send(JSON.stringify(checked.data));
    },
  });
}

function readInput<Name extends EndpointName>(name: Name, request: FastifyRequest): HandlerInput<Name> {
  const endpoint: Endpoint = endpoints[name];
  const input = {
    parameters: endpoint.parameters && parsePart('parameters', endpoint.parameters, request.params),
    query: endpoint.query && parsePart('query', endpoint.query, request.query),
    body: endpoint.body && parsePart('body', endpoint.body, request.body),
  };
  // TypeScript cannot follow a schema through an indexed access; the schemas themselves have just made the value.
  // eslint-disable-next-line no-restricted-syntax
  return input as HandlerInput<Name>;
}

function parsePart(part: string, schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const parts = parsed.error.issues.map((issue) => ({ path: [part, ...issue.path.map(String)].join('.'), message: issue.message }));
  throw new InvalidRequestError(`${part} of the request: ${parts.map(({ path, message }) => `${path}: ${message}`).join('; ')}`, parts);
}
