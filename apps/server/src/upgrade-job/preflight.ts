import type { PreflightCheck } from '@nodeward/api';
import type { ForecastCounts } from '@nodeward/engine';
import type { JobRow } from './store.ts';
import type { PoolContext } from './pool-context.ts';

export interface PreflightInput {
  readonly job: Pick<JobRow, 'kind' | 'target' | 'acknowledged'>;
  readonly pool: PoolContext;
  /** Whether the connection may change anything at all. */
  readonly hasWriter: boolean;
  readonly otherActiveJobs: number;
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
  return job.target !== null && (job.kind === 'kubernetes' || job.target === pool.image || pool.newerImages.includes(job.target));
}

/** The pool's own image is a target as long as a node still runs another one: an upgrade that stopped half way. */
function doesTargetDiffer({ job, pool }: PreflightInput): boolean {
  if (job.kind !== 'node-image') return true;
  return job.target !== pool.image || pool.nodes.some(({ image }) => image !== job.target);
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
