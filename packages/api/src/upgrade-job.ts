import * as z from 'zod';
import { forecastRow, planStep } from './forecast.ts';
import { count, identifier, instant, jobState, nodePhase, operationKind } from './vocabulary.ts';

export const preflightCheck = z.object({
  check: z.enum(['writer-available', 'no-active-job', 'target-known', 'target-differs', 'nodes-assessed', 'forecast-known', 'fixes-something', 'nothing-introduced', 'plan-possible', 'version-skew', 'cluster-idle']),
  outcome: z.enum(['pass', 'warn', 'fail']),
  detail: z.string().optional(),
});
export type PreflightCheck = z.infer<typeof preflightCheck>;

export const ledgerRow = z.object({
  jobId: identifier,
  finishedAt: instant,
  kind: operationKind,
  target: z.string().nullable(),
  state: jobState,
  /** False where the result rests on the same evidence as the forecast (a published list): left out of precision. */
  independent: z.boolean(),
  /** True where somebody else changed the pool and an assessment noticed it; then `jobId` names no job. */
  observed: z.boolean().optional(),
  predicted: z.object({ fixed: count, remaining: count, introduced: count }),
  actual: z.object({ fixed: count, remaining: count, introduced: count }),
  /** CVEs where forecast and result differ. */
  missed: z.array(z.object({ vulnerability: z.string(), packageFamily: z.string(), predicted: z.enum(['fixed', 'remaining', 'introduced', 'absent']), actual: z.enum(['fixed', 'remaining', 'introduced', 'absent']) })),
  /** Predicted fixed and really fixed ÷ predicted fixed, in CVEs; null where nothing was predicted. */
  precision: z.number().min(0).max(1).nullable(),
});
export type LedgerRow = z.infer<typeof ledgerRow>;

export const jobEvent = z.object({
  at: instant,
  code: z.enum(['created', 'preflight-passed', 'preflight-failed', 'operation-started', 'node-phase', 'operation-finished', 'operation-failed', 'verification-started', 'node-verified', 'node-gone', 'verification-incomplete', 'finished', 'cancelled', 'retried', 'step-started', 'step-finished']),
  node: z.string().nullable(),
  detail: z.string().nullable(),
});
export type JobEvent = z.infer<typeof jobEvent>;

export const upgradeJob = z.object({
  id: identifier,
  poolId: identifier,
  pool: z.string(),
  cluster: z.string(),
  kind: operationKind,
  fromImage: z.string(),
  target: z.string().nullable(),
  state: jobState,
  createdAt: instant,
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  /** Of the plan, in order. */
  steps: z.array(planStep.extend({ state: z.enum(['waiting', 'running', 'succeeded', 'failed']), startedAt: instant.nullable(), finishedAt: instant.nullable() })),
  preflight: z.array(preflightCheck),
  nodes: z.array(z.object({ nodeId: identifier.nullable(), node: z.string(), phase: nodePhase, startedAt: instant.nullable(), finishedAt: instant.nullable() })),
  failure: z.object({ code: z.string(), node: z.string().nullable(), detail: z.string() }).nullable(),
  predicted: z.object({ now: count, after: count, fixed: count, remaining: count, introduced: count, undetermined: count }).nullable(),
  /** Open rows with a published fix that are left after the verifying assessment. */
  residual: z.array(forecastRow),
  ledger: ledgerRow.nullable(),
  events: z.array(jobEvent),
});
export type UpgradeJob = z.infer<typeof upgradeJob>;

export const upgradeJobSummary = upgradeJob.omit({ nodes: true, preflight: true, residual: true, events: true }).extend({ nodesDone: count, nodesTotal: count });
export type UpgradeJobSummary = z.infer<typeof upgradeJobSummary>;

export const upgradeJobRequest = z.object({
  kind: operationKind,
  target: z.string().min(1).max(300).nullable(),
  /** The user saw "introduces" or "fixes nothing" and goes on. */
  acknowledged: z.boolean().default(false),
});
