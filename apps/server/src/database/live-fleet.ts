import { sql } from 'kysely';

/** Pools that count: of configured connections, not gone. Names the pool `p`, its cluster `l`, its connection `k`. */
export const livePools = sql`node_pool p join cluster l on l.id = p.cluster_id and l.gone_at is null
  join connection k on k.id = l.connection_id and k.configured and p.gone_at is null`;

/** Nodes that count: of the pools that count, not gone. Names the node `n` beside the names of `livePools`. */
export const liveNodes = sql`node n join ${livePools} on p.id = n.pool_id and n.gone_at is null`;

/** Of `node n`: its packages were compared with advisories. Where they were not, that nothing was found says nothing. */
export const hasJudgedPackages = sql<boolean>`exists (select from node_class c where c.node_id = n.id and c.fact_class = 'os-packages')`;
