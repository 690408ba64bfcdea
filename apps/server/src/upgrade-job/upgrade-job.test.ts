import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { upgradeJob, type UpgradeJob } from '@nodeward/api';
import { openProvider, type Provider } from '@nodeward/providers';
import { describe, expect, it } from 'vitest';
import { syncConnection } from '../connection/sync-connection.ts';
import { engines, temporaryDirectory } from '../database/proof/engines.ts';
import { assessmentsFinished, databaseForTest, dependenciesForTest, launchWorkflows } from '../dependencies-for-tests.ts';
import { createForecasts } from '../forecast/forecasts.ts';
import { forecastHandlers } from '../forecast/routes.ts';
import { ConflictError, NotFoundError } from '../http/errors.ts';
import { ledgerHandlers } from '../ledger/routes.ts';
import { upgradeJobHandlers } from './routes.ts';
import { isActive } from './store.ts';
import type { UpgradeDependencies } from './upgrade-dependencies.ts';
import { registerUpgradeJob } from './workflow.ts';

const newest = 'AKSUbuntu-2204gen2containerd-202402.26.0';
const worse = 'AKSUbuntu-2204gen2containerd-202310.09.0';
const none = { query: undefined, body: undefined };

/** The sample fleet, assessed, with the routes of this slice over it. */
async function startFleet(engine: (typeof engines)[number]) {
  const database = await databaseForTest(engine);
  const stateFolder = await temporaryDirectory();
  let provider: Promise<Provider> | undefined;
  const open = () => (provider ??= openProvider('sample', { stateFolder, now: Date.now, nodeMilliseconds: 100 }));
  const base = await dependenciesForTest(database, [{ id: 'sample', kind: 'sample', name: 'Sample fleet', open }]);
  const forecasts = createForecasts(base);
  const deps: UpgradeDependencies = { ...base, forecasts, poolForecasts: forecasts, idempotencyKey: (jobId) => jobId };
  registerUpgradeJob(deps);
  await launchWorkflows(database, deps);
  await syncConnection(deps, 'sample');
  await assessmentsFinished(deps);
  const handlers = { ...forecastHandlers(deps, forecasts), ...ledgerHandlers(deps), ...upgradeJobHandlers(deps) };
  const rows = await deps.db.selectFrom('node_pool').select(['id', 'name']).execute();
  const poolId = (name: string): string => rows.find((row) => row.name === name)?.id ?? '';
  const getJob = async (jobId: string): Promise<UpgradeJob> => upgradeJob.parse(await handlers.getUpgradeJob({ parameters: { jobId }, ...none }));
  const finished = async (jobId: string): Promise<UpgradeJob> => {
    await expect.poll(async () => isActive((await getJob(jobId)).state), { timeout: 60_000, interval: 100 }).toBe(false);
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
    start: (pool: string, kind: 'node-image' | 'reboot', target: string | null, acknowledged = false) =>
      handlers.startUpgradeJob({ parameters: { poolId: poolId(pool) }, query: undefined, body: { kind, target, acknowledged } }),
    retry: (jobId: string) => handlers.retryUpgradeJob({ parameters: { jobId }, ...none }),
    findingStates: async (pool: string) => {
      const states = await deps.db.selectFrom('finding').select('state').distinct().where('pool_id', '=', poolId(pool)).execute();
      return states.map(({ state }) => state).toSorted();
    },
    providerLog: async (what: string) => (await readFile(join(stateFolder, 'operations.log'), 'utf8').catch(() => '')).split('\n').filter((line) => line.includes(`"what":"${what}"`)),
  };
}

const first = engines.slice(0, 1);

describe.each(first)('an upgrade job on $name', { timeout: 90_000 }, (engine) => {
  it('moves the pool, proves it by new assessments, and enters the ledger as foretold', async () => {
    const fleet = await startFleet(engine);
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
    const fleet = await startFleet(engine);
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
    const fleet = await startFleet(engine);
    expect(await fleet.findingStates('syspool01')).toEqual(['no-fix', 'reboot-required']);
    expect((await fleet.getFix('syspool01')).verdicts).toContainEqual({ verdict: 'fixed-by-reboot', vulnerabilities: 7 });

    const job = await fleet.finished((await fleet.start('syspool01', 'reboot', null)).id);

    expect([job.state, job.ledger?.precision]).toEqual(['succeeded', 1]);
    expect(await fleet.findingStates('syspool01')).toEqual(['no-fix', 'resolved']);
  });

  it('fails with the reason and the node, opens the findings again, and goes on where it stopped when it is run again', async () => {
    const fleet = await startFleet(engine);
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
    const fleet = await startFleet(engine);
    await fleet.getFix('userpool01');
    const blank = join(fleet.stateFolder, 'blank.img');
    await writeFile(blank, Buffer.alloc(1024 * 1024));
    await fleet.write('image-overrides.json', { [newest]: blank });

    const job = await fleet.finished((await fleet.start('userpool01', 'node-image', newest)).id);

    expect([job.state, job.failure?.code, job.ledger]).toEqual(['failed', 'VerificationIncomplete', null]);
    expect(job.failure?.detail).toMatch(/^aks-userpool01\S+: \w+/);
    expect(await fleet.findingStates('userpool01')).toEqual(['no-fix', 'open']);
  });

  it('does not start where it would make matters worse and nobody has seen that, and one pool takes one job', async () => {
    const fleet = await startFleet(engine);
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
});
