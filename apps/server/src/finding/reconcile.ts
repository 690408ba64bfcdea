import type { FindingChangeReason } from '@nodeward/api';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database, Schema } from '../database/schema.ts';
import { tellOfFindings } from '../notification/finding-facts.ts';
import { reconcilePoolStates } from '../recommendation/reconcile-states.ts';

/** Why findings change where neither a job nor new evidence did it: those that the pools still carry, and those that they carry no more. */
export interface ChangeReasons {
  readonly present: FindingChangeReason | null;
  readonly absent: FindingChangeReason | null;
}

/** What tells the findings of a fleet apart. */
export interface FindingKey {
  readonly poolId: string;
  readonly packageFamily: string;
  readonly vulnerability: string;
}

const noReasons: ChangeReasons = { present: null, absent: null };

/**
 * Makes the findings and states of the pools follow from what their nodes carry now. Depends on the rows alone, so
 * that a second call changes nothing. Absence closes a finding only because a newer assessment that read its fact class
 * has replaced the node's rows of that class, or because the node is gone. `only`: each of the findings that may differ,
 * once, where the caller knows that no other does; the states of the pools follow all the same.
 */
export async function reconcilePools(db: Database, poolIds: readonly string[], at: Date, reasons: ChangeReasons = noReasons, only?: readonly FindingKey[]): Promise<void> {
  if (poolIds.length === 0) return;
  await inTransaction(db, async (transaction) => {
    await lockPools(transaction, poolIds);
    // a fleet's rows are sorted in memory: the default would spill them to the disk
    await sql`select set_config('work_mem', '64MB', true)`.execute(transaction);
    if (only?.length !== 0) await reconcileFindings(transaction, poolIds, at, reasons, only);
    await tellOfFindings(transaction, poolIds, at);
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

/**
 * The findings that are asked for, by the pool of one table and the row of another. Arrays, not a joined list: what the
 * planner takes such a list for, nobody knows, and a nested loop over a fleet would be chosen.
 */
function named(only: readonly FindingKey[] | undefined, pool: RawBuilder<unknown>, row: RawBuilder<unknown>): RawBuilder<unknown> {
  if (only === undefined) return sql``;
  const vulnerabilities = [...new Set(only.map(({ vulnerability }) => vulnerability))];
  const keys = only.map(({ poolId, packageFamily, vulnerability }) => [poolId, packageFamily, vulnerability].join('\n'));
  return sql`and ${row}.vulnerability = any(${vulnerabilities}::text[])
    and ${pool}.pool_id || chr(10) || ${row}.package_family || chr(10) || ${row}.vulnerability = any(${keys}::text[])`;
}

/** `current`: what the pools' nodes carry now, one row per finding, with its state as far as the rows tell. */
const currentFindings = (poolIds: readonly string[], only: readonly FindingKey[] | undefined): RawBuilder<unknown> => sql`
    standing as ${only === undefined ? sql`` : sql`materialized`} (
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
      where (m.kernel is null or m.kernel = 'running') and m.state <> 'not-affected' ${named(only, sql`s`, sql`m`)}
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
      select s.*,
        case cardinality(s.versions) when 1 then to_jsonb(s.versions) else (select jsonb_agg(distinct v) from unnest(s.versions) as v) end as installed_versions,
        case s.state when 'affected-fix-available' then case when s.all_reboot_fixes then 'reboot-required' else 'open' end
          when 'undetermined' then 'undetermined' else 'no-fix' end as told
      from spread s where s.place = 1
    )`;

async function reconcileFindings(db: Transaction<Schema>, poolIds: readonly string[], at: Date, { present, absent }: ChangeReasons, only?: readonly FindingKey[]): Promise<void> {
  await sql`
    with ${currentFindings(poolIds, only)}, next as (
      select c.*, f.state as before, coalesce(f.id, md5(c.pool_id || chr(10) || c.package_family || chr(10) || c.vulnerability)) as id,
        coalesce(f.first_seen_at, ${at}::timestamptz) as first_seen, w.after,
        (f.source_package, f.severity, f.severity_source, f.cvss, f.installed_versions, f.fixed_version, f.match_state, f.rule, f.packages, f.state,
          f.fact_class, f.advisory, f.component, f.exploited, f.epss, f.nodes)
        is distinct from (c.source_package, c.severity, c.severity_source, c.cvss, c.installed_versions, c.fixed_version, c.state, c.rule, c.packages, w.after,
          c.fact_class, c.advisory, c.component, c.exploited, c.epss, c.carriers)
        or f.last_seen_at < c.last_seen as differs
      from current c
      left join finding f on f.pool_id = c.pool_id and f.package_family = c.package_family and f.vulnerability = c.vulnerability
      cross join lateral (select case when f.state in ${underWay} and c.told in ('open', 'reboot-required')
          and exists (select from upgrade_job j where j.pool_id = c.pool_id and j.state in ${activeJob})
        then f.state else c.told end as after) w
    ), written as (
      insert into finding (id, pool_id, package_family, vulnerability, source_package, severity, severity_source, cvss, installed_versions,
        fixed_version, match_state, rule, packages, state, fact_class, advisory, component, exploited, epss, nodes, first_seen_at, last_seen_at, resolved_at)
      select id, pool_id, package_family, vulnerability, source_package, severity, severity_source, cvss, installed_versions,
        fixed_version, state, rule, packages, after, fact_class, advisory, component, exploited, epss, carriers, first_seen, greatest(first_seen, last_seen), null
      from next where differs
      on conflict (pool_id, package_family, vulnerability) do update set
        source_package = excluded.source_package, severity = excluded.severity, severity_source = excluded.severity_source,
        cvss = excluded.cvss, installed_versions = excluded.installed_versions, fixed_version = excluded.fixed_version,
        match_state = excluded.match_state, rule = excluded.rule, packages = excluded.packages, state = excluded.state,
        fact_class = excluded.fact_class, advisory = excluded.advisory, component = excluded.component, exploited = excluded.exploited,
        epss = excluded.epss, nodes = excluded.nodes,
        last_seen_at = greatest(finding.last_seen_at, excluded.last_seen_at), resolved_at = null
    ), missing as materialized (
      select f.id, f.pool_id, f.package_family, f.fact_class, f.state from finding f
      where f.pool_id = any(${poolIds}::text[]) and f.state not in ('resolved', 'resource-gone') and f.id not in (select n.id from next n) ${named(only, sql`f`, sql`f`)}
    ), absent as (
      -- resolved where a live node was looked at and has it no more; gone where nobody is left to look at; a look that could
      -- not tell closes nothing
      select f.id, f.state as before, case when k.told then 'resolved' else 'resource-gone' end as after
      from missing f cross join lateral (
        select bool_or(not c.untold && array['*', f.package_family]) as told from node n join node_class c on c.node_id = n.id
        where n.pool_id = f.pool_id and n.gone_at is null and c.fact_class = f.fact_class
      ) k
      where k.told is not false
    ), closed as (
      update finding f set state = a.after, resolved_at = ${at}::timestamptz, nodes = 0 from absent a where f.id = a.id
    )
    insert into finding_event (finding_id, at, from_state, to_state, reason)
    select id, ${at}::timestamptz, before, after, ${present}::text from next where before is distinct from after
    union all
    select id, ${at}::timestamptz, before, after, case when after = 'resolved' then ${absent}::text end from absent
    on conflict do nothing`.execute(db);
}
