import { describe, expect, it } from 'vitest';
import type { Database } from '../database/schema.ts';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import { advisoriesForTest, installed, kernelImage, type TestAdvisory, TestFleet } from '../finding/test-fleet-for-tests.ts';
import { reconcilePools } from '../finding/reconcile.ts';
import { changedFindings, currentStandings } from './changed-findings.ts';
import { rematchAgainst } from './rematch.ts';

const kept: TestAdvisory = { vulnerability: 'CVE-2023-0286', source: 'openssl', fixed: '3.0.2-0ubuntu1.8' };
const gone: TestAdvisory = { vulnerability: 'CVE-2023-38545', source: 'curl', fixed: '7.81.0-1ubuntu1.14' };
const unfixed: TestAdvisory = { vulnerability: 'CVE-2016-2781', source: 'coreutils' };
const kernel: TestAdvisory = { vulnerability: 'CVE-2023-3609', source: 'linux-azure', fixed: '5.15.0-1046.53' };
const come: TestAdvisory = { vulnerability: 'CVE-2024-0001', source: 'openssl', fixed: '3.0.2-0ubuntu1.9' };

const first = [kept, gone, unfixed, kernel];
const second: readonly TestAdvisory[] = [kept, { ...unfixed, fixed: '8.32-4.1ubuntu2' }, { ...kernel, severity: 'critical' }, come];

const all = [installed('libssl3', '3.0.2-0ubuntu1.7', 'openssl'), installed('curl', '7.81.0-1ubuntu1.10'), installed('coreutils', '8.32-4.1ubuntu1'), kernelImage('5.15.0-1041.48')];
const running = { runningKernel: '5.15.0-1041-azure' };

describe.each(sharedEngines)('what new advisories change on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);
  const read = async (): Promise<TestFleet> => {
    const f = await TestFleet.create(await emptyDatabase(), first, { p: ['n1', 'n2'], q: ['n3'], r: ['n4'] });
    await f.assess('n1', { packages: all, ...running });
    await f.assess('n2', { packages: all.slice(0, 1), ...running });
    await f.assess('n3', { packages: all, ...running });
    await f.assess('n4', { packages: all.slice(0, 1), ...running });
    return f;
  };
  const poolsOf = async (f: TestFleet): Promise<readonly string[]> => (await f.db.selectFrom('node_pool').select('id').orderBy('name').execute()).map(({ id }) => id);

  it('is what a look at every finding would change, and nothing besides', async () => {
    const f = await read();

    await rematchAgainst({ db: f.db, clock: () => f.now() }, 'k', advisoriesForTest('revision-2', second), false);

    const partly = await findingsAndEvents(f.db);
    expect(await f.findings('p')).toEqual({
      'CVE-2023-0286 openssl': 'open',
      'CVE-2023-38545 curl': 'resolved',
      'CVE-2016-2781 coreutils': 'open',
      'CVE-2023-3609 linux-azure': 'open',
      'CVE-2024-0001 openssl': 'open',
    });
    expect(await f.findings('r')).toEqual({ 'CVE-2023-0286 openssl': 'open', 'CVE-2024-0001 openssl': 'open' });
    const critical = await f.db.selectFrom('finding').select('severity').where('vulnerability', '=', 'CVE-2023-3609').execute();
    expect(critical).toEqual([{ severity: 'critical' }, { severity: 'critical' }]);
    await reconcilePools(f.db, await poolsOf(f), new Date(f.now().getTime() + 3_600_000));
    expect(await findingsAndEvents(f.db)).toEqual(partly);
  });

  it('is told by the rows that differ where every node stands on the evidence it stood on', async () => {
    const f = await read();
    const pools = await poolsOf(f);
    const [p = '', q = '', r = ''] = pools;
    const before = await currentStandings(f.db, pools);
    await rematchAgainst({ db: f.db, clock: () => f.now() }, 'k', advisoriesForTest('revision-2', second), false);

    const { whole, partly, keys } = await changedFindings(f.db, pools, before);

    expect(whole).toEqual([]);
    expect(partly).toEqual(pools);
    const changed = [gone, unfixed, kernel, come].map(({ vulnerability }) => vulnerability).toSorted();
    expect(keys.filter(({ poolId }) => poolId === p).map(({ vulnerability }) => vulnerability).toSorted()).toEqual(changed);
    expect(keys.filter(({ poolId }) => poolId === q).map(({ vulnerability }) => vulnerability).toSorted()).toEqual(changed);
    expect(keys.filter(({ poolId }) => poolId === r)).toEqual([{ poolId: r, packageFamily: 'openssl', vulnerability: 'CVE-2024-0001' }]);
  });

  it('is not guessed from rows where a node has gone, or was read anew', async () => {
    const f = await read();
    const pools = await poolsOf(f);
    const [p, q, r] = pools;
    const before = await currentStandings(f.db, pools);
    await f.db.updateTable('node').set({ gone_at: f.now() }).where('name', '=', 'n1').execute();
    await f.assess('n3', { packages: all.slice(1), ...running });

    expect(await changedFindings(f.db, pools, before)).toEqual({ whole: [p, q], partly: [r], keys: [] });
  });
});

async function findingsAndEvents(db: Database): Promise<unknown> {
  return [
    await db.selectFrom('finding').selectAll().orderBy('id').execute(),
    await db.selectFrom('finding_event').selectAll().orderBy('finding_id').orderBy('at').orderBy('to_state').execute(),
  ];
}
