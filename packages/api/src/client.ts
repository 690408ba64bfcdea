import type * as z from 'zod';
import { type Endpoint, type EndpointName, type Endpoints, endpoints } from './endpoints.ts';
import { type Problem, problem } from './problem.ts';

/** The server answered with a problem; `problem.code` is what the portal translates. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ApiError';
    this.problem = problem;
  }
}

/** No answer at all, or one that is not of this contract. */
export class ApiUnreachableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiUnreachableError';
  }
}

type Input<Schema> = Schema extends z.ZodType ? z.input<Schema> : undefined;
type Part<Key extends string, Schema> = Schema extends z.ZodType ? Readonly<Record<Key, Input<Schema>>> : unknown;

export type CallArguments<E> = Part<'parameters', E extends { parameters: infer P } ? P : undefined> &
  (E extends { query: infer Q extends z.ZodType } ? { readonly query?: z.input<Q> } : unknown) &
  Part<'body', E extends { body: infer B } ? B : undefined> & { readonly signal?: AbortSignal };

export type CallResult<Name extends EndpointName> = z.output<Endpoints[Name]['response']>;

export interface ApiClient {
  call<Name extends EndpointName>(name: Name, options: CallArguments<Endpoints[Name]>): Promise<CallResult<Name>>;
}

export interface ApiClientOptions {
  /** Origin of the server; empty for the page's own. */
  readonly origin?: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly headers?: Readonly<Record<string, string>>;
}

interface LooseArguments {
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** A client that is typed by the endpoints and checks every answer against them. */
export function createApiClient(options: ApiClientOptions = {}): ApiClient {
  const send = options.fetch ?? globalThis.fetch.bind(globalThis);
  return {
    async call(name, call) {
      const endpoint: Endpoint = endpoints[name];
      const response = await request(send, options, endpoint, call);
      // TypeScript cannot follow a schema through an indexed access; the schema itself has just checked the value.
      // eslint-disable-next-line no-restricted-syntax
      return endpoints[name].response.parse(await read(response)) as CallResult<typeof name>;
    },
  };
}

async function request(send: typeof fetch, options: ApiClientOptions, endpoint: Endpoint, call: LooseArguments): Promise<Response> {
  const url = `${options.origin ?? ''}${fill(endpoint.path, call.parameters ?? {})}${queryText(call.query ?? {})}`;
  const body = endpoint.body === undefined ? undefined : JSON.stringify(call.body);
  try {
    return await send(url, {
      method: endpoint.method,
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
      ...(body === undefined ? {} : { body }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
  } catch (error) {
    if (call.signal?.aborted) throw error;
    throw new ApiUnreachableError('The server does not answer', { cause: error });
  }
}

async function read(response: Response): Promise<unknown> {
  const content: unknown = await response.json().catch((error: unknown) => {
    throw new ApiUnreachableError(`The answer is not JSON (HTTP ${response.status})`, { cause: error });
  });
  if (response.ok) return content;
  const parsed = problem.safeParse(content);
  if (parsed.success) throw new ApiError(parsed.data);
  throw new ApiUnreachableError(`The server answered HTTP ${response.status}`);
}

function fill(path: string, parameters: Readonly<Record<string, unknown>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parameters[name])));
}

function queryText(query: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries.map(([key, value]): [string, string] => [key, String(value)])).toString()}`;
}
