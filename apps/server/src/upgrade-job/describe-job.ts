import type { JobState, LedgerRow, UpgradeJob, UpgradeJobSummary } from '@nodeward/api';
import { sql } from 'kysely';
import type { Database } from '../database/schema.ts';
import { NotFoundError } from '../http/errors.ts';
import { ledgerRows } from '../ledger/store.ts';
import { type JobFilter, jobStatesOf } from './store.ts';

/** Enough to see what happened lately; older jobs are found by their pool's ledger. */
const shownJobs = 200;

export async function describeJob(db: Database, jobId: string): Promise<UpgradeJob> {
  const row = await jobsWithNames(db).where('j.id', '=', jobId).executeTakeFirst();
  if (row === undefined) throw new NotFoundError('upgrade job', jobId);
  const nodes = await db
    .selectFrom('upgrade_job_node as u')
    .leftJoin('node as n', (join) => join.onRef('n.name', '=', 'u.node').on('n.pool_id', '=', row.pool_id).on('n.gone_at', 'is', null))
    .select(['n.id as node_id', 'u.node', 'u.phase', 'u.started_at', 'u.finished_at'])
    .where('u.job_id', '=', jobId)
    .orderBy('u.node')
    .execute();
  const events = await db.selectFrom('upgrade_job_event').select(['at', 'code', 'node', 'detail']).where('job_id', '=', jobId).orderBy('at').orderBy('key').execute();
  const [ledger] = await ledgerRows(db, { jobIds: [jobId] });
  return {
    ...describeRow(row, ledger),
    preflight: [...row.preflight],
    nodes: nodes.map(({ node_id, node, phase, started_at, finished_at }) => ({ nodeId: node_id, node, phase, startedAt: instant(started_at), finishedAt: instant(finished_at) })),
    residual: [...row.residual],
    events: events.map(({ at, ...event }) => ({ at: at.toISOString(), ...event })),
  };
}

/** The newest of those that the filter leaves, and how many these are in all. */
export async function listJobs(db: Database, filter: JobFilter | undefined): Promise<{ readonly jobs: readonly UpgradeJobSummary[]; readonly total: number }> {
  const states = filter === undefined ? undefined : jobStatesOf[filter];
  const counted = await listedJobs(db, states)
    .select(({ fn }) => fn.countAll<string>().as('total'))
    .executeTakeFirstOrThrow();
  const wanted = jobsWithNames(db).where('k.configured', '=', true);
  const rows = await (states === undefined ? wanted : wanted.where('j.state', 'in', states)).orderBy('j.created_at', 'desc').limit(shownJobs).execute();
  const ledgers = new Map((await ledgerRows(db, { jobIds: rows.map(({ id }) => id) })).map((row) => [row.jobId, row]));
  const jobs = rows.map((row) => ({ ...describeRow(row, ledgers.get(row.id)), nodesDone: row.nodes_done, nodesTotal: row.nodes_total }));
  return { jobs, total: Number(counted.total) };
}

function listedJobs(db: Database, states: readonly JobState[] | undefined) {
  const jobs = db
    .selectFrom('upgrade_job as j')
    .innerJoin('node_pool as p', 'p.id', 'j.pool_id')
    .innerJoin('cluster as c', 'c.id', 'p.cluster_id')
    .innerJoin('connection as k', 'k.id', 'c.connection_id')
    .where('k.configured', '=', true);
  return states === undefined ? jobs : jobs.where('j.state', 'in', states);
}

function jobsWithNames(db: Database) {
  return db
    .selectFrom('upgrade_job as j')
    .innerJoin('node_pool as p', 'p.id', 'j.pool_id')
    .innerJoin('cluster as c', 'c.id', 'p.cluster_id')
    .innerJoin('connection as k', 'k.id', 'c.connection_id')
    .selectAll('j')
    .select(['p.name as pool', 'c.name as cluster'])
    .select([
      sql<number>`(select count(*)::int from upgrade_job_node u where u.job_id = j.id and u.phase in ('ready', 'verified'))`.as('nodes_done'),
      sql<number>`(select count(*)::int from upgrade_job_node u where u.job_id = j.id)`.as('nodes_total'),
    ]);
}

type NamedJob = Awaited<ReturnType<ReturnType<typeof jobsWithNames>['executeTakeFirstOrThrow']>>;

function describeRow(row: NamedJob, ledger: LedgerRow | undefined): Omit<UpgradeJob, 'preflight' | 'nodes' | 'residual' | 'events'> {
  return {
    id: row.id,
    poolId: row.pool_id,
    pool: row.pool,
    cluster: row.cluster,
    kind: row.kind,
    fromImage: row.from_image,
    target: row.target,
    state: row.state,
    createdAt: row.created_at.toISOString(),
    startedAt: instant(row.started_at),
    finishedAt: instant(row.finished_at),
    steps: row.steps.map(({ kind, target, state, startedAt, finishedAt }) => ({ kind, target, state, startedAt, finishedAt })),
    failure: row.failure,
    predicted: row.predicted,
    ledger: ledger ?? null,
  };
}

function instant(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}
