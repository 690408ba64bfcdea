import { inTransaction } from '../database/in-transaction.ts';
import type { PredictedRows, RowKey } from '../database/schema.ts';
import { markRemediating } from '../finding/remediation.ts';
import type { CandidateForecast, PoolForecast } from '../forecast/forecasts.ts';
import { connectionWriter } from './operation.ts';
import { type PoolContext, poolContext } from './pool-context.ts';
import { checkPreflight, hasPassed } from './preflight.ts';
import { publishJob } from './publish-job.ts';
import { addEvents, countOtherActiveJobs, getJob, type JobRow, recordNodes, recordPreflight, setState } from './store.ts';
import type { UpgradeDependencies } from './upgrade-dependencies.ts';

/** True where the operation may start. A repeated step answers as the first one did. */
export async function runPreflight(deps: UpgradeDependencies, jobId: string): Promise<boolean> {
  await deps.failpoint('upgrade:before-preflight');
  const job = await getJob(deps.db, jobId);
  if (job.state !== 'draft' && job.state !== 'preflight') return job.state !== 'preflight-failed';
  await setState(deps.db, jobId, 'preflight');
  publishJob(deps, job, 'preflight');
  const pool = await poolContext(deps.db, job.pool_id);
  const hasWriter = (await connectionWriter(deps, pool.connectionId)) !== undefined;
  const forecast = await deps.poolForecasts.forPool(job.pool_id);
  const passed = await record(deps, job, pool, hasWriter, forecast);
  publishJob(deps, job, passed ? 'running' : 'preflight-failed');
  await deps.failpoint('upgrade:after-preflight');
  return passed;
}

async function record(deps: UpgradeDependencies, job: JobRow, pool: PoolContext, hasWriter: boolean, forecast: PoolForecast): Promise<boolean> {
  const candidate = forecast.candidates.find(({ kind, target }) => kind === job.kind && target === job.target);
  const predicted = candidate?.forecast ?? undefined;
  const rows = candidate === undefined ? null : predictedRows(forecast, candidate);
  const at = deps.clock();
  return inTransaction(deps.db, async (db) => {
    const otherActiveJobs = await countOtherActiveJobs(db, job);
    const checks = checkPreflight({ job, pool, hasWriter, otherActiveJobs, predicted: predicted?.counts });
    const passed = hasPassed(checks);
    await recordPreflight(db, job.id, passed, { checks, predicted: predicted?.counts ?? null, rows, at });
    await recordNodes(db, job.id, pool.nodes.map(({ name }) => ({ node: name, phase: 'waiting', startedAt: null, finishedAt: null })));
    await addEvents(db, job.id, [{ code: passed ? 'preflight-passed' : 'preflight-failed', at }]);
    if (passed) await markRemediating(db, job.pool_id, job.id, at, rows?.fixed ?? []);
    return passed;
  });
}

function predictedRows({ before }: PoolForecast, { forecast }: CandidateForecast): PredictedRows | null {
  if (forecast === null) return null;
  const keys = (rows: readonly RowKey[]): readonly RowKey[] => rows.map(({ packageFamily, vulnerability }) => ({ packageFamily, vulnerability }));
  return { before, fixed: keys(forecast.fixed), remaining: keys(forecast.remaining), introduced: keys(forecast.introduced) };
}
