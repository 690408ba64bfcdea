import { inTransaction } from '../database/in-transaction.ts';
import { markRemediating } from '../finding/remediation.ts';
import { syncConnection } from '../connection/sync-connection.ts';
import { predictedRows } from '../forecast/forecasts.ts';
import type { PoolForecast } from '../forecast/make-forecast.ts';
import { tellOfJob } from '../notification/job-facts.ts';
import { connectionWriter } from './operation.ts';
import { type PoolContext, poolContext } from './pool-context.ts';
import { newSteps } from './job-steps.ts';
import { planJob } from './plan-job.ts';
import { checkPreflight, hasPassed } from './preflight.ts';
import { publishJob } from './publish-job.ts';
import { addEvents, countOtherActiveJobs, getJob, type JobRow, lockCluster, otherControlPlaneJobs, recordNodes, recordPreflight, setState } from './store.ts';
import type { UpgradeDependencies } from './upgrade-dependencies.ts';

/** How many steps the plan has; none where it must not start. A repeated call answers as the first one did. */
export async function runPreflight(deps: UpgradeDependencies, jobId: string): Promise<number> {
  await deps.failpoint('upgrade:before-preflight');
  const job = await getJob(deps.db, jobId);
  if (job.state !== 'draft' && job.state !== 'preflight') return job.state === 'preflight-failed' ? 0 : job.steps.length;
  await setState(deps.db, jobId, 'preflight');
  publishJob(deps, job, 'preflight');
  // the plan must rest on the versions of now: a step that another job has done is not planned again
  if (job.kind === 'kubernetes') await syncConnection(deps, (await poolContext(deps.db, job.pool_id)).connectionId, { assess: false });
  const pool = await poolContext(deps.db, job.pool_id);
  const hasWriter = (await connectionWriter(deps, pool.connectionId)) !== undefined;
  const forecast = await deps.poolForecasts.forPool(job.pool_id);
  const steps = await record(deps, job, pool, hasWriter, forecast);
  publishJob(deps, job, steps > 0 ? 'running' : 'preflight-failed');
  await deps.failpoint('upgrade:after-preflight');
  return steps;
}

async function record(deps: UpgradeDependencies, job: JobRow, pool: PoolContext, hasWriter: boolean, forecast: PoolForecast): Promise<number> {
  const candidate = forecast.candidates.find(({ kind, target }) => kind === job.kind && target === job.target);
  const predicted = candidate?.forecast ?? undefined;
  const rows = candidate?.forecast == null ? null : predictedRows(forecast.before, candidate.forecast);
  const plan = planJob(job, pool, candidate);
  const at = deps.clock();
  return inTransaction(deps.db, async (db) => {
    await lockCluster(db, pool);
    const controlPlaneJobs = await otherControlPlaneJobs(db, job.id, pool.clusterId);
    const otherActiveJobs = await countOtherActiveJobs(db, job);
    const checks = checkPreflight({ job, pool, hasWriter, otherActiveJobs, plan, controlPlaneJobs, predicted: predicted?.counts });
    const passed = hasPassed(checks);
    await recordPreflight(db, job.id, passed, { checks, predicted: predicted?.counts ?? null, rows, steps: passed ? newSteps(plan.steps) : [], image: plan.image, at });
    await recordNodes(db, job.id, pool.nodes.map(({ name }) => ({ node: name, phase: 'waiting', startedAt: null, finishedAt: null })));
    await addEvents(db, job.id, [{ code: passed ? 'preflight-passed' : 'preflight-failed', at }]);
    if (passed) await markRemediating(db, job.pool_id, job.id, at, rows?.fixed ?? []);
    else await tellOfJob(db, job.id, at);
    return passed ? plan.steps.length : 0;
  });
}

