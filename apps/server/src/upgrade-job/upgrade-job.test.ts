import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OperationKind, upgradeJob, type UpgradeJob } from '@nodeward/api';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { type DiscoveredPool, ProviderBusyError } from '@nodeward/providers';
import { describe, expect, it, vi } from 'vitest';
import { type AssessedFleet, useAssessedFleet } from '../assessed-fleet-for-tests.ts';
import { sharedEngines } from '../database/shared-database-for-tests.ts';
import type { Log } from '../dependencies.ts';
import { forecastHandlers } from '../forecast/routes.ts';
import { ConflictError, NotFoundError } from '../http/errors.ts';
import { ledgerHandlers } from '../ledger/routes.ts';
import { startResuming } from '../resuming.ts';
import { concludeJob } from './end-job.ts';
import { changeStep, newSteps } from './job-steps.ts';
import { upgradeJobHandlers } from './routes.ts';
import { insertJob, isActive, recordPreflight, setState } from './store.ts';
import type { UpgradeDependencies } from './upgrade-dependencies.ts';
import { pollVerification, queueNodes } from './verification.ts';
import { registerUpgradeJob, resumeUpgradeJobs } from './workflow.ts';

const newest = 'AKSUbuntu-2204gen2containerd-202402.26.0';
const worse = 'AKSUbuntu-2204gen2containerd-202310.09.0';
const none = { query: undefined, body: undefined };
/** Where errors are what the test is about. */
const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The routes of this slice over the assessed sample fleet; pools by `cluster/pool`. */
async function startFleet(assessed: () => Promise<AssessedFleet>, given: Partial<Pick<UpgradeDependencies, 'log'>> = {}) {
  const { deps: made, stateFolder } = await assessed();
  const deps = { ...made, ...given };
  const handlers = { ...forecastHandlers(deps, deps.poolForecasts), ...ledgerHandlers(deps), ...upgradeJobHandlers(deps) };
  const poolId = (name: string): string => `sample:${name.includes('/') ? name.replace('/', ':') : `prod-tokyo-01:${name}`}`;
  const getJob = async (jobId: string): Promise<UpgradeJob> => upgradeJob.parse(await handlers.getUpgradeJob({ parameters: { jobId }, ...none }));
  const finished = async (jobId: string): Promise<UpgradeJob> => {
    await expect.poll(async () => isActive((await getJob(jobId)).state), { timeout: 120_000, interval: 100 }).toBe(false);
    return getJob(jobId);
  };
  return {
    deps,
    handlers,
    poolId,
    finished,
    stateFolder,
    write: (file: string, content: unknown) => writeFile(join(stateFolder, file), JSON.stringify(content)),
    getFix: (pool: string) => handlers.getFix({ parameters: { poolId: poolId(pool) }, ...none }),
    start: (pool: string, kind: OperationKind, target: string | null, acknowledged = false) =>
      handlers.startUpgradeJob({ parameters: { poolId: poolId(pool) }, query: undefined, body: { kind, target, acknowledged } }),
    retry: (jobId: string) => handlers.retryUpgradeJob({ parameters: { jobId }, ...none }),
    findingStates: async (pool: string) => {
      const states = await deps.db.selectFrom('finding').select('state').distinct().where('pool_id', '=', poolId(pool)).execute();
      return states.map(({ state }) => state).toSorted();
    },
    providerLog: async (what: string) => (await readFile(join(stateFolder, 'operations.log'), 'utf8').catch(() => '')).split('\n').filter((line) => line.includes(`"what":"${what}"`)),
  };
}

describe.each(sharedEngines)('an upgrade job on $name', (engine) => {
  const assessed = useAssessedFleet(engine);

  it('moves the pool, proves it by new assessments, and enters the ledger as foretold', async () => {
    const fleet = await startFleet(assessed);
    const forecast = (await fleet.getFix('userpool01')).candidates.find(({ target }) => target === newest);

    const job = await fleet.finished((await fleet.start('userpool01', 'node-image', newest)).id);

    expect([job.state, job.failure, job.residual]).toEqual(['succeeded', null, []]);
    expect(forecast?.counts.fixed).toBeGreaterThan(0);
    expect(job.predicted).toEqual(forecast?.counts);
    expect(job.ledger).toMatchObject({ precision: 1, missed: [], actual: { fixed: forecast?.counts.fixed, remaining: 0, introduced: 0 } });
    expect(job.nodes.map(({ phase }) => phase)).toEqual(['verified', 'verified', 'verified']);
    expect(job.events.map(({ code }) => code).filter((code) => code !== 'node-phase')).toEqual([
      'created',
      'preflight-passed',
      'operation-started',
      'operation-finished',
      'verification-started',
      'node-verified',
      'node-verified',
      'node-verified',
      'finished',
    ]);
    expect(await fleet.findingStates('userpool01')).toEqual(['no-fix', 'resolved']);
    expect(await fleet.providerLog('reimage')).toHaveLength(3);
    expect(await fleet.handlers.listLedger({ parameters: { poolId: fleet.poolId('userpool01') }, ...none })).toMatchObject({ rows: [{ jobId: job.id }] });
  });

  it('names the packages that are left where the image does not keep its promise, and says so in the ledger', async () => {
    const fleet = await startFleet(assessed);
    const { candidates } = await fleet.getFix('userpool01');
    await fleet.write('image-overrides.json', { [newest]: `${newest}-curl-left-old` });

    const job = await fleet.finished((await fleet.start('userpool01', 'node-image', newest)).id);

    expect(job.state).toBe('succeeded-with-residual');
    expect(new Set(job.residual.map(({ sourcePackage }) => sourcePackage))).toEqual(new Set(['curl']));
    expect(job.ledger?.actual.remaining).toBe(job.residual.length);
    expect(job.ledger?.missed.map(({ packageFamily, predicted, actual }) => [packageFamily, predicted, actual])).toEqual(job.residual.map(() => ['curl', 'fixed', 'remaining']));
    expect(job.ledger?.precision).toBeLessThan(1);
    expect(candidates.at(-1)?.counts.remaining).toBe(0);
  });

  it('boots a patched pool, and the fixed kernel closes what waited for it', async () => {
    const fleet = await startFleet(assessed);
    expect(await fleet.findingStates('syspool01')).toEqual(['no-fix', 'reboot-required']);
    expect((await fleet.getFix('syspool01')).verdicts).toContainEqual({ verdict: 'fixed-by-reboot', vulnerabilities: 7 });

    const job = await fleet.finished((await fleet.start('syspool01', 'reboot', null)).id);

    expect([job.state, job.ledger?.precision]).toEqual(['succeeded', 1]);
    expect(await fleet.findingStates('syspool01')).toEqual(['no-fix', 'resolved']);
  });

  it('fails with the reason and the node, opens the findings again, and goes on where it stopped when it is run again', async () => {
    const fleet = await startFleet(assessed);
    const [, second] = (await fleet.deps.db.selectFrom('node').select('name').where('pool_id', '=', fleet.poolId('userpool01')).orderBy('name').execute()).map(({ name }) => name);
    await fleet.write('fail.json', { pool: 'userpool01', node: second, phase: 'drain', code: 'DrainTimeout' });

    const failed = await fleet.finished((await fleet.start('userpool01', 'node-image', newest)).id);

    expect([failed.state, failed.failure?.code, failed.failure?.node, failed.ledger]).toEqual(['failed', 'DrainTimeout', second, null]);
    expect(await fleet.findingStates('userpool01')).toEqual(['no-fix', 'open']);
    const retried = await fleet.finished((await fleet.retry(failed.id)).id);
    expect([retried.state, retried.residual]).toEqual(['succeeded', []]);
    expect(await fleet.providerLog('reimage')).toHaveLength(3);
    await expect(fleet.retry(retried.id)).rejects.toThrow(ConflictError);
  });

  it('is no success where a node cannot be read afterwards', async () => {
    const fleet = await startFleet(assessed);
    await fleet.getFix('userpool01');
    const blank = join(fleet.stateFolder, 'blank.img');
    await writeFile(blank, Buffer.alloc(1024 * 1024));
    await fleet.write('image-overrides.json', { [newest]: blank });

    const job = await fleet.finished((await fleet.start('userpool01', 'node-image', newest)).id);

    expect([job.state, job.failure?.code, job.ledger]).toEqual(['failed', 'VerificationIncomplete', null]);
    expect(job.failure?.detail).toMatch(/^aks-userpool01\S+: \w+/);
    expect(await fleet.findingStates('userpool01')).toEqual(['no-fix', 'open']);
  });

  /** Nodes that vanish while the verifying assessment reads them: no evidence, and the next discovery does not find them. */
  async function vanishing(fleet: Awaited<ReturnType<typeof startFleet>>, names: readonly string[]) {
    const reader = (await fleet.deps.providers.get('sample')?.open())?.reader;
    if (reader === undefined) throw new Error('no provider');
    const gone = new Set<string>();
    const evidenceOf = reader.nodeEvidence.bind(reader);
    vi.spyOn(reader, 'nodeEvidence').mockImplementation(async (reference, signal) => {
      if (!names.includes(reference.node)) return evidenceOf(reference, signal);
      gone.add(reference.node);
      return { kind: 'refused', cause: 'unreachable', detail: 'no such machine' };
    });
    const discoverAll = reader.discover.bind(reader);
    return vi.spyOn(reader, 'discover').mockImplementation(async (signal) => {
      const found = await discoverAll(signal);
      const withoutGone = (pool: DiscoveredPool): DiscoveredPool => ({ ...pool, nodes: pool.nodes.filter(({ name }) => !gone.has(name)) });
      return { ...found, clusters: found.clusters.map((cluster) => ({ ...cluster, pools: cluster.pools.map(withoutGone) })) };
    });
  }

  const nodesOf = async ({ deps, poolId }: Awaited<ReturnType<typeof startFleet>>, pool: string) =>
    (await deps.db.selectFrom('node').select('name').where('pool_id', '=', poolId(pool)).orderBy('name').execute()).map(({ name }) => name);

  it('is proved by the nodes that remain where one is taken away meanwhile, and says which one was', async () => {
    const fleet = await startFleet(assessed);
    const [removed = '', ...others] = await nodesOf(fleet, 'userpool01');
    const discover = await vanishing(fleet, [removed]);

    const job = await fleet.finished((await fleet.start('userpool01', 'node-image', newest)).id);

    expect([job.state, job.failure, job.ledger?.precision, job.ledger?.missed]).toEqual(['succeeded', null, 1, []]);
    expect(job.events.flatMap(({ code, node }) => (code === 'node-gone' || code === 'node-verified' ? [`${code} ${node}`] : [])).toSorted()).toEqual([`node-gone ${removed}`, ...others.map((node) => `node-verified ${node}`)]);
    expect(discover).toHaveBeenCalledTimes(2);
    expect(await fleet.findingStates('userpool01')).toEqual(['no-fix', 'resolved']);
  });

  it('is not proved where no node remains', async () => {
    const fleet = await startFleet(assessed);
    const names = await nodesOf(fleet, 'userpool01');
    await vanishing(fleet, names);

    const job = await fleet.finished((await fleet.start('userpool01', 'node-image', newest)).id);

    expect([job.state, job.failure?.code, job.failure?.node, job.ledger]).toEqual(['failed', 'VerificationIncomplete', null, null]);
    expect(job.failure?.detail).toContain('no node is left');
    expect(job.events.filter(({ code }) => code === 'node-gone')).toHaveLength(names.length);
  });

  it('waits for an environment that does not say whether a node is still there, but not for ever', async () => {
    const fleet = await startFleet(assessed);
    const { job, poll, conclude } = await verifying(fleet, 'syspool01');
    const [unread = ''] = await nodesOf(fleet, 'syspool01');
    await endAssessments(fleet, job.id, unread);
    const reader = (await fleet.deps.providers.get('sample')?.open())?.reader;
    if (reader === undefined) throw new Error('no provider');
    vi.spyOn(reader, 'discover').mockRejectedValue(new ProviderBusyError('too many requests', 1000));

    expect(await poll(0)).toBe(false);
    expect(await poll(3_600_000)).toBe(true);
    expect((await conclude()).failure).toEqual({ code: 'VerificationIncomplete', node: unread, detail: `${unread}: unreachable` });
  });

  it('does not wait for ever for an assessment that does not end', async () => {
    const fleet = await startFleet(assessed);
    const { poll, conclude } = await verifying(fleet, 'syspool01');

    expect(await poll(5 * 3_600_000)).toBe(false);
    expect(await poll(7 * 3_600_000)).toBe(true);
    const { failure } = await conclude();
    expect([failure?.code, failure?.detail]).toEqual(['VerificationIncomplete', (await nodesOf(fleet, 'syspool01')).map((node) => `${node}: queued`).join(', ')]);
  });

  it('says that a node has gone which the operation itself had brought', async () => {
    const fleet = await startFleet(assessed);
    const { job, poll, conclude } = await verifying(fleet, 'syspool01');
    const [gone = ''] = await nodesOf(fleet, 'syspool01');
    await endAssessments(fleet, job.id, gone);
    await fleet.deps.db.updateTable('node').set({ gone_at: fleet.deps.clock() }).where('name', '=', gone).execute();

    expect(await poll(0)).toBe(true);
    const { failure, events } = await conclude();
    expect([failure, events.filter(({ code }) => code === 'node-gone').map(({ node }) => node)]).toEqual([null, [gone]]);
  });

  /** A job whose verifying assessments are queued and not started. */
  async function verifying(fleet: Awaited<ReturnType<typeof startFleet>>, pool: string) {
    const { deps, poolId } = fleet;
    const at = deps.clock();
    const job = { id: 'verifying', poolId: poolId(pool), kind: 'reboot', fromImage: 'image', target: null, acknowledged: false, retryOf: null, at } as const;
    await insertJob(deps.db, job);
    await setState(deps.db, job.id, 'verifying');
    await queueNodes(deps, job.id, 'verification');
    return {
      job,
      poll: (later: number) => pollVerification({ ...deps, clock: () => new Date(at.getTime() + later) }, job.id),
      conclude: async () => {
        await concludeJob(deps, job.id);
        // nothing is left for the end of the test to wait for
        await deps.db.updateTable('assessment').set({ state: 'cancelled', finished_at: at }).where('finished_at', 'is', null).execute();
        return fleet.finished(job.id);
      },
    };
  }

  /** All read whole, and one not at all. */
  async function endAssessments({ deps }: Awaited<ReturnType<typeof startFleet>>, jobId: string, unread: string): Promise<void> {
    const of = deps.db.selectFrom('node').select('id').where('name', '=', unread);
    await deps.db.updateTable('assessment').set({ state: 'succeeded', complete: true, finished_at: deps.clock() }).where('job_id', '=', jobId).execute();
    await deps.db.updateTable('assessment').set({ state: 'failed', complete: false, cause: 'unreachable' }).where('job_id', '=', jobId).where('node_id', 'in', of).execute();
  }

  it('starts later by itself where it could not be started at once', async () => {
    const fleet = await startFleet(assessed, { log: quiet });
    vi.spyOn(DBOS, 'startWorkflow').mockImplementationOnce(() => {
      throw new Error('the database has gone');
    });

    const written = await fleet.start('syspool01', 'reboot', null);
    vi.restoreAllMocks();
    const resuming = startResuming(fleet.deps);
    const job = await fleet.finished(written.id);
    await resuming.stop();

    expect([written.state, job.state]).toEqual(['draft', 'succeeded']);
    expect(await fleet.providerLog('started')).toHaveLength(1);
  });

  it('fails with a reason where its workflow has ended without it', async () => {
    const fleet = await startFleet(assessed);
    // neither the preflight nor the step that would say so comes through
    const broken = new NotFoundError('database', 'it');
    const clock = (): Date => {
      throw broken;
    };
    registerUpgradeJob({ ...fleet.deps, failpoint: () => Promise.reject(broken), clock, log: quiet });
    const { id } = await fleet.start('syspool01', 'reboot', null);
    await expect.poll(async () => (await DBOS.getWorkflowStatus(`upgrade-${id}`))?.status, { timeout: 30_000 }).toBe('ERROR');
    registerUpgradeJob(fleet.deps);

    await resumeUpgradeJobs(fleet.deps, { atStart: false });

    expect((await fleet.finished(id)).failure).toEqual({ code: 'Interrupted', node: null, detail: 'the workflow ended as ERROR' });
  });

  it('is not judged by what the pool was before, where the provider cannot be asked at once', async () => {
    const fleet = await startFleet(assessed);
    const reader = (await fleet.deps.providers.get('sample')?.open())?.reader;
    if (reader === undefined) throw new Error('no provider');
    const discover = vi.spyOn(reader, 'discover').mockRejectedValueOnce(new ProviderBusyError('too many requests', 1000));

    const job = await fleet.finished((await fleet.start('syspool01', 'reboot', null)).id);

    expect([job.state, job.residual.length, job.ledger?.precision]).toEqual(['succeeded', 0, 1]);
    expect(discover).toHaveBeenCalledTimes(2);
  });

  it('does not start where it would make matters worse and nobody has seen that, and one pool takes one job', async () => {
    const fleet = await startFleet(assessed);
    const counts = (await fleet.getFix('userpool01')).candidates.find(({ target }) => target === worse)?.counts;

    const refused = await fleet.finished((await fleet.start('userpool01', 'node-image', worse)).id);
    const acknowledged = await fleet.start('userpool01', 'node-image', worse, true);

    expect(counts?.introduced).toBeGreaterThan(0);
    expect(refused.state).toBe('preflight-failed');
    expect(refused.preflight.filter(({ outcome }) => outcome === 'fail')).toEqual([{ check: 'nothing-introduced', outcome: 'fail', detail: String(counts?.introduced) }]);
    expect(await fleet.providerLog('started')).toEqual([]);
    await expect(fleet.start('userpool01', 'node-image', newest)).rejects.toThrow(ConflictError);
    expect((await fleet.finished(acknowledged.id)).ledger).toMatchObject({ precision: 1, missed: [], actual: { introduced: counts?.introduced } });
    await expect(fleet.handlers.startUpgradeJob({ parameters: { poolId: 'nothing' }, query: undefined, body: { kind: 'reboot', target: null, acknowledged: false } })).rejects.toThrow(NotFoundError);
  });

  const kubelet = 'CVE-2023-2431';
  const stepsOf = (job: UpgradeJob) => job.steps.map(({ kind, target, state }) => [kind, target, state].join(' '));

  it('leaves to Kubernetes what no image can do, and then to nobody', async () => {
    const fleet = await startFleet(assessed);
    const before = await fleet.getFix('stg-tokyo-01/app01');
    expect(before.candidates.find(({ target }) => target === newest)?.remaining.map(({ vulnerability, reason, fixedInKubernetes }) => [vulnerability, reason, fixedInKubernetes])).toEqual([[kubelet, 'kubernetes-needed', '1.26.6']]);
    expect(before.verdicts).toContainEqual({ verdict: 'fixed-by-kubernetes', vulnerabilities: 1 });

    const image = await fleet.finished((await fleet.start('stg-tokyo-01/app01', 'node-image', newest)).id);
    expect([image.state, image.residual.map(({ vulnerability, reason, fixedInKubernetes }) => [vulnerability, reason, fixedInKubernetes])]).toEqual(['succeeded-with-residual', [[kubelet, 'kubernetes-needed', '1.26.6']]]);

    const job = await fleet.finished((await fleet.start('stg-tokyo-01/app01', 'kubernetes', '1.26.6')).id);

    expect([job.state, job.failure, job.residual]).toEqual(['succeeded', null, []]);
    expect(stepsOf(job)).toEqual(['control-plane 1.26.6 succeeded', 'kubernetes 1.26.6 succeeded']);
    expect(job.ledger).toMatchObject({ independent: true, precision: 1, missed: [], actual: { fixed: 1, remaining: 0, introduced: 0 } });
    const told = job.events.map(({ code, detail }) => (code.startsWith('step') ? `${code} ${detail}` : code));
    expect(told.filter((code) => code.startsWith('step'))).toEqual(['step-started control-plane 1.26.6', 'step-finished control-plane 1.26.6', 'step-started kubernetes 1.26.6', 'step-finished kubernetes 1.26.6']);
    expect(told.filter((code) => code === 'operation-started' || code === 'operation-finished')).toEqual(['operation-started', 'operation-finished']);
    expect(await fleet.findingStates('stg-tokyo-01/app01')).not.toContain('open');
    expect((await fleet.getFix('stg-tokyo-01/app01')).controlPlaneVersion).toBe('1.26.6');
  });

  it('puts the image first where the image alone would not do', async () => {
    const fleet = await startFleet(assessed);
    const candidate = (await fleet.getFix('stg-tokyo-01/app01')).candidates.find(({ target }) => target === '1.26.6');

    const job = await fleet.finished((await fleet.start('stg-tokyo-01/app01', 'kubernetes', '1.26.6')).id);

    expect(candidate?.steps.map(({ kind }) => kind)).toEqual(['node-image', 'control-plane', 'kubernetes']);
    expect(stepsOf(job)).toEqual([`node-image ${newest} succeeded`, 'control-plane 1.26.6 succeeded', 'kubernetes 1.26.6 succeeded']);
    expect([job.state, job.residual, job.predicted]).toEqual(['succeeded', [], candidate?.counts]);
  });

  it('fails in the step that failed, and goes on there when it is run again: a control plane moves once', async () => {
    const fleet = await startFleet(assessed);
    const node = (await fleet.deps.db.selectFrom('node').select('name').where('pool_id', '=', fleet.poolId('stg-tokyo-01/sysnp01')).orderBy('name').execute())[1]?.name;
    const controlPlaneMoves = async () => (await fleet.providerLog('started')).filter((line) => !line.includes('"pool"')).length;

    await fleet.write('fail.json', { cluster: 'stg-tokyo-01', code: 'ControlPlaneNotReady' });
    const first = await fleet.finished((await fleet.start('stg-tokyo-01/sysnp01', 'kubernetes', '1.26.6')).id);
    expect([first.state, first.failure?.code, stepsOf(first)]).toEqual(['failed', 'ControlPlaneNotReady', ['control-plane 1.26.6 failed', 'kubernetes 1.26.6 waiting']]);
    expect(first.failure?.detail).toMatch(/^control-plane 1\.26\.6: /);

    await fleet.write('fail.json', { cluster: 'stg-tokyo-01', pool: 'sysnp01', node, phase: 'drain', code: 'DrainTimeout' });
    const second = await fleet.finished((await fleet.retry(first.id)).id);
    expect([second.failure?.code, second.failure?.node, stepsOf(second)]).toEqual(['DrainTimeout', node, ['control-plane 1.26.6 succeeded', 'kubernetes 1.26.6 failed']]);
    const moves = await controlPlaneMoves();

    const third = await fleet.finished((await fleet.retry(second.id)).id);

    expect([third.state, third.residual, stepsOf(third)]).toEqual(['succeeded', [], ['kubernetes 1.26.6 succeeded']]);
    expect(await controlPlaneMoves()).toBe(moves);
    expect(await fleet.findingStates('stg-tokyo-01/sysnp01')).not.toContain('open');
  });

  it('lets one job of a cluster at a time move its control plane', async () => {
    const fleet = await startFleet(assessed);
    await fleet.getFix('stg-tokyo-01/sysnp01');
    const other = { id: 'other', poolId: fleet.poolId('stg-tokyo-01/app01'), kind: 'kubernetes', fromImage: 'image', target: '1.26.6', acknowledged: false, retryOf: null, at: fleet.deps.clock() } as const;
    await insertJob(fleet.deps.db, other);
    const steps = newSteps([{ kind: 'control-plane', target: '1.26.6' }, { kind: 'kubernetes', target: '1.26.6' }]);
    await recordPreflight(fleet.deps.db, other.id, true, { checks: [], predicted: null, rows: null, steps, image: null, at: other.at });

    const refused = await fleet.finished((await fleet.start('stg-tokyo-01/sysnp01', 'kubernetes', '1.26.6')).id);
    await changeStep(fleet.deps.db, other.id, 0, { state: 'succeeded' });
    const second = await fleet.finished((await fleet.start('stg-tokyo-01/sysnp01', 'kubernetes', '1.26.6')).id);

    expect([refused.state, refused.preflight.filter(({ outcome }) => outcome === 'fail')]).toEqual(['preflight-failed', [{ check: 'cluster-idle', outcome: 'fail', detail: 'app01' }]]);
    expect(second.state).toBe('succeeded');
  });

  it('does not count as proof what rests on the list that made the forecast', async () => {
    const fleet = await startFleet(assessed);
    await fleet.getFix('ml-eastus-01/gpua100');

    const job = await fleet.finished((await fleet.start('ml-eastus-01/gpua100', 'node-image', newest, true)).id);

    expect(job.failure).toBeNull();
    expect(job.ledger).toMatchObject({ independent: false, precision: null });
    expect(job.ledger?.actual.fixed).toBeGreaterThan(0);
  });
});
