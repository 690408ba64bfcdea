import type { OperationKind } from '@nodeward/api';
import type { Database } from '../database/schema.ts';
import { NotFoundError } from '../http/errors.ts';

/** A node pool as an upgrade sees it. */
export interface PoolContext {
  readonly poolId: string;
  readonly connectionId: string;
  readonly cluster: string;
  readonly pool: string;
  readonly image: string;
  readonly newerImages: readonly string[];
  readonly operations: readonly OperationKind[];
  readonly nodes: readonly { readonly id: string; readonly name: string; readonly image: string; readonly assessed: boolean }[];
}

export async function poolContext(db: Database, poolId: string): Promise<PoolContext> {
  const pool = await db
    .selectFrom('node_pool as p')
    .innerJoin('cluster as c', 'c.id', 'p.cluster_id')
    .select(['p.id', 'p.name', 'p.image', 'p.newer_images', 'p.operations', 'c.name as cluster', 'c.connection_id'])
    .where('p.id', '=', poolId)
    .where('p.gone_at', 'is', null)
    .executeTakeFirst();
  if (pool === undefined) throw new NotFoundError('node pool', poolId);
  const nodes = await db.selectFrom('node').select(['id', 'name', 'image', 'state']).where('pool_id', '=', poolId).where('gone_at', 'is', null).orderBy('name').execute();
  return {
    poolId,
    connectionId: pool.connection_id,
    cluster: pool.cluster,
    pool: pool.name,
    image: pool.image,
    newerImages: pool.newer_images,
    operations: pool.operations,
    nodes: nodes.map(({ id, name, image, state }) => ({ id, name, image, assessed: state !== 'not-assessed' })),
  };
}
