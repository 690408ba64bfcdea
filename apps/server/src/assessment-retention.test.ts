import { type Kysely, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { forgetOldAssessments, type Forgotten } from './assessment-retention.ts';
import { ensureMatchSet } from './assessment/match-set.ts';
import { rematchAgainst } from './assessment/rematch.ts';
import { nodesOfPool } from './assessment/node-store.ts';
import { dueNodes } from './connection/due-assessments.ts';
import type { Schema } from './database/schema.ts';
import { sharedEngines, useSharedDatabase } from './database/shared-database-for-tests.ts';
import { advisoriesForTest, installed, type TestAdvisory, TestFleet } from './finding/test-fleet-for-tests.ts';

const openssl: TestAdvisory = { vulnerability: 'CVE-2023-0286', source: 'openssl', fixed: '3.0.2-0ubuntu1.8' };
const curl: TestAdvisory = { vulnerability: 'CVE-2023-38545', source: 'curl', fixed: '7.81.0-1ubuntu1.14' };
const old = installed('libssl3', '3.0.2-0ubuntu1.7', 'openssl');
const patched = installed('libssl3', '3.0.2-0ubuntu1.8', 'openssl');
const none: Forgotten = { assessments: 0, nodes: 0, rows: 0, sets: 0, inventories: 0 };
const log = { info: ignore, warn: ignore, error: ignore };

describe.each(sharedEngines)('what is forgotten on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);
  const fleet = async (pools: Readonly<Record<string, readonly string[]>> = { p: ['n1'] }): Promise<TestFleet> => TestFleet.create(await emptyDatabase(), [openssl], pools);
  const forget = (f: TestFleet, daysLater: number, historyDays: number | null = 90): Promise<Forgotten> =>
    forgetOldAssessments({ db: f.db, clock: () => later(f, daysLater), log, historyDays }, new AbortController().signal);

  it('is nothing of what a node stands on, however old', async () => {
    const f = await fleet();
    await f.assess('n1', { packages: [old] });
    const before = await everything(f.db);

    expect(await forget(f, 1000)).toEqual(none);

    expect(await everything(f.db)).toEqual(before);
  });

  it('is an assessment that has been followed by another, after so many days, with its rows and its inventory, and no finding', async () => {
    const f = await fleet();
    const first = await f.assess('n1', { packages: [old] });
    const second = await f.assess('n1', { packages: [patched] });
    const findings = await f.db.selectFrom('finding_event').selectAll().execute();

    expect(await forget(f, 89)).toEqual({ ...none, rows: 1 });
    expect(await ids(f.db, 'assessment')).toEqual([first, second].toSorted());
    expect(await forget(f, 91)).toEqual({ ...none, assessments: 1, sets: 1, inventories: 1 });

    expect(await ids(f.db, 'assessment')).toEqual([second]);
    expect(await f.db.selectFrom('match').selectAll().execute()).toEqual([]);
    expect(await f.db.selectFrom('inventory_package').select('version').execute()).toEqual([{ version: patched.version }]);
    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'resolved' });
    expect(await f.db.selectFrom('finding_event').selectAll().execute()).toEqual(findings);
  });

  it('is no assessment at all where the history is to be kept for ever', async () => {
    const f = await fleet();
    await f.assess('n1', { packages: [old] });
    await f.assess('n1', { packages: [patched] });

    expect(await forget(f, 1000, null)).toEqual({ ...none, rows: 1 });
  });

  it('are the rows of an older revision, while its assessments keep what they said', async () => {
    const f = await fleet();
    await f.assess('n1', { packages: [old] });
    await rematchAgainst({ db: f.db, clock: () => f.now() }, 'k', advisoriesForTest('revision-2', [openssl, curl]), false);
    const set = f.db.selectFrom('match_set').selectAll().orderBy('revision');
    const sets = await set.execute();

    expect(await forget(f, 2)).toEqual({ ...none, rows: 1 });

    expect(await set.execute()).toEqual(sets);
    expect(await f.db.selectFrom('match').select('match_set_id').execute()).toEqual([{ match_set_id: sets[1]?.id }]);
    expect(await f.db.selectFrom('assessment').select(['revision', 'trigger', 'complete']).orderBy('revision').execute()).toEqual([
      { revision: 'revision-1', trigger: 'manual', complete: true },
      { revision: 'revision-2', trigger: 'advisories', complete: true },
    ]);
    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'open' });
  });

  it('is made again where it is wanted again', async () => {
    const f = await fleet();
    await f.assess('n1', { packages: [old] });
    await f.assess('n1', { packages: [patched] });
    await forget(f, 2);

    await f.assess('n1', { packages: [old] });

    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'open' });
    const [node] = await nodesOfPool(f.db, (await f.pool('p')).id);
    expect(node?.openVulnerabilities).toBe(1);
  });

  it('is not the reading on which a new match of it, or of a node of the same group, rests', async () => {
    const f = await fleet({ p: ['n1', 'n2'] });
    const read = await f.assess('n1', { packages: [old] });
    const same = await f.assess('n2', { packages: [old] });
    await f.db.updateTable('assessment').set({ reading_id: read }).where('id', '=', same).execute();
    for (const revision of ['revision-2', 'revision-3']) await rematchAgainst({ db: f.db, clock: () => f.now() }, 'k', advisoriesForTest(revision, [openssl]), false);
    await f.discover({ p: ['n2'] });

    // the middle copies; the node that has gone holds what the other one was read by
    expect(await forget(f, 100)).toMatchObject({ assessments: 2, nodes: 0 });

    expect(await ids(f.db, 'assessment')).toEqual(expect.arrayContaining([read, same]));
    await f.assess('n2', { packages: [old] });
    expect(await forget(f, 300)).toMatchObject({ nodes: 1 });
    expect(await ids(f.db, 'node')).toHaveLength(1);
  });

  it('is nothing of an assessment that has begun, nor of a job or a reassessment that has not ended', async () => {
    const f = await fleet();
    const { id: poolId } = await f.pool('p');
    const first = await f.assess('n1', { packages: [old] });
    const second = await f.assess('n1', { packages: [old] });
    const third = await f.assess('n1', { packages: [patched] });
    await f.db.insertInto('upgrade_job').values({ id: 'j', pool_id: poolId, kind: 'node-image', from_image: 'image-1', state: 'verifying', created_at: f.now() }).execute();
    await f.db.insertInto('reassessment').values({ id: 'r', scope_kind: 'pool', scope_id: poolId, scope_name: 'p', state: 'running', total: 1, started_at: f.now() }).execute();
    await f.db.updateTable('assessment').set({ job_id: 'j' }).where('id', '=', first).execute();
    await f.db.updateTable('assessment').set({ reassessment_id: 'r' }).where('id', '=', second).execute();
    const begun = await f.read('n1', { packages: [old] });

    expect(await forget(f, 100)).toEqual({ ...none, rows: 1 });

    expect(await ids(f.db, 'assessment')).toEqual([first, second, third, begun].toSorted());
    await f.conclude(begun, { packages: [old] });
    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'open' });
  });

  it('are nodes that have gone long ago, and not the findings that they had', async () => {
    const f = await fleet({ p: ['n1', 'n2'] });
    await f.assess('n1', { packages: [old] });
    await f.assess('n2', { packages: [patched] });
    await f.discover({ p: ['n2'] });

    expect(await forget(f, 89)).toEqual(none);
    expect(await forget(f, 91)).toEqual({ ...none, nodes: 1, rows: 1, sets: 1, inventories: 1 });

    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'resolved' });
    expect((await f.db.selectFrom('node').select('name').execute())).toEqual([{ name: 'n2' }]);
  });

  it('are no rows and no inventory of an image that a pool could move to', async () => {
    const f = await fleet();
    await f.assess('n1', { packages: [old] });
    const first = await f.db.selectFrom('match_set').select(['id', 'inventory_id']).executeTakeFirstOrThrow();
    await f.assess('n1', { packages: [patched] });
    const image = { pool_id: (await f.pool('p')).id, image: 'image-2', inventory_id: first.inventory_id, match_set_id: first.id, grade: 'manifest' as const, read_at: f.now() };
    await f.db.insertInto('image_reading').values(image).execute();

    expect(await forget(f, 100)).toEqual({ ...none, assessments: 1 });

    expect(await f.db.selectFrom('match').select('match_set_id').execute()).toEqual([{ match_set_id: first.id }]);
  });

  it('never are rows that an assessment has just asked for', async () => {
    const f = await fleet();
    await f.assess('n1', { packages: [old] });
    const first = await f.db.selectFrom('match_set').select(['id', 'inventory_id']).executeTakeFirstOrThrow();
    await f.assess('n1', { packages: [patched] });

    await ensureMatchSet(f.db, { inventoryId: first.inventory_id, runningKernel: '', kubeletVersion: '' }, f.advisories, false, later(f, 10));

    expect(await forget(f, 10)).toEqual(none);
    expect(await forget(f, 12)).toEqual({ ...none, rows: 1 });
  });

  it('does not wait for what somebody works with, and leaves it', async () => {
    const f = await fleet();
    await f.assess('n1', { packages: [old] });
    const first = await f.db.selectFrom('match_set').select(['id', 'inventory_id']).executeTakeFirstOrThrow();
    await f.assess('n1', { packages: [patched] });
    const { id: nodeId } = await f.node('n1');
    const held = await f.db.startTransaction().execute();
    await ensureMatchSet(held, { inventoryId: first.inventory_id, runningKernel: '', kubeletVersion: '' }, f.advisories, false, later(f, 2));
    await held.updateTable('node_class').set({ match_set_id: first.id }).where('node_id', '=', nodeId).where('fact_class', '=', 'os-packages').execute();
    // the embedded database runs one transaction after the other: there the purge comes afterwards
    const purge = forget(f, 2);
    if (engine.name === 'postgresql') expect(await purge).toEqual(none);
    await held.commit().execute();

    expect(await purge).toEqual(none);
    expect(await f.db.selectFrom('match').select('match_set_id').execute()).toEqual([{ match_set_id: first.id }]);
  });

  it('can be no rows on which a node stands, whoever removes them', async () => {
    const f = await fleet();
    await f.assess('n1', { packages: [old] });

    await expect(f.db.deleteFrom('match_rows').execute()).rejects.toThrow('nodes stand on the rows of the match set');

    expect(await f.db.selectFrom('match').select('vulnerability').execute()).toEqual([{ vulnerability: openssl.vulnerability }]);
  });

  it('gives no later assessment the name of one that was forgotten, or that is still there', async () => {
    const f = await fleet();
    await f.assess('n1', { packages: [old] });
    await f.assess('n1', { packages: [old] });
    const due = async () => (await dueNodes(f.db, 'k', later(f, 100))).map(({ lastQueuedAt }) => lastQueuedAt);
    const before = await due();

    await forget(f, 100);

    expect(await due()).toEqual(before);
    expect(before).toEqual([f.now().getTime()]);
  });
});

function later(f: TestFleet, days: number): Date {
  return new Date(f.now().getTime() + days * 24 * 3_600_000);
}

async function ids(db: Kysely<Schema>, table: 'assessment' | 'node'): Promise<readonly string[]> {
  return (await db.selectFrom(table).select('id').execute()).map(({ id }) => id).toSorted();
}

async function everything(db: Kysely<Schema>): Promise<unknown> {
  const tables = ['assessment', 'node', 'node_class', 'finding', 'finding_event', 'match_set', 'match_rows', 'match', 'inventory', 'inventory_package'] as const;
  return Promise.all(tables.map(async (table) => (await sql<{ row: string }>`select x::text as row from ${sql.table(table)} x order by 1`.execute(db)).rows));
}

function ignore(): void {
  // nothing to say
}
