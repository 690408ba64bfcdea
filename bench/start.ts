// npm start on a fresh database: until a browser shows the recommendations, and until the sample fleet is assessed.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { print, printSkipped } from './figure.ts';

const repository = resolve(import.meta.dirname, '..');
const deadline = 120_000;
const pause = 100;
const recommendationList = z.object({ recommendations: z.array(z.object({ state: z.string() })) });

if (!existsSync(join(repository, 'apps/portal/dist/index.html'))) printSkipped('npm start on a fresh database', 'the portal is not built');
else await measure();

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-bench-'));
  const before = performance.now();
  const server = spawn(process.execPath, [join(repository, 'scripts/start.ts'), '--data-dir', folder], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const address = await printedAddress(server);
    const session = await enter(address);
    const origin = new URL(address).origin;
    await fetched(`${origin}/`, session);
    await recommendations(origin, session);
    print('npm start on a fresh database, until a usable page', (performance.now() - before) / 1000, 's', 15);
    while (!(await isAssessed(origin, session))) await wait();
    print('npm start on a fresh database, until the sample fleet is assessed', (performance.now() - before) / 1000, 's', 30);
  } finally {
    server.kill('SIGTERM');
    await new Promise((ended) => server.once('exit', ended));
    rmSync(folder, { recursive: true, force: true });
  }

  /** Fifteen pools. Of three no node can be looked at: "not evaluated" is all that is ever told of them. */
  async function isAssessed(origin: string, session: string): Promise<boolean> {
    if (performance.now() - before > deadline) throw new Error('the sample fleet was not assessed in time');
    const list = await recommendations(origin, session);
    return list.length >= 15 && list.filter(({ state }) => state === 'unhealthy' || state === 'healthy').length >= 12;
  }
}

function printedAddress(server: ChildProcess): Promise<string> {
  let output = '';
  let errors = '';
  server.stderr?.on('data', (piece: Buffer) => (errors += piece.toString()));
  return new Promise((found, failed) => {
    server.stdout?.on('data', (piece: Buffer) => {
      output += piece.toString();
      const address = /https?:\/\/\S+/.exec(output)?.[0];
      if (address !== undefined) found(address);
    });
    server.once('exit', (code) => failed(new Error(`the server ended with ${String(code)}: ${errors}`)));
  });
}

/** Uses up the one-time link: the cookie of the session comes back. */
async function enter(address: string): Promise<string> {
  const page = await fetch(address, { redirect: 'manual' });
  const cookies = page.headers.getSetCookie();
  if (cookies.length > 0) return cookies.map((cookie) => cookie.split(';')[0]).join('; ');
  throw new Error(`the link gave no session (${page.status}: ${(await page.text()).slice(0, 200)})`);
}

async function fetched(url: string, cookie: string): Promise<Response> {
  const response = await fetch(url, { headers: { cookie } });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response;
}

async function recommendations(origin: string, session: string): Promise<z.infer<typeof recommendationList>['recommendations']> {
  return recommendationList.parse(await (await fetched(`${origin}/api/recommendations`, session)).json()).recommendations;
}

function wait(): Promise<void> {
  return new Promise((done) => setTimeout(done, pause));
}
