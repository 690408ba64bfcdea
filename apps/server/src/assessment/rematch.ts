import type { AdvisoryLookup } from '@nodeward/engine';
import { sql } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database } from '../database/schema.ts';
import type { Dependencies } from '../dependencies.ts';
import { reconcilePools } from '../finding/reconcile.ts';
import { ensureMatchSet, type MatchSubject, withAdvisories } from './match-set.ts';

/**
 * New advisories: matches the distinct inventories of a connection again, without reading a disk, and gives each node a
 * new assessment of its old evidence. Where the database cannot be used nothing changes here: the connection says so, and
 * its nodes are not evaluated.
 */
export async function rematchConnection(deps: RematchDependencies, connectionId: string): Promise<void> {
  const connection = await deps.db.selectFrom('connection').select(['kind', 'advisory_folder']).where('id', '=', connectionId).executeTakeFirstOrThrow();
  const source = { kind: connection.kind, folder: connection.advisory_folder };
  await withAdvisories(source, (advisories) => rematchAgainst(deps, connectionId, advisories, source.kind === 'sample'));
}

export type RematchDependencies = Pick<Dependencies, 'db' | 'clock'>;

export async function rematchAgainst(deps: RematchDependencies, connectionId: string, advisories: AdvisoryLookup, isSample: boolean): Promise<void> {
  const subjects = await subjectsOf(deps.db, connectionId);
  if (subjects.length === 0) return;
  for (const subject of subjects) await ensureMatchSet(deps.db, subject, advisories, isSample, deps.clock());
  await adoptRevision(deps.db, connectionId, advisories.revision, deps.clock());
}

async function subjectsOf(db: Database, connectionId: string): Promise<readonly MatchSubject[]> {
  const { rows } = await sql<MatchSubject>`
    select distinct a.inventory_id as "inventoryId", coalesce(a.running_kernel, '') as "runningKernel"
    from node n join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id
    left join node_class k on k.node_id = n.id
    join assessment a on a.id = n.assessment_id or a.id = k.assessment_id
    where c.connection_id = ${connectionId} and n.gone_at is null and a.inventory_id is not null`.execute(db);
  return rows;
}

async function adoptRevision(db: Database, connectionId: string, revision: string, at: Date): Promise<void> {
  await inTransaction(db, async (transaction) => {
    const { rows: pools } = await sql<{ id: string }>`
      select p.id from node_pool p join cluster c on c.id = p.cluster_id where c.connection_id = ${connectionId} order by p.id for update of p`.execute(transaction);
    await moveClasses(transaction, connectionId, revision);
    await assessAgain(transaction, connectionId, revision, at);
    await reconcilePools(transaction, pools.map(({ id }) => id), at);
  });
}

/** Each fact class keeps its evidence and takes the rows of the new revision. */
async function moveClasses(db: Database, connectionId: string, revision: string): Promise<void> {
  await sql`
    update node_class k set match_set_id = s.id
    from assessment a, match_set s, node n, node_pool p, cluster c
    where a.id = k.assessment_id and s.inventory_id = a.inventory_id and s.running_kernel = coalesce(a.running_kernel, '') and s.revision = ${revision}::text
      and n.id = k.node_id and p.id = n.pool_id and c.id = p.cluster_id and c.connection_id = ${connectionId} and n.gone_at is null
      and k.match_set_id <> s.id`.execute(db);
}

/** A copy of the node's newest assessment with the new revision; the id says which, so that a repetition writes it once. */
async function assessAgain(db: Database, connectionId: string, revision: string, at: Date): Promise<void> {
  await sql`
    with source as (
      select a.*, s.id as set_id, s.complete as set_complete, s.coverage as set_coverage,
        -- what the reading alone left open; what the advisories left open is judged anew
        exists (select from jsonb_array_elements(a.coverage) e where e->>'state' in ('unknown-source', 'unreadable', 'unsupported', 'encrypted', 'over-limit')) as reading_open
      from node n join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id
      join assessment a on a.id = n.assessment_id
      join match_set s on s.inventory_id = a.inventory_id and s.running_kernel = coalesce(a.running_kernel, '') and s.revision = ${revision}::text
      where c.connection_id = ${connectionId} and n.gone_at is null and (a.match_set_id is distinct from s.id)
    ), judged as (
      select *, case when reading_open then case when cause is null or cause = 'no-advisories' then 'incomplete' else cause end
          when not set_complete then 'incomplete' end as next_cause,
        array(select f from unnest(array['os-packages', 'kernel', 'node-components', 'go-modules']) f
          where exists (select from jsonb_array_elements(coverage) e where e->>'subject' = f)
            and not exists (select from jsonb_array_elements(coverage || set_coverage) e where e->>'subject' = f and e->>'state' <> 'read')) as classes
      from source
    ), written as (
      insert into assessment (id, node_id, state, trigger, grade, cause, complete, inventory_id, match_set_id, revision, running_kernel,
        running_kernel_from, kubelet_version, evidence_paths, coverage, read_classes, node_image, evidence_token, queued_at, evidence_at, finished_at)
      select md5(node_id || ${revision}::text || id), node_id, case when next_cause is null then 'succeeded' else 'partial' end, 'advisories', grade, next_cause,
        next_cause is null, inventory_id, set_id, ${revision}::text, running_kernel, running_kernel_from, kubelet_version, evidence_paths, coverage, classes,
        node_image, evidence_token, ${at}::timestamptz, evidence_at, ${at}::timestamptz
      from judged on conflict (id) do nothing
      returning id, node_id, match_set_id, grade, evidence_at, read_classes, cause, evidence_token
    ), classes as (
      insert into node_class (node_id, fact_class, assessment_id, match_set_id, grade, assessed_at)
      select w.node_id, f, w.id, w.match_set_id, w.grade, w.evidence_at from written w, unnest(w.read_classes) f
      on conflict (node_id, fact_class) do update set assessment_id = excluded.assessment_id, match_set_id = excluded.match_set_id,
        grade = excluded.grade, assessed_at = excluded.assessed_at
      where node_class.assessed_at <= excluded.assessed_at
    )
    update node n set assessment_id = w.id, assessed_token = w.evidence_token, assessed_cause = w.cause from written w where n.id = w.node_id`.execute(db);
}
