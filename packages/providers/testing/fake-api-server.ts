import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type NodeFixture, type NodeObject, nodeObject } from './node-fixture.ts';

export interface RecordedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly authorization: string | undefined;
}

type StoredNode = NodeObject & { readonly metadata: { readonly resourceVersion: string } };
interface Change { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly node: StoredNode; readonly version: number }
interface Watcher { readonly response: ServerResponse }

/** What the next requests meet instead of an answer; consumed one by one. */
export interface Fault {
  /** Of which requests: `list`, `watch`, `version`, `review`. */
  readonly of: 'list' | 'watch' | 'version' | 'review';
  readonly kind: 'status' | 'cut' | 'garbage';
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The small part of an API server that reading nodes needs, held to the same suite as a real one. */
export class FakeApiServer {
  readonly requests: RecordedRequest[] = [];
  readonly faults: Fault[] = [];
  /** Verbs on nodes that the caller has. */
  granted = new Set(['get', 'list', 'watch']);
  /** Undefined: everybody is let in. */
  token: string | undefined;
  readonly #server = createServer((request, response) => { this.#answer(request, response); });
  readonly #nodes = new Map<string, StoredNode>();
  readonly #changes: Change[] = [];
  readonly #watchers = new Set<Watcher>();
  #version = 100;
  /** Older versions are gone: 410. */
  #oldest = 100;

  async start(): Promise<string> {
    await new Promise<void>((resolve) => { this.#server.listen(0, '127.0.0.1', () => { resolve(); }); });
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    return `http://127.0.0.1:${String(address.port)}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => { this.#server.close(() => { resolve(); }); });
  }

  put(...nodes: readonly NodeFixture[]): void {
    for (const fixture of nodes) {
      this.#version += 1;
      const node = nodeObject(fixture);
      const stored = { ...node, metadata: { ...node.metadata, resourceVersion: String(this.#version) } };
      this.#record(this.#nodes.has(fixture.name) ? 'MODIFIED' : 'ADDED', stored);
      this.#nodes.set(fixture.name, stored);
    }
  }

  remove(name: string): void {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    this.#version += 1;
    this.#nodes.delete(name);
    this.#record('DELETED', { ...node, metadata: { ...node.metadata, resourceVersion: String(this.#version) } });
  }

  /** What etcd's compaction does: no watch and no page of a list from before. */
  compact(): void {
    this.#version += 1;
    this.#oldest = this.#version;
  }

  bookmark(): void {
    this.#version += 1;
    for (const watcher of this.#watchers) send(watcher, { type: 'BOOKMARK', object: { kind: 'Node', metadata: { resourceVersion: String(this.#version) } } });
  }

  /** Raw bytes into every open watch. */
  say(text: string): void {
    for (const { response } of this.#watchers) response.write(text);
  }

  cutWatches(): void {
    for (const { response } of this.#watchers) response.destroy();
  }

  get openWatches(): number {
    return this.#watchers.size;
  }

  #record(type: Change['type'], node: StoredNode): void {
    this.#changes.push({ type, node, version: this.#version });
    for (const watcher of this.#watchers) send(watcher, { type, object: node });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    this.requests.push({ method: request.method ?? '', path: request.url ?? '', authorization: request.headers.authorization });
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) { status(response, 401, 'Unauthorized'); return; }
    const what = kindOf(request.method ?? '', url);
    if (what === undefined) { status(response, 404, 'the server could not find the requested resource'); return; }
    const fault = this.faults.find(({ of }) => of === what);
    if (fault !== undefined) { this.faults.splice(this.faults.indexOf(fault), 1); fail(response, fault); return; }
    if (what === 'version') { json(response, 200, { major: '1', minor: '37', gitVersion: 'v1.37.2' }); return; }
    if (what === 'review') { this.#review(request, response); return; }
    if (!this.granted.has(what)) { status(response, 403, `nodes is forbidden: User "reader" cannot ${what} resource "nodes" in API group "" at the cluster scope`); return; }
    if (what === 'watch') this.#watch(url, response);
    else this.#list(url, response);
  }

  #review(request: IncomingMessage, response: ServerResponse): void {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; });
    request.on('end', () => {
      const verb = /"verb":"(\w+)"/.exec(body)?.[1] ?? '';
      json(response, 201, { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec: {}, status: { allowed: this.granted.has(verb), reason: this.granted.has(verb) ? 'RBAC: allowed' : '' } });
    });
  }

  /** A token names the version of the first page and the last name that was given. */
  #list(url: URL, response: ServerResponse): void {
    const limit = Number(url.searchParams.get('limit') ?? '0');
    const [version = String(this.#version), after = ''] = url.searchParams.get('continue')?.split('|') ?? [];
    if (Number(version) < this.#oldest) { status(response, 410, 'The provided continue parameter is too old'); return; }
    const all = [...this.#nodes.values()].toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)).filter(({ metadata }) => metadata.name > after);
    const items = limit === 0 ? all : all.slice(0, limit);
    const last = items.at(-1)?.metadata.name ?? '';
    json(response, 200, { kind: 'NodeList', apiVersion: 'v1', metadata: { resourceVersion: version, ...(items.length < all.length ? { continue: `${version}|${last}` } : {}) }, items });
  }

  #watch(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion') ?? '0');
    if (from < this.#oldest) {
      // A real server answers 200 and then an event of type ERROR.
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' } })}\n`);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const watcher: Watcher = { response };
    this.#watchers.add(watcher);
    response.on('close', () => { this.#watchers.delete(watcher); });
    for (const { type, node, version } of this.#changes) if (version > from) send(watcher, { type, object: node });
  }
}

function kindOf(method: string, url: URL): Fault['of'] | undefined {
  if (method === 'POST') return url.pathname === '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews' ? 'review' : undefined;
  if (method !== 'GET') return undefined;
  if (url.pathname === '/version') return 'version';
  if (url.pathname !== '/api/v1/nodes') return undefined;
  return url.searchParams.get('watch') === 'true' ? 'watch' : 'list';
}

function send({ response }: Watcher, event: unknown): void {
  response.write(`${JSON.stringify(event)}\n`);
}

function fail(response: ServerResponse, { kind, status: code = 500, headers = {}, body }: Fault): void {
  if (kind === 'cut') { response.destroy(); return; }
  response.writeHead(kind === 'garbage' ? 200 : code, { 'content-type': 'application/json', ...headers });
  response.end(body ?? JSON.stringify({ kind: 'Status', code, message: `fault ${String(code)}` }));
}

function status(response: ServerResponse, code: number, message: string): void {
  json(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message });
}

function json(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
