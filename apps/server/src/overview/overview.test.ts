import { type ApiClient, type CallResult, endpoints } from '@nodeward/api';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import { dependenciesOn } from '../dependencies-for-tests.ts';
import { installed, kernelImage, type TestAdvisory, TestFleet, type TestReading } from '../finding/test-fleet-for-tests.ts';
import { inventoryHandlers } from '../inventory/routes.ts';
import { recommendationHandlers } from '../recommendation/routes.ts';
import { listJobs } from '../upgrade-job/describe-job.ts';
import { vulnerabilityHandlers } from '../vulnerability/routes.ts';
import { pastDays, recordFleetDay } from './fleet-day.ts';
import { numbersWithLists, type Scope } from './numbers-and-lists-for-tests.ts';
import { overviewHandlers } from './routes.ts';

const advisories: readonly TestAdvisory[] = [
  { vulnerability: 'CVE-2023-0001', source: 'openssl', fixed: '3.0.2-0ubuntu1.8', severity: 'critical', exploited: true },
  { vulnerability: 'CVE-2023-0002', source: 'openssl', fixed: '3.0.2-0ubuntu1.9', severity: 'high', exploited: false },
  { vulnerability: 'CVE-2023-0002', source: 'curl', fixed: '7.81.0-1ubuntu1.14', severity: 'medium', exploited: false },
  { vulnerability: 'CVE-2023-0003', source: 'curl', severity: 'low', exploited: false },
  { vulnerability: 'CVE-2023-0004', source: 'curl', severity: 'critical', exploited: true },
  { vulnerability: 'CVE-2023-0005', source: 'linux-azure', fixed: '5.15.0-1042.49', severity: 'unknown', exploited: false },
  { vulnerability: 'CVE-2023-0006', source: 'bash', fixed: '5.1-6ubuntu1.1', severity: 'negligible', exploited: false },
  { vulnerability: 'CVE-2023-0007', source: 'gone', fixed: '2', severity: 'high', exploited: false },
];

const old = [installed('libssl3', '3.0.2-0ubuntu1.7', 'openssl'), installed('curl', '7.81.0-1ubuntu1.13'), installed('bash', '5.1-6ubuntu1')];
const bad: TestReading = { packages: old };
const rebootNeeded: TestReading = { packages: [kernelImage('5.15.0-1041.48'), kernelImage('5.15.0-1042.49')], runningKernel: '5.15.0-1041-azure' };
const strange: TestReading = { packages: [installed('curl', 'not a version!')] };
const clean: TestReading = { packages: [installed('tzdata', '2023c-0ubuntu0.22.04.2')], grade: 'manifest' };
const encrypted: TestReading = { coverage: [{ subject: 'partition 1', state: 'encrypted', reason: 'encrypted-in-guest' }] };

/** What a cluster says of a node without a list. */
const nodeStatus: TestReading = {
  packages: [],
  grade: 'node-status',
  coverage: [
    { subject: 'os-packages', state: 'unsupported', reason: 'image-list-without-packages' },
    { subject: 'kernel', state: 'out-of-scope', reason: 'node-status-only' },
    { subject: 'component kubelet', state: 'out-of-scope', reason: 'component-chosen-by-cluster' },
    { subject: 'node-components', state: 'out-of-scope', reason: 'component-version-unknown', detail: 'runc cni-plugins' },
    { subject: 'go-modules', state: 'out-of-scope', reason: 'go-modules-not-in-evidence' },
  ],
};

const pools = { bad: ['a1', 'a2', 'a3'], boot: ['b1'], clean: ['c1', 'c2'], strange: ['d1'], sealed: ['e1', 'e2'], empty: [], leaves: ['f1'] };

describe.each(sharedEngines)('the overview on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);

  /** Everything that can be counted, in at least one state that is not zero. */
  async function startFleet() {
    const fleet = await TestFleet.create(await emptyDatabase(), advisories, pools);
    for (const node of ['a1', 'a2']) await fleet.assess(node, bad);
    await fleet.assess('a3', { packages: [installed('curl', '7.81.0-1ubuntu1.13')] });
    await fleet.assess('b1', rebootNeeded);
    for (const node of ['c1', 'c2']) await fleet.assess(node, clean);
    await fleet.assess('d1', strange);
    await fleet.assess('e1', encrypted);
    await fleet.assess('f1', { packages: [installed('gone', '1'), ...old] });
    // f1 goes, and b1 loses what it had
    await fleet.discover({ ...pools, leaves: [] });
    const deps = await dependenciesOn(fleet.db, [{ id: 'k', kind: 'images', name: 'Test', open: () => Promise.reject(new Error('not in this test')) }], { clock: () => fleet.now() });
    return { fleet, deps, client: clientOf(deps) };
  }

  it('says nothing that no list says too', async () => {
    const { fleet, client } = await startFleet();
    await fleet.assess('b1', { packages: [kernelImage('5.15.0-1042.49')], runningKernel: '5.15.0-1042-azure' });
    await addJobs(fleet);
    await publishImages(fleet);

    const numbers = await numbersWithLists(client);

    expect(numbers.filter(({ number, total }) => number !== total)).toEqual([]);
    const none = numbers.filter(({ number }) => number === 0).map(({ what }) => what);
    expect(none).toEqual(['nodes: no-nodes', 'nodes: plan-off', 'nodes: unreachable', 'nodes: failed', 'nodes: unsupported', 'nodes: no-advisories', 'nodes: image-not-published', 'nodes: pod', 'nodes: reference-image', 'nodes: node-status', 'CVEs: medium', 'CVEs: low', 'CVEs: unknown', 'CVEs: reboot required', 'pools: not applicable', ...none.filter((what) => /fresh|stale/.test(what))]);
  });

  it.each<[string, Scope, number]>([
    ['of a connection', { connectionId: 'k' }, 9],
    ['of a region', { region: 'japaneast' }, 9],
    ['of a region without clusters', { region: 'westeurope' }, 0],
    ['of another connection', { connectionId: 'other' }, 0],
    ['of another cluster', { clusterId: 'other' }, 0],
  ])('says nothing that no list says too, %s', async (_what, scope, nodes) => {
    const { fleet, client } = await startFleet();
    await fleet.db.updateTable('cluster').set({ region: 'japaneast' }).execute();

    const numbers = (await numbersWithLists(client, scope)).filter(({ what }) => !what.startsWith('jobs'));

    expect(numbers.filter(({ number, total }) => (number ?? 0) !== total)).toEqual([]);
    expect(numbers.find(({ what }) => what === 'nodes: all')?.number).toBe(nodes);
    expect(await client.call('getOverview', { query: scope })).toMatchObject({ scope, vulnerabilities: nodes === 0 ? null : { open: 4 } });
  });

  it('counts every node once: healthy, unhealthy and not assessed are all', async () => {
    const { client } = await startFleet();

    const { nodes, notAssessedCauses, grades, vulnerabilities } = await client.call('getOverview', {});

    expect(nodes).toEqual({ total: 9, unhealthy: 4, healthy: 2, notAssessed: 3 });
    expect(notAssessedCauses).toEqual(expect.arrayContaining([{ cause: 'encrypted', nodes: 1 }, { cause: 'never-assessed', nodes: 1 }, { cause: 'incomplete', nodes: 1 }]));
    expect(grades).toEqual([{ grade: 'disk', nodes: 5 }, { grade: 'manifest', nodes: 2 }, { grade: 'none', nodes: 2 }]);
    expect(vulnerabilities).toMatchObject({ open: 4, severities: { critical: 1, high: 1, medium: 0, low: 0, negligible: 1, unknown: 1 }, exploited: 2, noFix: 2, rebootRequired: 1 });
  });

  it('shows by what a node is known of which only the cluster tells, and no zero for packages that nobody has read', async () => {
    const fleet = await TestFleet.create(await emptyDatabase(), [{ vulnerability: 'CVE-2023-0001', source: 'k8s.io/kubelet', ecosystem: 'kubernetes', fixed: '1.26.5' }], { p: ['n0'] });
    const deps = await dependenciesOn(fleet.db, [{ id: 'k', kind: 'images', name: 'Test', open: () => Promise.reject(new Error('not in this test')) }], { clock: () => fleet.now() });
    const client = clientOf(deps);
    await fleet.discover({ p: ['n0'] }, 'ok', { n0: 'v1.34.2' });

    await fleet.assess('n0', nodeStatus);
    await recordFleetDay(fleet.db, fleet.now());

    expect(await client.call('getOverview', {})).toMatchObject({
      nodes: { total: 1, unhealthy: 0, healthy: 0, notAssessed: 1 }, notAssessedCauses: [{ cause: 'unsupported', nodes: 1 }], grades: [{ grade: 'node-status', nodes: 1 }], vulnerabilities: null, trend: [], freshness: { fresh: 1 },
    });
    const { nodes: [node] } = await client.call('listNodes', { query: { grade: 'node-status' } });
    expect(node).toMatchObject({ name: 'n0', state: 'not-assessed', cause: 'unsupported', reason: 'image-list-without-packages', grade: 'node-status', openVulnerabilities: null });
    const { recommendations: [pool] } = await client.call('listRecommendations', {});
    expect(pool).toMatchObject({ state: 'not-evaluated', openVulnerabilities: null, noFixVulnerabilities: null });
    expect((await inventoryHandlers(deps).getInventory({ parameters: undefined, query: undefined, body: undefined })).clusters[0]?.pools).toMatchObject([{ grade: 'node-status', openVulnerabilities: null }]);
    expect(await fleet.db.selectFrom('fleet_day').selectAll().execute()).toEqual([]);
    const { factClasses } = await inventoryHandlers(deps).getNodeEvidence({ parameters: { nodeId: node?.id ?? '' }, query: undefined, body: undefined });
    expect(factClasses.map(({ factClass, grade, openVulnerabilities, coverage: [entry] }) => [factClass, grade, openVulnerabilities, entry?.state, entry?.reason])).toEqual([
      ['os-packages', null, null, 'unsupported', 'image-list-without-packages'],
      ['kernel', null, null, 'out-of-scope', 'node-status-only'],
      ['node-components', 'node-status', null, 'out-of-scope', 'component-version-unknown'],
      ['go-modules', null, null, 'out-of-scope', 'go-modules-not-in-evidence'],
    ]);

    // one that is found is counted, and the packages stay open
    await fleet.discover({ p: ['n0'] }, 'ok', { n0: 'v1.26.3' });
    await fleet.assess('n0', nodeStatus);
    expect(await client.call('getOverview', {})).toMatchObject({ nodes: { unhealthy: 1 }, vulnerabilities: { open: 1 }, grades: [{ grade: 'node-status', nodes: 1 }] });
    expect((await client.call('listNodes', { query: {} })).nodes).toMatchObject([{ openVulnerabilities: 1 }]);
  });

  it('does not know the vulnerabilities of a fleet that nobody has matched, nor the exploited ones without a feed', async () => {
    const fleet = await TestFleet.create(await emptyDatabase(), [{ vulnerability: 'CVE-2023-0001', source: 'openssl', fixed: '4' }], { p: ['n0'] });
    const deps = await dependenciesOn(fleet.db, [{ id: 'k', kind: 'images', name: 'Test', open: () => Promise.reject(new Error('not in this test')) }], { clock: () => fleet.now() });
    const client = clientOf(deps);
    expect(await client.call('getOverview', {})).toMatchObject({ vulnerabilities: null, trend: [] });

    await fleet.assess('n0', bad);

    expect(await client.call('getOverview', {})).toMatchObject({ vulnerabilities: { open: 1, exploited: null } });
  });

  it('leaves out what is not configured any more', async () => {
    const { fleet, client } = await startFleet();
    await fleet.db.updateTable('connection').set({ configured: false }).execute();

    const numbers = await numbersWithLists(client);

    expect(numbers.filter(({ number }) => number !== 0).map(({ number }) => number).every((number) => number === null)).toBe(true);
    expect(numbers.every(({ total }) => total === 0)).toBe(true);
  });

  it('has a history from the first record on, a row for each day, and today as it is', async () => {
    const { fleet, client } = await startFleet();
    expect((await client.call('getOverview', {})).trend).toHaveLength(1);
    const at = (day: number, hour: number): Date => new Date(Date.UTC(2026, 9, day, hour));

    await recordFleetDay(fleet.db, at(28, 1));
    await fleet.db.updateTable('node').set({ state: 'not-assessed' }).where('name', '=', 'c1').execute();
    await recordFleetDay(fleet.db, at(28, 23));
    await recordFleetDay(fleet.db, at(28, 2));
    await recordFleetDay(fleet.db, at(30, 0));

    const days = await pastDays(fleet.db, fleet.now());
    expect(days.map(({ day, nodes }) => [day, nodes.healthy])).toEqual([['2026-10-28', 1], ['2026-10-30', 1]]);
    const { trend, vulnerabilities, nodes } = await client.call('getOverview', {});
    expect(trend.at(-1)).toEqual({ day: fleet.now().toISOString().slice(0, 10), severities: vulnerabilities?.severities, open: vulnerabilities?.open, noFix: vulnerabilities?.noFix, nodes: { healthy: nodes.healthy, unhealthy: nodes.unhealthy, notAssessed: nodes.notAssessed } });
  });
});

/** The handlers of the lists, called as the client calls the server. */
function clientOf(deps: Awaited<ReturnType<typeof dependenciesOn>>): ApiClient {
  const handlers = {
    ...overviewHandlers(deps),
    ...inventoryHandlers(deps),
    ...vulnerabilityHandlers(deps),
    ...recommendationHandlers(deps),
    listUpgradeJobs: ({ query }: { readonly query: { readonly state?: 'active' | 'failed' | 'succeeded' | undefined } }) => listJobs(deps.db, query.state),
  };
  const answer = async (name: string, query: unknown): Promise<unknown> => {
    const none = { parameters: undefined, body: undefined, query: undefined };
    switch (name) {
      case 'getOverview':
        return handlers.getOverview({ ...none, query: endpoints.getOverview.query.parse(query) });
      case 'listNodes':
        return handlers.listNodes({ ...none, query: endpoints.listNodes.query.parse(query) });
      case 'listFleetVulnerabilities':
        return handlers.listFleetVulnerabilities({ ...none, query: endpoints.listFleetVulnerabilities.query.parse(query) });
      case 'listRecommendations':
        return handlers.listRecommendations(none);
      case 'listUpgradeJobs':
        return handlers.listUpgradeJobs({ query: endpoints.listUpgradeJobs.query.parse(query) });
      default:
        throw new Error(`${name} is not in this test`);
    }
  };
  return {
    async call(name, options) {
      const query: unknown = 'query' in options ? wired(options.query) : {};
      // the schema itself has just made the value
      // eslint-disable-next-line no-restricted-syntax
      return endpoints[name].response.parse(await answer(name, query)) as CallResult<typeof name>;
    },
  };
}

/** Over the wire everything is text. */
function wired(query: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(z.looseObject({}).parse(query ?? {})).map(([key, value]) => [key, String(value)]));
}

async function addJobs({ db }: TestFleet): Promise<void> {
  const [pool] = await db.selectFrom('node_pool').select('id').orderBy('id').execute();
  const states = ['running', 'failed', 'preflight-failed', 'succeeded', 'succeeded-with-residual', 'cancelled'] as const;
  for (const [index, state] of states.entries()) {
    await db.insertInto('upgrade_job').values({ id: `job-${index}`, pool_id: pool?.id ?? '', kind: 'reboot', from_image: 'image-1', target: null, state, created_at: new Date(2026, 9, index + 1) }).execute();
  }
}

async function publishImages({ db }: TestFleet): Promise<void> {
  const published = { bad: '2026-10-30', boot: '2026-09-20', clean: '2026-01-01' };
  for (const [name, day] of Object.entries(published)) await db.updateTable('node_pool').set({ image_published_at: new Date(day) }).where('name', '=', name).execute();
}
