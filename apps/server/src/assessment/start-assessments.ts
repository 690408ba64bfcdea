import { createHash } from 'node:crypto';
import type { AssessmentSummary, NotEvaluatedCause } from '@nodeward/api';
import { DBOS } from '@dbos-inc/dbos-sdk';
import type { EvidenceGrade } from '@nodeward/engine';
import { sql } from 'kysely';
import type { Database } from '../database/schema.ts';
import { assessmentQueue, startAssessGroup, startAssessNode } from './assess-node-workflow.ts';
import { cancelAssessments } from './store.ts';

export interface QueueOptions {
  readonly trigger: AssessmentSummary['trigger'];
  readonly at: Date;
  /** The same key never queues a node twice: a workflow step may be repeated, two discoveries may meet. */
  readonly key: string | ((nodeId: string) => string);
  readonly reassessmentId?: string;
  readonly jobId?: string;
}

export interface QueuedAssessment {
  readonly id: string;
  readonly connectionId: string;
  /** Of nodes that one reading serves; null where the node has a workflow of its own. */
  readonly groupId: string | null;
}

/** Nodes whose evidence follows from their image: a published list, a reference image, no disk of their own. Names the connection `k` and the pool `p`. */
const readsByImage = sql`(k.kind = 'kubernetes' or (k.kind = 'aks' and (p.os_disk = 'ephemeral' or coalesce(k.settings->>'readDisks', 'false') <> 'true')))`;

/** Writes the assessments down; `startQueued` sets them going. May be called in a transaction or a workflow step. */
export async function queueAssessments(db: Database, nodeIds: readonly string[], options: QueueOptions): Promise<readonly QueuedAssessment[]> {
  const keyOf = (nodeId: string): string => (typeof options.key === 'string' ? options.key : options.key(nodeId));
  const ids = nodeIds.map((nodeId) => createHash('sha256').update(`${keyOf(nodeId)}\n${nodeId}`).digest('hex').slice(0, 32));
  await sql`
    insert into assessment (id, node_id, reassessment_id, job_id, state, trigger, queued_at, group_id)
    select q.id, q.node_id, ${options.reassessmentId ?? null}::text, ${options.jobId ?? null}::text, 'queued', ${options.trigger}::text, ${options.at}::timestamptz,
      case when ${readsByImage} then md5(string_agg(q.id, ' ') over alike) end
    from unnest(${ids}::text[], ${nodeIds}::text[]) as q (id, node_id)
    join node n on n.id = q.node_id join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id join connection k on k.id = c.connection_id
    window alike as (partition by n.pool_id, n.image, n.security_patch, n.kernel_release, n.kubelet_version
      -- every member is in the id: a discovery that meets another one joins no group that has begun
      order by q.id rows between unbounded preceding and unbounded following)
    on conflict (id) do nothing`.execute(db);
  return queuedWhere(db, sql`a.id = any(${ids}::text[])`);
}

/** Starts what is queued, once each however often it is called. Outside of transactions and workflow steps. */
export async function startQueued(queued: readonly QueuedAssessment[]): Promise<void> {
  const groups = new Map(queued.flatMap(({ groupId, connectionId }) => (groupId === null ? [] : [[groupId, connectionId] as const])));
  for (const [groupId, connectionId] of groups) {
    await DBOS.startWorkflow(startAssessGroup, { workflowID: groupWorkflow(groupId), queueName: assessmentQueue, enqueueOptions: { queuePartitionKey: connectionId } })(groupId, connectionId);
  }
  for (const { id, connectionId, groupId } of queued) {
    if (groupId !== null) continue;
    await DBOS.startWorkflow(startAssessNode, { workflowID: id, queueName: assessmentQueue, enqueueOptions: { queuePartitionKey: connectionId } })(id);
  }
}

/**
 * Sets going what was written down and not started. An assessment whose workflow has ended without it (the database went away,
 * or its last step failed too) is cancelled with that for a detail; its node is due again. `atStart`: so is what was begun by
 * another version of this server, with which nobody goes on; later another server may be at work on it.
 */
export async function resumeAssessments(db: Database, at: Date, { atStart }: { readonly atStart: boolean }): Promise<void> {
  const before = await openAssessments(db);
  const workflows = await workflowsOf([...new Set(before.map(({ workflowId }) => workflowId))]);
  // what has changed since then is at work
  const open = new Set((await openAssessments(db)).map(stateOf));
  const stopped = before.flatMap((assessment) => {
    const reason = open.has(stateOf(assessment)) ? whyStopped(assessment, workflows.get(assessment.workflowId), atStart) : undefined;
    return reason === undefined ? [] : [{ id: assessment.id, reason }];
  });
  for (const [reason, assessments] of Map.groupBy(stopped, (each) => each.reason)) await cancelAssessments(db, assessments.map(({ id }) => id), null, at, reason);
  const unstarted = before.filter(({ state, workflowId }) => state === 'queued' && !workflows.has(workflowId));
  if (unstarted.length > 0) await startQueued(await queuedWhere(db, sql`a.id = any(${unstarted.map(({ id }) => id)}::text[])`));
}

interface OpenAssessment {
  readonly id: string;
  readonly state: AssessmentSummary['state'];
  readonly workflowId: string;
}

async function openAssessments(db: Database): Promise<readonly OpenAssessment[]> {
  const rows = await db.selectFrom('assessment').select(['id', 'group_id', 'state']).where('state', 'in', ['queued', 'reading', 'matching']).orderBy('id').execute();
  return rows.map(({ id, group_id: groupId, state }) => ({ id, state, workflowId: groupId === null ? id : groupWorkflow(groupId) }));
}

function stateOf({ id, state, workflowId }: OpenAssessment): string {
  return `${id} ${state} ${workflowId}`;
}

type WorkflowStatus = Awaited<ReturnType<typeof DBOS.listWorkflows>>[number];

/** One statement may not be without end. */
const listedAtOnce = 500;

async function workflowsOf(ids: readonly string[]): Promise<ReadonlyMap<string, WorkflowStatus>> {
  const found = new Map<string, WorkflowStatus>();
  for (let first = 0; first < ids.length; first += listedAtOnce) {
    const workflows = await DBOS.listWorkflows({ workflowIDs: ids.slice(first, first + listedAtOnce), loadInput: false, loadOutput: false });
    for (const workflow of workflows) found.set(workflow.workflowID, workflow);
  }
  return found;
}

/** Undefined for what goes on, or has not been started yet. */
function whyStopped({ state }: OpenAssessment, workflow: WorkflowStatus | undefined, atStart: boolean): string | undefined {
  if (workflow === undefined) return state === 'queued' ? undefined : 'its workflow is not there any more';
  if (!['PENDING', 'ENQUEUED', 'DELAYED'].includes(workflow.status)) return `its workflow ended as ${workflow.status}`;
  return atStart && workflow.applicationVersion !== DBOS.applicationVersion ? 'begun by another version of this server' : undefined;
}

function groupWorkflow(groupId: string): string {
  return `group ${groupId}`;
}

async function queuedWhere(db: Database, condition: ReturnType<typeof sql>): Promise<readonly QueuedAssessment[]> {
  const { rows } = await sql<QueuedAssessment>`
    select a.id, c.connection_id as "connectionId", a.group_id as "groupId" from assessment a
    join node n on n.id = a.node_id join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id
    where ${condition} and a.state = 'queued' order by a.queued_at, a.id`.execute(db);
  return rows;
}

export interface JobAssessment {
  readonly id: string;
  readonly nodeId: string;
  readonly node: string;
  /** Discovery does not find the node any more. */
  readonly isGone: boolean;
  readonly state: AssessmentSummary['state'];
  readonly complete: boolean;
  readonly grade: EvidenceGrade | null;
  readonly cause: NotEvaluatedCause | null;
  readonly detail: string | null;
  readonly queuedAt: Date;
  readonly finishedAt: Date | null;
}

/** The verifying assessments of an upgrade job. */
export async function assessmentsOfJob(db: Database, jobId: string): Promise<readonly JobAssessment[]> {
  const rows = await db
    .selectFrom('assessment as a')
    .innerJoin('node as n', 'n.id', 'a.node_id')
    .select(['a.id', 'a.node_id', 'n.name', 'n.gone_at', 'a.state', 'a.complete', 'a.grade', 'a.cause', 'a.detail', 'a.queued_at', 'a.finished_at'])
    .where('a.job_id', '=', jobId)
    .orderBy('n.name')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    nodeId: row.node_id,
    node: row.name,
    isGone: row.gone_at !== null,
    state: row.state,
    complete: row.complete,
    grade: row.grade,
    cause: row.cause,
    detail: row.detail,
    queuedAt: row.queued_at,
    finishedAt: row.finished_at,
  }));
}
