import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline';
import { z } from 'zod';

/** What ARM holds, by path in lower case without query: raw JSON as Azure sends it, an array where it is a paged list. */
export type ArmResources = Map<string, unknown>;

export interface ArmRequest {
  readonly method: string;
  readonly path: string;
  readonly authorized: boolean;
}

/** Answers the next `times` requests that match in place of the emulator. */
export interface ArmFault {
  readonly method?: string;
  readonly path: RegExp;
  readonly status: number;
  readonly code: string;
  readonly message?: string;
  readonly retryAfter?: number;
  /** Only of a copy of this disk. */
  readonly source?: RegExp;
  readonly times: number;
}

export interface PageBlobs {
  addCopy(name: string, sourceId: string): void;
  grant(name: string, seconds: number): string;
  hasGrant(name: string): boolean;
  revoke(name: string): void;
  remove(name: string): void;
}

export interface ArmServerOptions {
  readonly resources: ArmResources;
  readonly scannerResourceGroup?: string;
  readonly blobs?: PageBlobs;
  readonly pageSize?: number;
  /** Enforces the published throttling limits by this clock. */
  readonly now?: () => number;
  /** What a policy of kind `modify` makes of the properties of a copy. */
  readonly modify?: Readonly<Record<string, unknown>>;
  /** Validity of access, whatever was asked for. */
  readonly grantSeconds?: number;
  /** The same two for copies of single disks. */
  readonly ofSource?: (sourceId: string) => { readonly modify?: Readonly<Record<string, unknown>>; readonly grantSeconds?: number } | undefined;
  /** Called before anything is done: whoever sent it may be killed. */
  readonly onRequest?: (request: ArmRequest) => void;
  /** Answers of an operation before it has succeeded. */
  readonly polls?: number;
  /** Seconds between two of them; 1 where not given. */
  readonly pollSeconds?: number;
}

export interface ArmServer {
  /** Plain HTTP, for whoever puts TLS before it. */
  readonly origin: string;
  readonly transport: HttpClient;
  readonly requests: readonly ArmRequest[];
  readonly throttled: () => number;
  /** Kept copies: names in the scanner's resource group. */
  readonly copies: () => readonly string[];
  /** Somebody else's, or of another time: `snapshots/NAME`. */
  place(key: string, copy: CopyBody): void;
  /** The time of every kept copy is over. */
  endLeases(): void;
  fail(fault: ArmFault): void;
  /** Whatever was to fail further on does not. */
  endFaults(): void;
  /** As a process that dies: from the given number of further requests on nothing gets through. */
  dieAfter(requests: number): void;
  revive(): void;
  close(): Promise<void>;
}

const host = 'https://management.azure.com';
const copyPath = /\/providers\/microsoft\.compute\/(snapshots|disks)\/([^/]+?)(\/(begingetaccess|endgetaccess))?$/;
const copyBody = z.object({ location: z.string(), tags: z.record(z.string(), z.string()).optional(), properties: z.looseObject({ creationData: z.object({ createOption: z.string(), sourceResourceId: z.string().optional(), galleryImageReference: z.object({ communityGalleryImageId: z.string() }).optional() }) }) });
type CopyBody = z.infer<typeof copyBody>;
const accessBody = z.object({ access: z.literal('Read'), durationInSeconds: z.number() });

interface Operation {
  polls: number;
  readonly output: () => unknown;
}

interface State extends ArmServerOptions {
  readonly copies: Map<string, CopyBody>;
  readonly operations: Map<string, Operation>;
  readonly buckets: Map<string, { tokens: number; at: number }>;
  readonly faults: { fault: ArmFault; left: number }[];
  readonly requests: ArmRequest[];
  throttled: number;
  /** Further requests that get through. */
  alive: number;
}

/** Azure Resource Manager as far as this provider asks it. What it does not know is 404, and a write anywhere else is refused. */
export async function startArmServer(options: ArmServerOptions): Promise<ArmServer> {
  const state: State = { ...options, copies: new Map(), operations: new Map(), buckets: new Map(), faults: [], requests: [], throttled: 0, alive: Number.POSITIVE_INFINITY };
  const server = createServer((request, response) => {
    void readBody(request).then(
      (body) => answer(state, request, body, response),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    transport: rerouted(state, address.port),
    requests: state.requests,
    throttled: () => state.throttled,
    copies: () => [...state.copies.keys()],
    place: (key, copy) => void state.copies.set(key, copy),
    endLeases: () => {
      for (const [key, copy] of state.copies) state.copies.set(key, { ...copy, tags: { ...copy.tags, 'nodeward-expires': '2000-01-01T00:00:00Z' } });
    },
    fail: (fault) => void state.faults.push({ fault, left: fault.times }),
    endFaults: () => void state.faults.splice(0),
    dieAfter: (requests) => (state.alive = requests),
    revive: () => (state.alive = Number.POSITIVE_INFINITY),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class ProcessDied extends Error {}

/** The production path is unchanged up to the last moment: the address stays Azure's, and is put back because core-lro reads it again. */
function rerouted(state: State, port: number): HttpClient {
  const base = createDefaultHttpClient();
  return {
    sendRequest: async (request) => {
      const { url, agent, allowInsecureConnection } = request;
      const target = new URL(url);
      if (target.origin !== host) throw new Error(`a request to ${target.origin}`);
      if (state.alive <= 0) throw new ProcessDied('the process is dead');
      state.alive -= 1;
      Object.assign(request, { url: `http://127.0.0.1:${port}${target.pathname}${target.search}`, agent: undefined, allowInsecureConnection: true });
      try {
        const result = await base.sendRequest(request);
        // Killed between the request and its answer: Azure has done it, and nobody knows.
        if (state.alive <= 0) throw new ProcessDied('the process is dead');
        return result;
      } finally {
        Object.assign(request, { url, agent, allowInsecureConnection });
      }
    },
  };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const text: string[] = [];
  for await (const chunk of request.setEncoding('utf8')) text.push(String(chunk));
  return text.length === 0 ? undefined : JSON.parse(text.join(''));
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function answer(state: State, request: IncomingMessage, body: unknown, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', host);
  const method = request.method ?? 'GET';
  const received = { method, path: url.pathname, authorized: request.headers.authorization?.startsWith('Bearer ') === true };
  state.requests.push(received);
  state.onRequest?.(received);
  const reply = refusalFor(state, method, url, request, body) ?? route(state, method, url, body);
  response.writeHead(reply.status, { 'content-type': 'application/json; charset=utf-8', 'x-ms-request-id': randomUUID(), ...reply.headers });
  response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
}

function refused(status: number, code: string, message: string = code, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, body: { error: { code, message } }, headers };
}

function refusalFor(state: State, method: string, url: URL, request: IncomingMessage, body: unknown): Reply | undefined {
  if (request.headers.authorization?.startsWith('Bearer ') !== true) return refused(401, 'AuthenticationFailed');
  if (url.searchParams.get('api-version') === null) return refused(400, 'MissingApiVersionParameter');
  const scripted = state.faults.find(({ fault, left }) => left > 0 && (fault.method ?? method) === method && fault.path.test(url.pathname) && (fault.source === undefined || fault.source.test(sourceIdOf(state, url, body))));
  if (scripted !== undefined) {
    scripted.left -= 1;
    const { status, code, message = code, retryAfter } = scripted.fault;
    return refused(status, code, message, retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) });
  }
  return throttle(state, method, url);
}

/** Of the disk that a request would copy, or whose copy it is about. */
function sourceIdOf({ copies }: State, url: URL, body: unknown): string {
  const asked = copyBody.safeParse(body);
  const [, type = '', name = ''] = copyPath.exec(url.pathname.toLowerCase()) ?? [];
  return sourceOf(asked.success ? asked.data : copies.get(`${type}/${name}`));
}

function sourceOf(copy: CopyBody | undefined): string {
  const { sourceResourceId, galleryImageReference } = copy?.properties.creationData ?? {};
  return sourceResourceId ?? galleryImageReference?.communityGalleryImageId ?? '';
}

interface Limit {
  readonly bucket: string;
  readonly rate: { readonly burst: number; readonly perSecond: number };
}

/** Typed from the two published tables once more, and not taken from the code under test. */
function limitsOf(method: string, path: string): readonly Limit[] {
  const subscription = path.split('/')[2] ?? '';
  const kind = method === 'GET' ? 'read' : method === 'DELETE' ? 'delete' : 'write';
  const limits: Limit[] = [{ bucket: `arm ${subscription} ${kind}`, rate: kind === 'read' ? { burst: 250, perSecond: 25 } : { burst: 200, perSecond: 10 } }];
  if (!path.includes('microsoft.containerservice')) return limits;
  const parts = path.slice(path.indexOf('microsoft.containerservice/')).split('/');
  if (parts[1] === 'managedclusters' && parts.length === 2) limits.push({ bucket: `list ${subscription}`, rate: { burst: 500, perSecond: 1 } });
  else if (parts[1] === 'managedclusters' && parts.length === 3) limits.push({ bucket: `get ${path}`, rate: { burst: 60, perSecond: 1 } });
  else limits.push({ bucket: `other ${subscription}`, rate: { burst: 60, perSecond: 1 } });
  return limits;
}

/** The published buckets, held to the letter: an empty one is 429 with the seconds until its next token. */
function throttle(state: State, method: string, url: URL): Reply | undefined {
  if (state.now === undefined) return undefined;
  const now = state.now();
  const charges = limitsOf(method, url.pathname.toLowerCase());
  const waits = charges.map(({ bucket, rate }) => {
    const known = state.buckets.get(bucket) ?? { tokens: rate.burst, at: now };
    known.tokens = Math.min(rate.burst, known.tokens + ((now - known.at) / 1000) * rate.perSecond);
    known.at = now;
    state.buckets.set(bucket, known);
    return known.tokens >= 1 ? 0 : (1 - known.tokens) / rate.perSecond;
  });
  const wait = Math.max(...waits);
  if (wait > 0) {
    state.throttled += 1;
    return refused(429, 'Throttled', 'slow down', { 'retry-after': String(Math.ceil(wait)) });
  }
  for (const { bucket } of charges) {
    const known = state.buckets.get(bucket);
    if (known !== undefined) known.tokens -= 1;
  }
  return undefined;
}

function route(state: State, method: string, url: URL, body: unknown): Reply {
  const path = url.pathname.toLowerCase();
  const operation = /\/diskoperations\/([0-9a-f-]+)$/.exec(path)?.[1];
  if (operation !== undefined && method === 'GET') return pollOperation(state, operation, url);
  const scanner = `${state.scannerResourceGroup ?? '/nowhere'}/`.toLowerCase();
  const inside = path.startsWith(scanner);
  const copy = copyPath.exec(path);
  if (inside && copy !== null) return routeCopy(state, method, path, { type: copy[1] ?? '', name: copy[2] ?? '', action: copy[4] }, body);
  if (method !== 'GET') return refused(403, 'AuthorizationFailed', `${method} outside the scanner's resource group`);
  if (inside && /\/(snapshots|disks)$/.test(path)) return pageOf(state, url, [...state.copies].filter(([name]) => name.startsWith(`${path.split('/').at(-1) ?? ''}/`)).map(([name, value]) => copyResource(state, name, value)));
  return readResource(state, path, url);
}

function readResource(state: State, path: string, url: URL): Reply {
  const found = state.resources.get(path);
  if (found === undefined) return refused(404, 'ResourceNotFound', `${path} was not found`);
  return Array.isArray(found) ? pageOf(state, url, found) : { status: 200, body: found };
}

function pageOf({ pageSize = 50 }: State, url: URL, rows: readonly unknown[]): Reply {
  const from = Number(url.searchParams.get('$skipToken') ?? 0);
  const next = new URL(url.pathname + url.search, host);
  next.searchParams.set('$skipToken', String(from + pageSize));
  return { status: 200, body: { value: rows.slice(from, from + pageSize), ...(from + pageSize < rows.length ? { nextLink: next.href } : {}) } };
}

const pollSeconds = ({ pollSeconds: seconds = 1 }: State): string => String(seconds);
function pollOperation(state: State, id: string, url: URL): Reply {
  const operation = state.operations.get(id);
  if (operation === undefined) return refused(404, 'ResourceNotFound', 'no such operation');
  operation.polls += 1;
  const running = operation.polls <= (state.polls ?? 1);
  if (url.searchParams.get('monitor') === 'true') {
    if (running) return { status: 202, headers: { 'retry-after': pollSeconds(state), location: new URL(url.pathname + url.search, host).href } };
    const output = operation.output();
    return output === undefined ? { status: 200 } : { status: 200, body: output };
  }
  if (running) return { status: 200, body: { name: id, status: 'InProgress', startTime: '2026-11-24T00:00:00Z' }, headers: { 'retry-after': pollSeconds(state) } };
  const output = operation.output();
  return { status: 200, body: { name: id, status: 'Succeeded', startTime: '2026-11-24T00:00:00Z', endTime: '2026-11-24T00:00:01Z', ...(output === undefined ? {} : { properties: { output } }) } };
}

/** Compute works at once and tells of it later, as seen from outside. */
function accepted(state: State, path: string, output: () => unknown, body?: unknown): Reply {
  const id = randomUUID();
  state.operations.set(id, { polls: 0, output });
  const subscription = path.split('/')[2] ?? '';
  const base = `${host}/subscriptions/${subscription}/providers/Microsoft.Compute/locations/westeurope/DiskOperations/${id}?p=${randomUUID()}&api-version=2025-01-02`;
  return { status: 202, ...(body === undefined ? {} : { body }), headers: { location: `${base}&monitor=true`, 'azure-asyncoperation': base, 'retry-after': pollSeconds(state) } };
}

interface CopyTarget {
  readonly type: string;
  readonly name: string;
  readonly action: string | undefined;
}

function routeCopy(state: State, method: string, path: string, { type, name, action }: CopyTarget, body: unknown): Reply {
  const key = `${type}/${name}`;
  const kept = state.copies.get(key);
  if (method === 'PUT' && action === undefined) return putCopy(state, path, key, body);
  if (kept === undefined) return method === 'DELETE' ? { status: 204 } : refused(404, 'ResourceNotFound', key);
  if (method === 'GET' && action === undefined) return { status: 200, body: copyResource(state, key, kept) };
  if (method === 'POST' && action === 'begingetaccess') return grantAccess(state, path, key, kept, body);
  if (method === 'POST' && action === 'endgetaccess') {
    state.blobs?.revoke(key);
    return accepted(state, path, () => undefined);
  }
  if (method === 'DELETE' && action === undefined) {
    if (state.blobs?.hasGrant(key) === true) return refused(409, 'OperationNotAllowed', 'the copy has active shared access signatures');
    state.copies.delete(key);
    state.blobs?.remove(key);
    return accepted(state, path, () => undefined);
  }
  return refused(405, 'MethodNotAllowed');
}

function putCopy(state: State, path: string, key: string, body: unknown): Reply {
  const read = copyBody.safeParse(body);
  if (!read.success) return refused(400, 'InvalidParameter', read.error.message);
  const source = sourceOf(read.data);
  if (!state.resources.has(source.toLowerCase())) return refused(404, 'ResourceNotFound', source);
  if (!state.copies.has(key)) state.blobs?.addCopy(key, source);
  state.copies.set(key, read.data);
  return accepted(state, path, () => copyResource(state, key, read.data), copyResource(state, key, read.data));
}

function grantAccess(state: State, path: string, key: string, kept: CopyBody, body: unknown): Reply {
  const read = accessBody.safeParse(body);
  if (!read.success) return refused(400, 'InvalidParameter', read.error.message);
  if (state.blobs === undefined) return refused(409, 'OperationNotAllowed', 'no blobs');
  if (state.blobs.hasGrant(key)) return refused(409, 'Conflict', 'AccessAlreadyGranted');
  const accessSAS = state.blobs.grant(key, state.ofSource?.(sourceOf(kept))?.grantSeconds ?? state.grantSeconds ?? read.data.durationInSeconds);
  return accepted(state, path, () => ({ accessSAS }));
}

function copyResource(state: State, key: string, copy: CopyBody): unknown {
  const { location, tags, properties } = copy;
  const [type = '', name = ''] = key.split('/');
  const active = state.blobs?.hasGrant(key) === true;
  return {
    id: `${state.scannerResourceGroup ?? ''}/providers/Microsoft.Compute/${key}`,
    name,
    type: `Microsoft.Compute/${type}`,
    location,
    tags: tags ?? {},
    properties: { ...properties, ...state.modify, ...state.ofSource?.(sourceOf(copy))?.modify, provisioningState: 'Succeeded', diskState: active ? 'ActiveSAS' : 'Unattached', completionPercent: 100 },
  };
}
