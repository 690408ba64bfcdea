import type { Component, CoverageEntry } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import { installed, type TestAdvisory, TestFleet, type TestReading } from '../finding/test-fleet-for-tests.ts';
import { reconcilePools } from '../finding/reconcile.ts';
import { listRecommendations, summarise } from './store.ts';

const advisories = [{ vulnerability: 'CVE-2023-0286', source: 'openssl', fixed: '3.0.2-0ubuntu1.8' }];
const bad: TestReading = { packages: [installed('libssl3', '3.0.2-0ubuntu1.7', 'openssl')] };
const good: TestReading = { packages: [installed('libssl3', '3.0.2-0ubuntu1.8', 'openssl')] };
const noted = (entry: CoverageEntry): TestReading => ({ coverage: [entry] });
const encrypted = noted({ subject: 'partition 1', state: 'encrypted', reason: 'encrypted-in-guest' });
const unsupported = noted({ subject: 'partition 1', state: 'unsupported', reason: 'journal-not-replayed' });
const killed = noted({ subject: 'disk', state: 'over-limit', reason: 'reader-killed-deadline' });
const partly: TestReading = { ...good, coverage: [{ subject: 'os-packages', state: 'read', reason: 'read' }, { subject: 'kernel', state: 'unreadable', reason: 'kernel-image-missing' }] };

/** Undefined: never assessed. */
type Given = readonly (TestReading | undefined)[];

describe.each(sharedEngines)('the state of a pool on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);

  it.each<[string, Given, object, readonly string[]]>([
    ['no nodes', [], { state: 'not-evaluated', cause: 'no-nodes', cause_nodes: null, nodes: 0 }, []],
    ['all complete and clean', [good, good], { state: 'healthy', cause: null, not_assessed_nodes: 0 }, ['healthy', 'healthy']],
    ['one carries a fixable vulnerability', [good, bad], { state: 'unhealthy', cause: null, risk_level: 'high', unhealthy_nodes: 1 }, ['healthy', 'unhealthy']],
    ['unhealthy comes before not assessed', [bad, undefined, encrypted], { state: 'unhealthy', cause: null, not_assessed_nodes: 2 }, ['unhealthy', 'not-assessed never-assessed', 'not-assessed encrypted']],
    ['one was never assessed', [good, undefined], { state: 'not-evaluated', cause: 'never-assessed', cause_nodes: 1 }, ['healthy', 'not-assessed never-assessed']],
    ['the worst cause stands for all', [encrypted, killed, partly], { state: 'not-evaluated', cause: 'failed', cause_nodes: 1, not_assessed_nodes: 3 }, ['not-assessed encrypted', 'not-assessed failed', 'not-assessed incomplete']],
    ['encrypted is worse than unsupported', [unsupported, encrypted, encrypted], { state: 'not-evaluated', cause: 'encrypted', cause_nodes: 2 }, ['not-assessed unsupported', 'not-assessed encrypted', 'not-assessed encrypted']],
    ['clean but not completely read', [partly], { state: 'not-evaluated', cause: 'incomplete', cause_nodes: 1 }, ['not-assessed incomplete']],
  ])('where %s', async (_, readings, pool, nodes) => {
    const names = readings.map((__, index) => `n${index}`);
    const f = await TestFleet.create(await emptyDatabase(), advisories, { p: names });

    for (const [index, reading] of readings.entries()) if (reading !== undefined) await f.assess(`n${index}`, reading);

    expect(await f.pool('p')).toMatchObject(pool);
    const states = await f.db.selectFrom('node').select(['state', 'cause']).orderBy('name').execute();
    expect(states.map(({ state, cause }) => (cause === null ? state : `${state} ${cause}`))).toEqual(nodes);
  });

  it.each<[string, TestAdvisory, object]>([
    ['known to be exploited and without a fix', { vulnerability: 'CVE-X', source: 'openssl', exploited: true, severity: 'medium' }, { state: 'unhealthy', risk_level: 'medium', open_vulnerabilities: 0, no_fix_vulnerabilities: 1, exploited_vulnerabilities: 1 }],
    ['known to be exploited and negligible', { vulnerability: 'CVE-X', source: 'openssl', fixed: '9', exploited: true, severity: 'negligible' }, { state: 'unhealthy', risk_level: 'negligible', exploited_vulnerabilities: 1 }],
    ['not known to be exploited and without a fix', { vulnerability: 'CVE-X', source: 'openssl', exploited: false }, { state: 'healthy', risk_level: null, no_fix_vulnerabilities: 1, exploited_vulnerabilities: 0 }],
    ['without a fix, and nobody can say whether it is exploited', { vulnerability: 'CVE-X', source: 'openssl' }, { state: 'healthy', risk_level: null, no_fix_vulnerabilities: 1, exploited_vulnerabilities: null }],
  ])('where a vulnerability is %s', async (_, advisory, pool) => {
    const f = await TestFleet.create(await emptyDatabase(), [advisory], { p: ['n0'] });

    await f.assess('n0', good);

    expect(await f.pool('p')).toMatchObject(pool);
    expect((await f.node('n0')).state).toBe((await f.pool('p')).state);
  });

  it('still counts what is known to be exploited where nobody can say so of another vulnerability', async () => {
    const exploited: TestAdvisory = { vulnerability: 'CVE-X', source: 'openssl', fixed: '9', exploited: true };
    const f = await TestFleet.create(await emptyDatabase(), [exploited, { vulnerability: 'GO-2023-1', source: 'openssl', fixed: '9' }], { p: ['n0'] });

    await f.assess('n0', good);

    expect(await f.pool('p')).toMatchObject({ open_vulnerabilities: 2, exploited_vulnerabilities: 1 });
  });

  it('is not evaluated where a component may be vulnerable and nobody has advisories for it', async () => {
    const f = await TestFleet.create(await emptyDatabase(), advisories, { p: ['n0'] });
    const kubelet: Component = { family: 'kubelet', name: 'kubelet', path: 'usr/local/bin/kubelet', version: '1.26.3', versionFrom: 'file-name' };

    await f.assess('n0', { ...good, components: [kubelet] });

    expect(await f.pool('p')).toMatchObject({ state: 'not-evaluated', cause: 'incomplete' });
  });

  it('is not evaluated where scanning is off in all three plans, whatever is known, and back when one is on', async () => {
    const f = await TestFleet.create(await emptyDatabase(), advisories, { p: ['n0'] });
    await f.assess('n0', bad);
    const { id } = await f.pool('p');

    await f.db.updateTable('plan').set({ agentless_scanning: false }).where('name', '<>', 'defender-cspm').execute();
    await reconcilePools(f.db, [id], f.now());
    expect(await f.pool('p')).toMatchObject({ state: 'unhealthy' });

    await f.db.updateTable('plan').set({ agentless_scanning: false }).execute();
    await reconcilePools(f.db, [id], f.now());
    expect(await f.pool('p')).toMatchObject({ state: 'not-evaluated', cause: 'plan-off', cause_nodes: 1, risk_level: null });
    expect(await f.node('n0')).toMatchObject({ state: 'not-assessed', cause: 'plan-off' });
    expect(await f.findings('p')).toEqual({ 'CVE-2023-0286 openssl': 'open' });

    await f.db.updateTable('plan').set({ agentless_scanning: true }).where('name', '=', 'defender-cspm').execute();
    await reconcilePools(f.db, [id], f.now());
    expect(await f.pool('p')).toMatchObject({ state: 'unhealthy' });
  });

  it('is never clean where the advisory database has failed, and keeps what was found', async () => {
    const f = await TestFleet.create(await emptyDatabase(), advisories, { p: ['n0'], q: ['m0'] });
    await f.assess('n0', good);
    await f.assess('m0', bad);

    await f.discover({ p: ['n0'], q: ['m0'] }, 'failed');

    expect(await f.pool('p')).toMatchObject({ state: 'not-evaluated', cause: 'no-advisories' });
    expect(await f.pool('q')).toMatchObject({ state: 'unhealthy' });
  });

  it('keeps when it changed last until it changes', async () => {
    const f = await TestFleet.create(await emptyDatabase(), advisories, { p: ['n0'] });
    await f.assess('n0', good);
    const { state_changed_at: changed } = await f.pool('p');

    await f.assess('n0', good);
    expect((await f.pool('p')).state_changed_at).toEqual(changed);

    await f.assess('n0', bad);
    expect((await f.pool('p')).state_changed_at).toEqual(f.now());
  });

  it('adds up: every pool and every node is counted once', async () => {
    const f = await TestFleet.create(await emptyDatabase(), advisories, { p: ['n0', 'n1'], q: ['m0'], r: ['l0', 'l1'], s: [] });
    await f.assess('n0', bad);
    await f.assess('m0', good);
    await f.assess('l0', good);

    const summary = summarise(await listRecommendations(f.db));

    expect(summary.nodePools).toEqual({ total: 4, unhealthy: 1, healthy: 1, notEvaluated: 2, notApplicable: 0 });
    expect(summary.nodes).toEqual({ total: 5, unhealthy: 1, healthy: 2, notAssessed: 2 });
    expect(summary.riskLevels).toMatchObject({ high: 1, critical: 0 });
  });
});
