import type { Reassessment } from '@nodeward/api';
import { type RawBuilder, sql } from 'kysely';
import { finishReassessment } from '../assessment/store.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database } from '../database/schema.ts';

export interface ReassessmentScope {
  readonly kind: 'node' | 'pool' | 'connection';
  readonly id: string;
  readonly name: string;
  readonly connectionId: string;
}

/** Undefined where there is no such thing, or not any more. */
export async function findScope(db: Database, kind: ReassessmentScope['kind'], id: string): Promise<ReassessmentScope | undefined> {
  const from = {
    node: sql`select n.name, c.connection_id from node n join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id where n.id = ${id} and n.gone_at is null`,
    pool: sql`select p.name, c.connection_id from node_pool p join cluster c on c.id = p.cluster_id where p.id = ${id} and p.gone_at is null`,
    connection: sql`select name, id as connection_id from connection where id = ${id} and configured`,
  }[kind];
  const { rows } = await sql<{ name: string; connection_id: string }>`${from}`.execute(db);
  const [row] = rows;
  return row === undefined ? undefined : { kind, id, name: row.name, connectionId: row.connection_id };
}

export async function nodesInScope(db: Database, { kind, id }: ReassessmentScope): Promise<readonly string[]> {
  const condition = { node: sql`n.id = ${id}`, pool: sql`p.id = ${id}`, connection: sql`c.connection_id = ${id}` }[kind];
  const { rows } = await sql<{ id: string }>`
    select n.id from node n join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id
    where ${condition} and n.gone_at is null order by n.name`.execute(db);
  return rows.map((row) => row.id);
}

export async function createReassessment(db: Database, id: string, scope: ReassessmentScope, total: number, at: Date): Promise<void> {
  await db.insertInto('reassessment').values({ id, scope_kind: scope.kind, scope_id: scope.id, scope_name: scope.name, state: 'running', total, started_at: at }).execute();
}

/** What has not begun is cancelled; what runs goes on to its end. */
export async function cancelReassessment(db: Database, id: string, at: Date): Promise<void> {
  await inTransaction(db, async (transaction) => {
    await sql`update reassessment set cancel_requested = true where id = ${id} and state = 'running'`.execute(transaction);
    await sql`update assessment set state = 'cancelled', finished_at = ${at}::timestamptz
      where reassessment_id = ${id} and state = 'queued' and exists (select from reassessment r where r.id = ${id} and r.cancel_requested)`.execute(transaction);
    await finishReassessment(transaction, id, at);
  });
}

export async function findReassessment(db: Database, id: string): Promise<Reassessment | undefined> {
  const [found] = await reassessmentsWhere(db, sql`r.id = ${id}`, 1);
  return found;
}

/** Running ones first, then the newest. */
export function listReassessments(db: Database, limit: number): Promise<readonly Reassessment[]> {
  return reassessmentsWhere(db, sql`true`, limit);
}

interface ReassessmentRow {
  readonly id: string;
  readonly scope_kind: ReassessmentScope['kind'];
  readonly scope_id: string;
  readonly scope_name: string;
  readonly state: Reassessment['state'];
  readonly total: number;
  readonly finished: number;
  readonly not_assessed: number;
  readonly started_at: Date;
  readonly finished_at: Date | null;
}

async function reassessmentsWhere(db: Database, condition: RawBuilder<unknown>, limit: number): Promise<readonly Reassessment[]> {
  const { rows } = await sql<ReassessmentRow>`
    select r.*, coalesce(a.finished, 0) as finished, coalesce(a.not_assessed, 0) as not_assessed
    from reassessment r left join lateral (
      select (count(*) filter (where finished_at is not null))::int as finished, (count(*) filter (where finished_at is not null and not complete))::int as not_assessed
      from assessment where reassessment_id = r.id
    ) a on true
    where ${condition} order by r.state = 'running' desc, r.started_at desc, r.id limit ${limit}`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    scope: { kind: row.scope_kind, id: row.scope_id, name: row.scope_name },
    state: row.state,
    total: row.total,
    finished: row.finished,
    notAssessed: row.not_assessed,
    startedAt: row.started_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
  }));
}
