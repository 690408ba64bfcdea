import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodewardBeside } from './nodeward-process.ts';

/** As in a pod: the name belongs to a proxy that this machine does not reach. */
const origin = 'https://nodeward.invalid';

describe('nodeward beside a server that stands behind a proxy', { timeout: 120_000 }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'nodeward-behind-proxy-'));
  const asked: string[] = [];
  /** What a server answers to a command: a session for a one-time address, and the connections. */
  const server: Server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    asked.push(`${request.method ?? ''} ${path}`);
    if (path === '/enter') response.writeHead(303, { location: '/', 'set-cookie': 'nodeward_session=1; Path=/; Secure' }).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ connections: [] }));
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    writeFileSync(join(dataDir, 'server.json'), JSON.stringify({ origin, local: `http://127.0.0.1:${port}`, pid: process.pid }));
  });
  afterAll(async () => {
    await new Promise((resolve) => { server.close(resolve); });
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('tells people the public name', async () => {
    const { stdout } = await nodewardBeside(['link', '--data-dir', dataDir]);

    expect(new URL(stdout).origin).toBe(origin);
  });

  it('reaches the server without the proxy', async () => {
    const { status, stdout } = await nodewardBeside(['connections', 'list', '--format', 'json', '--data-dir', dataDir]);

    expect([status, JSON.parse(stdout)]).toEqual([0, { connections: [] }]);
    expect(asked).toEqual(['GET /enter', 'GET /api/connections', 'POST /leave']);
  });
});
