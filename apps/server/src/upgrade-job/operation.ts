import { InvalidConfigurationError, type ClusterWriter, type OperationRequest, type OperationStatus, ProviderBusyError, ProviderConflictError, ProviderDeniedError } from '@nodeward/providers';
import { bareVersion } from '../assessment/image-targets.ts';
import type { Dependencies } from '../dependencies.ts';
import type { JobFailure, JobStep } from '../database/schema.ts';
import { inTransaction } from '../database/in-transaction.ts';
import { changeStep, stepName, stepOf } from './job-steps.ts';
import { type PoolContext, poolContext } from './pool-context.ts';
import { publishJob } from './publish-job.ts';
import { addEvents, getJob, type JobRow, type NewEvent, type NodeProgress, recordNodes, resetNodes } from './store.ts';
import type { UpgradeDependencies } from './upgrade-dependencies.ts';

/** How long the provider may take for one answer. */
const callTimeoutMs = 60_000;

export type StartResult =
  | { readonly kind: 'started' }
  /** Nothing is left to do in this step. */
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly failure: JobFailure }
  | { readonly kind: 'busy'; readonly retryAfterMs: number };

export type PollResult = { readonly kind: 'running' } | { readonly kind: 'succeeded' } | { readonly kind: 'failed'; readonly failure: JobFailure };

/** Undefined where the connection may only read. */
export async function connectionWriter(deps: Pick<Dependencies, 'providers'>, connectionId: string): Promise<ClusterWriter | undefined> {
  return (await deps.providers.get(connectionId)?.open())?.writer;
}

/** Where a crash test ends the process: each point once for the pool's steps and once for the control plane's. */
function pointOf({ kind }: JobStep, name: string): string {
  return kind === 'control-plane' ? `upgrade:control-plane:${name}` : `upgrade:${name}`;
}

/** The outward effect of one step. A repeated call carries the same key and starts nothing twice. */
export async function startStep(deps: UpgradeDependencies, jobId: string, index: number): Promise<StartResult> {
  const job = await getJob(deps.db, jobId);
  const step = await stepOf(deps.db, jobId, index);
  if (step.state === 'succeeded') return { kind: 'done' };
  const pool = await poolContext(deps.db, job.pool_id);
  if (step.state === 'waiting' && hasMoved(step, pool)) {
    await finishStep(deps, job, index, step);
    return { kind: 'done' };
  }
  const writer = await connectionWriter(deps, pool.connectionId);
  if (writer === undefined) return { kind: 'refused', failure: { code: 'NoWriter', node: null, detail: 'the connection may only read' } };
  await deps.failpoint(pointOf(step, 'before-start'));
  if (step.state === 'waiting') await beginStep(deps, jobId, index, step);
  try {
    const { id } = await writer.start(requestOf(deps, job, index, step, pool), AbortSignal.timeout(callTimeoutMs));
    await deps.failpoint(pointOf(step, 'after-start'));
    await changeStep(deps.db, jobId, index, { operationId: id });
  } catch (error) {
    return refusalOf(error);
  }
  await addEvents(deps.db, jobId, startEvents(job, index, step, deps.clock()));
  publishJob(deps, job, job.state);
  return { kind: 'started' };
}

/** From here on the step is this job's own, whatever the environment looks like meanwhile. */
async function beginStep(deps: UpgradeDependencies, jobId: string, index: number, { kind }: JobStep): Promise<void> {
  await inTransaction(deps.db, async (db) => {
    if (kind !== 'control-plane') await resetNodes(db, jobId);
    await changeStep(db, jobId, index, { state: 'running', startedAt: deps.clock().toISOString() });
  });
}

/** A control plane never goes back, and is not moved twice: another job, or a person, may have been there. */
function hasMoved({ kind, target }: JobStep, { controlPlaneVersion }: PoolContext): boolean {
  if (kind !== 'control-plane' || controlPlaneVersion === null || target === null) return false;
  const [now, wanted] = [controlPlaneVersion, target].map((version) => bareVersion(version).split('.').map(Number));
  const difference = (wanted ?? []).map((part, at) => (now?.[at] ?? 0) - part).find((part) => part !== 0) ?? 0;
  return difference >= 0;
}

function requestOf(deps: UpgradeDependencies, job: JobRow, index: number, { kind, target }: JobStep, pool: PoolContext): OperationRequest {
  return {
    idempotencyKey: deps.idempotencyKey(job.id, index),
    kind,
    cluster: pool.cluster,
    ...(kind === 'control-plane' ? {} : { pool: pool.pool }),
    ...(target === null ? {} : { target }),
  };
}

/** A plan of one step is the operation itself and has no steps of its own to tell of. */
function startEvents(job: JobRow, index: number, step: JobStep, at: Date): readonly NewEvent[] {
  return [{ code: 'operation-started', at }, ...(job.steps.length > 1 ? [{ code: 'step-started', at, step: index, detail: stepName(step) } as const] : [])];
}

function refusalOf(error: unknown): StartResult {
  if (error instanceof ProviderBusyError) return { kind: 'busy', retryAfterMs: error.retryAfter };
  if (error instanceof ProviderConflictError || error instanceof ProviderDeniedError || error instanceof InvalidConfigurationError) {
    return { kind: 'refused', failure: { code: error.code, node: null, detail: error.message } };
  }
  throw error;
}

/** Reads how far the step's operation is, and writes down every node's phase once. */
export async function pollStep(deps: UpgradeDependencies, jobId: string, index: number): Promise<PollResult> {
  const job = await getJob(deps.db, jobId);
  const step = await stepOf(deps.db, jobId, index);
  await deps.failpoint(pointOf(step, 'before-poll'));
  if (step.state === 'succeeded') return { kind: 'succeeded' };
  const status = await readStatus(deps, job, step);
  if (status === undefined) return { kind: 'running' };
  const changed = await recordStatus(deps, job, index, status);
  if (changed.length > 0) publishJob(deps, job, job.state);
  if (changed.some(({ phase }) => phase === 'ready')) await deps.failpoint(pointOf(step, 'after-node'));
  if (status.state === 'succeeded') {
    await finishStep(deps, job, index, step);
    await deps.failpoint(pointOf(step, 'after-step'));
  }
  if (status.state !== 'failed') return { kind: status.state };
  const { code, node, detail } = status.failure ?? { code: 'OperationFailed', node: undefined, detail: 'the provider gave no reason' };
  return { kind: 'failed', failure: { code, node: node ?? null, detail } };
}

/** Undefined where the provider asks for patience: the operation goes on without us. */
async function readStatus(deps: UpgradeDependencies, job: JobRow, step: JobStep): Promise<OperationStatus | undefined> {
  const { connectionId } = await poolContext(deps.db, job.pool_id);
  const writer = await connectionWriter(deps, connectionId);
  if (writer === undefined || step.operationId === null) throw new Error(`upgrade job ${job.id} has no operation to ask about`);
  try {
    return await writer.status({ id: step.operationId }, AbortSignal.timeout(callTimeoutMs));
  } catch (error) {
    if (error instanceof ProviderBusyError) return undefined;
    throw error;
  }
}

async function recordStatus(deps: UpgradeDependencies, job: JobRow, index: number, status: OperationStatus): Promise<readonly NodeProgress[]> {
  const nodes = status.nodes.map(({ node, phase, startedAt, finishedAt }) => ({ node, phase, startedAt: instant(startedAt), finishedAt: instant(finishedAt) }));
  const at = deps.clock();
  return inTransaction(deps.db, async (db) => {
    const changed = await recordNodes(db, job.id, nodes);
    await addEvents(db, job.id, changed.map(({ node, phase }): NewEvent => ({ code: 'node-phase', at, node, detail: phase, step: index })));
    return changed;
  });
}

async function finishStep(deps: UpgradeDependencies, job: JobRow, index: number, step: JobStep): Promise<void> {
  const at = deps.clock();
  const isLast = index === job.steps.length - 1;
  const stepEvents: readonly NewEvent[] = job.steps.length > 1 ? [{ code: 'step-finished', at, step: index, detail: stepName(step) }] : [];
  await inTransaction(deps.db, async (db) => {
    await changeStep(db, job.id, index, { state: 'succeeded', startedAt: step.startedAt ?? at.toISOString(), finishedAt: at.toISOString() });
    await addEvents(db, job.id, [...stepEvents, ...(isLast ? [{ code: 'operation-finished', at } as const] : [])]);
  });
  publishJob(deps, job, job.state);
}

function instant(text: string | undefined): Date | null {
  return text === undefined ? null : new Date(text);
}
