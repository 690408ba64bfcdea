import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export type FeedFault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** Announces the whole and hangs up after so many bytes. */
  | { readonly kind: 'cut'; readonly after: number }
  | { readonly kind: 'endless' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'page'; readonly type: string; readonly body: string }
  /** The bytes, with these headers besides. */
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>> };

export interface FeedServer {
  readonly origin: string;
  readonly requests: readonly { readonly method: string; readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  set(path: string, content: Buffer | string): void;
  remove(path: string): void;
  /** For the next so many requests of a path; for ever without a number. */
  fail(path: string, fault: FeedFault, times?: number): void;
  heal(): void;
  close(): Promise<void>;
}

export interface FeedServerOptions {
  /** Served where no content was set: a mirror. Directories answer `index.json`. */
  readonly folder?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A publisher or mirror on this machine: ETags, 304, 404 for what it does not know, and whatever a test wants to go wrong. */
export async function startFeedServer({ folder, tls }: FeedServerOptions = {}): Promise<FeedServer> {
  const contents = new Map<string, Buffer>();
  const faults = new Map<string, { fault: FeedFault; left: number }>();
  const requests: { method: string; path: string; headers: IncomingMessage['headers'] }[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = new URL(request.url ?? '/', 'http://feeds').pathname;
    requests.push({ method: request.method ?? '', path, headers: request.headers });
    const content = contents.get(path) ?? (folder === undefined ? undefined : read(folder, path));
    const planned = faults.get(path);
    if (planned !== undefined && planned.left > 0) {
      planned.left -= 1;
      misbehave(planned.fault, content ?? Buffer.alloc(0), response);
    } else if (content === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not here');
    } else {
      serve(content, request, response);
    }
  };
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`,
    requests,
    set: (path, content) => void contents.set(path, Buffer.from(content)),
    remove: (path) => void contents.delete(path),
    fail: (path, fault, times = Number.POSITIVE_INFINITY) => void faults.set(path, { fault, left: times }),
    heal: () => faults.clear(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function read(folder: string, path: string): Buffer | undefined {
  const parts = decodeURIComponent(path).split('/').filter((part) => part !== '' && part !== '..');
  const file = join(folder, ...parts);
  if (existsSync(file) && statSync(file).isFile()) return readFileSync(file);
  const directory = join(folder, ...parts.slice(0, -1));
  if (parts.at(-1) !== 'index.json' || !existsSync(directory)) return undefined;
  return Buffer.from(JSON.stringify(readdirSync(directory)));
}

function serve(content: Buffer, request: IncomingMessage, response: ServerResponse, headers: Readonly<Record<string, string>> = {}): void {
  const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`;
  if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
  else response.writeHead(200, { etag, 'content-length': content.length, 'content-type': 'application/octet-stream', ...headers }).end(content);
}

function misbehave(fault: FeedFault, content: Buffer, response: ServerResponse): void {
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
      break;
    case 'cut':
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, fault.after), () => response.destroy());
      break;
    case 'endless':
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      pour(response, content);
      break;
    case 'silent':
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1));
      break;
    case 'page':
      response.writeHead(200, { 'content-type': fault.type }).end(fault.body);
      break;
    case 'headers':
      response.writeHead(200, { 'content-length': content.length, ...fault.headers }).end(content);
      break;
  }
}

function pour(response: ServerResponse, content: Buffer): void {
  const piece = content.length === 0 ? Buffer.alloc(65_536, 32) : content;
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', more);
  more();
}
