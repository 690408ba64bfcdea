import type { PackageList, Severity } from '@nodeward/api';
import { sql } from 'kysely';
import { containing } from '../database/like-pattern.ts';
import type { Database } from '../database/schema.ts';
import { packageEvidence, vulnerablePackages } from './installed.ts';

export type PackagePosition = readonly [name: string, version: string, architecture: string];

export interface PackageRequest {
  readonly search: string | undefined;
  readonly vulnerable: boolean | undefined;
  readonly after: PackagePosition | undefined;
  readonly limit: number;
}

interface PackageRow {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly source: string;
  readonly source_version: string;
  readonly open: number | null;
  readonly worst: Severity | null;
}

export interface PackagePage {
  readonly packages: PackageList['packages'];
  readonly total: number;
  readonly next: PackagePosition | undefined;
}

/** By name. Without rows nothing is said of vulnerabilities: null, never 0. */
export async function packagesOfNode(db: Database, nodeId: string, { search, vulnerable, after, limit }: PackageRequest): Promise<PackagePage> {
  const pattern = search === undefined ? undefined : containing(search);
  const listed = sql`
    with evidence as (select * from ${packageEvidence(sql`n.id = ${nodeId}`)} e
    ), open as (
      select name, version, count(distinct vulnerability)::int as open,
        (array_agg(severity order by array_position(array['critical', 'high', 'medium', 'unknown', 'low', 'negligible'], severity)))[1] as worst
      from ${vulnerablePackages(sql`select match_set_id from evidence`)} v group by name, version
    ), listed as (
      select i.name, i.version, i.architecture, i.source, i.source_version, case when e.match_set_id is not null then coalesce(o.open, 0) end as open, o.worst
      from evidence e join inventory_package i on i.inventory_id = e.inventory_id left join open o on o.name = i.name and o.version = i.version
      where true ${pattern === undefined ? sql`` : sql`and (i.name ilike ${pattern} or i.source ilike ${pattern})`}
        ${vulnerable === undefined ? sql`` : vulnerable ? sql`and o.open > 0` : sql`and e.match_set_id is not null and o.open is null`}
    )`;
  const { rows: counted } = await sql<{ readonly total: number }>`${listed} select count(*)::int as total from listed`.execute(db);
  const { rows } = await sql<PackageRow>`${listed} select * from listed
    ${after === undefined ? sql`` : sql`where (name, version, architecture) > (${after[0]}::text, ${after[1]}::text, ${after[2]}::text)`}
    order by name, version, architecture limit ${limit + 1}`.execute(db);
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { packages: page.map(toPackage), total: counted[0]?.total ?? 0, next: last === undefined ? undefined : [last.name, last.version, last.architecture] };
}

function toPackage({ source_version: sourceVersion, open, worst, ...row }: PackageRow): PackageList['packages'][number] {
  return { ...row, sourceVersion, openVulnerabilities: open, worstSeverity: worst };
}
