import { expireImageReadings } from '../assessment/image-reading.ts';
import { assessmentsOfJob, type JobAssessment, type QueuedAssessment, queueAssessments } from '../assessment/start-assessments.ts';
import { syncConnection } from '../connection/sync-connection.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database } from '../database/schema.ts';
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

/** Milliseconds in which no verifying assessment ends, after which the rest is not waited for. One waits for all others of its connection. */
const patienceMs = 6 * 3_600_000;
/** Milliseconds after the last assessment in which the environment may fail to say whether the nodes that were not read are still there. */
const discoveryPatienceMs = 600_000;

/**
 * Marks the nodes whose assessment has ended; true once all have, or once nothing moves any more. Where one could not be read,
 * only a new discovery can tell whether it has gone.
 */
export async function pollVerification(deps: UpgradeDependencies, jobId: string): Promise<boolean> {
  const job = await getJob(deps.db, jobId);
  const assessments = await assessmentsOfJob(deps.db, jobId);
  const at = deps.clock();
  const changed = await inTransaction(deps.db, async (db) => {
    const nodes = await recordNodes(db, jobId, assessments.filter(isVerified).map(({ node }) => ({ node, phase: 'verified', startedAt: null, finishedAt: at })));
    await addEvents(db, jobId, nodes.map(({ node }) => ({ code: 'node-verified', at, node })));
    return nodes.length;
  });
  if (changed > 0) publishJob(deps, job, job.state);
  const quietMs = at.getTime() - Math.max(...assessments.map(({ queuedAt, finishedAt }) => (finishedAt ?? queuedAt).getTime()));
  if (!assessments.every(({ state }) => finalStates.includes(state))) return quietMs > patienceMs;
  return !assessments.some(isUnread) || (await rediscover(deps, jobId)) || quietMs > discoveryPatienceMs;
}

function isVerified({ state, complete }: JobAssessment): boolean {
  return state === 'succeeded' && complete;
}

/** A node that has gone is history, whether or not it was read before. */
function isUnread(assessment: JobAssessment): boolean {
  return !assessment.isGone && !isVerified(assessment);
}

export interface Proof {
  /** Nodes that are there, and of which the verifying assessment did not see everything. */
  readonly unread: readonly { readonly node: string; readonly cause: string }[];
  /** Nodes that are there and were read whole: what they say is the proof. */
  readonly verified: readonly JobAssessment[];
}

export async function proofOf(db: Database, jobId: string): Promise<Proof> {
  const assessments = await assessmentsOfJob(db, jobId);
  return {
    unread: assessments.filter(isUnread).map(({ node, cause, detail, state }) => ({ node, cause: cause ?? detail ?? state })),
    verified: assessments.filter((assessment) => !assessment.isGone && isVerified(assessment)),
  };
}
