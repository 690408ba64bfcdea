import type { CoverageEntry } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import { installed, TestFleet } from '../finding/test-fleet-for-tests.ts';
import { cancelReassessment, createReassessment, findReassessment } from '../reassessment/store.ts';
import { queueAssessments } from './start-assessments.ts';
import { readClasses } from './coverage.ts';
import { cancelAssessments, markReading } from './store.ts';

const entry = (subject: string, state: CoverageEntry['state']): CoverageEntry => ({ subject, state, reason: 'read' });

describe('the fact classes that an assessment read', () => {
  it.each([
    ['only those that an entry calls read', [entry('os-packages', 'read'), entry('kernel', 'unreadable')], ['os-packages']],
    ['none that nothing speaks of', [entry('partition 1', 'read')], []],
    ['not one that a later entry speaks against', [entry('kernel', 'read'), entry('kernel', 'unreadable')], []],
    ['not one that is out of scope', [entry('os-packages', 'read'), entry('go-modules', 'out-of-scope')], ['os-packages']],
  ] as const)('are %s', (_, coverage, expected) => {
    expect(readClasses(coverage)).toEqual(expected);
  });
});

const advisories = [{ vulnerability: 'CVE-2023-0286', source: 'openssl', fixed: '3.0.2-0ubuntu1.8' }];
const bad = { packages: [installed('libssl3', '3.0.2-0ubuntu1.7', 'openssl')] };

describe.each(sharedEngines)('assessments on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);
  const scope = { kind: 'connection', id: 'k', name: 'Test', connectionId: 'k' } as const;

  it('of one pool and one reassessment that end at the same time are all counted', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `n${index}`);
    const f = await TestFleet.create(await emptyDatabase(), advisories, { p: names.slice(0, 4), q: names.slice(4) });
    await createReassessment(f.db, 'r', scope, 8, f.now());
    const ids: string[] = [];
    for (const name of names) ids.push(await f.read(name, bad, 'r'));

    await Promise.all(ids.map((id) => f.conclude(id, bad)));

    expect(await findReassessment(f.db, 'r')).toMatchObject({ state: 'succeeded', total: 8, finished: 8, notAssessed: 0 });
    expect(await f.db.selectFrom('finding').select(['state', 'nodes']).execute()).toEqual([1, 2].map(() => ({ state: 'open', nodes: 4 })));
    expect(await f.pool('p')).toMatchObject({ state: 'unhealthy', unhealthy_nodes: 4, not_assessed_nodes: 0 });
    expect(await f.db.selectFrom('inventory').select('packages').execute()).toEqual([{ packages: 1 }]);
  });

  it('are queued once for a key, however often a step is repeated', async () => {
    const f = await TestFleet.create(await emptyDatabase(), advisories, { p: ['n0'] });
    const { id: nodeId } = await f.node('n0');
    const options = { trigger: 'verification', at: f.now(), key: 'job-1' } as const;

    const first = await queueAssessments(f.db, [nodeId], options);
    const second = await queueAssessments(f.db, [nodeId], options);

    expect(first).toHaveLength(1);
    expect(second).toEqual(first);
    expect(await f.db.selectFrom('assessment').select('id').execute()).toHaveLength(1);
  });

  it.each<[string, 'aks' | 'kubernetes' | 'images', boolean, 'ephemeral' | 'managed', number]>([
    ['by its list', 'kubernetes', false, 'managed', 1],
    ['by its list, of Azure', 'aks', false, 'managed', 1],
    ['by a reference image or a list, where there is no disk to read', 'aks', true, 'ephemeral', 1],
    ['each by its own disk', 'aks', true, 'managed', 2],
    ['each by the file that it has', 'images', false, 'managed', 2],
  ])('of nodes of one image are read %s', async (_what, kind, readDisks, osDisk, readings) => {
    const f = await TestFleet.create(await emptyDatabase(), advisories, { p: ['n0', 'n1'] });
    await f.db.updateTable('connection').set({ kind, settings: JSON.stringify({ readDisks }) }).execute();
    await f.db.updateTable('node_pool').set({ os_disk: osDisk }).execute();
    const nodes = await f.db.selectFrom('node').select('id').orderBy('name').execute();

    const queued = await queueAssessments(f.db, nodes.map(({ id }) => id), { trigger: 'manual', at: f.now(), key: 'r' });

    expect(new Set(queued.map(({ id, groupId }) => groupId ?? id)).size).toBe(readings);
  });

  it('that were cancelled are not begun, change nothing and end their reassessment', async () => {
    const f = await TestFleet.create(await emptyDatabase(), advisories, { p: ['n0', 'n1'] });
    const nodes = await f.db.selectFrom('node').select('id').orderBy('name').execute();
    await createReassessment(f.db, 'r', scope, 2, f.now());
    const [running, waiting] = await queueAssessments(f.db, nodes.map(({ id }) => id), { trigger: 'manual', at: f.now(), key: 'r', reassessmentId: 'r' });
    await markReading(f.db, [running?.id ?? '']);

    await cancelReassessment(f.db, 'r', f.now());
    expect(await findReassessment(f.db, 'r')).toMatchObject({ state: 'running', finished: 1, notAssessed: 1 });
    expect(await markReading(f.db, [waiting?.id ?? ''])).toEqual([]);

    await f.conclude(running?.id ?? '', bad);
    expect(await findReassessment(f.db, 'r')).toMatchObject({ state: 'cancelled', finished: 2 });
    await cancelAssessments(f.db, [running?.id ?? ''], null, f.now());
    expect(await f.db.selectFrom('assessment').select('state').where('id', '=', running?.id ?? '').executeTakeFirst()).not.toMatchObject({ state: 'cancelled' });
  });
});
