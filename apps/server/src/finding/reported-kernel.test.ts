import type { CoverageEntry } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import { rematchAgainst } from '../assessment/rematch.ts';
import { poolMatches } from '../assessment/pool-matches.ts';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import { advisoriesForTest, installed, TestFleet, type TestAdvisory, type TestReading } from './test-fleet-for-tests.ts';

const fixedLater: TestAdvisory = { vulnerability: 'CVE-2023-3609', source: 'linux-aws', fixed: '5.15.0-1044.49' };
const fixedBefore: TestAdvisory = { vulnerability: 'CVE-2023-2002', source: 'linux-aws', fixed: '5.15.0-1040.45' };
const fixedInIt: TestAdvisory = { vulnerability: 'CVE-2023-3090', source: 'linux-aws', fixed: '5.15.0-1041.46' };
const unfixed: TestAdvisory = { vulnerability: 'CVE-2013-7445', source: 'linux-aws', severity: 'low' };
const all = [fixedLater, fixedBefore, fixedInIt, unfixed];

/** As the provider gives it of a node of kOps: no list, no disk. */
const nodeStatus: readonly CoverageEntry[] = [
  { subject: 'evidence', state: 'out-of-scope', reason: 'node-status-only' },
  { subject: 'os-packages', state: 'unsupported', reason: 'node-image-unknown' },
  { subject: 'kernel', state: 'out-of-scope', reason: 'node-status-only' },
  { subject: 'component kubelet', state: 'out-of-scope', reason: 'component-chosen-by-cluster' },
  { subject: 'node-components', state: 'out-of-scope', reason: 'component-version-unknown', detail: 'containerd runc cni-plugins' },
  { subject: 'go-modules', state: 'out-of-scope', reason: 'go-modules-not-in-evidence' },
];
const reported = (runningKernel: string): TestReading => ({ packages: [], runningKernel, coverage: nodeStatus, grade: 'node-status' });
const image = (build: string) => installed(`linux-image-${build.replace(/\.\d+$/, '')}-aws`, build, 'linux-signed-aws');
const read = (runningKernel: string, ...builds: readonly string[]): TestReading => ({ packages: builds.map(image), runningKernel });

describe.each(sharedEngines)('the kernel of a node of which only the Node object is known, on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);
  const fleet = async (advisories = all): Promise<TestFleet> => TestFleet.create(await emptyDatabase(), advisories, { p: ['n1'] });
  const kernelClass = async (f: TestFleet): Promise<unknown> => f.db.selectFrom('node_class').select(['grade', 'untold']).where('fact_class', '=', 'kernel').execute();

  it('is judged by its release, and the pool is not healthy', async () => {
    const f = await fleet();

    await f.assess('n1', reported('5.15.0-1041-aws'));

    expect(await f.findings('p')).toEqual({ 'CVE-2023-3609 linux-aws': 'open', 'CVE-2023-3090 linux-aws': 'undetermined', 'CVE-2013-7445 linux-aws': 'no-fix' });
    expect(await kernelClass(f)).toEqual([{ grade: 'node-status', untold: ['installed-kernels'] }]);
    expect(await f.pool('p')).toMatchObject({ state: 'unhealthy', open_vulnerabilities: 1 });
    expect(await f.node('n1')).toMatchObject({ state: 'unhealthy', assessed_cause: 'image-not-published' });
  });

  it('never waits for a boot: which kernels are installed nobody knows', async () => {
    const f = await fleet();

    await f.assess('n1', reported('5.15.0-1041-aws'));

    const rows = await poolMatches(f.db, (await f.pool('p')).id);
    expect(rows.map(({ kernel, rebootFixes }) => `${String(kernel)} ${String(rebootFixes)}`)).toEqual(rows.map(() => 'running false'));
    expect(rows).toHaveLength(3);
  });

  it('closes by a newer kernel that runs, and the node is still not assessed', async () => {
    const f = await fleet([fixedLater, fixedBefore]);
    await f.assess('n1', reported('5.15.0-1041-aws'));
    expect(await f.findings('p')).toEqual({ 'CVE-2023-3609 linux-aws': 'open' });

    await f.assess('n1', reported('5.15.0-1050-aws'));

    expect(await f.findings('p')).toEqual({ 'CVE-2023-3609 linux-aws': 'resolved' });
    expect(await f.node('n1')).toMatchObject({ state: 'not-assessed', cause: 'image-not-published' });
    expect(await f.pool('p')).toMatchObject({ state: 'not-evaluated', open_vulnerabilities: null, no_fix_vulnerabilities: null });
  });

  it.each(['6.8.0-1021-aws', '5.15.0-1041-acme'])('is not judged, and not clean, under a release that no advisory knows: %s', async (release) => {
    const f = await fleet();

    await f.assess('n1', reported(release));

    expect(await f.findings('p')).toEqual({});
    expect(await kernelClass(f)).toEqual([]);
    expect((await f.db.selectFrom('match_set').select('coverage').executeTakeFirstOrThrow()).coverage).toContainEqual({ subject: 'kernel', state: 'unsupported', reason: 'no-advisories-for-kernel', detail: release });
    expect(await f.pool('p')).toMatchObject({ state: 'not-evaluated', cause: 'image-not-published' });
  });

  it('gives way to what a disk or a list reads', async () => {
    const f = await fleet();
    await f.assess('n1', reported('5.15.0-1041-aws'));

    await f.assess('n1', read('5.15.0-1041-aws', '5.15.0-1041.46'));

    expect(await f.findings('p')).toEqual({ 'CVE-2023-3609 linux-aws': 'open', 'CVE-2023-3090 linux-aws': 'resolved', 'CVE-2013-7445 linux-aws': 'no-fix' });
    expect(await kernelClass(f)).toEqual([{ grade: 'disk', untold: [] }]);
  });

  it('does not replace what a disk or a list has read', async () => {
    const f = await fleet();
    await f.assess('n1', read('5.15.0-1041-aws', '5.15.0-1041.46'));
    const before = await f.findings('p');

    await f.assess('n1', reported('5.15.0-1041-aws'));

    expect(await f.findings('p')).toEqual(before);
    expect(await kernelClass(f)).toEqual([{ grade: 'disk', untold: [] }]);
  });

  it('follows new advisories', async () => {
    const f = await fleet([fixedBefore]);
    await f.assess('n1', reported('5.15.0-1041-aws'));
    expect(await f.findings('p')).toEqual({});

    await rematchAgainst({ db: f.db, clock: () => f.now() }, 'k', advisoriesForTest('revision-2', all), false);

    expect(await f.findings('p')).toMatchObject({ 'CVE-2023-3609 linux-aws': 'open', 'CVE-2023-3090 linux-aws': 'undetermined' });
    expect(await kernelClass(f)).toEqual([{ grade: 'node-status', untold: ['installed-kernels'] }]);
  });
});
