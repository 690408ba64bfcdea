import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient, UpgradeJob } from '@nodeward/api';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyFolder } from '../src/database/copy-folder-for-tests.ts';
import { copyEmbeddedTemplate } from '../src/database/embedded-template-for-tests.ts';
import { startPostgres } from '../src/database/postgres-for-tests.ts';
import { copyAssessedSample } from './assessed-sample-for-tests.ts';
import { crashAt, killServers, nodeMs, type ServerPlace, startServer } from './server-process.ts';

const pool = 'sample:prod-tokyo-01:userpool01';
const target = 'AKSUbuntu-2204gen2containerd-202402.26.0';
const poolNodes = 3;

const scanPoints = ['assess:before-read', 'assess:after-read', 'assess:before-store', 'assess:after-store', 'assess:before-match', 'assess:after-match', 'assess:before-conclude', 'assess:after-conclude'];
/** In the order in which one job passes them. */
const upgradePoints = [
  'upgrade:before-preflight',
  'upgrade:after-preflight',
  'upgrade:before-start',
  'upgrade:after-start',
  'upgrade:before-poll',
  'upgrade:after-node',
  'upgrade:after-step',
  'upgrade:before-verify',
  'upgrade:after-verify',
  'upgrade:before-ledger',
  'upgrade:after-ledger',
];

const poolStep = ['upgrade:before-start', 'upgrade:after-start', 'upgrade:before-poll', 'upgrade:after-node', 'upgrade:after-step'];
/** Of a job that moves the image, then the control plane, then the pool's Kubernetes. */
const kubernetesPoints = [
  'upgrade:before-preflight',
  'upgrade:after-preflight',
  ...poolStep,
  'upgrade:control-plane:before-start',
  'upgrade:control-plane:after-start',
  'upgrade:control-plane:before-poll',
  'upgrade:control-plane:after-step',
  ...poolStep,
  'upgrade:before-verify',
  'upgrade:after-verify',
  'upgrade:before-ledger',
  'upgrade:after-ledger',
];
const kubernetesPool = 'sample:stg-tokyo-01:app01';
const kubernetesTarget = '1.26.6';

const postgres = await startPostgres();
const folders: string[] = [];

interface CrashEngine {
  readonly name: string;
  /** A data directory with an unpacked sample fleet and an empty database. */
  fresh(): Promise<ServerPlace>;
  /** The same, and every node assessed. */
  assessed(): Promise<ServerPlace>;
}

/** What an undisturbed first scan gives. */
let reference: Awaited<ReturnType<typeof fleetFacts>>;
let prepared: ServerPlace;
/** Its name; the tests run side by side, and one of them makes it for all. */
let assessedDatabase: Promise<string> | undefined;

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nodeward-crash-'));
  folders.push(folder);
  return folder;
}

async function sql(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgres?.url });
  await client.connect();
  await client.query(text);
  await client.end();
}

const embedded: CrashEngine = {
  name: 'embedded',
  fresh: async () => {
    const dataDir = await temporaryFolder();
    await copyFolder(join(prepared.dataDir, 'sample'), join(dataDir, 'sample'));
    await copyEmbeddedTemplate(join(dataDir, 'database'));
    return { dataDir, databaseUrl: undefined };
  },
  assessed: async () => {
    const dataDir = await temporaryFolder();
    for (const part of ['sample', 'database']) await copyFolder(join(prepared.dataDir, part), join(dataDir, part));
    return { dataDir, databaseUrl: undefined };
  },
};

function onPostgres(url: string): CrashEngine {
  const place = async (template: string): Promise<ServerPlace> => {
    const dataDir = await temporaryFolder();
    await copyFolder(join(prepared.dataDir, 'sample'), join(dataDir, 'sample'));
    const name = `crash_${randomBytes(6).toString('hex')}`;
    await sql(`create database ${name} template ${template}`);
    const created = new URL(url);
    created.pathname = `/${name}`;
    return { dataDir, databaseUrl: created.href };
  };
  return {
    name: 'postgresql',
    fresh: () => place('template1'),
    assessed: async () => {
      assessedDatabase ??= place('template1').then(async (first) => {
        await untilAssessed(first);
        return new URL(first.databaseUrl ?? '').pathname.slice(1);
      });
      return place(await assessedDatabase);
    },
  };
}

const engines: readonly CrashEngine[] = postgres === undefined ? [embedded] : [embedded, onPostgres(postgres.url)];

beforeAll(async () => {
  const dataDir = await temporaryFolder();
  await copyAssessedSample(dataDir);
  prepared = { dataDir, databaseUrl: undefined };
  reference = await untilAssessed(prepared);
});

afterAll(async () => {
  killServers();
  await postgres?.stop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** Starts a server without a failpoint, waits until nothing is left to assess, and ends it in good order. */
async function untilAssessed(place: ServerPlace): Promise<Awaited<ReturnType<typeof fleetFacts>>> {
  const server = await startServer(place);
  await until('every node has been assessed', async () => (await unassessedNodes(server.client)).length === 0);
  const facts = await fleetFacts(server.client);
  expect(await server.stop()).toBe(0);
  return facts;
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 900_000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(200);
  }
}

/** Nodes of which nobody can say anything yet; an encrypted or unreachable one has its answer. */
async function unassessedNodes(client: ApiClient): Promise<readonly string[]> {
  const { recommendations } = await client.call('listRecommendations', {});
  const pools = await Promise.all(recommendations.map(({ poolId }) => client.call('getRecommendation', { parameters: { poolId } })));
  const nodes = pools.flatMap((details) => details.nodes);
  if (nodes.length === 0) return ['(nothing discovered)'];
  return nodes.filter(({ assessment, cause }) => assessment?.finishedAt == null || cause === 'never-assessed').map(({ name }) => name);
}

/** What must be the same however often the server died: everything but times and ids. */
async function fleetFacts(client: ApiClient) {
  const { recommendations } = await client.call('listRecommendations', {});
  return Promise.all(
    recommendations.map(async ({ poolId, state, cause, nodes, notAssessedNodes, openVulnerabilities, noFixVulnerabilities, severities }) => {
      const { findings } = await client.call('listFindings', { parameters: { poolId }, query: { state: 'all', limit: 1000 } });
      const rows = findings.map((finding) => [finding.vulnerability, finding.packageFamily, finding.state, finding.nodes].join(' ')).toSorted();
      return { poolId, state, cause, nodes, notAssessedNodes, openVulnerabilities, noFixVulnerabilities, severities, rows };
    }),
  );
}

async function finishedJob(client: ApiClient): Promise<UpgradeJob> {
  const { jobs } = await client.call('listUpgradeJobs', {});
  expect(jobs).toHaveLength(1);
  const parameters = { jobId: jobs[0]?.id ?? '' };
  await until('the job has ended', async () => (await client.call('getUpgradeJob', { parameters })).finishedAt !== null);
  return client.call('getUpgradeJob', { parameters });
}

/** The request that begins the job may be cut off by the death of the server. */
async function startUpgrade(client: ApiClient): Promise<void> {
  await client.call('startUpgradeJob', { parameters: { poolId: pool }, body: { kind: 'node-image', target } }).catch(() => undefined);
}

/** How often the provider's own log says that a control plane was moved. */
async function controlPlaneMoves({ dataDir }: ServerPlace): Promise<number> {
  const lines = (await readFile(join(dataDir, 'sample', 'operations.log'), 'utf8').catch(() => '')).split('\n');
  return lines.filter((line) => line.includes('"what":"started"') && !line.includes('"pool":')).length;
}

/** How often the provider's own log says that each node was reimaged. */
async function reimages({ dataDir }: ServerPlace): Promise<readonly number[]> {
  const lines = (await readFile(join(dataDir, 'sample', 'operations.log'), 'utf8').catch(() => '')).split('\n').filter((line) => line.includes('"what":"reimage"'));
  const byNode = Map.groupBy(lines, (line) => /"node":"([^"]+)"/.exec(line)?.[1]);
  return [...byNode.values()].map((entries) => entries.length);
}

describe.concurrent.each(engines)('a server that is killed, on $name', { timeout: 1_800_000 }, (engine) => {
  it('finishes a scan that died at every one of its points', async () => {
    const place = await engine.fresh();

    for (const point of scanPoints) await crashAt(place, point);

    expect(await untilAssessed(place)).toEqual(reference);
  });

  it('finishes an upgrade that died at every one of its points, and upgrades each node once', async () => {
    const place = await engine.assessed();
    const first = await startServer(place, { NODEWARD_FAILPOINT: 'upgrade:after-create' });
    await startUpgrade(first.client);
    expect(await first.killed).toBe('SIGKILL');

    for (const point of upgradePoints) await crashAt(place, point);

    const last = await startServer(place);
    const job = await finishedJob(last.client);
    const { findings } = await last.client.call('listFindings', { parameters: { poolId: pool }, query: { state: 'active' } });
    expect([job.state, job.failure, job.residual, findings]).toEqual(['succeeded', null, [], []]);
    expect(job.ledger).toMatchObject({ precision: 1, missed: [] });
    expect(job.events.filter(({ code }) => code === 'operation-started')).toHaveLength(1);
    expect(await reimages(place)).toEqual(Array.from({ length: poolNodes }, () => 1));
    expect(await last.stop()).toBe(0);
  });

  it('finishes a Kubernetes upgrade that died at every one of its points, and takes each of its steps once', async () => {
    const place = await engine.assessed();
    const first = await startServer(place, { NODEWARD_FAILPOINT: 'upgrade:after-create' });
    await first.client.call('startUpgradeJob', { parameters: { poolId: kubernetesPool }, body: { kind: 'kubernetes', target: kubernetesTarget } }).catch(() => undefined);
    expect(await first.killed).toBe('SIGKILL');

    for (const point of kubernetesPoints) await crashAt(place, point);

    const last = await startServer(place);
    const job = await finishedJob(last.client);
    const { findings } = await last.client.call('listFindings', { parameters: { poolId: kubernetesPool }, query: { state: 'active' } });
    expect([job.state, job.failure, job.residual, findings]).toEqual(['succeeded', null, [], []]);
    expect(job.steps.map(({ kind, state }) => `${kind} ${state}`)).toEqual(['node-image succeeded', 'control-plane succeeded', 'kubernetes succeeded']);
    expect(job.events.filter(({ code }) => code.startsWith('step')).map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => ['step-started', 'step-finished']).flat());
    expect(job.ledger).toMatchObject({ precision: 1, missed: [] });
    expect(await controlPlaneMoves(place)).toBe(1);
    expect(await reimages(place)).toEqual(Array.from({ length: 3 }, () => 2));
    expect(await last.stop()).toBe(0);
  });

  it('goes on with an upgrade in whose middle it was told to stop', async () => {
    const place = await engine.assessed();
    const first = await startServer(place);
    await startUpgrade(first.client);
    await until('a node is being upgraded', async () => (await reimages(place)).length > 0);
    expect(await first.stop()).toBe(0);

    const last = await startServer(place);
    const job = await finishedJob(last.client);
    expect([job.state, job.failure]).toEqual(['succeeded', null]);
    expect(await reimages(place)).toEqual(Array.from({ length: poolNodes }, () => 1));
    await last.stop();
  });

  it('upgrades every node twice where the idempotency key is taken out', async () => {
    const place = await engine.assessed();
    const withoutKey = { NODEWARD_TEST_WITHOUT_IDEMPOTENCY_KEY: '1' };
    const first = await startServer(place, { ...withoutKey, NODEWARD_FAILPOINT: 'upgrade:after-start' });
    await startUpgrade(first.client);
    expect(await first.killed).toBe('SIGKILL');
    // the provider goes on alone, and is done when the server asks again
    await delay((poolNodes + 1) * nodeMs);

    const last = await startServer(place, withoutKey);
    await finishedJob(last.client);

    expect(await reimages(place)).toEqual(Array.from({ length: poolNodes }, () => 2));
    await last.stop();
  });
});
