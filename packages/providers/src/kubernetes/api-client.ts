import { createHash } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import { type Dispatcher, request } from 'undici';
import type { ClientTls } from '../network/client-tls.ts';
import { openOutbound, type Outbound } from '../network/outbound.ts';
import { ProviderDeniedError } from '../errors.ts';
import { errorOfAnswer, errorOfConnection } from './api-error.ts';
import type { Access } from './kubeconfig.ts';

export interface ApiQuery {
  /** With its query, from the root. */
  readonly path: string;
  /** For messages: `nodes: list`. */
  readonly right: string;
  /** Only reviews have one; everything else is a GET. */
  readonly review?: unknown;
}

export interface ApiClient {
  readonly server: string;
  /** Raw JSON: typed serializers drop what they do not know. */
  json(query: ApiQuery, signal: AbortSignal): Promise<unknown>;
  /** One JSON value per line for as long as the server sends; `onOpen` once it has answered 200. */
  lines(query: ApiQuery, signal: AbortSignal, onOpen: () => void): AsyncIterable<unknown>;
  close(): Promise<void>;
}

export interface ApiClientOptions {
  readonly access: Access;
  readonly outbound: Outbound;
}

const answerTime = 30_000;
/** Bookmarks come about once a minute; a silent connection is a dead one. */
const silence = 150_000;
/** 500 nodes with 50 images each are some 15 MB. */
const largestAnswer = 128 * 1024 * 1024;
const largestLine = 4 * 1024 * 1024;

/** The official client reads kubeconfigs and authenticates; the way out (proxy, certificates) is ours. */
export async function openApiClient({ access, outbound }: ApiClientOptions): Promise<ApiClient> {
  const way = await wayOut(access, outbound);
  const connections = new Connections(way.outbound);
  const send = async (query: ApiQuery, signal: AbortSignal, bodyTimeout: number): Promise<Dispatcher.ResponseData> => {
    signal.throwIfAborted();
    const { dispatcher, headers } = connections.use(await authenticate(access));
    try {
      const answer = await request(`${access.server}${query.path}`, { dispatcher, signal, headersTimeout: answerTime, bodyTimeout, ...message(query, headers) });
      if (answer.statusCode === 200 || answer.statusCode === 201) return answer;
      const body = await readText(answer.body, 1024 * 1024);
      throw errorOfAnswer({ server: access.server, status: answer.statusCode, body, retryAfter: one(answer.headers['retry-after']), right: query.right });
    } catch (error) {
      throw known(error, signal, access.server, way.outbound);
    }
  };
  return {
    server: access.server,
    json: async (query, signal) => {
      const answer = await send(query, signal, answerTime);
      try {
        return parse(await readText(answer.body, largestAnswer), access.server);
      } catch (error) {
        throw known(error, signal, access.server, way.outbound);
      }
    },
    lines: async function* (query, signal, onOpen) {
      const answer = await send(query, signal, silence);
      onOpen();
      try {
        for await (const line of splitLines(answer.body)) yield parse(line, access.server);
      } catch (error) {
        throw known(error, signal, access.server, way.outbound);
      }
    },
    close: async () => {
      await connections.close();
      await way.close();
    },
  };
}

/** A kubeconfig's `proxy-url` goes before the proxy of the environment. */
async function wayOut({ proxyUrl }: Access, outbound: Outbound): Promise<{ readonly outbound: Outbound; close(): Promise<void> }> {
  if (proxyUrl === undefined) return { outbound, close: async () => Promise.resolve() };
  const own = await openOutbound({ environment: { HTTPS_PROXY: proxyUrl, HTTP_PROXY: proxyUrl } });
  return { outbound: own, close: () => own.close() };
}

interface Credentials {
  readonly tls: ClientTls;
  readonly headers: Readonly<Record<string, string>>;
}

async function authenticate({ config, server }: Access): Promise<Credentials> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    if (cause instanceof ProviderDeniedError) throw cause;
    throw new ProviderDeniedError(`the credentials for ${server} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized, auth } = options;
  const headers = Object.fromEntries(Object.entries(options.headers ?? {}).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value.trim()]] : [])));
  const basic = typeof auth === 'string' ? { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  return {
    headers: { ...headers, ...basic },
    tls: {
      ...(typeof ca === 'string' || Buffer.isBuffer(ca) ? { ca } : {}),
      ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }), ...(pfx === undefined ? {} : { pfx }), ...(passphrase === undefined ? {} : { passphrase }),
      ...(servername === undefined ? {} : { servername }), ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    },
  };
}

/** One dispatcher for one set of certificates; another one when the credentials have changed under us. */
class Connections {
  readonly #outbound: Outbound;
  #current: { readonly key: string; readonly dispatcher: Dispatcher } | undefined;

  constructor(outbound: Outbound) {
    this.#outbound = outbound;
  }

  use({ tls, headers }: Credentials): { readonly dispatcher: Dispatcher; readonly headers: Credentials['headers'] } {
    const key = createHash('sha256').update(JSON.stringify(tls)).digest('hex');
    if (this.#current?.key !== key) {
      // Streams that are open finish on the old one.
      void this.#current?.dispatcher.close();
      this.#current = { key, dispatcher: this.#outbound.dispatcherWith(tls) };
    }
    return { dispatcher: this.#current.dispatcher, headers };
  }

  async close(): Promise<void> {
    await this.#current?.dispatcher.destroy();
    this.#current = undefined;
  }
}

function message({ review }: ApiQuery, credentials: Credentials['headers']): { method: 'GET' | 'POST'; headers: Record<string, string>; body?: string } {
  const headers = { Accept: 'application/json', 'User-Agent': 'nodeward', ...credentials };
  return review === undefined ? { method: 'GET', headers } : { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(review) };
}

const ours = new Set(['PROVIDER_BUSY', 'PROVIDER_DENIED', 'RESOURCE_EXPIRED', 'INVALID_CONFIGURATION']);

function known(error: unknown, signal: AbortSignal, server: string, outbound: Outbound): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string' && ours.has(error.code)) return error;
  return errorOfConnection(error, server, outbound.proxyOf(server));
}

function one(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0];
}

async function readText(body: AsyncIterable<Buffer>, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) throw new ProviderDeniedError(`an answer of more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A line that the end of the connection cuts off is dropped: the watch resumes before it. */
async function* splitLines(body: AsyncIterable<Buffer>): AsyncIterable<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of body) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end).toString('utf8').trim();
      rest = rest.subarray(end + 1);
      if (line !== '') yield line;
    }
    if (rest.length > largestLine) throw new ProviderDeniedError(`a watch event of more than ${largestLine} bytes`);
  }
}

function parse(text: string, server: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProviderDeniedError(`${server} answered something that is no JSON: is this the address of a Kubernetes API server?`, { cause });
  }
}
