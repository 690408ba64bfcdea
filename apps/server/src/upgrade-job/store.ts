import type { JobEvent, JobState, NodePhase, OperationKind, PreflightCheck } from '@nodeward/api';
import type { ForecastCounts } from '@nodeward/engine';
import { type Selectable, sql } from 'kysely';
import type { Database, JobFailure, JobStep, PredictedRows, UpgradeJobTable } from '../database/schema.ts';
import { ConflictError, NotFoundError } from '../http/errors.ts';

export type JobRow = Selectable<UpgradeJobTable>;

export const activeStates = ['draft', 'preflight', 'running', 'verifying'] as const satisfies readonly JobState[];

/** As the lists and the overview count them; a cancelled job is none of the three. */
export const jobStatesOf = {
  active: activeStates,
  failed: ['failed', 'preflight-failed'],
  succeeded: ['succeeded', 'succeeded-with-residual'],
} as const satisfies Record<string, readonly JobState[]>;
export type JobFilter = keyof typeof jobStatesOf;

export function isActive(state: JobState): boolean {
  return activeStates.some((active) => active === state);
}

export interface NewJob {
  readonly id: string;
  readonly poolId: string;
  readonly kind: OperationKind;
  readonly fromImage: string;
  readonly target: string | null;
  readonly acknowledged: boolean;
  readonly retryOf: string | null;
  readonly at: Date;
}

/** Writes the draft. A pool takes one job at a time, which the database itself holds. */
export async function insertJob(db: Database, job: NewJob): Promise<void> {
  const inserted = await db
    .insertInto('upgrade_job')
    .values({
      id: job.id,
      pool_id: job.poolId,
      kind: job.kind,
      from_image: job.fromImage,
      target: job.target,
      acknowledged: job.acknowledged,
      retry_of: job.retryOf,
      state: 'draft',
      created_at: job.at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows !== 1n) throw new ConflictError('an upgrade of this node pool is already under way');
}

export async function getJob(db: Database, jobId: string): Promise<JobRow> {
  const row = await db.selectFrom('upgrade_job').selectAll().where('id', '=', jobId).executeTakeFirst();
  if (row === undefined) throw new NotFoundError('upgrade job', jobId);
  return row;
}

export async function activeJobIds(db: Database): Promise<readonly string[]> {
  const rows = await db.selectFrom('upgrade_job').select('id').where('state', 'in', activeStates).orderBy('created_at').execute();
  return rows.map(({ id }) => id);
}

/** The unique index `upgrade_job_active` keeps it at none. */
export async function countOtherActiveJobs(db: Database, job: Pick<JobRow, 'id' | 'pool_id'>): Promise<number> {
  const rows = await db.selectFrom('upgrade_job').select('id').where('pool_id', '=', job.pool_id).where('id', '<>', job.id).where('state', 'in', activeStates).execute();
  return rows.length;
}

/** Preflights of one cluster take turns, so that each sees the other's plan. The pool first, as everybody locks them. */
export async function lockCluster(db: Database, { poolId, clusterId }: { readonly poolId: string; readonly clusterId: string }): Promise<void> {
  await sql`select id from node_pool where id = ${poolId} for update`.execute(db);
  await sql`select id from cluster where id = ${clusterId} for update`.execute(db);
}

/** Names of the pools of a cluster whose running job has a control-plane step before it or under way. */
export async function otherControlPlaneJobs(db: Database, jobId: string, clusterId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select p.name from upgrade_job j join node_pool p on p.id = j.pool_id
    where p.cluster_id = ${clusterId} and j.id <> ${jobId} and j.state in ('running', 'verifying')
      and exists (select from jsonb_array_elements(j.steps) s where s->>'kind' = 'control-plane' and s->>'state' in ('waiting', 'running'))
    order by p.name`.execute(db);
  return rows.map(({ name }) => name);
}

export async function setState(db: Database, jobId: string, state: JobState): Promise<void> {
  await db.updateTable('upgrade_job').set({ state }).where('id', '=', jobId).execute();
}

export interface PreflightRecord {
  readonly checks: readonly PreflightCheck[];
  readonly predicted: ForecastCounts | null;
  readonly rows: PredictedRows | null;
  readonly steps: readonly JobStep[];
  readonly image: string | null;
  readonly at: Date;
}

export async function recordPreflight(db: Database, jobId: string, passed: boolean, record: PreflightRecord): Promise<void> {
  await db
    .updateTable('upgrade_job')
    .set({
      state: passed ? 'running' : 'preflight-failed',
      preflight: JSON.stringify(record.checks),
      predicted: record.predicted === null ? null : JSON.stringify(record.predicted),
      predicted_rows: record.rows === null ? null : JSON.stringify(record.rows),
      steps: JSON.stringify(record.steps),
      image: record.image,
      started_at: passed ? record.at : null,
      finished_at: passed ? null : record.at,
    })
    .where('id', '=', jobId)
    .execute();
}

/** False where the job has already ended: a repeated step changes nothing. */
export async function endJob(db: Database, jobId: string, end: { readonly state: JobState; readonly failure: JobFailure | null; readonly at: Date }): Promise<boolean> {
  const updated = await db
    .updateTable('upgrade_job')
    .set({ state: end.state, failure: end.failure === null ? null : JSON.stringify(end.failure), finished_at: end.at })
    .where('id', '=', jobId)
    .where('state', 'in', activeStates)
    .executeTakeFirst();
  return updated.numUpdatedRows === 1n;
}

export interface NodeProgress {
  readonly node: string;
  readonly phase: NodePhase;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** Writes what is new; returns the nodes whose phase has changed. A verified node stays so. */
export async function recordNodes(db: Database, jobId: string, nodes: readonly NodeProgress[]): Promise<readonly NodeProgress[]> {
  const known = new Map((await jobNodes(db, jobId)).map((row) => [row.node, row.phase]));
  const changed = nodes.filter(({ node, phase }) => known.get(node) !== phase && known.get(node) !== 'verified');
  if (changed.length === 0) return changed;
  await db
    .insertInto('upgrade_job_node')
    .values(changed.map(({ node, phase, startedAt, finishedAt }) => ({ job_id: jobId, node, phase, started_at: startedAt, finished_at: finishedAt })))
    .onConflict((conflict) =>
      conflict.columns(['job_id', 'node']).doUpdateSet({
        phase: sql`excluded.phase`,
        started_at: sql`coalesce(excluded.started_at, upgrade_job_node.started_at)`,
        finished_at: sql`coalesce(excluded.finished_at, upgrade_job_node.finished_at)`,
      }),
    )
    .execute();
  return changed;
}

/** Writes which nodes of the job are not in its pool any more: the result says nothing of them. */
export async function noteGoneNodes(db: Database, jobId: string, at: Date): Promise<void> {
  const { rows } = await sql<{ node: string }>`
    select u.node from upgrade_job j cross join lateral (
      select node from upgrade_job_node where job_id = j.id
      -- those that the operation itself brought
      union select n.name from assessment a join node n on n.id = a.node_id where a.job_id = j.id
    ) u
    where j.id = ${jobId} and not exists (select from node n where n.pool_id = j.pool_id and n.name = u.node and n.gone_at is null) order by u.node`.execute(db);
  await addEvents(db, jobId, rows.map(({ node }) => ({ code: 'node-gone', at, node })));
}

/** Every step of a plan goes through the nodes anew. */
export async function resetNodes(db: Database, jobId: string): Promise<void> {
  await db.updateTable('upgrade_job_node').set({ phase: 'waiting', started_at: null, finished_at: null }).where('job_id', '=', jobId).execute();
}

export async function jobNodes(db: Database, jobId: string) {
  return db.selectFrom('upgrade_job_node').selectAll().where('job_id', '=', jobId).orderBy('node').execute();
}

export interface NewEvent {
  readonly code: JobEvent['code'];
  readonly at: Date;
  readonly node?: string;
  readonly detail?: string;
  /** Of the plan, where the event belongs to one. */
  readonly step?: number;
}

/** Each event once: its key is what it says, so a repeated step adds nothing. */
export async function addEvents(db: Database, jobId: string, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await db
    .insertInto('upgrade_job_event')
    .values(events.map(({ code, at, node, detail, step }) => ({ job_id: jobId, key: [code, step, node, code === 'node-phase' ? detail : undefined].filter((part) => part !== undefined).join(':'), at, code, node: node ?? null, detail: detail ?? null })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
