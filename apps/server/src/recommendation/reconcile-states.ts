import { sql, type Transaction } from 'kysely';
import { hasJudgedPackages } from '../database/live-fleet.ts';
import type { Schema } from '../database/schema.ts';

/** The rules of design.md §2, "When is a pool unhealthy?", over whole sets of pools; findings come first. */
export async function reconcilePoolStates(db: Transaction<Schema>, poolIds: readonly string[], at: Date): Promise<void> {
  await reconcileNodes(db, poolIds);
  await reconcilePoolRows(db, poolIds, at);
}

/** The policy floor is low: `negligible` makes nothing unhealthy; `unknown` counts as medium. */
const aboveFloor = sql`severity <> 'negligible'`;

/** Known to be exploited, these make a node unhealthy as well. */
const withoutFix = sql`('affected-fix-available', 'affected-fix-with-subscription', 'affected-no-fix', 'deferred')`;

/** A node: plan-off; else unhealthy if it carries what makes its pool unhealthy; else not assessed if anything is open; else healthy. */
async function reconcileNodes(db: Transaction<Schema>, poolIds: readonly string[]): Promise<void> {
  await sql`
    with member as (
      select n.*, k.advisory_state from node n
      join node_pool p on p.id = n.pool_id join cluster l on l.id = p.cluster_id join connection k on k.id = l.connection_id
      where n.pool_id = any(${poolIds}::text[])
    ), carried as materialized (
      select distinct c.match_set_id, c.fact_class from node_class c join member n on n.id = c.node_id
    ), red as materialized (
      -- the first such row decides: a join would look at all rows of a fleet
      select c.match_set_id, c.fact_class from carried c cross join lateral (
        select from match m where m.match_set_id = c.match_set_id and m.fact_class = c.fact_class and (m.kernel is null or m.kernel = 'running')
          and ((m.state = 'affected-fix-available' and ${aboveFloor}) or (m.exploited and m.state in ${withoutFix})) limit 1
      ) m
    ), unhealthy as (
      select distinct c.node_id from node_class c join member n on n.id = c.node_id
      join red r on r.match_set_id = c.match_set_id and r.fact_class = c.fact_class
    ), told as (
      select n.id, case
          when not exists (select from plan where agentless_scanning) then 'plan-off'
          when u.node_id is not null then null
          when n.assessment_id is null then 'never-assessed'
          when n.assessed_cause is not null then n.assessed_cause
          when n.advisory_state = 'failed' then 'no-advisories'
          when n.assessed_token is distinct from n.evidence_token then 'never-assessed'
        end as cause, u.node_id is not null as unhealthy
      from member n left join unhealthy u on u.node_id = n.id
    ), next as (
      select id, cause, case when cause is not null then 'not-assessed' when unhealthy then 'unhealthy' else 'healthy' end as state from told
    )
    update node n set state = x.state, cause = x.cause from next x
    where n.id = x.id and (n.state, n.cause) is distinct from (x.state, x.cause)`.execute(db);
}

const causeRank = sql`array_position(array['unreachable', 'failed', 'encrypted', 'unsupported', 'no-advisories', 'image-not-published', 'incomplete', 'never-assessed', 'plan-off'], cause)`;

const openStates = sql`'open', 'reboot-required', 'remediating', 'awaiting-verification'`;
const severityOfRank = sql`(array['critical', 'high', 'medium', 'unknown', 'low', 'negligible'])`;

async function reconcilePoolRows(db: Transaction<Schema>, poolIds: readonly string[], at: Date): Promise<void> {
  await sql`
    with counted as (
      select p.id, count(n.id)::int as nodes, (count(*) filter (where n.state = 'unhealthy'))::int as unhealthy,
        (count(*) filter (where n.state = 'not-assessed'))::int as not_assessed,
        bool_or(${hasJudgedPackages}) as matched
      from node_pool p left join node n on n.pool_id = p.id and n.gone_at is null
      where p.id = any(${poolIds}::text[])
      group by p.id
    ), worst as (
      select distinct on (pool_id) pool_id, cause, count(*)::int as nodes from node
      where pool_id = any(${poolIds}::text[]) and gone_at is null and state = 'not-assessed'
      group by pool_id, cause order by pool_id, ${causeRank}
    ), vulnerability as (
      -- one look at the findings for everything that is counted in CVEs
      select pool_id, min(rank) filter (where open) as open_rank, min(rank) filter (where (open and ${aboveFloor}) or exploited) as red_rank,
        bool_or(not open) as no_fix, bool_or(exploited) as exploited, bool_and(exploited is not null) as threat_known
      from (
        select pool_id, vulnerability, severity, exploited, state <> 'no-fix' as open,
          case severity when 'critical' then 1 when 'high' then 2 when 'medium' then 3 when 'unknown' then 4 when 'low' then 5 else 6 end as rank
        from finding where pool_id = any(${poolIds}::text[]) and state in ('no-fix', ${openStates})
      ) f group by pool_id, vulnerability
    ), figure as (
      select pool_id, count(open_rank)::int as open, (count(*) filter (where no_fix))::int as no_fix, ${severityOfRank}[min(red_rank)] as worst,
        -- null where none is known and the advisories of some row could not tell
        case when bool_and(threat_known) or bool_or(exploited) then (count(*) filter (where exploited))::int end as exploited,
        jsonb_build_object(
          'critical', count(*) filter (where open_rank = 1), 'high', count(*) filter (where open_rank = 2),
          'medium', count(*) filter (where open_rank = 3), 'low', count(*) filter (where open_rank = 5),
          'negligible', count(*) filter (where open_rank = 6), 'unknown', count(*) filter (where open_rank = 4)) as severities
      from vulnerability group by pool_id
    ), told as (
      select c.*, case when c.nodes = 0 then 'not-evaluated' when w.cause = 'plan-off' then 'not-evaluated'
          when c.unhealthy > 0 then 'unhealthy' when c.not_assessed > 0 then 'not-evaluated' else 'healthy' end as state,
        w.cause, w.nodes as cause_nodes
      from counted c left join worst w on w.pool_id = c.id
    ), next as (
      select t.id, t.state, t.nodes, t.unhealthy, t.not_assessed,
        case when t.nodes = 0 then 'no-nodes' when t.state = 'not-evaluated' then t.cause end as cause,
        case when t.nodes > 0 and t.state = 'not-evaluated' then t.cause_nodes end as cause_nodes,
        case when t.state = 'unhealthy' then f.worst end as risk_level,
        -- where no packages were compared, none found is not none
        case when not t.matched then nullif(f.exploited, 0) when f.pool_id is null then 0 else f.exploited end as exploited_vulnerabilities,
        case when t.matched then coalesce(f.open, 0) else nullif(f.open, 0) end as open_vulnerabilities,
        case when t.matched then coalesce(f.no_fix, 0) else nullif(f.no_fix, 0) end as no_fix_vulnerabilities,
        case when t.matched then coalesce(f.severities, ${JSON.stringify(noVulnerabilities)}::jsonb) when f.open > 0 then f.severities end as severities
      from told t left join figure f on f.pool_id = t.id
    )
    update node_pool p set state = x.state, cause = x.cause, cause_nodes = x.cause_nodes, risk_level = x.risk_level,
      exploited_vulnerabilities = x.exploited_vulnerabilities, nodes = x.nodes, unhealthy_nodes = x.unhealthy, not_assessed_nodes = x.not_assessed,
      open_vulnerabilities = x.open_vulnerabilities, no_fix_vulnerabilities = x.no_fix_vulnerabilities, severities = x.severities,
      state_changed_at = case when (p.state, p.cause) is distinct from (x.state, x.cause) or p.state_changed_at is null then ${at}::timestamptz else p.state_changed_at end
    from next x
    where p.id = x.id and (p.state, p.cause, p.cause_nodes, p.risk_level, p.exploited_vulnerabilities, p.nodes, p.unhealthy_nodes, p.not_assessed_nodes,
        p.open_vulnerabilities, p.no_fix_vulnerabilities, p.severities, p.state_changed_at is null)
      is distinct from (x.state, x.cause, x.cause_nodes, x.risk_level, x.exploited_vulnerabilities, x.nodes, x.unhealthy, x.not_assessed,
        x.open_vulnerabilities, x.no_fix_vulnerabilities, x.severities, false)`.execute(db);
}

const noVulnerabilities = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
