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
 * After a start of the server: sets going what was written down and perhaps not started. An assessment whose workflow has
 * ended without it (the database went away while the server stopped), or was begun by another version of this server, is
 * cancelled; its node is due again.
 */
export async function resumeAssessments(db: Database, at: Date): Promise<void> {
  await startQueued(await queuedWhere(db, sql`a.state = 'queued'`));
  const open = await db.selectFrom('assessment').select(['id', 'group_id']).where('state', 'in', ['reading', 'matching']).execute();
  for (const [workflowId, assessments] of Map.groupBy(open, ({ id, group_id: groupId }) => (groupId === null ? id : groupWorkflow(groupId)))) {
    const workflow = await DBOS.getWorkflowStatus(workflowId);
    const goesOn = workflow?.applicationVersion === DBOS.applicationVersion && (workflow.status === 'PENDING' || workflow.status === 'ENQUEUED');
    if (!goesOn) await cancelAssessments(db, assessments.map(({ id }) => id), null, at);
  }
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
  readonly state: AssessmentSummary['state'];
  readonly complete: boolean;
  readonly grade: EvidenceGrade | null;
  readonly cause: NotEvaluatedCause | null;
  readonly finishedAt: Date | null;
}

/** The verifying assessments of an upgrade job. */
export async function assessmentsOfJob(db: Database, jobId: string): Promise<readonly JobAssessment[]> {
  const rows = await db
    .selectFrom('assessment as a')
    .innerJoin('node as n', 'n.id', 'a.node_id')
    .select(['a.id', 'a.node_id', 'n.name', 'a.state', 'a.complete', 'a.grade', 'a.cause', 'a.finished_at'])
    .where('a.job_id', '=', jobId)
    .orderBy('n.name')
    .execute();
  return rows.map((row) => ({ id: row.id, nodeId: row.node_id, node: row.name, state: row.state, complete: row.complete, grade: row.grade, cause: row.cause, finishedAt: row.finished_at }));
}
