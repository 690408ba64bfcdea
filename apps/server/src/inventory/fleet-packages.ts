import { sql } from 'kysely';
import { containing } from '../database/like-pattern.ts';
import type { Database } from '../database/schema.ts';
import { packageEvidence, vulnerablePackages } from './installed.ts';

export type FleetPackagePosition = readonly [name: string, version: string, source: string];

export interface FleetPackageRequest {
  readonly search: string | undefined;
  readonly vulnerable: boolean | undefined;
  readonly after: FleetPackagePosition | undefined;
  readonly limit: number;
}

export interface FleetPackageRow {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly nodes: number;
  readonly pools: readonly { readonly poolId: string; readonly pool: string; readonly cluster: string; readonly nodes: number }[];
}

export interface FleetPackagePage {
  readonly packages: readonly FleetPackageRow[];
  readonly total: number;
  readonly next: FleetPackagePosition | undefined;
}

/** What nobody has matched is not known to be free of anything. */
const notVulnerable = sql`and (i.name, i.version) not in (select name, version from open)
  and i.inventory_id in (select inventory_id from standing where match_set_id is not null)`;

/** Where each name and version is. Names are looked up in the inventories, of which there are few; only a page is spread over nodes. */
export async function packagesOfFleet(db: Database, { search, vulnerable, after, limit }: FleetPackageRequest): Promise<FleetPackagePage> {
  const pattern = search === undefined ? undefined : containing(search);
  const listed = sql`
    with standing as (
      select pool_id, pool, cluster, inventory_id, match_set_id, count(*)::int as nodes from ${packageEvidence(sql`true`)} e group by 1, 2, 3, 4, 5
    ), open as (
      select distinct name, version from ${vulnerablePackages(sql`select match_set_id from standing`)} v
    ), listed as (
      select distinct i.name, i.version, i.source from inventory_package i
      where i.inventory_id in (select inventory_id from standing) ${pattern === undefined ? sql`` : sql`and (i.name ilike ${pattern} or i.source ilike ${pattern})`}
        ${vulnerable === undefined ? sql`` : vulnerable ? sql`and (i.name, i.version) in (select name, version from open)` : notVulnerable}
    )`;
  const { rows: counted } = await sql<{ readonly total: number }>`${listed} select count(*)::int as total from listed`.execute(db);
  const { rows } = await sql<FleetPackageRow>`
    ${listed}, page as (
      select * from listed ${after === undefined ? sql`` : sql`where (name, version, source) > (${after[0]}::text, ${after[1]}::text, ${after[2]}::text)`}
      order by name, version, source limit ${limit + 1}
    ), holding as (
      -- one inventory may hold a package for two architectures
      select distinct page.name, page.version, page.source, i.inventory_id from page
      join inventory_package i on i.name = page.name and i.version = page.version and i.source = page.source
    ), placed as (
      select h.name, h.version, h.source, s.pool_id, s.pool, s.cluster, sum(s.nodes)::int as nodes
      from holding h join standing s on s.inventory_id = h.inventory_id group by 1, 2, 3, 4, 5, 6
    )
    select name, version, source, sum(nodes)::int as nodes,
      jsonb_agg(jsonb_build_object('poolId', pool_id, 'pool', pool, 'cluster', cluster, 'nodes', nodes) order by cluster, pool, pool_id) as pools
    from placed group by name, version, source order by name, version, source`.execute(db);
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { packages: page, total: counted[0]?.total ?? 0, next: last === undefined ? undefined : [last.name, last.version, last.source] };
}
