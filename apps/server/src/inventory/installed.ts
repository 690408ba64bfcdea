import { type RawBuilder, sql } from 'kysely';
import { liveNodes } from '../database/live-fleet.ts';

/**
 * By node that counts, restricted to `nodes`: the inventory that its newest reading of packages gave, and the rows that
 * hold for it; a reading that nobody could match has an inventory and no rows.
 */
export const packageEvidence = (nodes: RawBuilder<unknown>): RawBuilder<unknown> => sql`(
  select n.id as node_id, n.pool_id, p.name as pool, l.name as cluster, coalesce(read.inventory_id, newest.inventory_id) as inventory_id, c.match_set_id
  from ${liveNodes} left join node_class c on c.node_id = n.id and c.fact_class = 'os-packages'
  left join assessment read on read.id = c.assessment_id left join assessment newest on newest.id = n.assessment_id
  where coalesce(read.inventory_id, newest.inventory_id) is not null and ${nodes}
)`;

/** Packages that a row with a published fix speaks of: (match_set_id, name, version, vulnerability, severity). */
export const vulnerablePackages = (sets: RawBuilder<unknown>): RawBuilder<unknown> => sql`(
  select m.match_set_id, k.name, k.version, m.vulnerability, m.severity from match m, jsonb_to_recordset(m.packages) as k (name text, version text)
  where m.match_set_id in (${sets}) and m.state = 'affected-fix-available' and (m.kernel is null or m.kernel = 'running')
)`;
