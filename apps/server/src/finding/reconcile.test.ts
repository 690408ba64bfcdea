import type { CoverageEntry } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import { rematchAgainst } from '../assessment/rematch.ts';
import type { Database } from '../database/schema.ts';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import { advisoriesForTest, installed, kernelImage, TestFleet } from './test-fleet-for-tests.ts';
import { reconcilePools } from './reconcile.ts';
import { markAwaitingVerification, markRemediating } from './remediation.ts';

const openssl = { vulnerability: 'CVE-2023-0286', source: 'openssl', fixed: '3.0.2-0ubuntu1.8' };
const curl = { vulnerability: 'CVE-2023-38545', source: 'curl', fixed: '7.81.0-1ubuntu1.14', severity: 'critical' } as const;
const kernel = { vulnerability: 'CVE-2023-3609', source: 'linux-azure', fixed: '5.15.0-1046.53' };
const newKernelLine = { vulnerability: 'CVE-2023-3609', source: 'linux-azure-6.2', fixed: '6.2.0-1011.11' };
const unfixed = { vulnerability: 'CVE-2016-2781', source: 'coreutils', severity: 'low' } as const;
const negligible = { vulnerability: 'CVE-2013-4235', source: 'shadow', fixed: '1:4.8.1-2ubuntu2.1', severity: 'negligible' } as const;
const all = [openssl, curl, kernel, newKernelLine, unfixed, negligible];

const old = installed('libssl3', '3.0.2-0ubuntu1.7', 'openssl');
const patched = installed('libssl3', '3.0.2-0ubuntu1.8', 'openssl');
const oldKernel = kernelImage('5.15.0-1041.48');
const newKernel = kernelImage('5.15.0-1049.56');
const running = (build: string) => `${build}-azure`;

const osPackagesOnly: readonly CoverageEntry[] = [{ subject: 'os-packages', state: 'read', reason: 'read' }];

describe.each(sharedEngines)('findings on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);
  const fleet = async (pools: Readonly<Record<string, readonly string[]>> = { p: ['n1'] }): Promise<TestFleet> =>
    TestFleet.create(await emptyDatabase(), all, pools);

  it('open, close and open again, keeping when they were first seen', async () => {
    const f = await fleet();
    await f.assess('n1', { packages: [old] });
    const first = await f.db.selectFrom('finding').selectAll().executeTakeFirstOrThrow();
    expect(first).toMatchObject({ state: 'open', nodes: 1, installed_versions: ['3.0.2-0ubuntu1.7'], fixed_version: '3.0.2-0ubuntu1.8', severity: 'high' });
    expect(await f.pool('p')).toMatchObject({ state: 'unhealthy', risk_level: 'high', open_vulnerabilities: 1, unhealthy_nodes: 1 });

    await f.assess('n1', { packages: [patched] });
    const closed = await f.db.selectFrom('finding').selectAll().executeTakeFirstOrThrow();
    expect(closed).toMatchObject({ state: 'resolved', resolved_at: f.now(), nodes: 0, last_seen_at: first.last_seen_at });
    expect(await f.pool('p')).toMatchObject({ state: 'healthy', cause: null, open_vulnerabilities: 0 });

    await f.assess('n1', { packages: [old] });
    const again = await f.db.selectFrom('finding').selectAll().executeTakeFirstOrThrow();
    expect(again).toMatchObject({ id: first.id, state: 'open', first_seen_at: first.first_seen_at, last_seen_at: f.now(), resolved_at: null });
    const events = await f.db.selectFrom('finding_event').select(['from_state', 'to_state']).orderBy('at').execute();
    expect(events.map((event) => `${String(event.from_state)} → ${event.to_state}`)).toEqual(['null → open', 'open → resolved', 'resolved → open']);
  });

  it('stay open until every node that carries them was assessed without them', async () => {
    const f = await fleet({ p: ['n1', 'n2'] });
    await f.assess('n1', { packages: [old] });
    await f.assess('n2', { packages: [old] });
    expect(await f.db.selectFrom('finding').select('nodes').execute()).toEqual([{ nodes: 2 }]);

    await f.assess('n1', { packages: [patched] });
    expect(await f.db.selectFrom('finding').select(['state', 'nodes']).execute()).toEqual([{ state: 'open', nodes: 1 }]);
    expect(await f.node('n1')).toMatchObject({ state: 'healthy' });
    expect(await f.node('n2')).toMatchObject({ state: 'unhealthy' });

    await f.assess('n2', { packages: [patched] });
    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'resolved' });
  });

  it.each([
    ['an assessment that read nothing', {}],
    ['an assessment whose package database was unreadable', { packages: [patched], coverage: [{ subject: 'os-packages', state: 'unreadable', reason: 'corrupt-structure' }] }],
    ['a lower grade that does not read their class', { packages: [patched], grade: 'node-status', coverage: [{ subject: 'kernel', state: 'read', reason: 'read' }] }],
  ] as const)('are not closed by %s', async (_, reading) => {
    const f = await fleet();
    await f.assess('n1', { packages: [old] });

    await f.assess('n1', reading);

    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'open' });
    expect(await f.pool('p')).toMatchObject({ state: 'unhealthy' });
  });

  it('are closed by a lower grade that reads their class, and kernel findings are not', async () => {
    const f = await fleet();
    await f.assess('n1', { packages: [old, oldKernel], runningKernel: running('5.15.0-1041') });
    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'open', 'CVE-2023-3609 linux-azure': 'open' });

    await f.assess('n1', { packages: [patched, newKernel], runningKernel: running('5.15.0-1049'), grade: 'manifest', coverage: osPackagesOnly });

    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'resolved', 'CVE-2023-3609 linux-azure': 'open' });
  });

  it('that nobody has fixed make no pool unhealthy', async () => {
    const f = await fleet();

    await f.assess('n1', { packages: [installed('coreutils', '8.32-4.1ubuntu1')] });

    expect(await f.findings('p')).toEqual({ 'CVE-2016-2781 coreutils': 'no-fix' });
    expect(await f.pool('p')).toMatchObject({ state: 'healthy', open_vulnerabilities: 0, no_fix_vulnerabilities: 1 });
  });

  it('below the floor are open and make no pool unhealthy', async () => {
    const f = await fleet();

    await f.assess('n1', { packages: [installed('login', '1:4.8.1-2ubuntu2', 'shadow')] });

    expect(await f.findings('p')).toEqual({ 'CVE-2013-4235 shadow': 'open' });
    expect(await f.pool('p')).toMatchObject({ state: 'healthy', open_vulnerabilities: 1 });
  });

  it.each([
    ['a fixed kernel waits for a boot', [oldKernel, newKernel], '5.15.0-1041', 'reboot-required'],
    ['the only kernel is old', [oldKernel], '5.15.0-1041', 'open'],
    ['the waiting kernel is not fixed either', [oldKernel, kernelImage('5.15.0-1042.49')], '5.15.0-1041', 'open'],
    ['the kernel that the boot would run is not fixed, another is', [oldKernel, newKernel, kernelImage('6.2.0-1005.5', 'linux-signed-azure-6.2')], '5.15.0-1041', 'open'],
    ['the fixed kernel runs and the old one is still there', [oldKernel, newKernel], '5.15.0-1049', undefined],
    ['an old kernel waits and the fixed one runs', [newKernel, kernelImage('6.2.0-1005.5', 'linux-signed-azure-6.2')], '5.15.0-1049', undefined],
  ])('of the kernel, where %s', async (_, packages, release, state) => {
    const f = await fleet();

    await f.assess('n1', { packages, runningKernel: running(release) });

    expect(await f.findings('p')).toEqual(state === undefined ? {} : { 'CVE-2023-3609 linux-azure': state });
    expect(await f.pool('p')).toMatchObject({ state: state === undefined ? 'healthy' : 'unhealthy' });
  });

  it('that wait for a boot close when the node has booted', async () => {
    const f = await fleet();
    await f.assess('n1', { packages: [oldKernel, newKernel], runningKernel: running('5.15.0-1041') });

    await f.assess('n1', { packages: [oldKernel, newKernel], runningKernel: running('5.15.0-1049') });

    expect(await f.findings('p')).toEqual({ 'CVE-2023-3609 linux-azure': 'resolved' });
  });

  it('are open where one node of two would not be fixed by a boot', async () => {
    const f = await fleet({ p: ['n1', 'n2'] });
    await f.assess('n1', { packages: [oldKernel, newKernel], runningKernel: running('5.15.0-1041') });

    await f.assess('n2', { packages: [oldKernel], runningKernel: running('5.15.0-1041') });

    expect(await f.findings('p')).toEqual({ 'CVE-2023-3609 linux-azure': 'open' });
  });

  it('are undetermined where nobody knows which kernel runs, and the pool is not evaluated', async () => {
    const f = await fleet();

    await f.assess('n1', { packages: [oldKernel, newKernel] });

    expect(await f.findings('p')).toEqual({ 'CVE-2023-3609 linux-azure': 'undetermined' });
    expect(await f.pool('p')).toMatchObject({ state: 'not-evaluated', cause: 'incomplete', cause_nodes: 1, not_assessed_nodes: 1 });
  });

  it('of one kernel line are one family: another source of it keeps when they were first seen', async () => {
    const f = await fleet();
    await f.assess('n1', { packages: [oldKernel], runningKernel: running('5.15.0-1041') });
    const before = await f.db.selectFrom('finding').selectAll().executeTakeFirstOrThrow();

    await f.assess('n1', { packages: [kernelImage('6.2.0-1005.5', 'linux-signed-azure-6.2')], runningKernel: running('6.2.0-1005') });

    const after = await f.db.selectFrom('finding').selectAll().executeTakeFirstOrThrow();
    expect(after).toMatchObject({ id: before.id, first_seen_at: before.first_seen_at, source_package: 'linux-azure-6.2', state: 'open' });
  });

  it('are gone with the last node, and resolved where another was looked at', async () => {
    const f = await fleet({ p: ['n1', 'n2'], q: ['m1'] });
    await f.assess('n1', { packages: [old] });
    await f.assess('n2', { packages: [patched] });
    await f.assess('m1', { packages: [old] });

    await f.discover({ p: ['n2'], q: [] });

    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'resolved' });
    expect(await f.findings('q')).toEqual({ 'CVE-2023-0286 openssl': 'resource-gone' });
    expect(await f.pool('q')).toMatchObject({ state: 'not-evaluated', cause: 'no-nodes', nodes: 0 });
  });

  it('keep the state that a running job gave them until it ends', async () => {
    const f = await fleet();
    await f.assess('n1', { packages: [old, installed('curl', '7.81.0-1ubuntu1.10')] });
    const { id: poolId } = await f.pool('p');
    const rows = [{ packageFamily: 'openssl', vulnerability: 'CVE-2023-0286' }];
    await f.db.insertInto('upgrade_job').values({ id: 'j', pool_id: poolId, kind: 'node-image', from_image: 'image-1', target: 'image-2', state: 'running', created_at: f.now() }).execute();

    await markRemediating(f.db, poolId, 'j', f.now(), rows);
    await markRemediating(f.db, poolId, 'j', f.now(), rows);
    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'remediating', 'CVE-2023-38545 curl': 'open' });
    expect(await f.pool('p')).toMatchObject({ state: 'unhealthy', open_vulnerabilities: 2 });

    await markAwaitingVerification(f.db, poolId, 'j', f.now());
    await f.assess('n1', { packages: [old, installed('curl', '7.81.0-1ubuntu1.14')] });
    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'awaiting-verification', 'CVE-2023-38545 curl': 'resolved' });

    await f.db.updateTable('upgrade_job').set({ state: 'failed', finished_at: f.now() }).where('id', '=', 'j').execute();
    await reconcilePools(f.db, [poolId], f.now());
    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'open', 'CVE-2023-38545 curl': 'resolved' });
    const events = await f.db.selectFrom('finding_event').select('to_state').where('job_id', '=', 'j').execute();
    expect(events.map((event) => event.to_state).toSorted()).toEqual(['awaiting-verification', 'remediating']);
  });

  it('do not change when the identical assessment is taken in again', async () => {
    const f = await fleet();
    const reading = { packages: [old, oldKernel, newKernel, installed('coreutils', '8.32-4.1ubuntu1')], runningKernel: running('5.15.0-1041') };
    const id = await f.assess('n1', reading);
    const before = await snapshot(f.db);

    await f.conclude(id, reading);
    await reconcilePools(f.db, [(await f.pool('p')).id], new Date(f.now().getTime() + 3_600_000));

    expect(await snapshot(f.db)).toEqual(before);
  });

  it('change in nothing but when they were last seen when the same disk is read again', async () => {
    const f = await fleet();
    await f.assess('n1', { packages: [old] });
    const [before] = await f.db.selectFrom('finding').selectAll().execute();

    await f.assess('n1', { packages: [old] });

    expect(await f.db.selectFrom('finding').selectAll().execute()).toEqual([{ ...before, last_seen_at: f.now() }]);
    expect(await f.db.selectFrom('finding_event').selectAll().execute()).toHaveLength(1);
    expect(await f.db.selectFrom('match_set').selectAll().execute()).toHaveLength(1);
  });

  it('follow new advisories without a disk being read', async () => {
    const f = await fleet({ p: ['n1', 'n2'] });
    const packages = [old, installed('curl', '7.81.0-1ubuntu1.10')];
    await f.assess('n1', { packages });
    await f.assess('n2', { packages });
    const assessed = await f.db.selectFrom('node_class').select('assessed_at').orderBy('node_id').execute();
    const advisories = advisoriesForTest('revision-2', [curl, { vulnerability: 'CVE-2024-0001', source: 'openssl', fixed: '3.0.2-0ubuntu1.9' }]);

    await rematchAgainst({ db: f.db, clock: () => f.now() }, 'k', advisories, false);
    await rematchAgainst({ db: f.db, clock: () => f.now() }, 'k', advisories, false);

    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'resolved', 'CVE-2023-38545 curl': 'open', 'CVE-2024-0001 openssl': 'open' });
    expect(await f.db.selectFrom('node_class').select('assessed_at').orderBy('node_id').execute()).toEqual(assessed);
    const again = await f.db.selectFrom('assessment').select(['trigger', 'revision', 'bytes_read', 'complete']).where('trigger', '=', 'advisories').execute();
    expect(again).toEqual([1, 2].map(() => ({ trigger: 'advisories', revision: 'revision-2', bytes_read: '0', complete: true })));
  });

  it('come to a node that was read while there were no advisories', async () => {
    const f = await fleet();
    f.advisories = { ...advisoriesForTest('revision-0', []), hasEcosystem: () => false };
    await f.assess('n1', { packages: [old] });
    expect(await f.pool('p')).toMatchObject({ state: 'not-evaluated', cause: 'no-advisories', open_vulnerabilities: null });

    await rematchAgainst({ db: f.db, clock: () => f.now() }, 'k', advisoriesForTest('revision-1', all), false);

    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'open' });
    expect(await f.pool('p')).toMatchObject({ state: 'unhealthy' });
  });
});

async function snapshot(db: Database): Promise<unknown> {
  const tables = ['finding', 'finding_event', 'node', 'node_pool', 'node_class', 'match_set', 'match', 'assessment', 'inventory', 'inventory_package'] as const;
  return Promise.all(tables.map(async (table) => (await db.selectFrom(table).selectAll().execute()).map((row) => JSON.stringify(row)).toSorted()));
}
