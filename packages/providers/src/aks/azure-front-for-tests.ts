import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { makeTestCertificates } from '../network/certificates-for-tests.ts';

export interface AzureFront {
  /** What a process is started with so that it takes this for Azure, and nothing else for it. */
  readonly environment: Readonly<Record<'HTTPS_PROXY' | 'NO_PROXY' | 'NODEWARD_CA_FILE', string>>;
  /** `host method path`, in order. */
  readonly requests: readonly string[];
  /** Bodies of requests for a token. */
  readonly signIns: readonly string[];
  close(): Promise<void>;
}

const signInHost = 'login.microsoftonline.com';
const armHost = 'management.azure.com';

/**
 * Azure as the production path reaches it: by the company's proxy, over TLS of an authority that only the extra file of
 * certificates names. Behind it are the emulator of ARM and a sign-in page. Undefined, and said, without OpenSSL.
 */
export async function startAzureFront(armOrigin: string): Promise<AzureFront | undefined> {
  const certificates = makeTestCertificates([signInHost, armHost]);
  if (certificates === undefined) return undefined;
  const requests: string[] = [];
  const signIns: string[] = [];
  const azure = createHttpsServer({ key: certificates.key, cert: certificates.cert }, (request, response) => {
    const host = request.headers.host ?? '';
    requests.push(`${host} ${request.method ?? ''} ${(request.url ?? '').split('?')[0] ?? ''}`);
    if (host === armHost) forward(armOrigin, request, response);
    else if (host === signInHost) void signIn(request, response, signIns);
    else response.writeHead(404).end();
  });
  const sockets = new Set<Socket>();
  const proxy = createServer((_request, response) => response.writeHead(405).end());
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    if (![`${armHost}:443`, `${signInHost}:443`].includes(request.url ?? '')) {
      requests.push(`refused CONNECT ${request.url ?? ''}`);
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    azure.emit('connection', socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    environment: { HTTPS_PROXY: `http://127.0.0.1:${address.port}`, NO_PROXY: '127.0.0.1', NODEWARD_CA_FILE: certificates.caFile },
    requests,
    signIns,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

function forward(origin: string, request: IncomingMessage, response: ServerResponse): void {
  const onward = requestHttp(new URL(request.url ?? '/', origin), { method: request.method, headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

async function signIn(request: IncomingMessage, response: ServerResponse, signIns: string[]): Promise<void> {
  const parts: string[] = [];
  for await (const part of request.setEncoding('utf8')) parts.push(String(part));
  const path = (request.url ?? '').split('?')[0] ?? '';
  const tenant = path.split('/')[1] ?? '';
  response.setHeader('content-type', 'application/json');
  if (path.endsWith('/.well-known/openid-configuration')) {
    const base = `https://${signInHost}/${tenant}`;
    response.end(JSON.stringify({ issuer: `${base}/v2.0`, authorization_endpoint: `${base}/oauth2/v2.0/authorize`, token_endpoint: `${base}/oauth2/v2.0/token`, jwks_uri: `${base}/discovery/v2.0/keys` }));
  } else if (path.endsWith('/oauth2/v2.0/token')) {
    signIns.push(parts.join(''));
    response.end(JSON.stringify({ token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: 'token-of-the-test' }));
  } else response.writeHead(404).end('{}');
}
