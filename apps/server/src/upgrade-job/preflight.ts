import type { PreflightCheck } from '@nodeward/api';
import type { ForecastCounts } from '@nodeward/engine';
import type { JobRow } from './store.ts';
import { isHalfWay, type JobPlan } from './plan-job.ts';
import type { PoolContext } from './pool-context.ts';

export interface PreflightInput {
  readonly job: Pick<JobRow, 'kind' | 'target' | 'acknowledged'>;
  readonly pool: PoolContext;
  /** Whether the connection may change anything at all. */
  readonly hasWriter: boolean;
  readonly otherActiveJobs: number;
  readonly plan: Pick<JobPlan, 'steps' | 'refusal'>;
  /** Pools of the same cluster whose job has still to move the control plane. */
  readonly controlPlaneJobs: readonly string[];
  /** Undefined where nothing can be told about the target. */
  readonly predicted: ForecastCounts | undefined;
}

/** Every check with its outcome, in the order in which they are shown. */
export function checkPreflight(input: PreflightInput): readonly PreflightCheck[] {
  return [
    passes('writer-available', input.hasWriter && input.pool.operations.includes(input.job.kind)),
    passes('no-active-job', input.otherActiveJobs === 0),
    passes('target-known', isTargetKnown(input), input.job.target ?? undefined),
    passes('target-differs', doesTargetDiffer(input), input.job.target ?? undefined),
    ...checkPlan(input),
    checkNodes(input.pool),
    { check: 'forecast-known', outcome: input.predicted === undefined ? 'warn' : 'pass' },
    ...checkForecast(input),
  ];
}

export function hasPassed(checks: readonly PreflightCheck[]): boolean {
  return checks.every(({ outcome }) => outcome !== 'fail');
}

function isTargetKnown({ job, pool }: PreflightInput): boolean {
  if (job.kind === 'reboot') return job.target === null;
  if (isHalfWay(job, pool)) return true;
  const offered = job.kind === 'kubernetes' ? pool.kubernetesUpgrades.map(({ version }) => version) : [pool.image, ...pool.newerImages];
  return job.target !== null && offered.includes(job.target);
}

/** The pool's own image is a target as long as a node still runs another one: an upgrade that stopped half way. */
function doesTargetDiffer({ job, pool }: PreflightInput): boolean {
  if (job.kind === 'reboot' || isHalfWay(job, pool)) return true;
  return job.target !== (job.kind === 'kubernetes' ? pool.kubernetesVersion : pool.image);
}

/** Of a Kubernetes upgrade only: the other kinds leave the control plane and every version where they are. */
function checkPlan({ job, plan: { steps, refusal }, controlPlaneJobs }: PreflightInput): readonly PreflightCheck[] {
  if (job.kind !== 'kubernetes') return [];
  const isSkew = refusal?.code === 'version-skew';
  const needsControlPlane = steps.some(({ kind }) => kind === 'control-plane');
  return [
    passes('plan-possible', refusal === null || isSkew, refusal === null ? undefined : `${refusal.code}: ${refusal.detail}`),
    passes('version-skew', !isSkew, refusal?.detail),
    passes('cluster-idle', !needsControlPlane || controlPlaneJobs.length === 0, controlPlaneJobs.join(', ')),
  ];
}

function checkNodes({ nodes }: PoolContext): PreflightCheck {
  const notAssessed = nodes.filter(({ assessed }) => !assessed).map(({ name }) => name);
  if (notAssessed.length === 0) return { check: 'nodes-assessed', outcome: 'pass' };
  return { check: 'nodes-assessed', outcome: 'warn', detail: notAssessed.join(', ') };
}

/** What makes matters worse, or does nothing, is done only when a person has seen that. */
function checkForecast({ job, predicted }: PreflightInput): readonly PreflightCheck[] {
  if (predicted === undefined) return [];
  const seen = job.acknowledged ? 'warn' : 'fail';
  return [
    { check: 'fixes-something', outcome: predicted.fixed > 0 ? 'pass' : seen },
    predicted.introduced === 0 ? { check: 'nothing-introduced', outcome: 'pass' } : { check: 'nothing-introduced', outcome: seen, detail: String(predicted.introduced) },
  ];
}

function passes(check: PreflightCheck['check'], good: boolean, detail?: string): PreflightCheck {
  return { check, outcome: good ? 'pass' : 'fail', ...(detail === undefined || good ? {} : { detail }) };
}
