import { sql, type Transaction } from 'kysely';
import type { Schema } from '../database/schema.ts';

/** The rules of design.md §2, "When is a pool unhealthy?", over whole sets of pools; findings come first. */
export async function reconcilePoolStates(db: Transaction<Schema>, poolIds: readonly string[], at: Date): Promise<void> {
  await reconcileNodes(db, poolIds);
  await reconcilePoolRows(db, poolIds, at);
}

/** The policy floor is low: `negligible` makes nothing unhealthy; `unknown` counts as medium. */
const aboveFloor = sql`severity <> 'negligible'`;

/** A node: plan-off; else unhealthy if it carries what makes its pool unhealthy; else not assessed if anything is open; else healthy. */
async function reconcileNodes(db: Transaction<Schema>, poolIds: readonly string[]): Promise<void> {
  await sql`
    with member as (
      select n.*, k.advisory_state from node n
      join node_pool p on p.id = n.pool_id join cluster l on l.id = p.cluster_id join connection k on k.id = l.connection_id
      where n.pool_id = any(${poolIds}::text[])
    ), red as (
      select distinct m.match_set_id, m.fact_class from match m
      where m.match_set_id in (select c.match_set_id from node_class c join member n on n.id = c.node_id)
        and (m.kernel is null or m.kernel = 'running') and m.state = 'affected-fix-available' and ${aboveFloor}
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

async function reconcilePoolRows(db: Transaction<Schema>, poolIds: readonly string[], at: Date): Promise<void> {
  await sql`
    with counted as (
      select p.id, count(n.id)::int as nodes, (count(*) filter (where n.state = 'unhealthy'))::int as unhealthy,
        (count(*) filter (where n.state = 'not-assessed'))::int as not_assessed,
        bool_or(exists (select from node_class c where c.node_id = n.id)) as matched
      from node_pool p left join node n on n.pool_id = p.id and n.gone_at is null
      where p.id = any(${poolIds}::text[])
      group by p.id
    ), worst as (
      select distinct on (pool_id) pool_id, cause, count(*)::int as nodes from node
      where pool_id = any(${poolIds}::text[]) and gone_at is null and state = 'not-assessed'
      group by pool_id, cause order by pool_id, ${causeRank}
    ), open as (
      select pool_id, vulnerability,
        (array_agg(severity order by array_position(array['critical', 'high', 'medium', 'unknown', 'low', 'negligible'], severity)))[1] as severity
      from finding
      where pool_id = any(${poolIds}::text[]) and state in ('open', 'reboot-required', 'remediating', 'awaiting-verification')
      group by pool_id, vulnerability
    ), open_count as (
      select pool_id, count(*)::int as vulnerabilities,
        (array_agg(severity order by array_position(array['critical', 'high', 'medium', 'unknown', 'low'], severity)) filter (where ${aboveFloor}))[1] as worst,
        jsonb_build_object(
          'critical', count(*) filter (where severity = 'critical'), 'high', count(*) filter (where severity = 'high'),
          'medium', count(*) filter (where severity = 'medium'), 'low', count(*) filter (where severity = 'low'),
          'negligible', count(*) filter (where severity = 'negligible'), 'unknown', count(*) filter (where severity = 'unknown')) as severities
      from open group by pool_id
    ), no_fix as (
      select pool_id, count(distinct vulnerability)::int as vulnerabilities from finding
      where pool_id = any(${poolIds}::text[]) and state = 'no-fix' group by pool_id
    ), told as (
      select c.*, case when c.nodes = 0 then 'not-evaluated' when w.cause = 'plan-off' then 'not-evaluated'
          when c.unhealthy > 0 then 'unhealthy' when c.not_assessed > 0 then 'not-evaluated' else 'healthy' end as state,
        w.cause, w.nodes as cause_nodes
      from counted c left join worst w on w.pool_id = c.id
    ), next as (
      select t.id, t.state, t.nodes, t.unhealthy, t.not_assessed,
        case when t.nodes = 0 then 'no-nodes' when t.state = 'not-evaluated' then t.cause end as cause,
        case when t.nodes > 0 and t.state = 'not-evaluated' then t.cause_nodes end as cause_nodes,
        case when t.state = 'unhealthy' then o.worst end as risk_level,
        case when t.matched then coalesce(o.vulnerabilities, 0) end as open_vulnerabilities,
        case when t.matched then coalesce(f.vulnerabilities, 0) end as no_fix_vulnerabilities,
        case when t.matched then coalesce(o.severities, ${JSON.stringify(noVulnerabilities)}::jsonb) end as severities
      from told t left join open_count o on o.pool_id = t.id left join no_fix f on f.pool_id = t.id
    )
    update node_pool p set state = x.state, cause = x.cause, cause_nodes = x.cause_nodes, risk_level = x.risk_level,
      nodes = x.nodes, unhealthy_nodes = x.unhealthy, not_assessed_nodes = x.not_assessed,
      open_vulnerabilities = x.open_vulnerabilities, no_fix_vulnerabilities = x.no_fix_vulnerabilities, severities = x.severities,
      state_changed_at = case when (p.state, p.cause) is distinct from (x.state, x.cause) or p.state_changed_at is null then ${at}::timestamptz else p.state_changed_at end
    from next x
    where p.id = x.id and (p.state, p.cause, p.cause_nodes, p.risk_level, p.nodes, p.unhealthy_nodes, p.not_assessed_nodes,
        p.open_vulnerabilities, p.no_fix_vulnerabilities, p.severities, p.state_changed_at is null)
      is distinct from (x.state, x.cause, x.cause_nodes, x.risk_level, x.nodes, x.unhealthy, x.not_assessed,
        x.open_vulnerabilities, x.no_fix_vulnerabilities, x.severities, false)`.execute(db);
}

const noVulnerabilities = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
