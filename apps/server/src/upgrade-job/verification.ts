import { expireImageReadings } from '../assessment/image-reading.ts';
import { assessmentsOfJob, type QueuedAssessment, queueAssessments } from '../assessment/start-assessments.ts';
import { syncConnection } from '../connection/sync-connection.ts';
import { inTransaction } from '../database/in-transaction.ts';
import { markAwaitingVerification } from '../finding/remediation.ts';
import { poolContext } from './pool-context.ts';
import { publishJob } from './publish-job.ts';
import { addEvents, getJob, recordNodes, setState } from './store.ts';
import type { UpgradeDependencies } from './upgrade-dependencies.ts';

const finalStates: readonly string[] = ['succeeded', 'partial', 'failed', 'cancelled'];

/** The operation has ended well; nothing is believed until every node has been read again. */
export async function beginVerification(deps: UpgradeDependencies, jobId: string): Promise<void> {
  await deps.failpoint('upgrade:before-verify');
  const job = await getJob(deps.db, jobId);
  const at = deps.clock();
  await inTransaction(deps.db, async (db) => {
    await setState(db, jobId, 'verifying');
    await markAwaitingVerification(db, job.pool_id, jobId, at);
    await addEvents(db, jobId, [{ code: 'verification-started', at }]);
  });
  publishJob(deps, job, 'verifying');
}

/**
 * Learns what the pool looks like now: the images, kernels and evidence tokens after the operation. False where the connection
 * could not be discovered: what the pool was before proves nothing.
 */
export async function rediscover(deps: UpgradeDependencies, jobId: string): Promise<boolean> {
  const job = await getJob(deps.db, jobId);
  const { connectionId } = await poolContext(deps.db, job.pool_id);
  const isKnown = await syncConnection(deps, connectionId, { assess: false });
  await expireImageReadings(deps.db, [job.pool_id]);
  return isKnown;
}

/** Queues one assessment for each node; a repeated call queues the same ones. */
export async function queueNodes(deps: UpgradeDependencies, jobId: string, trigger: 'verification' | 'changed'): Promise<readonly QueuedAssessment[]> {
  const job = await getJob(deps.db, jobId);
  const { nodes } = await poolContext(deps.db, job.pool_id);
  const ids = nodes.map(({ id }) => id);
  return queueAssessments(deps.db, ids, { trigger, at: deps.clock(), key: `${trigger}:${jobId}`, ...(trigger === 'verification' ? { jobId } : {}) });
}

/** Marks the nodes whose assessment has ended; true once all have. */
export async function pollVerification(deps: UpgradeDependencies, jobId: string): Promise<boolean> {
  const job = await getJob(deps.db, jobId);
  const assessments = await assessmentsOfJob(deps.db, jobId);
  const verified = assessments.filter(({ state, complete }) => state === 'succeeded' && complete).map(({ node }) => node);
  const at = deps.clock();
  const changed = await inTransaction(deps.db, async (db) => {
    const nodes = await recordNodes(db, jobId, verified.map((node) => ({ node, phase: 'verified', startedAt: null, finishedAt: at })));
    await addEvents(db, jobId, nodes.map(({ node }) => ({ code: 'node-verified', at, node })));
    return nodes.length;
  });
  if (changed > 0) publishJob(deps, job, job.state);
  return assessments.every(({ state }) => finalStates.includes(state));
}

/** Nodes of which the verifying assessment did not see everything. */
export async function unverifiedNodes(deps: UpgradeDependencies, jobId: string): Promise<readonly { readonly node: string; readonly cause: string }[]> {
  const assessments = await assessmentsOfJob(deps.db, jobId);
  return assessments.filter(({ state, complete }) => !(state === 'succeeded' && complete)).map(({ node, cause, state }) => ({ node, cause: cause ?? state }));
}
