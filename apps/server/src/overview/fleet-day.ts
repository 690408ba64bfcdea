import type { Overview } from '@nodeward/api';
import { sql } from 'kysely';
import { hasJudgedPackages, liveNodes } from '../database/live-fleet.ts';
import type { Database } from '../database/schema.ts';
import { countedFindings, severityRank, statesOf } from '../vulnerability/scope.ts';

/** One row per UTC day, which the last call of the day leaves as the day ended. Nothing is written before the packages of a first node were matched. */
export async function recordFleetDay(db: Database, at: Date): Promise<void> {
  await sql`
    with by_vulnerability as (
      select min(${severityRank}) filter (where f.state = any(${statesOf.active}::text[])) as rank, bool_or(f.state = 'no-fix') as no_fix
      from ${countedFindings} where f.state = any(${statesOf.present}::text[]) group by f.vulnerability
    ), vulnerabilities as (
      select jsonb_build_object('critical', count(*) filter (where rank = 1), 'high', count(*) filter (where rank = 2), 'medium', count(*) filter (where rank = 3),
          'unknown', count(*) filter (where rank = 4), 'low', count(*) filter (where rank = 5), 'negligible', count(*) filter (where rank = 6)) as severities,
        count(rank)::int as open, (count(*) filter (where no_fix))::int as no_fix
      from by_vulnerability
    ), nodes as (
      select jsonb_build_object('healthy', count(*) filter (where n.state = 'healthy'), 'unhealthy', count(*) filter (where n.state = 'unhealthy'),
          'notAssessed', count(*) filter (where n.state = 'not-assessed')) as nodes,
        bool_or(${hasJudgedPackages}) as matched
      from ${liveNodes}
    )
    insert into fleet_day (day, severities, open, no_fix, nodes, updated_at)
    select ${dayOf(at)}::date, v.severities, v.open, v.no_fix, n.nodes, ${at}::timestamptz from vulnerabilities v, nodes n where n.matched or v.open + v.no_fix > 0
    on conflict (day) do update set severities = excluded.severities, open = excluded.open, no_fix = excluded.no_fix, nodes = excluded.nodes, updated_at = excluded.updated_at
    where fleet_day.updated_at <= excluded.updated_at`.execute(db);
}

/** `2026-11-24`, UTC. */
export function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

type Trend = Overview['trend'];
const shownDays = 90;

/** Oldest first, without today, which is not over. Days on which no server ran are not there. */
export async function pastDays(db: Database, now: Date): Promise<Trend> {
  const { rows } = await sql<{ day: string; severities: Trend[number]['severities']; open: number; no_fix: number; nodes: Trend[number]['nodes'] }>`
    select to_char(day, 'YYYY-MM-DD') as day, severities, open, no_fix, nodes from fleet_day
    where day < ${dayOf(now)}::date and day > ${dayOf(now)}::date - ${shownDays}::int order by day`.execute(db);
  return rows.map(({ day, severities, open, no_fix: noFix, nodes }) => ({ day, severities, open, noFix, nodes }));
}
