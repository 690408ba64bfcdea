import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAdvisoryDatabase } from '@nodeward/engine';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ensureImageReadings, expireImageReadings } from '../assessment/image-reading.ts';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import { liveNodes } from '../database/live-fleet.ts';
import type { Dependencies } from '../dependencies.ts';
import { dependenciesOn } from '../dependencies-for-tests.ts';
import { findingHandlers } from '../finding/routes.ts';
import { installed } from '../finding/test-fleet-for-tests.ts';
import { createForecasts } from '../forecast/forecasts.ts';
import { ledgerRows } from '../ledger/store.ts';
import { assessGroups, FakeEnvironment, type FakeNode } from './fake-environment-for-tests.ts';
import { flatten, storeDiscovery } from './store-discovery.ts';
import { syncConnection } from './sync-connection.ts';

const advisory = (id: string, name: string, fixed: string): object => ({
  id: `UBUNTU-${id}`, upstream: [id], affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }] }],
});
const all = [advisory('CVE-2026-0001', 'bash', '2'), advisory('CVE-2026-0002', 'curl', '2')];
const old = [installed('bash', '1'), installed('curl', '1')];
const repaired = [installed('bash', '2'), installed('curl', '1')];

function nodes(names: readonly string[], image: string, more: Partial<FakeNode> = {}): readonly FakeNode[] {
  return names.map((name) => ({ name, image, ...more }));
}

describe.each(sharedEngines)('a cluster that is read through published lists, on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);
  let folder = '';
  let hour = 0;

  async function publish(advisories: readonly object[]): Promise<void> {
    await writeFile(join(folder, 'ubuntu.json'), JSON.stringify(advisories));
    await rm(join(folder, 'advisories'), { recursive: true, force: true });
    await buildAdvisoryDatabase({ feeds: [{ path: join(folder, 'ubuntu.json') }], folder: join(folder, 'advisories'), purpose: 'production' });
  }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nodeward-real-cluster-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function begin(pools: FakeEnvironment['pools']): Promise<{ readonly world: FakeEnvironment; readonly deps: Dependencies }> {
    await publish(all);
    const world = new FakeEnvironment(join(folder, 'advisories'));
    world.pools = pools;
    world.images = { old, new: repaired };
    const clock = (): Date => new Date(Date.UTC(2026, 10, 1, 0, (hour += 1)));
    const db = await emptyDatabase();
    const base = await dependenciesOn(db, world.registry.all, { clock, providers: world.registry });
    const deps: Dependencies = { ...base, forecasts: createForecasts(base) };
    await syncConnection(deps, 'k', { assess: false });
    return { world, deps };
  }

  async function look(deps: Dependencies): Promise<void> {
    await syncConnection(deps, 'k', { assess: false });
    await assessGroups(deps);
  }

  const findings = (deps: Dependencies) => deps.db.selectFrom('finding').select(['vulnerability', 'state', 'nodes']).orderBy('vulnerability').execute();

  it('asks once for the nodes of a pool that share image, patch, kernel and kubelet, and assesses all of them', async () => {
    const { world, deps } = await begin({ p: [...nodes(['n0', 'n1', 'n2'], 'old'), ...nodes(['n3'], 'old', { kernelRelease: '6' })], q: nodes(['m0'], 'old') });

    expect(await assessGroups(deps)).toBe(3);

    expect(world.asked).toHaveLength(3);
    expect(await findings(deps)).toEqual([4, 1, 4, 1].map((count, index) => ({ vulnerability: index < 2 ? 'CVE-2026-0001' : 'CVE-2026-0002', state: 'open', nodes: count })).toSorted((a, b) => a.vulnerability.localeCompare(b.vulnerability)));
    const rows = await deps.db.selectFrom('assessment').select(['state', 'cause', 'grade', 'group_id']).execute();
    expect(rows).toHaveLength(5);
    expect(rows.every(({ state, grade, group_id: group }) => state === 'succeeded' && grade === 'manifest' && group !== null)).toBe(true);
    expect(await assessGroups(deps)).toBe(0);
  });

  it.each([
    ['a list that is not published yet', 'image-list-not-published', 'image-not-published', 'image-not-published'],
    ['an image without a list', 'image-publisher-without-lists', 'image-not-published', 'image-not-published'],
    ['an image of which no packages are published', 'image-list-without-packages', 'unsupported', 'unsupported'],
    ['Windows', 'windows-node', 'unsupported', 'unsupported'],
    ['a publisher that does not answer', 'image-list-unreachable', 'unreachable', 'unreachable'],
    ['an ephemeral disk', 'disk-ephemeral', 'unsupported', 'unreachable'],
  ] as const)('says why a node is not assessed: %s', async (_, reason, refusal, cause) => {
    const { world, deps } = await begin({ p: nodes(['n0', 'n1'], 'strange') });
    world.evidence = { strange: { kind: 'refused', cause: refusal, reason, detail: 'as it was told' } };

    await assessGroups(deps);

    expect(await deps.db.selectFrom('assessment').select(['state', 'cause', 'reason', 'detail']).execute()).toEqual([1, 2].map(() => ({ state: 'failed', cause, reason, detail: 'as it was told' })));
    expect(await deps.db.selectFrom('node_pool').select(['state', 'cause', 'not_assessed_nodes']).executeTakeFirst()).toEqual({ state: 'not-evaluated', cause, not_assessed_nodes: 2 });
  });

  it('leaves evidence that is one node’s own to each node', async () => {
    const { world, deps } = await begin({ p: nodes(['n0', 'n1'], 'strange') });
    world.evidence = { strange: { kind: 'refused', cause: 'not-found', detail: 'gone from the cloud' } };
    await assessGroups(deps);

    expect(await deps.db.selectFrom('assessment').select('state').where('finished_at', 'is', null).execute()).toHaveLength(2);
  });

  it('makes no finding when a pool grows, and counts no node that has vanished', async () => {
    const { world, deps } = await begin({ p: nodes(['n0', 'n1'], 'old') });
    await assessGroups(deps);
    const before = await deps.db.selectFrom('finding').select(['id', 'first_seen_at', 'nodes']).orderBy('id').execute();
    const events = async () => (await deps.db.selectFrom('finding_event').select('finding_id').execute()).length;
    const changes = await events();

    world.pools = { p: nodes(['n1', 'n2', 'n3', 'n4'], 'old') };
    await look(deps);

    expect(await deps.db.selectFrom('finding').select(['id', 'first_seen_at', 'nodes']).orderBy('id').execute()).toEqual(before.map((row) => ({ ...row, nodes: 4 })));
    expect(await events()).toBe(changes);
    expect(await deps.db.selectFrom('node_pool').select(['nodes', 'unhealthy_nodes', 'not_assessed_nodes']).executeTakeFirst()).toEqual({ nodes: 4, unhealthy_nodes: 4, not_assessed_nodes: 0 });
    expect(await deps.db.selectFrom('node').select('name').where('gone_at', 'is not', null).execute()).toEqual([{ name: 'n0' }]);
  });

  it('keeps what could not be read this time, and says so', async () => {
    const { world, deps } = await begin({ p: nodes(['n0'], 'old'), q: nodes(['m0'], 'old') });
    world.pools = { p: nodes(['n0'], 'old') };
    world.incomplete = [{ cluster: 'c', pool: 'q', detail: 'throttled' }];
    await syncConnection(deps, 'k', { assess: false });
    expect(await deps.db.selectFrom('node').select('name').where('gone_at', 'is', null).orderBy('name').execute()).toEqual([{ name: 'm0' }, { name: 'n0' }]);
    expect(await deps.db.selectFrom('connection').select(['state', 'failure_code', 'failure_detail']).executeTakeFirst()).toEqual({ state: 'ok', failure_code: 'INCOMPLETE_DISCOVERY', failure_detail: 'c/q: throttled' });

    world.incomplete = [];
    await syncConnection(deps, 'k', { assess: false });
    expect(await deps.db.selectFrom('node').select('name').where('gone_at', 'is', null).execute()).toEqual([{ name: 'n0' }]);
  });

  it('says in a finding’s history that advisories changed it, and that one was withdrawn', async () => {
    const { deps } = await begin({ p: nodes(['n0'], 'old') });
    await assessGroups(deps);
    await publish([advisory('CVE-2026-0001', 'bash', '1'), advisory('CVE-2026-0003', 'bash', '3')]);
    await syncConnection(deps, 'k', { assess: false });

    const changes = await sql<{ vulnerability: string; to: string; reason: string | null }>`
      select f.vulnerability, e.to_state as to, e.reason from finding_event e join finding f on f.id = e.finding_id order by e.at, f.vulnerability`.execute(deps.db);
    expect(changes.rows).toEqual([
      { vulnerability: 'CVE-2026-0001', to: 'open', reason: null },
      { vulnerability: 'CVE-2026-0002', to: 'open', reason: null },
      { vulnerability: 'CVE-2026-0001', to: 'resolved', reason: 'advisory-changed' },
      { vulnerability: 'CVE-2026-0002', to: 'resolved', reason: 'advisory-withdrawn' },
      { vulnerability: 'CVE-2026-0003', to: 'open', reason: 'advisory-changed' },
    ]);
    const { id: poolId } = await deps.db.selectFrom('node_pool').select('id').executeTakeFirstOrThrow();
    const details = await findingHandlers(deps).getVulnerability({ parameters: { poolId, vulnerability: 'CVE-2026-0002' }, query: undefined, body: undefined });
    expect(details.findings[0]?.history?.map(({ to, reason }) => [to, reason])).toEqual([['resolved', 'advisory-withdrawn'], ['open', null]]);
  });

  it('verifies an upgrade that somebody else made, once every node has been looked at, and writes its ledger row', async () => {
    const { world, deps } = await begin({ p: nodes(['n0', 'n1'], 'old') });
    await assessGroups(deps);
    world.newerImages = ['new'];
    await syncConnection(deps, 'k', { assess: false });
    const { id: poolId } = await deps.db.selectFrom('node_pool').select('id').executeTakeFirstOrThrow();
    await ensureImageReadings(deps, poolId);

    world.pools = { p: [...nodes(['n0'], 'new'), ...nodes(['n1'], 'old')] };
    await look(deps);
    expect(await ledgerRows(deps.db, { poolId })).toEqual([]);

    world.pools = { p: nodes(['n0', 'n1'], 'new') };
    world.newerImages = [];
    await look(deps);
    await look(deps);

    expect(await ledgerRows(deps.db, { poolId })).toMatchObject([
      { observed: true, kind: 'node-image', target: 'new', state: 'succeeded', independent: false, predicted: { fixed: 1, remaining: 1, introduced: 0 }, actual: { fixed: 1, remaining: 1, introduced: 0 }, missed: [], precision: null },
    ]);
  });

  it('writes no ledger row where nothing had been foretold', async () => {
    const { world, deps } = await begin({ p: nodes(['n0'], 'old') });
    await assessGroups(deps);
    world.pools = { p: nodes(['n0'], 'new') };
    await look(deps);

    expect(await deps.db.selectFrom('ledger').select('pool_id').execute()).toEqual([]);
    expect(await findings(deps)).toEqual([{ vulnerability: 'CVE-2026-0001', state: 'resolved', nodes: 0 }, { vulnerability: 'CVE-2026-0002', state: 'open', nodes: 1 }]);
  });

  it('counts a machine once that Azure’s own connection knows too, and lends it the facts of its Node object', async () => {
    const machine = (name: string): string => `azure:///subscriptions/0/resourceGroups/mc/providers/Microsoft.Compute/virtualMachineScaleSets/vmss/virtualMachines/${name}`;
    const { world, deps } = await begin({ p: [{ name: 'n0', image: 'old', providerId: machine('0'), kernelRelease: '5.15' }, { name: 'own', image: 'old' }] });
    await deps.db.insertInto('connection').values({ id: 'a', kind: 'aks', name: 'Azure', location: null, advisory_state: 'ok' }).execute();
    const azure = { advisoryDatabase: { folder: 'none', purpose: 'production' as const }, clusters: [{ name: 'az', pools: [{ name: 'np', image: 'old', newerImages: [], operations: [], nodes: [{ name: 'vm0', image: 'old', providerId: machine('000000').replace('azure://', ''), evidenceToken: 't' }] }] }] };
    const advisories = { folder: 'none', purpose: 'production', state: 'ok', revision: 'r', failure: null, feeds: [] } as const;
    const none = { canUpgrade: false, canChangeAutoUpgrade: false };
    const live = async () => (await sql<{ name: string; kernel: string | null }>`select n.name, n.kernel_release as kernel from ${liveNodes} order by n.name`.execute(deps.db)).rows;

    await storeDiscovery(deps.db, 'a', azure, advisories, none, deps.clock());
    expect(await live()).toEqual([{ name: 'own', kernel: null }, { name: 'vm0', kernel: '5.15' }]);

    world.pools = { p: [{ name: 'n0', image: 'old', providerId: machine('0'), kernelRelease: '5.16' }, { name: 'own', image: 'old' }] };
    await syncConnection(deps, 'k', { assess: false });
    await storeDiscovery(deps.db, 'a', azure, advisories, none, deps.clock());
    expect(await live()).toEqual([{ name: 'own', kernel: null }, { name: 'vm0', kernel: '5.16' }]);
    expect(flatten('a', azure).nodes).toHaveLength(1);
  });

  it('matches again what a failure has kept from being matched with new advisories', async () => {
    const { deps } = await begin({ p: nodes(['n0'], 'old') });
    await assessGroups(deps);
    await publish([advisory('CVE-2026-0003', 'bash', '3')]);
    await sql`alter table match_set add constraint full_disk check (false) not valid`.execute(deps.db);
    await expect(syncConnection(deps, 'k', { assess: false })).rejects.toThrow(/full_disk/);
    await sql`alter table match_set drop constraint full_disk`.execute(deps.db);

    await syncConnection(deps, 'k', { assess: false });

    expect(await findings(deps)).toEqual([{ vulnerability: 'CVE-2026-0001', state: 'resolved', nodes: 0 }, { vulnerability: 'CVE-2026-0002', state: 'resolved', nodes: 0 }, { vulnerability: 'CVE-2026-0003', state: 'open', nodes: 1 }]);
  });

  it('counts the nodes of a pool in the transaction that makes them', async () => {
    const { deps } = await begin({ p: nodes(['n0'], 'old') });
    const cluster = { name: 'c', pools: [{ name: 'q', image: 'old', newerImages: [], operations: [], nodes: nodes(['m0', 'm1'], 'old').map((node) => ({ ...node, evidenceToken: 't' })) }] };
    const advisories = { folder: 'none', purpose: 'production', state: 'ok', revision: 'r', failure: null, feeds: [] } as const;

    await storeDiscovery(deps.db, 'k', { advisoryDatabase: { folder: 'none', purpose: 'production' }, clusters: [cluster] }, advisories, { canUpgrade: false, canChangeAutoUpgrade: false }, deps.clock());

    expect(await deps.db.selectFrom('node_pool').select(['name', 'state', 'cause', 'nodes']).orderBy('name').execute()).toEqual([
      { name: 'p', state: 'not-evaluated', cause: 'no-nodes', nodes: 0 },
      { name: 'q', state: 'not-evaluated', cause: 'never-assessed', nodes: 2 },
    ]);
  });

  it('is not put back by a slow discovery that began before the one that has been stored', async () => {
    const { world, deps } = await begin({ p: nodes(['n0'], 'old') });
    const connection = world.registry.all[0];
    if (connection === undefined) throw new Error('no connection');
    const { reader } = await connection.open();
    const [found, isLetGo] = [await reader.discover(AbortSignal.timeout(1000)), Promise.withResolvers<undefined>()];
    const discover = vi.spyOn(reader, 'discover').mockImplementationOnce(() => isLetGo.promise.then(() => found));
    const slow = syncConnection(deps, 'k', { assess: false });
    await vi.waitFor(() => expect(discover).toHaveBeenCalled());
    world.pools = { p: nodes(['n0', 'n1'], 'new') };
    await syncConnection(deps, 'k', { assess: false });
    isLetGo.resolve(undefined);
    await slow;

    expect(await deps.db.selectFrom('node').select(['name', 'image']).where('gone_at', 'is', null).orderBy('name').execute()).toEqual([{ name: 'n0', image: 'new' }, { name: 'n1', image: 'new' }]);
  });

  it('goes on telling what a newer image holds that is to be read anew, and no more of one that is not offered', async () => {
    const { world, deps } = await begin({ p: nodes(['n0'], 'old') });
    await assessGroups(deps);
    world.newerImages = ['new'];
    await syncConnection(deps, 'k', { assess: false });
    const { id: poolId } = await deps.db.selectFrom('node_pool').select('id').executeTakeFirstOrThrow();
    const forecasts = createForecasts(deps);
    await forecasts.forPool(poolId);

    await expireImageReadings(deps.db, [poolId]);

    // not by a list: it would have the image read again meanwhile
    expect(await deps.db.selectFrom('image_reading').select('image').where('match_set_id', 'is not', null).execute()).toEqual([{ image: 'new' }]);
    world.images = { old, new: [installed('bash', '2'), installed('curl', '2')], newest: repaired };
    expect((await forecasts.forPool(poolId)).candidates[0]?.forecast?.counts.fixed).toBe(2);
    world.newerImages = ['newest'];
    await syncConnection(deps, 'k', { assess: false });
    await forecasts.forPool(poolId);
    expect(await deps.db.selectFrom('image_reading').select('image').execute()).toEqual([{ image: 'newest' }]);
  });

  it('tells what a newer image holds as soon as there are advisories to compare it with', async () => {
    const { world, deps } = await begin({ p: nodes(['n0'], 'old') });
    await assessGroups(deps);
    world.newerImages = ['new'];
    await rm(join(folder, 'advisories'), { recursive: true });
    await syncConnection(deps, 'k', { assess: false });
    const { id: poolId } = await deps.db.selectFrom('node_pool').select('id').executeTakeFirstOrThrow();
    const now = deps.clock();
    const forecasts = createForecasts({ ...deps, clock: () => now });
    expect((await forecasts.forPool(poolId)).candidates).toMatchObject([{ forecast: null, unknown: { code: 'no-advisories', detail: 'absent' } }]);

    await publish(all);
    await syncConnection(deps, 'k', { assess: false });

    expect((await forecasts.forPool(poolId)).candidates).toMatchObject([{ forecast: { counts: { fixed: 1 } }, unknown: null }]);
  });

  it('does not take for absent what was moved while an image was read', async () => {
    const { world, deps } = await begin({ p: nodes(['n0'], 'old') });
    await assessGroups(deps);
    world.newerImages = ['new'];
    await syncConnection(deps, 'k', { assess: false });
    const { id: poolId } = await deps.db.selectFrom('node_pool').select('id').executeTakeFirstOrThrow();
    // as a data folder that was moved before the server started leaves it
    await deps.db.updateTable('connection').set({ advisory_folder: join(folder, 'before') }).execute();
    const connection = world.registry.all[0];
    if (connection === undefined) throw new Error('no connection');
    const { reader } = await connection.open();
    const [ask, isLetGo] = [reader.imageEvidence.bind(reader), Promise.withResolvers<undefined>()];
    const asked = vi.spyOn(reader, 'imageEvidence').mockImplementationOnce((...question) => isLetGo.promise.then(() => ask(...question)));

    const reading = ensureImageReadings(deps, poolId);
    await vi.waitFor(() => expect(asked).toHaveBeenCalled());
    await syncConnection(deps, 'k', { assess: false });
    isLetGo.resolve(undefined);
    await reading;

    const now = deps.clock();
    expect((await createForecasts({ ...deps, clock: () => now }).forPool(poolId)).candidates).toMatchObject([{ forecast: { counts: { fixed: 1 } }, unknown: null }]);
  });
});
