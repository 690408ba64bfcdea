import { DBOS } from '@dbos-inc/dbos-sdk';
import { DomainError } from '@nodeward/engine';
import { ProviderBusyError } from '@nodeward/providers';
import { startQueued } from '../assessment/start-assessments.ts';
import { ConnectionLostError } from '../database/database-errors.ts';
import type { JobFailure } from '../database/schema.ts';
import { concludeJob, failJob, verificationIncomplete } from './end-job.ts';
import { pollStep, type PollResult, startStep } from './operation.ts';
import { stepName, stepOf } from './job-steps.ts';
import { runPreflight } from './run-preflight.ts';
import { activeJobIds, getJob, isActive } from './store.ts';
import type { UpgradeDependencies } from './upgrade-dependencies.ts';
import { beginVerification, pollVerification, queueNodes, rediscover } from './verification.ts';

/** A database or a provider that does not answer for a while ends no job. */
const patience = { retriesAllowed: true, maxAttempts: 6, intervalSeconds: 1, backoffRate: 2, shouldRetry: isPassing };

/** What was foreseen will be the same the next time; a lost database connection will not. */
function isPassing(error: unknown): boolean {
  return !(error instanceof DomainError) || error instanceof ProviderBusyError || error instanceof ConnectionLostError;
}
const maxBusyAnswers = 60;
/** Some ten minutes. */
const maxDiscoveries = 70;

/** Recovered workflows run as soon as DBOS is launched, so what they need is handed over before. */
let dependencies: UpgradeDependencies | undefined;

function given(): UpgradeDependencies {
  if (dependencies === undefined) throw new Error('the upgrade workflow has been started before it was given its dependencies');
  return dependencies;
}

const upgradeWorkflow = DBOS.registerWorkflow((jobId: string) => runUpgradeJob(given(), jobId), { name: 'run-upgrade-job', maxRecoveryAttempts: 100 });

/** Before `DBOS.launch`. */
export function registerUpgradeJob(deps: UpgradeDependencies): void {
  dependencies = deps;
}

/** After `DBOS.launch`. A job that has been started is not started again. */
export async function startUpgradeJob(jobId: string): Promise<void> {
  await DBOS.startWorkflow(upgradeWorkflow, { workflowID: workflowId(jobId) })(jobId);
}

/**
 * Starts what was written down and not yet started; DBOS itself goes on with the rest. A job whose workflow has ended without
 * it is over, and says so. `atStart`: so is one that was begun by another version of this server, with which nobody goes on;
 * later another server may be at work on it.
 */
export async function resumeUpgradeJobs(deps: UpgradeDependencies, { atStart }: { readonly atStart: boolean }): Promise<void> {
  for (const jobId of await activeJobIds(deps.db)) {
    const workflow = await DBOS.getWorkflowStatus(workflowId(jobId));
    if (workflow === null) await startUpgradeJob(jobId);
    else if (!['PENDING', 'ENQUEUED', 'DELAYED'].includes(workflow.status)) await failLeftJob(deps, jobId, `the workflow ended as ${workflow.status}`);
    else if (atStart && workflow.applicationVersion !== DBOS.applicationVersion) await failLeftJob(deps, jobId, 'begun by another version of this server');
  }
}

/** Not one that has ended since it was listed. */
async function failLeftJob(deps: UpgradeDependencies, jobId: string, detail: string): Promise<void> {
  if (isActive((await getJob(deps.db, jobId)).state)) await failJob(deps, jobId, { code: 'Interrupted', node: null, detail });
}

function workflowId(jobId: string): string {
  return `upgrade-${jobId}`;
}

/** Every line that touches anything is a step: after a crash the finished ones are not run again. */
async function runUpgradeJob(deps: UpgradeDependencies, jobId: string): Promise<void> {
  try {
    const steps = await step('preflight', () => runPreflight(deps, jobId));
    if (steps === 0) return;
    for (let index = 0; index < steps; index += 1) {
      const failure = await carryOut(deps, jobId, index);
      if (failure !== undefined) {
        await giveUp(deps, jobId, index, failure);
        return;
      }
    }
    await verify(deps, jobId);
  } catch (error) {
    // the server is stopping: the job goes on with the next start
    if (!DBOS.isInitialized()) throw error;
    deps.log.error({ error, jobId }, 'upgrade job failed');
    const detail = error instanceof Error ? error.message : String(error);
    await step('fail', () => failJob(deps, jobId, { code: 'Internal', node: null, detail }));
  }
}

async function carryOut(deps: UpgradeDependencies, jobId: string, index: number): Promise<JobFailure | undefined> {
  for (let busy = 0; ; busy += 1) {
    const started = await step('start', () => startStep(deps, jobId, index));
    if (started.kind === 'done') return undefined;
    if (started.kind === 'refused') return started.failure;
    if (started.kind === 'started') break;
    if (busy === maxBusyAnswers) return { code: 'ProviderBusy', node: null, detail: 'the provider stayed busy' };
    await DBOS.sleep(started.retryAfterMs);
  }
  const end = await untilEnded(deps, jobId, index);
  return end.kind === 'failed' ? end.failure : undefined;
}

async function untilEnded(deps: UpgradeDependencies, jobId: string, index: number): Promise<PollResult> {
  for (let polls = 0; ; polls += 1) {
    const result = await step('poll', () => pollStep(deps, jobId, index));
    if (result.kind !== 'running') return result;
    // an hour of a real pool would be thousands of checkpoints
    await DBOS.sleep(polls < 120 ? 1000 : 10_000);
  }
}

async function verify(deps: UpgradeDependencies, jobId: string): Promise<void> {
  await step('begin-verification', () => beginVerification(deps, jobId));
  if (!(await isRediscovered(deps, jobId))) {
    const detail = 'the operation has ended, and what the pool looks like now could not be learnt: its connection could not be discovered';
    await step('fail', () => failJob(deps, jobId, { code: verificationIncomplete, node: null, detail }));
    return;
  }
  await startQueued(await step('queue', () => queueNodes(deps, jobId, 'verification')));
  for (let polls = 0; !(await step('poll-verification', () => pollVerification(deps, jobId))); polls += 1) await DBOS.sleep(polls < 240 ? 500 : 10_000);
  await step('conclude', () => concludeJob(deps, jobId));
}

/** An environment that does not answer for some minutes takes no proof from a job. */
async function isRediscovered(deps: UpgradeDependencies, jobId: string): Promise<boolean> {
  for (let attempt = 1; !(await step('rediscover', () => rediscover(deps, jobId))); attempt += 1) {
    if (attempt === maxDiscoveries) return false;
    await DBOS.sleep(attempt < 10 ? 1000 : 10_000);
  }
  return true;
}

/** Some nodes may have been changed before the operation failed: they are read again. */
async function giveUp(deps: UpgradeDependencies, jobId: string, index: number, failure: JobFailure): Promise<void> {
  await step('fail', async () => failJob(deps, jobId, await namingStep(deps, jobId, index, failure), index));
  await step('rediscover', () => rediscover(deps, jobId));
  await startQueued(await step('queue', () => queueNodes(deps, jobId, 'changed')));
}

/** In a plan of several steps the reason alone would not say which of them it stopped. */
async function namingStep(deps: UpgradeDependencies, jobId: string, index: number, failure: JobFailure): Promise<JobFailure> {
  const { steps } = await getJob(deps.db, jobId);
  return steps.length > 1 ? { ...failure, detail: `${stepName(await stepOf(deps.db, jobId, index))}: ${failure.detail}` } : failure;
}

async function step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  return DBOS.runStep(work, { name, ...patience });
}
