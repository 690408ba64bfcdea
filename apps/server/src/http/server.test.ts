import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiClient, problem } from '@nodeward/api';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EntryLinks, openEntryLinks } from './entry-links.ts';
import { ConflictError, NotFoundError } from './errors.ts';
import { createEventBus } from './event-bus.ts';
import type { Handlers } from './handlers.ts';
import { createHttpServer, type HttpServerOptions } from './server.ts';
import { openSessions } from './sessions.ts';

const refuse = async (): Promise<never> => {
  throw new NotFoundError('thing', 'x');
};
/** Endpoints that no test here speaks to. */
const elsewhere = {
  getOverview: refuse,
  getInventory: refuse,
  listNodes: refuse,
  getNodeEvidence: refuse,
  listNodePackages: refuse,
  listFleetPackages: refuse,
  listFleetVulnerabilities: refuse,
  getFleetVulnerability: refuse,
  explainVulnerability: refuse,
  search: refuse,
  getAutoUpgrade: refuse,
  changeAutoUpgrade: refuse,
  listWebhooks: refuse,
  createWebhook: refuse,
  changeWebhook: refuse,
  deleteWebhook: refuse,
  testWebhook: refuse,
  createConnection: refuse,
  changeConnection: refuse,
  deleteConnection: refuse,
  testConnection: refuse,
  getConnectionSettings: refuse,
  changeConnectionSettings: refuse,
  getConnectionRights: refuse,
  listAdvisorySources: refuse,
  updateAdvisorySources: refuse,
  whichImage: refuse,
  listWebhookDeliveries: refuse,
};
const handlers: Handlers = {
  ...elsewhere,
  getServerInformation: async () => ({ version: '1', database: 'embedded', now: '2026-01-01T00:00:00.000Z' }),
  listConnections: async () => ({ connections: [] }),
  reassessConnection: refuse,
  listRecommendations: refuse,
  getRecommendation: refuse,
  listFindings: async ({ query }) => ({ findings: [], vulnerabilities: 0, total: query.limit, nextCursor: query.state }),
  getVulnerability: refuse,
  getFix: refuse,
  listLedger: refuse,
  startUpgradeJob: async () => {
    throw new ConflictError('an upgrade of this node pool is already under way');
  },
  reassessPool: refuse,
  getNode: refuse,
  listNodeAssessments: refuse,
  reassessNode: refuse,
  listReassessments: refuse,
  getReassessment: refuse,
  cancelReassessment: refuse,
  listUpgradeJobs: refuse,
  getUpgradeJob: refuse,
  retryUpgradeJob: refuse,
  listPlans: async () => {
    throw new Error('secret of the inside');
  },
  changePlan: async ({ parameters, body }) => ({ name: parameters.plan, agentlessScanning: body.agentlessScanning, changedAt: null }),
};

let folder: string;
let now: number;
let links: EntryLinks;
let logged: string[];
const events = createEventBus();
const open: FastifyInstance[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodeward-http-'));
  await mkdir(join(folder, 'portal', 'assets'), { recursive: true });
  await writeFile(join(folder, 'portal', 'index.html'), '<!doctype html><title>portal</title>');
  await writeFile(join(folder, 'portal', 'assets', 'main-abc123.js'), 'export {};');
  await writeFile(join(folder, 'secret.txt'), 'outside of the portal');
  now = Date.now();
  logged = [];
});

afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
  await rm(folder, { recursive: true });
});

async function start(change: Partial<HttpServerOptions> = {}): Promise<FastifyInstance> {
  let count = 0;
  const sources = { now: () => now, newToken: () => `token-${String((count += 1))}-${'x'.repeat(30)}` };
  links = openEntryLinks(folder, sources);
  const app = await createHttpServer({
    handlers,
    events,
    entry: { links, sessions: await openSessions(folder, sources), now: () => now, cookieName: 'nodeward_session_test', secure: false },
    guard: { beyondLoopback: false, hostNames: ['nodeward.example'] },
    portal: join(folder, 'portal'),
    tls: undefined,
    behindProxy: false,
    checkReady: async () => undefined,
    openApi: { openapi: '3.1.0' },
    log: (message) => logged.push(message),
    ...change,
  });
  open.push(app);
  return app;
}

const home = { host: '127.0.0.1:7700' };

async function enter(app: FastifyInstance): Promise<{ host: string; cookie: string }> {
  const answer = await app.inject({ url: `/enter?token=${await links.create()}`, headers: home });
  const [cookie] = answer.cookies;
  return { ...home, cookie: `${cookie?.name ?? ''}=${cookie?.value ?? ''}` };
}

describe('entry', () => {
  it('gives a session for the token of a link, once', async () => {
    const app = await start();
    const token = await links.create();

    const first = await app.inject({ url: `/enter?token=${token}`, headers: home });
    const second = await app.inject({ url: `/enter?token=${token}`, headers: home });

    expect([first.statusCode, first.headers.location]).toEqual([303, '/']);
    expect(first.cookies).toMatchObject([{ name: 'nodeward_session_test', httpOnly: true, sameSite: 'Strict', path: '/' }]);
    expect([second.statusCode, second.cookies]).toEqual([401, []]);
  });

  it('sends somebody who opens a used link again, and has a session, to the portal', async () => {
    const app = await start();
    const headers = await enter(app);

    const again = await app.inject({ url: '/enter?token=used', headers });

    expect([again.statusCode, again.headers.location]).toEqual([303, '/']);
  });

  it('keeps people signed in over a restart, until their session ends', async () => {
    const headers = await enter(await start());
    const restarted = await start();

    expect((await restarted.inject({ url: '/api/server', headers })).statusCode).toBe(200);
    now += 31 * 24 * 3_600_000;
    expect((await restarted.inject({ url: '/api/server', headers })).statusCode).toBe(401);
  });

  it('ends a session when it is left, over a restart too', async () => {
    const app = await start();
    const headers = await enter(app);

    const left = await app.inject({ method: 'POST', url: '/leave', headers });
    const again = await app.inject({ method: 'POST', url: '/leave', headers });

    expect([left.statusCode, again.statusCode]).toEqual([204, 204]);
    expect((await app.inject({ url: '/api/server', headers })).statusCode).toBe(401);
    expect((await (await start()).inject({ url: '/api/server', headers })).statusCode).toBe(401);
  });

  it('refuses a link that is older than a day', async () => {
    const app = await start();
    const token = await links.create();
    now += 25 * 3_600_000;

    expect((await app.inject({ url: `/enter?token=${token}`, headers: home })).statusCode).toBe(401);
  });

  it('marks the cookie as secure where browsers use TLS', async () => {
    const app = await start({ entry: { links: openEntryLinks(folder, { now: () => now, newToken: () => 'a'.repeat(43) }), sessions: { start: async () => 's', end: async () => undefined, isValid: () => false }, now: () => now, cookieName: 'c', secure: true } });
    const token = await openEntryLinks(folder, { now: () => now, newToken: () => 'a'.repeat(43) }).create();

    expect((await app.inject({ url: `/enter?token=${token}`, headers: home })).cookies).toMatchObject([{ secure: true }]);
  });

  it('answers guesses with 429 after a while, for a minute, whatever they bring', async () => {
    const app = await start();
    const guess = async (token: string) => app.inject({ url: `/enter?token=${token}`, headers: home });
    const statuses: number[] = [];
    for (let count = 0; count < 25; count += 1) statuses.push((await guess(String(count))).statusCode);
    const refused = await guess(await links.create());

    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
    expect(statuses.slice(20)).toEqual(Array.from({ length: 5 }, () => 429));
    expect([refused.statusCode, problem.parse(refused.json()).code, refused.headers['retry-after'], refused.cookies]).toEqual([429, 'too-many-requests', '60', []]);
    now += 60_000;
    expect((await guess(await links.create())).statusCode).toBe(303);
  });

  it('answers guesses at the same moment no more often', async () => {
    const app = await start();
    const answers = await Promise.all(Array.from({ length: 25 }, async (_, count) => app.inject({ url: `/enter?token=${count}`, headers: home })));

    expect(Map.groupBy(answers, ({ statusCode }) => statusCode).get(401)?.length).toBe(20);
  });

  it('lets whoever brings a right token in as often as it comes', async () => {
    const app = await start();
    const statuses: number[] = [];
    for (let count = 0; count < 50; count += 1) statuses.push((await app.inject({ url: `/enter?token=${await links.create()}`, headers: home })).statusCode);

    expect(new Set(statuses)).toEqual(new Set([303]));
  });

  it.each(['/api/server', '/api/events', '/api/node-pools/p/fix', '/api/nothing'])('%s needs a session', async (url) => {
    const app = await start();
    const answer = await app.inject({ url, headers: { ...home, cookie: 'nodeward_session_test=forged' } });

    expect(answer.statusCode).toBe(401);
    expect(problem.parse(answer.json()).code).toBe('unauthorized');
  });

  it.each(['/', '/healthz', '/readyz', '/openapi.json', '/assets/main-abc123.js'])('%s needs none', async (url) => {
    expect((await (await start()).inject({ url, headers: home })).statusCode).toBe(200);
  });
});

describe('requests from elsewhere', () => {
  it.each([
    ['127.0.0.1:7700', 200],
    ['localhost:7700', 200],
    ['[::1]:7700', 200],
    ['nodeward.example', 200],
    ['attacker.example', 403],
    ['127.0.0.1.attacker.example:7700', 403],
    ['10.1.2.3:7700', 403],
    ['127.0.0.1@attacker.example', 403],
  ])('the host name "%s" is answered with %i', async (host, status) => {
    expect((await (await start()).inject({ url: '/', headers: { host } })).statusCode).toBe(status);
  });

  it('an address literal is answered where the server listens beyond this machine', async () => {
    const app = await start({ guard: { beyondLoopback: true, hostNames: [] } });

    expect((await app.inject({ url: '/', headers: { host: '10.1.2.3:7700' } })).statusCode).toBe(200);
    expect((await app.inject({ url: '/', headers: { host: 'attacker.example' } })).statusCode).toBe(403);
  });

  it.each([
    ['our own page', { origin: 'http://127.0.0.1:7700', 'sec-fetch-site': 'same-origin' }, 200],
    ['a program', {}, 200],
    ['another page', { origin: 'https://attacker.example' }, 403],
    ['another port of this machine', { origin: 'http://127.0.0.1:3000' }, 403],
    ['a page that hides its origin', { origin: 'null' }, 403],
    ['a page of the same site', { 'sec-fetch-site': 'same-site' }, 403],
  ])('a changing request from %s is answered as it should be', async (_, extra, status) => {
    const app = await start();
    const headers = { ...(await enter(app)), ...extra };
    const answer = await app.inject({ method: 'PUT', url: '/api/plans/defender-cspm', headers, payload: { agentlessScanning: false } });

    expect(answer.statusCode).toBe(status);
  });
});

describe('the API', () => {
  it('parses what comes in and gives defaults', async () => {
    const app = await start();
    const answer = await app.inject({ url: '/api/node-pools/a%2Fb/findings?limit=7', headers: await enter(app) });

    expect(answer.json()).toMatchObject({ total: 7, nextCursor: 'active' });
  });

  it.each(['kubernetes:https~3a~:c:p:n', 'a/b', 'a b', '50%', 'a%2Fb', '../api', 'プール?#'])('takes the id "%s" for what the client was given', async (id) => {
    const app = await start({ handlers: { ...handlers, getNode: async ({ parameters: { nodeId } }) => Promise.reject(new NotFoundError('node', nodeId)) } });
    const headers = await enter(app);
    const send = async (request: string | URL | Request): Promise<Response> => {
      const { statusCode, body } = await app.inject({ url: typeof request === 'string' ? request : expect.fail('the client gives no text'), headers });
      return new Response(body, { status: statusCode });
    };

    await expect(createApiClient({ fetch: send }).call('getNode', { parameters: { nodeId: id } })).rejects.toThrow(`there is no node ${id}`);
  });

  it.each([
    ['a query value out of bounds', { url: '/api/node-pools/p/findings?limit=0' }, 400, 'invalid-request', 'query.limit'],
    ['a path value that is none of the words', { method: 'PUT', url: '/api/plans/nothing', payload: { agentlessScanning: true } }, 400, 'invalid-request', 'parameters.plan'],
    ['a body of the wrong shape', { method: 'PUT', url: '/api/plans/defender-cspm', payload: { agentlessScanning: 'no' } }, 400, 'invalid-request', 'body.agentlessScanning'],
    ['no body', { method: 'PUT', url: '/api/plans/defender-cspm' }, 400, 'invalid-request', 'body'],
    ['what is not there', { url: '/api/nodes/n' }, 404, 'not-found', undefined],
    ['a path that is none', { url: '/api/nothing' }, 404, 'not-found', undefined],
    ['a conflict', { method: 'POST', url: '/api/node-pools/p/upgrade-jobs', payload: { kind: 'reboot', target: null } }, 409, 'conflict', undefined],
    ['an error nobody foresaw', { url: '/api/plans' }, 500, 'internal', undefined],
  ] as const)('%s is a problem', async (_, call, status, code, path) => {
    const app = await start();
    const answer = await app.inject({ ...call, headers: await enter(app) });
    const told = problem.parse(answer.json());

    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect([answer.statusCode, told.status, told.code]).toEqual([status, status, code]);
    expect(told.errors?.[0]?.path).toBe(path);
    expect(answer.body).not.toContain('secret of the inside');
  });

  it.each([
    ['JSON that is none', '{"agentlessScanning":', 'application/json', 400],
    ['a body beyond the limit', JSON.stringify({ agentlessScanning: true, padding: 'x'.repeat(70_000) }), 'application/json', 413],
    ['another content type', 'a=b', 'application/x-www-form-urlencoded', 415],
  ])('%s is a problem of the request', async (_, payload, type, status) => {
    const app = await start();
    const answer = await app.inject({ method: 'PUT', url: '/api/plans/defender-cspm', headers: { ...(await enter(app)), 'content-type': type }, payload });

    expect([answer.statusCode, problem.parse(answer.json()).code]).toEqual([status, 'invalid-request']);
  });

  it('gives out no answer that disagrees with its schema, and logs it', async () => {
    const app = await start({ handlers: { ...handlers, getServerInformation: async () => ({ version: '1', database: 'embedded', now: 'yesterday' }) } });
    const answer = await app.inject({ url: '/api/server', headers: await enter(app) });

    expect([answer.statusCode, problem.parse(answer.json()).code]).toEqual([500, 'internal']);
    expect(logged).toHaveLength(1);
  });

  it('leaves out what the schema does not name', async () => {
    const leaky = { version: '1', database: 'embedded', now: '2026-01-01T00:00:00Z', secret: 'x' } as const;
    const app = await start({ handlers: { ...handlers, getServerInformation: async () => leaky } });

    expect((await app.inject({ url: '/api/server', headers: await enter(app) })).body).not.toContain('secret');
  });

  it('is not ready while the database does not answer', async () => {
    const app = await start({ checkReady: () => Promise.reject(new Error('no database')) });

    expect((await app.inject({ url: '/readyz', headers: home })).statusCode).toBe(503);
  });
});

describe('the portal', () => {
  it.each(['/', '/recommendations', '/node-pools/p/fix?tab=1', '/vulnerabilities/CVE-2023-4911'])('%s is the shell of the portal, never kept', async (url) => {
    const answer = await (await start()).inject({ url, headers: home });

    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'no-cache']);
    expect(answer.body).toContain('<title>portal</title>');
  });

  it('keeps files with a hash in their name for ever', async () => {
    const answer = await (await start()).inject({ url: '/assets/main-abc123.js', headers: home });

    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  it('does not answer a missing file with the shell', async () => {
    expect((await (await start()).inject({ url: '/assets/main-old.js', headers: home })).statusCode).toBe(404);
  });

  it.each(['/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/assets/..%2f..%2fsecret.txt', '/assets/..%5c..%5csecret.txt', '//etc/passwd', '/%00'])('%s leads out of no folder', async (url) => {
    const answer = await (await start()).inject({ url, headers: home });

    expect(answer.body).not.toContain('outside of the portal');
    expect(answer.body).not.toContain('root:');
    expect(answer.statusCode).toBeLessThan(500);
  });

  it('lets nothing in from elsewhere', async () => {
    const { headers } = await (await start()).inject({ url: '/', headers: home });

    expect(headers['content-security-policy']).toContain("default-src 'self';style-src 'self' 'unsafe-inline';img-src 'self' data:;connect-src 'self';frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
  });
});

describe('events', () => {
  it('reach a client that listens, until the server ends', async () => {
    const app = await start();
    const { cookie } = await enter(app);
    await app.listen({ host: '127.0.0.1', port: 0 });
    const received = await listenToEvents(app, cookie);

    events.publish({ type: 'pool', poolId: 'p1' });
    await expect.poll(received.text).toContain('data: {"type":"pool","poolId":"p1"}\n\n');
    expect(received.contentType).toContain('text/event-stream');

    await app.close();
    await received.ended;
  });
});

describe('a client that goes away', () => {
  it('is forgotten', async () => {
    let listeners = 0;
    const bus = createEventBus();
    const counting = {
      ...bus,
      subscribe: (listener: Parameters<typeof bus.subscribe>[0]) => {
        const unsubscribe = bus.subscribe(listener);
        listeners += 1;
        return () => {
          listeners -= 1;
          unsubscribe();
        };
      },
    };
    const app = await start({ events: counting });
    const { cookie } = await enter(app);
    await app.listen({ host: '127.0.0.1', port: 0 });
    const received = await listenToEvents(app, cookie);
    await expect.poll(() => listeners).toBe(1);

    received.destroy();

    await expect.poll(() => listeners).toBe(0);
  });
});

async function listenToEvents(app: FastifyInstance, cookie: string): Promise<{ text: () => string; contentType: string | undefined; ended: Promise<unknown>; destroy: () => void }> {
  const address = app.server.address();
  const port = (address satisfies AddressInfo | string | null) !== null && typeof address === 'object' ? address?.port : undefined;
  const { promise, resolve, reject } = Promise.withResolvers<import('node:http').IncomingMessage>();
  request({ host: '127.0.0.1', port, path: '/api/events', headers: { cookie } }, resolve).on('error', reject).end();
  const response = await promise;
  let text = '';
  response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const ended = new Promise((done) => response.on('end', done));
  return { text: () => text, contentType: response.headers['content-type'], ended, destroy: () => void response.destroy() };
}
