import type { Connection } from '@nodeward/api';
import { sql } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database } from '../database/schema.ts';
import type { ConfiguredConnection } from '../dependencies.ts';

/** Makes the rows follow the configuration; a connection that it no longer names is kept but not shown. */
export async function storeConfiguredConnections(db: Database, configured: readonly Pick<ConfiguredConnection, 'id' | 'kind' | 'name' | 'location'>[]): Promise<void> {
  const ids = configured.map(({ id }) => id);
  await inTransaction(db, async (transaction) => {
    await sql`
      insert into connection (id, kind, name, location)
      select * from unnest(${ids}::text[], ${configured.map(({ kind }) => kind)}::text[], ${configured.map(({ name }) => name)}::text[],
        ${configured.map(({ location }) => location ?? null)}::text[])
      on conflict (id) do update set kind = excluded.kind, name = excluded.name, location = excluded.location, configured = true, paused = false
      where connection.origin = 'configuration'`.execute(transaction);
    await sql`update connection set configured = false where origin = 'configuration' and id <> all(${ids}::text[])`.execute(transaction);
  });
}

export async function failConnection(db: Database, id: string, code: string, detail: string): Promise<void> {
  await db.updateTable('connection').set({ state: 'failed', failure_code: code, failure_detail: detail }).where('id', '=', id).execute();
}

export async function listConnections(db: Database, id?: string): Promise<Connection[]> {
  const rows = await db
    .selectFrom('connection as k')
    .selectAll('k')
    .select((eb) => [
      eb.selectFrom('cluster as c').whereRef('c.connection_id', '=', 'k.id').where('c.gone_at', 'is', null).select(sql<number>`count(*)::int`.as('n')).as('clusters'),
      eb
        .selectFrom('node_pool as p')
        .innerJoin('cluster as c', 'c.id', 'p.cluster_id')
        .whereRef('c.connection_id', '=', 'k.id')
        .where('p.gone_at', 'is', null)
        .select(sql<number>`count(*)::int`.as('n'))
        .as('pools'),
      eb
        .selectFrom('node as n')
        .innerJoin('node_pool as p', 'p.id', 'n.pool_id')
        .innerJoin('cluster as c', 'c.id', 'p.cluster_id')
        .whereRef('c.connection_id', '=', 'k.id')
        .where('n.gone_at', 'is', null)
        .select(sql<number>`count(*)::int`.as('n'))
        .as('nodes'),
    ])
    .where('k.configured', '=', true)
    .$if(id !== undefined, (query) => query.where('k.id', '=', id ?? ''))
    .orderBy('k.name')
    .orderBy('k.id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    name: row.name,
    ...(row.location === null ? {} : { location: row.location }),
    identity: row.identity,
    origin: row.origin,
    state: row.paused ? 'paused' : row.state,
    ...(row.failure_code === null || row.paused || row.state === 'discovering' ? {} : { failure: { code: row.failure_code, detail: row.failure_detail ?? '' } }),
    canUpgrade: row.can_upgrade,
    clusters: row.clusters ?? 0,
    nodePools: row.pools ?? 0,
    nodes: row.nodes ?? 0,
    lastDiscoveredAt: row.last_discovered_at?.toISOString() ?? null,
    advisoryDatabase: {
      purpose: row.advisory_purpose ?? (row.kind === 'sample' ? 'sample' : 'production'),
      state: row.advisory_state,
      revision: row.advisory_revision,
      ...(row.advisory_failure === null ? {} : { failure: row.advisory_failure }),
      feeds: row.advisory_feeds,
    },
  }));
}

/** Live pools of a connection. */
export async function poolsOfConnection(db: Database, connectionId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('node_pool as p')
    .innerJoin('cluster as c', 'c.id', 'p.cluster_id')
    .select('p.id')
    .where('c.connection_id', '=', connectionId)
    .execute();
  return rows.map(({ id }) => id);
}

export async function isConnectionPaused(db: Database, id: string): Promise<boolean> {
  const row = await db.selectFrom('connection').select('paused').where('id', '=', id).executeTakeFirst();
  return row?.paused === true;
}
