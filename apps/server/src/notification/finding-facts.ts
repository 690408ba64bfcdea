import { createHash } from 'node:crypto';
import type { Notification, NotificationType } from '@nodeward/api';
import { sql, type Transaction } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { type Fact, tell } from './outbox.ts';

/** A notification names the worst of them and says how many there are. */
const namedVulnerabilities = 100;

type FindingFactType = Extract<NotificationType, `finding.${string}`>;

interface FactRow {
  readonly type: FindingFactType;
  readonly pool_id: string;
  readonly pool: string;
  readonly cluster_id: string;
  readonly cluster: string;
  readonly total: number;
  /** Hash of what is told, so that a second reconciliation at the same time does not pass for the first one. */
  readonly content: string;
  readonly vulnerabilities: Notification['data']['vulnerabilities'];
}

/** Findings that somebody has; the ones that a job works on are known already. */
const present = sql`('open', 'reboot-required', 'no-fix')`;

/**
 * What the reconciliation at `at` has brought: one notification per pool and kind with the CVEs in it, so that the first
 * assessment of a pool, or a feed that names many, sends one and not hundreds. A finding is told as exploited and as
 * critical once in its life; one that was resolved and is there again is told as regressed.
 */
export async function tellOfFindings(db: Transaction<Schema>, poolIds: readonly string[], at: Date): Promise<void> {
  const { rows } = await sql<FactRow>`
    with candidate as materialized (
      -- by the index of those that nobody has been told of: asked for their states too, all findings of the pools would be looked at
      select id, state, exploited is true and not told_exploited as tell_exploited, severity = 'critical' and not told_critical as tell_critical
      from finding where pool_id = any(${poolIds}::text[]) and ((exploited is true and not told_exploited) or (severity = 'critical' and not told_critical))
    ), untold as (
      select * from candidate where state in ${present}
    ), marked as (
      update finding f set told_exploited = f.told_exploited or u.tell_exploited, told_critical = f.told_critical or u.tell_critical from untold u where f.id = u.id
    ), fact as (
      select 'finding.exploited' as type, id from untold where tell_exploited
      union all select 'finding.critical', id from untold where tell_critical
      union all select distinct 'finding.regressed', e.finding_id from finding_event e join finding f on f.id = e.finding_id
        where e.at = ${at}::timestamptz and e.from_state = 'resolved' and e.to_state in ${present} and f.pool_id = any(${poolIds}::text[]) and f.state in ${present}
    ), listed as (
      select t.type, f.*, row_number() over (partition by t.type, f.pool_id order by f.exploited is true desc,
        array_position(array['critical', 'high', 'medium', 'unknown', 'low', 'negligible'], f.severity), f.vulnerability, f.package_family) as place
      from fact t join finding f on f.id = t.id
    )
    select f.type, f.pool_id, p.name as pool, l.id as cluster_id, l.name as cluster, count(distinct f.vulnerability)::int as total,
      md5(string_agg(f.id, ',' order by f.id)) as content,
      jsonb_agg(jsonb_build_object('vulnerability', f.vulnerability, 'packageFamily', f.package_family, 'severity', f.severity, 'exploited', f.exploited,
        'fixedVersion', f.fixed_version) order by f.place) filter (where f.place <= ${namedVulnerabilities}::int) as vulnerabilities
    from listed f join node_pool p on p.id = f.pool_id join cluster l on l.id = p.cluster_id
    group by f.type, f.pool_id, p.name, l.id, l.name`.execute(db);
  await tell(db, rows.map((row) => factOf(row, at)), at);
}

function factOf(row: FactRow, at: Date): Fact {
  const key = [row.type, row.pool_id, at.toISOString(), createHash('sha256').update(row.content).digest('hex').slice(0, 16)].join(' ');
  const { type, cluster_id: clusterId, cluster, pool_id: poolId, pool, total, vulnerabilities } = row;
  return { key, type, data: { clusterId, cluster, poolId, pool, jobId: null, jobState: null, failure: null, vulnerabilityCount: total, vulnerabilities } };
}
