import { InvalidConfigurationError, type ClusterWriter, type OperationRequest, type OperationStatus, ProviderBusyError, ProviderConflictError, ProviderDeniedError } from '@nodeward/providers';
import type { Dependencies } from '../dependencies.ts';
import type { JobFailure } from '../database/schema.ts';
import { inTransaction } from '../database/in-transaction.ts';
import { poolContext } from './pool-context.ts';
import { publishJob } from './publish-job.ts';
import { addEvents, getJob, type JobRow, type NewEvent, type NodeProgress, recordNodes, recordOperation } from './store.ts';
import type { UpgradeDependencies } from './upgrade-dependencies.ts';

/** How long the provider may take for one answer. */
const callTimeoutMs = 60_000;

export type StartResult =
  | { readonly kind: 'started' }
  | { readonly kind: 'refused'; readonly failure: JobFailure }
  | { readonly kind: 'busy'; readonly retryAfterMs: number };

export type PollResult = { readonly kind: 'running' } | { readonly kind: 'succeeded' } | { readonly kind: 'failed'; readonly failure: JobFailure };

/** Undefined where the connection may only read. */
export async function connectionWriter(deps: Pick<Dependencies, 'providers'>, connectionId: string): Promise<ClusterWriter | undefined> {
  return (await deps.providers.get(connectionId)?.open())?.writer;
}

/** The outward effect of the job. A repeated call carries the same key and starts nothing twice. */
export async function startOperation(deps: UpgradeDependencies, jobId: string): Promise<StartResult> {
  const job = await getJob(deps.db, jobId);
  const pool = await poolContext(deps.db, job.pool_id);
  const writer = await connectionWriter(deps, pool.connectionId);
  if (writer === undefined) return { kind: 'refused', failure: { code: 'NoWriter', node: null, detail: 'the connection may only read' } };
  const request: OperationRequest = {
    idempotencyKey: deps.idempotencyKey(jobId),
    kind: job.kind,
    pool: { cluster: pool.cluster, pool: pool.pool },
    ...(job.target === null ? {} : { target: job.target }),
  };
  await deps.failpoint('upgrade:before-start');
  try {
    const { id } = await writer.start(request, AbortSignal.timeout(callTimeoutMs));
    await deps.failpoint('upgrade:after-start');
    await recordOperation(deps.db, jobId, id);
  } catch (error) {
    return refusalOf(error);
  }
  await addEvents(deps.db, jobId, [{ code: 'operation-started', at: deps.clock() }]);
  publishJob(deps, job, job.state);
  return { kind: 'started' };
}

function refusalOf(error: unknown): StartResult {
  if (error instanceof ProviderBusyError) return { kind: 'busy', retryAfterMs: error.retryAfter };
  if (error instanceof ProviderConflictError || error instanceof ProviderDeniedError || error instanceof InvalidConfigurationError) {
    return { kind: 'refused', failure: { code: error.code, node: null, detail: error.message } };
  }
  throw error;
}

/** Reads how far the operation is, and writes down every node's phase once. */
export async function pollOperation(deps: UpgradeDependencies, jobId: string): Promise<PollResult> {
  await deps.failpoint('upgrade:before-poll');
  const job = await getJob(deps.db, jobId);
  const status = await readStatus(deps, job);
  if (status === undefined) return { kind: 'running' };
  const changed = await recordStatus(deps, job, status);
  if (changed.length > 0) publishJob(deps, job, job.state);
  if (changed.some(({ phase }) => phase === 'ready')) await deps.failpoint('upgrade:after-node');
  if (status.state !== 'failed') return { kind: status.state };
  const { code, node, detail } = status.failure ?? { code: 'OperationFailed', node: undefined, detail: 'the provider gave no reason' };
  return { kind: 'failed', failure: { code, node: node ?? null, detail } };
}

/** Undefined where the provider asks for patience: the operation goes on without us. */
async function readStatus(deps: UpgradeDependencies, job: JobRow): Promise<OperationStatus | undefined> {
  const { connectionId } = await poolContext(deps.db, job.pool_id);
  const writer = await connectionWriter(deps, connectionId);
  if (writer === undefined || job.operation_id === null) throw new Error(`upgrade job ${job.id} has no operation to ask about`);
  try {
    return await writer.status({ id: job.operation_id }, AbortSignal.timeout(callTimeoutMs));
  } catch (error) {
    if (error instanceof ProviderBusyError) return undefined;
    throw error;
  }
}

async function recordStatus(deps: UpgradeDependencies, job: JobRow, status: OperationStatus): Promise<readonly NodeProgress[]> {
  const nodes = status.nodes.map(({ node, phase, startedAt, finishedAt }) => ({ node, phase, startedAt: instant(startedAt), finishedAt: instant(finishedAt) }));
  const at = deps.clock();
  return inTransaction(deps.db, async (db) => {
    const changed = await recordNodes(db, job.id, nodes);
    const phases = changed.map(({ node, phase }): NewEvent => ({ code: 'node-phase', at, node, detail: phase }));
    await addEvents(db, job.id, [...phases, ...(status.state === 'succeeded' ? [{ code: 'operation-finished', at } as const] : [])]);
    return changed;
  });
}

function instant(text: string | undefined): Date | null {
  return text === undefined ? null : new Date(text);
}
