import { type RawBuilder, sql, type Transaction } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database, Schema } from '../database/schema.ts';
import { reconcilePoolStates } from '../recommendation/reconcile-states.ts';

/**
 * Makes the findings and states of the pools follow from what their nodes carry now. Depends on the rows alone, so
 * that a second call changes nothing. Absence closes a finding only because a newer assessment that read its fact class
 * has replaced the node's rows of that class, or because the node is gone.
 */
export async function reconcilePools(db: Database, poolIds: readonly string[], at: Date): Promise<void> {
  if (poolIds.length === 0) return;
  await inTransaction(db, async (transaction) => {
    await lockPools(transaction, poolIds);
    await reconcileFindings(transaction, poolIds, at);
    await reconcilePoolStates(transaction, poolIds, at);
  });
}

/** Two assessments of one pool may end at the same time: the second waits. */
async function lockPools(db: Transaction<Schema>, poolIds: readonly string[]): Promise<void> {
  await sql`select id from node_pool where id = any(${poolIds}::text[]) order by id for update`.execute(db);
}

/** A running upgrade job keeps its findings in these states until it ends. */
const underWay = sql`('remediating', 'awaiting-verification')`;
const activeJob = sql`('draft', 'preflight', 'running', 'verifying')`;

/** `current`: what the pools' nodes carry now, one row per finding, with its state as far as the rows tell. */
const currentFindings = (poolIds: readonly string[]): RawBuilder<unknown> => sql`
    standing as (
      -- nodes of a pool that share one match set for one fact class
      select n.pool_id, c.fact_class, c.match_set_id, count(*)::int as nodes, max(c.assessed_at) as seen
      from node n join node_class c on c.node_id = n.id
      where n.pool_id = any(${poolIds}::text[]) and n.gone_at is null
      group by n.pool_id, c.fact_class, c.match_set_id
    ), carried as (
      -- kernels that do not run open nothing
      select s.pool_id, s.nodes, s.seen, m.*,
        case m.state when 'affected-fix-available' then 0 when 'undetermined' then 1 when 'affected-fix-with-subscription' then 2
          when 'affected-no-fix' then 3 else 4 end as state_rank,
        case m.severity when 'critical' then 0 when 'high' then 1 when 'medium' then 2 when 'unknown' then 3 when 'low' then 4 else 5 end as severity_rank
      from standing s join match m on m.match_set_id = s.match_set_id and m.fact_class = s.fact_class
      where (m.kernel is null or m.kernel = 'running') and m.state <> 'not-affected'
    ), numbered as (
      select *, row_number() over (partition by pool_id, package_family, vulnerability, match_set_id) as nth_in_set from carried
    ), spread as (
      -- windows, not joins of the rows with themselves: nobody knows their number beforehand, and a nested loop would be chosen
      select *, row_number() over (finding order by state_rank, severity_rank, source_package, installed_version, match_set_id) as place,
        max(seen) over finding as last_seen, array_agg(installed_version) over finding as versions,
        sum(nodes) filter (where nth_in_set = 1) over finding as carriers,
        bool_and(reboot_fixes) filter (where state = 'affected-fix-available') over finding as all_reboot_fixes
      from numbered window finding as (partition by pool_id, package_family, vulnerability)
    ), current as (
      select s.*, (select jsonb_agg(distinct v) from unnest(s.versions) as v) as installed_versions,
        case s.state when 'affected-fix-available' then case when s.all_reboot_fixes then 'reboot-required' else 'open' end
          when 'undetermined' then 'undetermined' else 'no-fix' end as told
      from spread s where s.place = 1
    )`;

async function reconcileFindings(db: Transaction<Schema>, poolIds: readonly string[], at: Date): Promise<void> {
  await sql`
    with ${currentFindings(poolIds)}, next as (
      select c.*, f.state as before, coalesce(f.id, md5(c.pool_id || chr(10) || c.package_family || chr(10) || c.vulnerability)) as id,
        coalesce(f.first_seen_at, ${at}::timestamptz) as first_seen,
        case when f.state in ${underWay} and c.told in ('open', 'reboot-required')
            and exists (select from upgrade_job j where j.pool_id = c.pool_id and j.state in ${activeJob})
          then f.state else c.told end as after
      from current c
      left join finding f on f.pool_id = c.pool_id and f.package_family = c.package_family and f.vulnerability = c.vulnerability
    ), written as (
      insert into finding (id, pool_id, package_family, vulnerability, source_package, severity, severity_source, cvss, installed_versions,
        fixed_version, match_state, rule, packages, state, fact_class, advisory, nodes, first_seen_at, last_seen_at, resolved_at)
      select id, pool_id, package_family, vulnerability, source_package, severity, severity_source, cvss, installed_versions,
        fixed_version, state, rule, packages, after, fact_class, advisory, carriers, first_seen, greatest(first_seen, last_seen), null
      from next
      on conflict (pool_id, package_family, vulnerability) do update set
        source_package = excluded.source_package, severity = excluded.severity, severity_source = excluded.severity_source,
        cvss = excluded.cvss, installed_versions = excluded.installed_versions, fixed_version = excluded.fixed_version,
        match_state = excluded.match_state, rule = excluded.rule, packages = excluded.packages, state = excluded.state,
        fact_class = excluded.fact_class, advisory = excluded.advisory, nodes = excluded.nodes,
        last_seen_at = greatest(finding.last_seen_at, excluded.last_seen_at), resolved_at = null
      where (finding.source_package, finding.severity, finding.severity_source, finding.cvss, finding.installed_versions, finding.fixed_version,
          finding.match_state, finding.rule, finding.packages, finding.state, finding.fact_class, finding.advisory, finding.nodes)
        is distinct from (excluded.source_package, excluded.severity, excluded.severity_source, excluded.cvss, excluded.installed_versions,
          excluded.fixed_version, excluded.match_state, excluded.rule, excluded.packages, excluded.state, excluded.fact_class,
          excluded.advisory, excluded.nodes)
        or finding.last_seen_at < excluded.last_seen_at
    ), absent as (
      -- resolved where a live node was looked at and has it no more; gone where nobody is left to look at
      select f.id, f.state as before, case when exists (
          select from node n join node_class c on c.node_id = n.id
          where n.pool_id = f.pool_id and n.gone_at is null and c.fact_class = f.fact_class
        ) then 'resolved' else 'resource-gone' end as after
      from finding f
      where f.pool_id = any(${poolIds}::text[]) and f.state not in ('resolved', 'resource-gone')
        and f.id not in (select n.id from next n)
    ), closed as (
      update finding f set state = a.after, resolved_at = ${at}::timestamptz, nodes = 0 from absent a where f.id = a.id
    )
    insert into finding_event (finding_id, at, from_state, to_state)
    select id, ${at}::timestamptz, before, after from next where before is distinct from after
    union all
    select id, ${at}::timestamptz, before, after from absent
    on conflict do nothing`.execute(db);
}
