import type { AdvisorySource } from '@nodeward/api';
import { sql } from 'kysely';
import type { Database } from '../database/schema.ts';

type SourceName = AdvisorySource['name'];

/** Node software and threats concern every system; the lists are fetched by those who need them. */
const always: readonly SourceName[] = ['go', 'kubernetes', 'kev', 'epss'];
const bySystem: readonly (readonly [RegExp, SourceName])[] = [
  [/ubuntu/i, 'ubuntu'],
  // `Microsoft Azure Linux 3.0`, `azurelinux 3.0`; CBL-Mariner is what 2.0 was called
  [/azure ?linux 3/i, 'azure-linux-3'],
  [/mariner|azure ?linux 2/i, 'azure-linux-2'],
];

/** Sources for the systems that these connections' nodes run, and for all systems while none is known. */
export async function sourcesNeeded(db: Database, connectionIds: readonly string[]): Promise<readonly SourceName[]> {
  const { rows } = await sql<{ system: string }>`
    select distinct coalesce(n.os_image, i.operating_system ->> 'prettyName') as system
    from node n join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id
    left join assessment a on a.id = n.assessment_id left join inventory i on i.id = a.inventory_id
    where c.connection_id = any(${connectionIds}::text[]) and n.gone_at is null and coalesce(n.os_image, i.operating_system ->> 'prettyName') is not null`.execute(db);
  const wanted = rows.length === 0 ? bySystem : bySystem.filter(([pattern]) => rows.some(({ system }) => pattern.test(system)));
  return [...wanted.map(([, name]) => name), ...always];
}
