import { createHash } from 'node:crypto';
import type { AssessmentSummary, NotEvaluatedCause } from '@nodeward/api';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { sql } from 'kysely';
import type { Database } from '../database/schema.ts';
import { assessmentQueue, startAssessNode } from './assess-node-workflow.ts';
import { cancelAssessment } from './store.ts';

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
}

/** Writes the assessments down; `startQueued` sets them going. May be called in a transaction or a workflow step. */
export async function queueAssessments(db: Database, nodeIds: readonly string[], options: QueueOptions): Promise<readonly QueuedAssessment[]> {
  const keyOf = (nodeId: string): string => (typeof options.key === 'string' ? options.key : options.key(nodeId));
  const ids = nodeIds.map((nodeId) => createHash('sha256').update(`${keyOf(nodeId)}\n${nodeId}`).digest('hex').slice(0, 32));
  await sql`
    insert into assessment (id, node_id, reassessment_id, job_id, state, trigger, queued_at)
    select id, node_id, ${options.reassessmentId ?? null}::text, ${options.jobId ?? null}::text, 'queued', ${options.trigger}::text, ${options.at}::timestamptz
    from unnest(${ids}::text[], ${nodeIds}::text[]) as q (id, node_id)
    on conflict (id) do nothing`.execute(db);
  return queuedWhere(db, sql`a.id = any(${ids}::text[])`);
}

/** Starts what is queued, once each however often it is called. Outside of transactions and workflow steps. */
export async function startQueued(queued: readonly QueuedAssessment[]): Promise<void> {
  for (const { id, connectionId } of queued) {
    await DBOS.startWorkflow(startAssessNode, { workflowID: id, queueName: assessmentQueue, enqueueOptions: { queuePartitionKey: connectionId } })(id);
  }
}

/**
 * After a start of the server: sets going what was written down and perhaps not started. An assessment whose workflow has
 * ended without it (the database went away while the server stopped) is cancelled; its node is due again.
 */
export async function resumeAssessments(db: Database, at: Date): Promise<void> {
  await startQueued(await queuedWhere(db, sql`a.state = 'queued'`));
  const open = await db.selectFrom('assessment').select('id').where('state', 'in', ['reading', 'matching']).execute();
  for (const { id } of open) {
    const workflow = await DBOS.getWorkflowStatus(id);
    if (workflow?.status !== 'PENDING' && workflow?.status !== 'ENQUEUED') await cancelAssessment(db, id, null, at);
  }
}

async function queuedWhere(db: Database, condition: ReturnType<typeof sql>): Promise<readonly QueuedAssessment[]> {
  const { rows } = await sql<QueuedAssessment>`
    select a.id, c.connection_id as "connectionId" from assessment a
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
  readonly cause: NotEvaluatedCause | null;
  readonly finishedAt: Date | null;
}

/** The verifying assessments of an upgrade job. */
export async function assessmentsOfJob(db: Database, jobId: string): Promise<readonly JobAssessment[]> {
  const rows = await db
    .selectFrom('assessment as a')
    .innerJoin('node as n', 'n.id', 'a.node_id')
    .select(['a.id', 'a.node_id', 'n.name', 'a.state', 'a.complete', 'a.cause', 'a.finished_at'])
    .where('a.job_id', '=', jobId)
    .orderBy('n.name')
    .execute();
  return rows.map((row) => ({ id: row.id, nodeId: row.node_id, node: row.name, state: row.state, complete: row.complete, cause: row.cause, finishedAt: row.finished_at }));
}
