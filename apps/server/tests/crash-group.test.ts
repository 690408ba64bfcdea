import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiClient } from '@nodeward/api';
import { buildAdvisoryDatabase } from '@nodeward/engine';
import { FakeApiServer, type NodeFixture } from '@nodeward/providers/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { copyEmbeddedTemplate } from '../src/database/embedded-template-for-tests.ts';
import { startPostgres } from '../src/database/postgres-for-tests.ts';
import { crashAt, killServers, type ServerPlace, startServer } from './server-process.ts';

const image = 'AKSUbuntu-2204gen2containerd-202309.06.0';
/** In the order in which one group passes them; the one before the reading ends the server that makes the connection. */
const points = ['assess:after-read', 'assess:after-store', 'assess:before-match', 'assess:after-match', 'assess:before-conclude', 'assess:after-conclude'];

/** The engines at the same time, the tests of each one after the other: each has its own cluster and its own database. */
const oneByOne = { concurrent: false, timeout: 900_000 } as const;

/** Of a group that has to be read node by node. */
const pointsOfEach = ['assess:before-dissolve', 'assess:after-dissolve'];

const advisory = { id: 'UBUNTU-CVE-2023-4911', upstream: ['CVE-2023-4911'], affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'glibc' }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2.35-0ubuntu3.4' }] }] }] };
const list = [
  '=== Installed Packages Begin', 'libc6/jammy,now 2.35-0ubuntu3.1 amd64 [installed]', '=== Installed Packages End',
  '=== os-release Begin', 'PRETTY_NAME="Ubuntu 22.04.3 LTS"', 'VERSION_ID="22.04"', 'VERSION_CODENAME=jammy', 'ID=ubuntu', '=== os-release End', '',
].join('\n');

const unnamed = { kubeletVersion: 'v1.34.2', containerRuntimeVersion: 'containerd://2.2.9' } as const;
/** Two groups: nodes of one published list, and nodes of which only the Node object tells. */
const nodes: readonly NodeFixture[] = [
  ...[0, 1, 2].map((index) => ({
    name: `aks-userpool01-${index}`,
    labels: { 'kubernetes.azure.com/agentpool': 'userpool01', 'kubernetes.azure.com/node-image-version': image },
    nodeInfo: { ...unnamed, kernelVersion: '5.15.0-1041-azure', osImage: 'Ubuntu 22.04.3 LTS' },
  })),
  ...[0, 1].map((index) => ({ name: `ip-10-0-0-${index}`, labels: { 'eks.amazonaws.com/nodegroup': 'workers' }, nodeInfo: { ...unnamed, kernelVersion: '6.12.80', osImage: 'Amazon Linux 2023' } })),
];

const postgres = await startPostgres();
const engines = ['embedded', ...(postgres === undefined ? [] : ['postgresql'])];

afterAll(async () => {
  killServers();
  await postgres?.stop();
});

describe.concurrent.each(engines)('a server that is killed while it assesses groups of equal nodes, on %s', { timeout: 900_000 }, (engine) => {
  let cluster: FakeApiServer;
  let folder = '';
  let place: ServerPlace;
  const environment = (): Readonly<Record<string, string>> => ({ NODEWARD_ADVISORY_MIRROR: folder, NODEWARD_NODE_IMAGE_MIRROR: folder, NODEWARD_ADVISORY_UPDATE_HOURS: '0' });

  beforeEach(async () => {
    cluster = new FakeApiServer();
    folder = await mkdtemp(join(tmpdir(), 'nodeward-crash-group-'));
    const dataDir = join(folder, 'data');
    await mkdir(join(folder, 'AKSUbuntu/gen2/2204containerd'), { recursive: true });
    await writeFile(join(folder, 'AKSUbuntu/gen2/2204containerd/202309.06.0.txt'), list);
    await writeFile(join(folder, 'names.json'), JSON.stringify({ jammy: { libc6: 'glibc' } }));
    await writeFile(join(folder, 'ubuntu.json'), JSON.stringify([advisory]));
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await buildAdvisoryDatabase({ feeds: [{ path: join(folder, 'ubuntu.json') }], folder: join(dataDir, 'advisories'), purpose: 'production' });
    cluster.put(...nodes);
    const server = await cluster.start();
    await writeFile(join(folder, 'config'), JSON.stringify({
      apiVersion: 'v1', kind: 'Config', 'current-context': 'prod',
      clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }], users: [{ name: 'u', user: { token: 't' } }], contexts: [{ name: 'prod', context: { cluster: 'c', user: 'u' } }],
    }));
    if (engine === 'embedded') await copyEmbeddedTemplate(join(dataDir, 'database'));
    place = { dataDir, databaseUrl: engine === 'embedded' ? undefined : await postgres?.createDatabase(), options: { sample: false } };
  });
  afterEach(async () => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function connectAndDie(): Promise<void> {
    const first = await startServer(place, { ...environment(), NODEWARD_FAILPOINT: 'assess:before-read' });
    const settings = { kubeconfig: join(folder, 'config'), sourceNames: join(folder, 'names.json') };
    // the answer may be cut off by the death of the server
    await first.client.call('createConnection', { body: { kind: 'kubernetes', settings } }).catch(() => undefined);
    expect(await first.killed).toBe('SIGKILL');
  }

  /** Of every node all that was ever begun. */
  async function assessments(client: ApiClient): Promise<readonly string[]> {
    const { nodes: listed } = await client.call('listNodes', { query: { limit: 100 } });
    const told = await Promise.all(listed.map(async ({ id, name }) => {
      const { assessments: begun } = await client.call('listNodeAssessments', { parameters: { nodeId: id } });
      return `${name}: ${begun.map(({ state }) => (state === 'succeeded' || state === 'partial' ? 'finished' : state)).join(' ')}`;
    }));
    return told.toSorted();
  }

  it('ends with exactly one finished assessment of each node, and with the findings of all of them', oneByOne, async () => {
    await connectAndDie();
    for (const point of points) await crashAt(place, point, environment());

    const last = await startServer(place, environment());
    const once = nodes.map(({ name }) => `${name}: finished`).toSorted();
    await vi.waitFor(async () => expect(await assessments(last.client)).toEqual(once), { timeout: 180_000, interval: 200 });
    const { recommendations } = await last.client.call('listRecommendations', {});
    const { findings } = await last.client.call('listFindings', { parameters: { poolId: recommendations.find(({ pool }) => pool === 'userpool01')?.poolId ?? '' }, query: { state: 'all' } });

    expect(findings.map(({ vulnerability, state, nodes: affected }) => [vulnerability, state, affected])).toEqual([['CVE-2023-4911', 'open', 3]]);
    expect(recommendations.map(({ pool, notAssessedNodes }) => [pool, notAssessedNodes]).toSorted()).toEqual([['userpool01', 0], ['workers', 2]]);
    expect(await last.stop()).toBe(0);
  });

  it('ends with exactly one assessment of each node where one reading does not serve them all', oneByOne, async () => {
    await connectAndDie();
    // nobody may look any more: that says nothing of an image, and each node is asked for by itself
    cluster.granted.delete('list');
    for (const point of pointsOfEach) await crashAt(place, point, environment());

    const last = await startServer(place, environment());
    const once = nodes.map(({ name }) => `${name}: failed`).toSorted();
    await vi.waitFor(async () => expect(await assessments(last.client)).toEqual(once), { timeout: 180_000, interval: 200 });
    const { recommendations } = await last.client.call('listRecommendations', {});

    expect(recommendations.map(({ pool, cause, notAssessedNodes }) => [pool, cause, notAssessedNodes]).toSorted()).toEqual([['userpool01', 'unreachable', 3], ['workers', 'unreachable', 2]]);
    expect(await last.stop()).toBe(0);
  });
});
