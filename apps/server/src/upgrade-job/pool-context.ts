import type { OperationKind } from '@nodeward/api';
import type { KubernetesUpgrade } from '@nodeward/providers';
import type { Database } from '../database/schema.ts';
import { NotFoundError } from '../http/errors.ts';

/** A node pool as an upgrade sees it. */
export interface PoolContext {
  readonly poolId: string;
  readonly connectionId: string;
  readonly clusterId: string;
  readonly cluster: string;
  readonly controlPlaneVersion: string | null;
  readonly pool: string;
  readonly image: string;
  readonly newerImages: readonly string[];
  readonly kubernetesVersion: string | null;
  readonly kubernetesUpgrades: readonly KubernetesUpgrade[];
  readonly operations: readonly OperationKind[];
  readonly nodes: readonly { readonly id: string; readonly name: string; readonly image: string; readonly kubeletVersion: string | null; readonly assessed: boolean }[];
}

export async function poolContext(db: Database, poolId: string): Promise<PoolContext> {
  const pool = await db
    .selectFrom('node_pool as p')
    .innerJoin('cluster as c', 'c.id', 'p.cluster_id')
    .select(['p.id', 'p.name', 'p.image', 'p.newer_images', 'p.operations', 'p.kubernetes_version', 'p.kubernetes_upgrades'])
    .select(['c.id as cluster_id', 'c.name as cluster', 'c.kubernetes_version as control_plane_version', 'c.connection_id'])
    .where('p.id', '=', poolId)
    .where('p.gone_at', 'is', null)
    .executeTakeFirst();
  if (pool === undefined) throw new NotFoundError('node pool', poolId);
  const nodes = await db.selectFrom('node').select(['id', 'name', 'image', 'kubelet_version', 'state']).where('pool_id', '=', poolId).where('gone_at', 'is', null).orderBy('name').execute();
  return {
    poolId,
    connectionId: pool.connection_id,
    clusterId: pool.cluster_id,
    cluster: pool.cluster,
    controlPlaneVersion: pool.control_plane_version,
    pool: pool.name,
    image: pool.image,
    newerImages: pool.newer_images,
    kubernetesVersion: pool.kubernetes_version,
    kubernetesUpgrades: pool.kubernetes_upgrades,
    operations: pool.operations,
    nodes: nodes.map(({ id, name, image, kubelet_version, state }) => ({ id, name, image, kubeletVersion: kubelet_version, assessed: state !== 'not-assessed' })),
  };
}
