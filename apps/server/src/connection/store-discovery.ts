import { type DiscoveredCluster, type DiscoveredNode, type DiscoveredPool, type Discovery, machineKey, type OperationKind } from '@nodeward/providers';
import { sql } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import { liveNodes } from '../database/live-fleet.ts';
import type { Database } from '../database/schema.ts';
import { reconcilePools } from '../finding/reconcile.ts';
import { type ObservedChange, storeObservedChanges } from '../ledger/observed-upgrade.ts';
import type { AdvisoryState } from './advisory-state.ts';
import { stableIdUnder } from './stable-id.ts';
import { withoutTwins } from './without-twins.ts';

export interface StoredDiscovery {
  /** Pools of the connection whose nodes or evidence differ from what was known. */
  readonly changedPools: readonly string[];
  /** Of other connections, likewise: their states do not follow yet. */
  readonly foreignPools: readonly string[];
  /** The advisory database is another one, works again, or does not any more: to be matched again, and then noted by `noteRevision`. */
  readonly advisoriesChanged: boolean;
}

/** What the provider's writer offers; both false where there is none. */
export interface WriteRights {
  readonly canUpgrade: boolean;
  readonly canChangeAutoUpgrade: boolean;
}

type FlatCluster = DiscoveredCluster & { readonly id: string };

interface FlatPool extends DiscoveredPool {
  readonly id: string;
  readonly clusterId: string;
}

interface FlatNode extends DiscoveredNode {
  readonly id: string;
  readonly poolId: string;
}

/**
 * Makes clusters, pools and nodes of a connection what the provider has found, in one transaction; what is not there any more
 * is gone, never deleted; findings and states follow. `changes`: upgrades by others that are to be followed. Nothing is stored
 * of a connection that has been removed or paused meanwhile.
 */
export async function storeDiscovery(db: Database, connectionId: string, found: Discovery, advisories: AdvisoryState, rights: WriteRights, at: Date, changes: readonly ObservedChange[] = []): Promise<StoredDiscovery> {
  return inTransaction(db, async (transaction) => {
    await lockPools(transaction, connectionId);
    const connection = await transaction.selectFrom('connection').select(['kind', 'paused']).where('id', '=', connectionId).forUpdate().executeTakeFirst();
    if (connection === undefined || connection.paused) return { changedPools: [], foreignPools: [], advisoriesChanged: false };
    const { own, lent } = connection.kind === 'kubernetes' ? withoutTwins(found, await machinesOfAzure(transaction)) : { own: found, lent: new Map<string, DiscoveredNode>() };
    const advisoriesChanged = await storeConnection(transaction, connectionId, own, advisories, rights.canUpgrade, at);
    const { clusters, pools, nodes } = flatten(connectionId, own);
    const kept = keptOf(connectionId, own);
    await storeClusters(transaction, connectionId, clusters, rights, kept, at);
    const poolChanges = await storePools(transaction, connectionId, pools, kept, at);
    const nodeChanges = await storeNodes(transaction, connectionId, nodes, kept, at);
    const lentChanges = await lendFacts(transaction, connectionId, lent);
    const twinChanges = connection.kind === 'aks' ? await giveWayToAzure(transaction, at) : [];
    await storeObservedChanges(transaction, changes, at);
    const changedPools = [...new Set([...poolChanges, ...nodeChanges])];
    await reconcilePools(transaction, changedPools, at);
    return { changedPools, foreignPools: [...new Set([...lentChanges, ...twinChanges])], advisoriesChanged };
  });
}

/** As the rows have them. */
export function flatten(connectionId: string, discovery: Discovery): { readonly clusters: readonly FlatCluster[]; readonly pools: readonly FlatPool[]; readonly nodes: readonly FlatNode[] } {
  const clusters = discovery.clusters.map((cluster) => ({ ...cluster, id: stableIdUnder(connectionId, cluster.name) }));
  const pools = clusters.flatMap((cluster) => cluster.pools.map((pool): FlatPool => ({ ...pool, id: stableIdUnder(connectionId, cluster.name, pool.name), clusterId: cluster.id })));
  const nodes = clusters.flatMap((cluster) =>
    cluster.pools.flatMap((pool) =>
      pool.nodes.map((node): FlatNode => ({ ...node, id: stableIdUnder(connectionId, cluster.name, pool.name, node.name), poolId: stableIdUnder(connectionId, cluster.name, pool.name) })),
    ),
  );
  return { clusters, pools, nodes };
}

/** What could not be read this time is not gone. */
interface Kept {
  readonly everything: boolean;
  readonly clusters: readonly string[];
  readonly pools: readonly string[];
}

function keptOf(connectionId: string, { incomplete = [] }: Discovery): Kept {
  return {
    everything: incomplete.some(({ cluster }) => cluster === undefined),
    clusters: incomplete.flatMap(({ cluster, pool }) => (cluster === undefined || pool !== undefined ? [] : [stableIdUnder(connectionId, cluster)])),
    pools: incomplete.flatMap(({ cluster, pool }) => (cluster === undefined || pool === undefined ? [] : [stableIdUnder(connectionId, cluster, pool)])),
  };
}

/** `machineKey` of the live nodes that Azure's own connections have found. */
async function machinesOfAzure(db: Database): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ readonly key: string }>`
    select n.provider_id as key from ${liveNodes} where k.kind = 'aks' and n.provider_id is not null`.execute(db);
  return new Set(rows.map(({ key }) => key));
}

/** To the nodes of Azure's connections; returns their pools. */
async function lendFacts(db: Database, connectionId: string, lent: ReadonlyMap<string, DiscoveredNode>): Promise<readonly string[]> {
  if (lent.size === 0) return [];
  const facts = [...lent].map(([key, node]) => ({
    key,
    kernel: node.kernelRelease ?? null,
    kubelet: node.kubeletVersion ?? null,
    runtime: node.containerRuntimeVersion ?? null,
    os_image: node.osImage ?? null,
    architecture: node.architecture ?? null,
    patch: node.securityPatch ?? null,
  }));
  const { rows } = await sql<{ readonly pool_id: string }>`
    update node n set kernel_release = f.kernel, kubelet_version = f.kubelet, container_runtime_version = f.runtime, os_image = f.os_image,
      architecture = f.architecture, security_patch = f.patch, lent_by = ${connectionId}::text
    from jsonb_to_recordset(${JSON.stringify(facts)}::jsonb) as f (key text, kernel text, kubelet text, runtime text, os_image text, architecture text, patch text),
      node_pool p join cluster c on c.id = p.cluster_id join connection k on k.id = c.connection_id
    where n.provider_id = f.key and n.gone_at is null and p.id = n.pool_id and k.kind = 'aks'
      and (n.kernel_release, n.kubelet_version, n.container_runtime_version, n.os_image, n.architecture, n.security_patch, n.lent_by)
        is distinct from (f.kernel, f.kubelet, f.runtime, f.os_image, f.architecture, f.patch, ${connectionId}::text)
    returning n.pool_id`.execute(db);
  return rows.map(({ pool_id }) => pool_id);
}

/** Nodes that a cluster's connection had found before Azure's own: they are counted there from now on, with the facts that they had. */
async function giveWayToAzure(db: Database, at: Date): Promise<readonly string[]> {
  const { rows } = await sql<{ readonly pool_id: string }>`
    with twin as (
      select a.id as azure, b.id as twin, b.pool_id, l.connection_id, b.kernel_release, b.kubelet_version, b.container_runtime_version, b.os_image, b.architecture, b.security_patch
      from node a join node_pool ap on ap.id = a.pool_id join cluster al on al.id = ap.cluster_id join connection ak on ak.id = al.connection_id and ak.kind = 'aks'
      join node b on b.provider_id = a.provider_id and b.id <> a.id and b.gone_at is null
      join node_pool p on p.id = b.pool_id join cluster l on l.id = p.cluster_id join connection k on k.id = l.connection_id and k.kind = 'kubernetes'
      where a.gone_at is null and a.provider_id is not null
    ), lent as (
      update node n set kernel_release = t.kernel_release, kubelet_version = t.kubelet_version, container_runtime_version = t.container_runtime_version,
        os_image = t.os_image, architecture = t.architecture, security_patch = t.security_patch, lent_by = t.connection_id
      from twin t where n.id = t.azure
    ), gone as (
      update node n set gone_at = ${at}::timestamptz from twin t where n.id = t.twin
    )
    select distinct pool_id from twin`.execute(db);
  return rows.map(({ pool_id }) => pool_id);
}

/** In the order in which the reconciliation locks them, or the two could wait for each other. */
async function lockPools(db: Database, connectionId: string): Promise<void> {
  await sql`select p.id from node_pool p join cluster c on c.id = p.cluster_id where c.connection_id = ${connectionId} order by p.id for update of p`.execute(db);
}

async function storeConnection(db: Database, id: string, { name, incomplete = [] }: Discovery, advisories: AdvisoryState, canUpgrade: boolean, at: Date): Promise<boolean> {
  const before = await db.selectFrom('connection').select(['advisory_revision', 'advisory_state', 'advisory_folder', 'named', 'last_discovered_at']).where('id', '=', id).executeTakeFirst();
  await db
    .updateTable('connection')
    .set({
      ...(name === undefined || before?.named === true ? {} : { name }),
      state: 'ok',
      failure_code: incomplete.length === 0 ? null : 'INCOMPLETE_DISCOVERY',
      failure_detail: incomplete.length === 0 ? null : sayIncomplete(incomplete),
      can_upgrade: canUpgrade,
      last_discovered_at: at,
      advisory_folder: advisories.folder,
      advisory_purpose: advisories.purpose,
      advisory_state: advisories.state,
      // another one only once the nodes have been matched with it: whoever dies before that begins again
      ...(before?.last_discovered_at === null ? { advisory_revision: advisories.revision } : {}),
      advisory_failure: advisories.failure,
      advisory_feeds: JSON.stringify(advisories.feeds),
    })
    .where('id', '=', id)
    .execute();
  // the same ones in another place: until now nobody has found them
  return before?.advisory_revision !== advisories.revision || before.advisory_state !== advisories.state || before.advisory_folder !== advisories.folder;
}

/** The nodes of the connection have been matched with these advisories. */
export async function noteRevision(db: Database, connectionId: string, revision: string | null): Promise<void> {
  await db.updateTable('connection').set({ advisory_revision: revision }).where('id', '=', connectionId).execute();
}

/** One line, however much it is. */
function sayIncomplete(incomplete: NonNullable<Discovery['incomplete']>): string {
  const shown = incomplete.slice(0, 3).map(({ cluster, pool, detail }) => `${[cluster, pool].filter((name) => name !== undefined).join('/')}: ${detail}`.replace(/^: /, ''));
  return `${shown.join('; ')}${incomplete.length > shown.length ? `; and ${incomplete.length - shown.length} more` : ''}`.replace(/\s+/g, ' ');
}

async function storeClusters(db: Database, connectionId: string, clusters: readonly FlatCluster[], rights: WriteRights, kept: Kept, at: Date): Promise<void> {
  const ids = clusters.map(({ id }) => id);
  const rows = clusters.map(({ id, name, kubernetesVersion, region, controlPlaneUpgrades, autoUpgrade }) => ({
    id,
    name,
    kubernetes_version: kubernetesVersion,
    region,
    control_plane_upgrades: controlPlaneUpgrades ?? [],
    auto_upgrade: autoUpgrade,
    can_change: rights.canChangeAutoUpgrade && autoUpgrade !== undefined,
  }));
  await sql`
    insert into cluster (id, connection_id, name, kubernetes_version, region, control_plane_upgrades, auto_upgrade, can_change_auto_upgrade)
    select id, ${connectionId}::text, name, kubernetes_version, region, control_plane_upgrades, auto_upgrade, can_change
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as c (id text, name text, kubernetes_version text, region text, control_plane_upgrades jsonb,
      auto_upgrade jsonb, can_change boolean)
    on conflict (id) do update set kubernetes_version = excluded.kubernetes_version, region = excluded.region, gone_at = null,
      control_plane_upgrades = excluded.control_plane_upgrades, auto_upgrade = excluded.auto_upgrade, can_change_auto_upgrade = excluded.can_change_auto_upgrade
    where (cluster.kubernetes_version, cluster.region, cluster.gone_at, cluster.control_plane_upgrades, cluster.auto_upgrade, cluster.can_change_auto_upgrade)
      is distinct from (excluded.kubernetes_version, excluded.region, null, excluded.control_plane_upgrades, excluded.auto_upgrade, excluded.can_change_auto_upgrade)`.execute(db);
  await sql`update cluster set gone_at = ${at}::timestamptz where connection_id = ${connectionId} and gone_at is null and id <> all(${ids}::text[])
    and not ${kept.everything}::boolean and id <> all(${kept.clusters}::text[])`.execute(db);
}

/** The control plane is the cluster's, not a pool's. */
const poolOperations: ReadonlySet<OperationKind> = new Set(['node-image', 'kubernetes', 'reboot']);

async function storePools(db: Database, connectionId: string, pools: readonly FlatPool[], kept: Kept, at: Date): Promise<readonly string[]> {
  const ids = pools.map(({ id }) => id);
  const found = pools.map((pool) => ({
    id: pool.id,
    cluster_id: pool.clusterId,
    name: pool.name,
    image: pool.image,
    kubernetes_version: pool.kubernetesVersion,
    newer_images: pool.newerImages,
    operations: pool.operations.filter((kind) => poolOperations.has(kind)),
    kubernetes_upgrades: pool.kubernetesUpgrades ?? [],
    operating_system: pool.operatingSystem,
    os_disk: pool.osDisk,
    image_published_at: pool.imagePublishedAt,
    manager: pool.manager,
    coordinates: pool.coordinates ?? {},
  }));
  const changed = await sql<{ id: string }>`
    insert into node_pool (id, cluster_id, name, image, kubernetes_version, newer_images, operations, kubernetes_upgrades, operating_system, os_disk, image_published_at, manager, coordinates)
    select * from jsonb_to_recordset(${JSON.stringify(found)}::jsonb) as p (id text, cluster_id text, name text, image text, kubernetes_version text, newer_images jsonb,
      operations jsonb, kubernetes_upgrades jsonb, operating_system text, os_disk text, image_published_at timestamptz, manager text, coordinates jsonb)
    on conflict (id) do update set image = excluded.image, kubernetes_version = excluded.kubernetes_version,
      newer_images = excluded.newer_images, operations = excluded.operations, kubernetes_upgrades = excluded.kubernetes_upgrades,
      operating_system = excluded.operating_system, os_disk = excluded.os_disk, image_published_at = excluded.image_published_at,
      manager = excluded.manager, coordinates = excluded.coordinates, gone_at = null
    where (node_pool.image, node_pool.kubernetes_version, node_pool.newer_images, node_pool.operations, node_pool.kubernetes_upgrades,
        node_pool.operating_system, node_pool.os_disk, node_pool.image_published_at, node_pool.manager, node_pool.coordinates, node_pool.gone_at)
      is distinct from (excluded.image, excluded.kubernetes_version, excluded.newer_images, excluded.operations, excluded.kubernetes_upgrades,
        excluded.operating_system, excluded.os_disk, excluded.image_published_at, excluded.manager, excluded.coordinates, null)
    returning id`.execute(db);
  const gone = await sql<{ id: string }>`
    update node_pool p set gone_at = ${at}::timestamptz from cluster c
    where c.id = p.cluster_id and c.connection_id = ${connectionId} and p.gone_at is null and p.id <> all(${ids}::text[])
      and not ${kept.everything}::boolean and c.id <> all(${kept.clusters}::text[]) and p.id <> all(${kept.pools}::text[]) returning p.id`.execute(db);
  return [...changed.rows, ...gone.rows].map(({ id }) => id);
}

async function storeNodes(db: Database, connectionId: string, nodes: readonly FlatNode[], kept: Kept, at: Date): Promise<readonly string[]> {
  const ids = nodes.map(({ id }) => id);
  const changed = await sql<{ pool_id: string }>`
    insert into node (id, pool_id, name, image, kernel_release, kubelet_version, container_runtime_version, operating_system, os_image, architecture, provider_id, security_patch, evidence_token)
    select * from unnest(${ids}::text[], ${nodes.map((n) => n.poolId)}::text[], ${nodes.map((n) => n.name)}::text[], ${nodes.map((n) => n.image)}::text[],
      ${nodes.map((n) => n.kernelRelease ?? null)}::text[], ${nodes.map((n) => n.kubeletVersion ?? null)}::text[],
      ${nodes.map((n) => n.containerRuntimeVersion ?? null)}::text[], ${nodes.map((n) => n.operatingSystem ?? null)}::text[], ${nodes.map((n) => n.osImage ?? null)}::text[],
      ${nodes.map((n) => n.architecture ?? null)}::text[], ${nodes.map((n) => machineKey(n.providerId) ?? n.providerId ?? null)}::text[],
      ${nodes.map((n) => n.securityPatch ?? null)}::text[], ${nodes.map((n) => n.evidenceToken)}::text[])
    on conflict (id) do update set image = excluded.image, evidence_token = excluded.evidence_token, gone_at = null, operating_system = excluded.operating_system, provider_id = excluded.provider_id,
      ${sql.join(lentFacts.map((column) => sql`${sql.ref(column)} = ${factOf(column)}`))}
    where (node.image, node.evidence_token, node.gone_at, node.operating_system, node.provider_id, ${sql.join(lentFacts.map((column) => sql.ref(`node.${column}`)))})
      is distinct from (excluded.image, excluded.evidence_token, null, excluded.operating_system, excluded.provider_id, ${sql.join(lentFacts.map(factOf))})
    returning pool_id`.execute(db);
  const gone = await sql<{ pool_id: string }>`
    update node n set gone_at = ${at}::timestamptz from node_pool p join cluster c on c.id = p.cluster_id
    where p.id = n.pool_id and c.connection_id = ${connectionId} and n.gone_at is null and not exists (select from unnest(${ids}::text[]) as found (id) where found.id = n.id)
      and not ${kept.everything}::boolean and c.id <> all(${kept.clusters}::text[]) and p.id <> all(${kept.pools}::text[]) returning n.pool_id`.execute(db);
  return [...changed.rows, ...gone.rows].map(({ pool_id }) => pool_id);
}

const lentFacts = ['kernel_release', 'kubelet_version', 'container_runtime_version', 'os_image', 'architecture', 'security_patch'] as const;

/** What a cluster's connection lends is not forgotten by Azure's, which does not know it; of the kubelet that runs, the Node object knows more. */
function factOf(column: (typeof lentFacts)[number]) {
  if (column === 'kubelet_version') return sql`case when node.lent_by is null then excluded.kubelet_version else coalesce(node.kubelet_version, excluded.kubelet_version) end`;
  return sql`case when node.lent_by is null then ${sql.ref(`excluded.${column}`)} else coalesce(${sql.ref(`excluded.${column}`)}, ${sql.ref(`node.${column}`)}) end`;
}
