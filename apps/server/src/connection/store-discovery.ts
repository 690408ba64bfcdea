import type { Discovery, DiscoveredCluster, DiscoveredNode, DiscoveredPool } from '@nodeward/providers';
import { sql } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database } from '../database/schema.ts';
import type { AdvisoryState } from './advisory-state.ts';
import { stableId } from './stable-id.ts';

export interface StoredDiscovery {
  /** Pools whose nodes or evidence differ from what was known. */
  readonly changedPools: readonly string[];
  /** The advisory database is another one, works again, or does not any more. */
  readonly advisoriesChanged: boolean;
}

interface FlatPool extends DiscoveredPool {
  readonly id: string;
  readonly clusterId: string;
}

interface FlatNode extends DiscoveredNode {
  readonly id: string;
  readonly poolId: string;
}

/** Makes clusters, pools and nodes of a connection what the provider has found; what is not there any more is gone, never deleted. */
export async function storeDiscovery(db: Database, connectionId: string, discovery: Discovery, advisories: AdvisoryState, canUpgrade: boolean, at: Date): Promise<StoredDiscovery> {
  const clusters = discovery.clusters.map((cluster) => ({ ...cluster, id: stableId(connectionId, cluster.name) }));
  const pools = clusters.flatMap((cluster) => cluster.pools.map((pool): FlatPool => ({ ...pool, id: stableId(connectionId, cluster.name, pool.name), clusterId: cluster.id })));
  const nodes = clusters.flatMap((cluster) =>
    cluster.pools.flatMap((pool) =>
      pool.nodes.map((node): FlatNode => ({ ...node, id: stableId(connectionId, cluster.name, pool.name, node.name), poolId: stableId(connectionId, cluster.name, pool.name) })),
    ),
  );
  return inTransaction(db, async (transaction) => {
    await lockPools(transaction, connectionId);
    const advisoriesChanged = await storeConnection(transaction, connectionId, discovery.name, advisories, canUpgrade, at);
    await storeClusters(transaction, connectionId, clusters, at);
    const poolChanges = await storePools(transaction, connectionId, pools, at);
    const nodeChanges = await storeNodes(transaction, connectionId, nodes, at);
    return { changedPools: [...new Set([...poolChanges, ...nodeChanges])], advisoriesChanged };
  });
}

/** In the order in which the reconciliation locks them, or the two could wait for each other. */
async function lockPools(db: Database, connectionId: string): Promise<void> {
  await sql`select p.id from node_pool p join cluster c on c.id = p.cluster_id where c.connection_id = ${connectionId} order by p.id for update of p`.execute(db);
}

async function storeConnection(db: Database, id: string, name: string | undefined, advisories: AdvisoryState, canUpgrade: boolean, at: Date): Promise<boolean> {
  const before = await db.selectFrom('connection').select(['advisory_revision', 'advisory_state']).where('id', '=', id).forUpdate().executeTakeFirst();
  await db
    .updateTable('connection')
    .set({
      ...(name === undefined ? {} : { name }),
      state: 'ok',
      failure_code: null,
      failure_detail: null,
      can_upgrade: canUpgrade,
      last_discovered_at: at,
      advisory_folder: advisories.folder,
      advisory_purpose: advisories.purpose,
      advisory_state: advisories.state,
      advisory_revision: advisories.revision,
      advisory_failure: advisories.failure,
      advisory_feeds: JSON.stringify(advisories.feeds),
    })
    .where('id', '=', id)
    .execute();
  return before?.advisory_revision !== advisories.revision || before.advisory_state !== advisories.state;
}

async function storeClusters(db: Database, connectionId: string, clusters: readonly (DiscoveredCluster & { readonly id: string })[], at: Date): Promise<void> {
  const ids = clusters.map(({ id }) => id);
  await sql`
    insert into cluster (id, connection_id, name, kubernetes_version, region)
    select id, ${connectionId}::text, name, kubernetes_version, region
    from unnest(${ids}::text[], ${clusters.map(({ name }) => name)}::text[], ${clusters.map((c) => c.kubernetesVersion ?? null)}::text[],
      ${clusters.map((c) => c.region ?? null)}::text[]) as c (id, name, kubernetes_version, region)
    on conflict (id) do update set kubernetes_version = excluded.kubernetes_version, region = excluded.region, gone_at = null
    where (cluster.kubernetes_version, cluster.region, cluster.gone_at) is distinct from (excluded.kubernetes_version, excluded.region, null)`.execute(db);
  await sql`update cluster set gone_at = ${at}::timestamptz where connection_id = ${connectionId} and gone_at is null and id <> all(${ids}::text[])`.execute(db);
}

async function storePools(db: Database, connectionId: string, pools: readonly FlatPool[], at: Date): Promise<readonly string[]> {
  const ids = pools.map(({ id }) => id);
  const changed = await sql<{ id: string }>`
    insert into node_pool (id, cluster_id, name, image, kubernetes_version, newer_images, operations)
    select id, cluster_id, name, image, kubernetes_version, newer_images::jsonb, operations::jsonb
    from unnest(${ids}::text[], ${pools.map((p) => p.clusterId)}::text[], ${pools.map((p) => p.name)}::text[], ${pools.map((p) => p.image)}::text[],
      ${pools.map((p) => p.kubernetesVersion ?? null)}::text[], ${pools.map((p) => JSON.stringify(p.newerImages))}::text[],
      ${pools.map((p) => JSON.stringify(p.operations))}::text[]) as p (id, cluster_id, name, image, kubernetes_version, newer_images, operations)
    on conflict (id) do update set image = excluded.image, kubernetes_version = excluded.kubernetes_version,
      newer_images = excluded.newer_images, operations = excluded.operations, gone_at = null
    where (node_pool.image, node_pool.kubernetes_version, node_pool.newer_images, node_pool.operations, node_pool.gone_at)
      is distinct from (excluded.image, excluded.kubernetes_version, excluded.newer_images, excluded.operations, null)
    returning id`.execute(db);
  const gone = await sql<{ id: string }>`
    update node_pool p set gone_at = ${at}::timestamptz from cluster c
    where c.id = p.cluster_id and c.connection_id = ${connectionId} and p.gone_at is null and p.id <> all(${ids}::text[]) returning p.id`.execute(db);
  return [...changed.rows, ...gone.rows].map(({ id }) => id);
}

async function storeNodes(db: Database, connectionId: string, nodes: readonly FlatNode[], at: Date): Promise<readonly string[]> {
  const ids = nodes.map(({ id }) => id);
  const changed = await sql<{ pool_id: string }>`
    insert into node (id, pool_id, name, image, kernel_release, kubelet_version, evidence_token)
    select * from unnest(${ids}::text[], ${nodes.map((n) => n.poolId)}::text[], ${nodes.map((n) => n.name)}::text[], ${nodes.map((n) => n.image)}::text[],
      ${nodes.map((n) => n.kernelRelease ?? null)}::text[], ${nodes.map((n) => n.kubeletVersion ?? null)}::text[], ${nodes.map((n) => n.evidenceToken)}::text[])
    on conflict (id) do update set image = excluded.image, kernel_release = excluded.kernel_release,
      kubelet_version = excluded.kubelet_version, evidence_token = excluded.evidence_token, gone_at = null
    where (node.image, node.kernel_release, node.kubelet_version, node.evidence_token, node.gone_at)
      is distinct from (excluded.image, excluded.kernel_release, excluded.kubelet_version, excluded.evidence_token, null)
    returning pool_id`.execute(db);
  const gone = await sql<{ pool_id: string }>`
    update node n set gone_at = ${at}::timestamptz from node_pool p join cluster c on c.id = p.cluster_id
    where p.id = n.pool_id and c.connection_id = ${connectionId} and n.gone_at is null and n.id <> all(${ids}::text[]) returning n.pool_id`.execute(db);
  return [...changed.rows, ...gone.rows].map(({ pool_id }) => pool_id);
}
