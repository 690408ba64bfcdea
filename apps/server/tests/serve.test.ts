import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiClient, ApiError, serverEvent, type ServerEvent } from '@nodeward/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineOfRun } from '../src/database/engine-of-run-for-tests.ts';
import { createLink } from '../src/link.ts';
import { numbersWithLists } from '../src/overview/numbers-and-lists-for-tests.ts';
import { emptyPlace, killServers, runServer, type ServerPlace, signIn, startServer, type StartedServer } from './server-process.ts';

let folder: string;
let place: ServerPlace;
let server: StartedServer;
let poolIds: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodeward-serve-'));
  place = await emptyPlace(join(folder, 'data'));
  server = await startServer(place);
  poolIds = await discovered(server.client);
});

afterAll(async () => {
  killServers();
  await rm(folder, { recursive: true, force: true });
});

/** The pools, once every node of the sample fleet has its answer. */
async function discovered(client: ApiClient): Promise<readonly string[]> {
  const deadline = Date.now() + 240_000;
  while (Date.now() < deadline) {
    await delay(500);
    const [all, open] = await Promise.all([client.call('listNodes', { query: { limit: 1 } }), client.call('listNodes', { query: { cause: 'never-assessed', limit: 1 } })]);
    if (all.total > 0 && open.total === 0) return (await client.call('listRecommendations', {})).recommendations.map(({ poolId }) => poolId);
  }
  throw new Error('the sample fleet has not been assessed in time');
}

describe('a server that was started with nothing but a folder', () => {
  it('prints one line, and it is the way in', () => {
    expect(server.output()).toMatch(/^Nodeward is ready: http:\/\/127\.0\.0\.1:\d+\/enter\?token=[\w-]{43}\n$/);
  });

  it('keeps what it keeps from other users', async () => {
    const kept = ['', ...(engineOfRun === 'embedded' ? ['database'] : []), 'sessions.json', 'server.json', 'logs/server.log'];
    const modes = await Promise.all(kept.map(async (name) => (await stat(join(place.dataDir, name))).mode & 0o077));

    expect(modes).toEqual(kept.map(() => 0));
  });

  it('writes neither tokens nor cookies into its log', async () => {
    const log = await readFile(join(place.dataDir, 'logs', 'server.log'), 'utf8');
    const token = /token=(\S+)/.exec(server.output())?.[1] ?? '';

    expect(token).toHaveLength(43);
    expect(log).not.toContain(token);
    expect(log).not.toContain(server.cookie.split('=')[1]);
  });

  it('answers every read route with what its schema promises', async () => {
    const { client } = server;
    const [poolId = ''] = poolIds;
    const parameters = { poolId };
    const { findings } = await client.call('listFindings', { parameters });
    const { nodes } = await client.call('getRecommendation', { parameters });
    const node = { nodeId: nodes[0]?.id ?? '' };

    expect(await client.call('getServerInformation', {})).toMatchObject({ database: engineOfRun });
    expect((await client.call('listConnections', {})).connections).toMatchObject([{ kind: 'sample', state: 'ok' }]);
    expect((await client.call('getVulnerability', { parameters: { poolId, vulnerability: findings[0]?.vulnerability ?? '' } })).findings.length).toBeGreaterThan(0);
    expect((await client.call('getFix', { parameters })).poolId).toBe(poolId);
    expect(await client.call('listLedger', { parameters })).toEqual({ rows: [] });
    expect((await client.call('getNode', { parameters: node })).id).toBe(node.nodeId);
    expect((await client.call('listNodeAssessments', { parameters: node })).assessments).toHaveLength(1);
    expect(await client.call('listReassessments', {})).toEqual({ reassessments: [] });
    expect(await client.call('listUpgradeJobs', {})).toEqual({ jobs: [], total: 0 });
    const { counts } = await client.call('getInventory', {});
    expect((await client.call('listNodes', { query: { limit: 1000 } })).nodes).toHaveLength(counts.nodes);
    expect((await client.call('getNodeEvidence', { parameters: node })).factClasses.map(({ grade }) => grade).filter((grade) => grade !== null).length).toBeGreaterThan(1);
    const listed = await client.call('listNodePackages', { parameters: node, query: { limit: 1 } });
    expect(listed.total).toBeGreaterThan(100);
    const everywhere = await client.call('listFleetPackages', { query: { search: listed.packages[0]?.name ?? '' } });
    expect(everywhere.packages.flatMap(({ pools }) => pools.map(({ poolId }) => poolId))).toContain(poolId);
    expect((await client.call('search', { query: { q: 'userpool01' } })).hits[0]).toMatchObject({ kind: 'node-pool', name: 'userpool01' });
    expect(await client.call('listWebhooks', {})).toEqual({ webhooks: [] });
    expect((await client.call('listPlans', {})).plans).toHaveLength(3);
  });

  it.each([
    ['getRecommendation', { parameters: { poolId: 'none' } }],
    ['listFindings', { parameters: { poolId: 'none' } }],
    ['getFix', { parameters: { poolId: 'none' } }],
    ['listLedger', { parameters: { poolId: 'none' } }],
    ['getVulnerability', { parameters: { poolId: 'none', vulnerability: 'CVE-1' } }],
    ['getNode', { parameters: { nodeId: 'none' } }],
    ['listNodeAssessments', { parameters: { nodeId: 'none' } }],
    ['getNodeEvidence', { parameters: { nodeId: 'none' } }],
    ['listNodePackages', { parameters: { nodeId: 'none' } }],
    ['getFleetVulnerability', { parameters: { vulnerability: 'CVE-1' } }],
    ['listWebhookDeliveries', { parameters: { webhookId: 'none' } }],
    ['testWebhook', { parameters: { webhookId: 'none' } }],
    ['deleteWebhook', { parameters: { webhookId: 'none' } }],
    ['getReassessment', { parameters: { reassessmentId: 'none' } }],
    ['cancelReassessment', { parameters: { reassessmentId: 'none' } }],
    ['getUpgradeJob', { parameters: { jobId: 'none' } }],
    ['retryUpgradeJob', { parameters: { jobId: 'none' } }],
  ] as const)('%s of what is not there is 404', async (name, call) => {
    const problem = await server.client.call(name, call).then(
      () => undefined,
      (error: unknown) => (error instanceof ApiError ? error.problem : error),
    );

    expect(problem).toMatchObject({ status: 404, code: 'not-found' });
  });

  it('gives a list in pages that together are the whole', async () => {
    const parameters = { poolId: poolIds.find((id) => id.endsWith('userpool01')) ?? '' };
    const whole = await server.client.call('listFindings', { parameters, query: { state: 'all' } });
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await server.client.call('listFindings', { parameters, query: { state: 'all', limit: 50, ...(cursor === undefined ? {} : { cursor }) } });
      expect(page.total).toBe(whole.total);
      paged.push(...page.findings.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);

    expect(whole.total).toBeGreaterThan(100);
    expect(paged).toEqual(whole.findings.map(({ id }) => id));
  });

  it('tells who listens of what changes', async () => {
    const events = await listen(server);
    await server.client.call('changePlan', { parameters: { plan: 'defender-cspm' }, body: { agentlessScanning: false } });
    await server.client.call('changePlan', { parameters: { plan: 'defender-cspm' }, body: { agentlessScanning: true } });

    await expect.poll(() => events.received.map(({ type }) => type)).toContain('plans');
    events.stop();
  });

  it('knows of every candidate what it would do', async () => {
    const parameters = { poolId: poolIds.find((id) => id.endsWith('userpool01')) ?? '' };
    const fix = await server.client.call('getFix', { parameters });

    expect(fix.candidates.length).toBeGreaterThanOrEqual(3);
    expect(fix.candidates.map(({ unknown }) => unknown)).toEqual(fix.candidates.map(() => null));
  });

  it('says nothing on its overview that no list says too', async () => {
    const numbers = await numbersWithLists(server.client);

    expect(numbers.filter(({ number, total }) => number !== total)).toEqual([]);
    expect(numbers.filter(({ number }) => number !== null && number > 0).length).toBeGreaterThan(20);
  });

  it('explains a match on a node with its evidence, and that another CVE is none', async () => {
    const { vulnerabilities } = await server.client.call('listFleetVulnerabilities', { query: { factClass: 'os-packages', limit: 1 } });
    const found = vulnerabilities[0]?.vulnerability ?? '';
    const { pools } = await server.client.call('getFleetVulnerability', { parameters: { vulnerability: found } });
    const poolId = pools[0]?.poolId ?? '';

    const why = await server.client.call('explainVulnerability', { parameters: { poolId, vulnerability: found } });
    const whyNot = await server.client.call('explainVulnerability', { parameters: { poolId, vulnerability: 'CVE-1999-0001' } });

    expect(why.entries.some(({ outcome, evidence, grade }) => outcome === 'match' && evidence !== null && grade !== null)).toBe(true);
    expect(whyNot.entries.map(({ outcome, reason }) => [outcome, reason])).toEqual([['no-match', 'no-such-vulnerability']]);
    await expect(server.client.call('explainVulnerability', { parameters: { poolId: 'nothing', vulnerability: found } })).rejects.toThrow(ApiError);
  });

  it('keeps the secret of a webhook from everybody, its own log included', async () => {
    const { id, secret } = await server.client.call('createWebhook', { body: { name: 'receiver', url: 'http://127.0.0.1:1/hook', types: ['job.failed'] } });
    const test = await server.client.call('testWebhook', { parameters: { webhookId: id } });
    const listed = await server.client.call('listWebhooks', {});
    const log = await readFile(join(place.dataDir, 'logs', 'server.log'), 'utf8');

    expect(test).toMatchObject({ state: 'failed', lastStatus: null });
    expect(test.lastError).toMatch(/ECONNREFUSED/);
    expect(secret).toMatch(/^whsec_/);
    expect(`${JSON.stringify(listed)}${log}`).not.toContain(secret.slice(6));
    expect((await stat(join(place.dataDir, 'secret.key'))).mode & 0o077).toBe(0);
    expect(await server.client.call('deleteWebhook', { parameters: { webhookId: id } })).toEqual({ id });
  });

  it('gives out fresh links while it runs, each good for one sign-in', async () => {
    const link = await createLink({ dataDir: place.dataDir });

    expect(link.startsWith(server.origin)).toBe(true);
    expect(await signIn(link)).toMatch(/^nodeward_session_[0-9a-f]{8}=/);
    expect(await signIn(link)).toBe('');
  });

  it('leaves a port that is taken to its owner, and takes the next free one', async () => {
    const taken = Number(new URL(server.origin).port);
    const second = await startServer({ ...(await emptyPlace(join(folder, 'second'))), port: taken });

    expect(Number(new URL(second.origin).port)).toBeGreaterThan(taken);
    expect((await second.client.call('getServerInformation', {})).version).toBe('0.1.0');
    expect((await server.client.call('getServerInformation', {})).version).toBe('0.1.0');
    expect(await second.stop()).toBe(0);
  });

  it('leaves its folder to no second server, which says where the first one is', async () => {
    const { status, printed } = await runServer(place);

    expect(status).toBe(1);
    expect(printed).toContain(server.origin);
    expect(printed.trim().split('\n')).toHaveLength(1);
  });

  it('ends by SIGTERM with status 0 though a browser listens and an assessment runs, and goes on with it at the next start', async () => {
    const events = await listen(server);
    const { id } = await server.client.call('reassessPool', { parameters: { poolId: poolIds.find((pool) => pool.endsWith('userpool01')) ?? '' } });

    expect(await server.stop()).toBe(0);
    await events.ended;
    await expect(createLink({ dataDir: place.dataDir })).rejects.toThrow(/no server runs/);
    server = await startServer(place);
    await expect.poll(async () => (await server.client.call('getReassessment', { parameters: { reassessmentId: id } })).state, { timeout: 120_000 }).toBe('succeeded');
  });
});

describe('a server that cannot start', () => {
  it.each([
    ['has no portal', { portal: '/nowhere' }, 1, /the portal is not built/],
    ['is to be reached from elsewhere without TLS', { host: '0.0.0.0' }, 2, /--tls-cert/],
    ['has no certificate in the file for it', { tlsCertificate: import.meta.filename, tlsKey: import.meta.filename }, 2, /--tls-cert \S+ and --tls-key \S+ cannot be used: .*PEM/],
  ])('because it %s says so in one line', async (_, options, status, line) => {
    const result = await runServer({ dataDir: join(folder, 'refused'), databaseUrl: undefined, options });

    expect(result.status).toBe(status);
    expect(result.printed).toMatch(line);
    expect(result.printed.trim().split('\n')).toHaveLength(1);
  });

  it('because its database is not there says so in one line', async () => {
    const result = await runServer({ dataDir: join(folder, 'refused'), databaseUrl: 'postgresql://user:secret@127.0.0.1:1/db' });

    expect(result.status).toBe(1);
    expect(result.printed).toMatch(/cannot reach the database at 127\.0\.0\.1:1\/db/);
    expect(result.printed).not.toContain('secret');
    expect(result.printed.trim().split('\n')).toHaveLength(1);
  });
});

describe('a folder of disk images', () => {
  it('with a wrong file is one line with its line number on standard error and a failed connection, and the server runs', async () => {
    const images = join(folder, 'images');
    await mkdir(images);
    await writeFile(join(images, 'nodeward.yaml'), 'advisoryDatabase: ./db\nclusters:\n  - name: "a b"\n    pools: []\n');
    const wrong = await startServer({ ...(await emptyPlace(join(folder, 'with-images'))), options: { images: [images] } });

    await expect.poll(() => wrong.output()).toMatch(/nodeward: .*nodeward\.yaml:3: /);
    const { connections } = await wrong.client.call('listConnections', {});
    expect(connections).toMatchObject([{ kind: 'images', state: 'failed', failure: { code: 'INVALID_CONFIGURATION' } }]);
    expect(await wrong.stop()).toBe(0);
  });
});

/** Follows the server's events until `stop`, or until the server ends them. */
async function listen({ origin, cookie }: StartedServer): Promise<{ received: ServerEvent[]; ended: Promise<void>; stop: () => void }> {
  const stopping = new AbortController();
  const answer = await fetch(`${origin}/api/events`, { headers: { cookie }, signal: stopping.signal });
  const received: ServerEvent[] = [];
  const follow = async (): Promise<void> => {
    let text = '';
    for await (const bytes of answer.body ?? []) {
      text += Buffer.from(bytes).toString();
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const [, data] = /^data: (.+)$/m.exec(text.slice(0, end)) ?? [];
        if (data !== undefined) received.push(serverEvent.parse(JSON.parse(data)));
        text = text.slice(end + 2);
      }
    }
  };
  const ended = follow().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  return { received, ended, stop: () => stopping.abort() };
}
