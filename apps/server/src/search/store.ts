import type { RecommendationState, SearchHit, Severity } from '@nodeward/api';
import { sql } from 'kysely';
import { containing, startingWith } from '../database/like-pattern.ts';
import { liveNodes, livePools } from '../database/live-fleet.ts';
import type { Database } from '../database/schema.ts';
import { packageEvidence } from '../inventory/installed.ts';
import { countedFindings, severitiesByRank, severityRank, statesOf } from '../vulnerability/scope.ts';

interface Hit {
  readonly kind: SearchHit['kind'];
  readonly rank: number;
  readonly id: string;
  readonly name: string;
  readonly pool_id: string | null;
  readonly pool: string | null;
  readonly cluster: string | null;
  readonly state: RecommendationState | null;
  readonly severity_rank: number | null;
  readonly first: number | null;
  readonly second: number | null;
}

/** Equal names first, then names that begin so, then the rest; at most `limit` of each kind are looked at. */
export async function searchFleet(db: Database, text: string, limit: number): Promise<{ readonly hits: readonly SearchHit[]; readonly truncated: boolean }> {
  const anywhere = containing(text);
  const begins = startingWith(text);
  const rank = (name: ReturnType<typeof sql>) => sql<number>`case when ${name} ilike ${begins} then case when lower(${name}) = lower(${text}) then 0 else 1 end else 2 end`;
  const best = sql`order by rank, name, id limit ${limit + 1}`;
  const { rows } = await sql<Hit>`
    with clusters as (
      select 'cluster' as kind, ${rank(sql`l.name`)} as rank, l.id, l.name, null as pool_id, null as pool, null as cluster, null as state, null::int as severity_rank,
        (select count(*)::int from node_pool p where p.cluster_id = l.id and p.gone_at is null) as first, null::int as second
      from cluster l join connection k on k.id = l.connection_id and k.configured where l.gone_at is null and l.name ilike ${anywhere} ${best}
    ), pools as (
      select 'node-pool' as kind, ${rank(sql`p.name`)} as rank, p.id, p.name, p.id as pool_id, p.name as pool, l.name as cluster, p.state, null::int as severity_rank, null::int as first, null::int as second
      from ${livePools} where p.name ilike ${anywhere} ${best}
    ), nodes as (
      select 'node' as kind, ${rank(sql`n.name`)} as rank, n.id, n.name, p.id as pool_id, p.name as pool, l.name as cluster, null as state, null::int as severity_rank, null::int as first, null::int as second
      from ${liveNodes} where n.name ilike ${anywhere} ${best}
    ), vulnerabilities as (
      select 'vulnerability' as kind, ${rank(sql`f.vulnerability`)} as rank, f.vulnerability as id, f.vulnerability as name, null as pool_id, null as pool, null as cluster, null as state,
        min(${severityRank})::int as severity_rank, (count(distinct f.pool_id) filter (where f.state = any(${[...(statesOf.present ?? []), 'undetermined']}::text[])))::int as first, null::int as second
      from ${countedFindings} where f.vulnerability ilike ${anywhere} group by f.vulnerability ${best}
    ), standing as (
      select inventory_id, count(*)::int as nodes from ${packageEvidence(sql`true`)} e group by inventory_id
    ), held as (
      select distinct i.name, i.version, i.inventory_id from inventory_package i where i.name ilike ${anywhere} and i.inventory_id in (select inventory_id from standing)
    ), packages as (
      select 'package' as kind, ${rank(sql`h.name`)} as rank, h.name as id, h.name, null as pool_id, null as pool, null as cluster, null as state, null::int as severity_rank,
        count(distinct h.version)::int as first,
        (select sum(s.nodes)::int from standing s where s.inventory_id in (select x.inventory_id from held x where x.name = h.name)) as second
      from held h group by h.name ${best}
    )
    select * from clusters union all select * from pools union all select * from nodes union all select * from vulnerabilities union all select * from packages`.execute(db);
  const sorted = rows.toSorted((a, b) => a.rank - b.rank || kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
  return { hits: fairly(sorted, limit).map(toHit), truncated: rows.length > limit };
}

const kinds: readonly Hit['kind'][] = ['cluster', 'node-pool', 'node', 'vulnerability', 'package'];

/** Every kind gets its part: a thousand nodes with one name in common hide no package. The order stays. */
function fairly(sorted: readonly Hit[], limit: number): readonly Hit[] {
  const share = Math.max(1, Math.floor(limit / kinds.length));
  const first = new Set(kinds.flatMap((kind) => sorted.filter((hit) => hit.kind === kind).slice(0, share)));
  const room = limit - first.size;
  const more = new Set(room <= 0 ? [] : sorted.filter((hit) => !first.has(hit)).slice(0, room));
  return sorted.filter((hit) => first.has(hit) || more.has(hit)).slice(0, limit);
}

function toHit(hit: Hit): SearchHit {
  const { name, pool, cluster } = hit;
  switch (hit.kind) {
    case 'cluster':
      return { kind: hit.kind, clusterId: hit.id, name, nodePools: hit.first ?? 0 };
    case 'node-pool':
      return { kind: hit.kind, poolId: hit.id, name, cluster: cluster ?? '', state: hit.state ?? 'not-evaluated' };
    case 'node':
      return { kind: hit.kind, nodeId: hit.id, poolId: hit.pool_id ?? '', name, pool: pool ?? '', cluster: cluster ?? '' };
    case 'vulnerability':
      return { kind: hit.kind, vulnerability: name, severity: severityOf(hit.severity_rank), pools: hit.first ?? 0 };
    case 'package':
      return { kind: hit.kind, name, versions: hit.first ?? 0, nodes: hit.second ?? 0 };
  }
}

function severityOf(rank: number | null): Severity {
  return severitiesByRank[(rank ?? 0) - 1] ?? 'unknown';
}
