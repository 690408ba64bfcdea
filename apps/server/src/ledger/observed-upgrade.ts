import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { bareVersion, type ImageTarget } from '../assessment/image-targets.ts';
import { poolMatches } from '../assessment/pool-matches.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database } from '../database/schema.ts';
import type { Dependencies, Foretold } from '../dependencies.ts';
import { compareWithForecast } from './compare-with-forecast.ts';
import { insertLedgerRow } from './store.ts';

/** A node as the provider has just found it. */
export interface FoundNode {
  readonly poolId: string;
  readonly image: string;
  readonly kubeletVersion?: string;
}

export interface ObservedChange {
  readonly poolId: string;
  readonly fromImage: string;
  readonly image: string;
  readonly kubelet: string;
  readonly foretold: Foretold;
}

type ObserveDependencies = Pick<Dependencies, 'db' | 'forecasts'>;

/**
 * Pools in which nodes run an image, or a kubelet, that none of them ran before and no job of ours brought there, with what
 * was foretold of it. To be asked before the discovery is stored: afterwards nobody knows what the pool was.
 */
export async function observeChanges({ db, forecasts }: ObserveDependencies, connectionId: string, found: readonly FoundNode[]): Promise<readonly ObservedChange[]> {
  const pools = await knownPools(db, connectionId);
  const changed = new Map<string, ImageTarget>();
  for (const [poolId, nodes] of Map.groupBy(found, (node) => node.poolId)) {
    const node = nodes.find((one) => pools.get(poolId)?.states.includes(stateOf(one)) === false);
    if (node !== undefined) changed.set(poolId, { image: node.image, kubelet: bareVersion(node.kubeletVersion ?? '') });
  }
  const foretold = changed.size === 0 ? new Map<string, Foretold>() : await forecasts.foretold(changed);
  return [...changed].flatMap(([poolId, target]): readonly ObservedChange[] => {
    const [known, told] = [pools.get(poolId), foretold.get(poolId)];
    return known === undefined || told === undefined ? [] : [{ poolId, fromImage: known.image, ...target, foretold: told }];
  });
}

function stateOf({ image, kubeletVersion }: Pick<FoundNode, 'image' | 'kubeletVersion'>): string {
  return `${image} ${bareVersion(kubeletVersion ?? '')}`;
}

interface KnownPool {
  readonly id: string;
  readonly image: string;
  /** Image and kubelet of each live node. */
  readonly states: readonly string[];
}

async function knownPools(db: Database, connectionId: string): Promise<ReadonlyMap<string, KnownPool>> {
  const { rows } = await sql<KnownPool>`
    select p.id, p.image, array_agg(distinct n.image || ' ' || regexp_replace(coalesce(n.kubelet_version, ''), '^v', '')) as states
    from node_pool p join cluster c on c.id = p.cluster_id join node n on n.pool_id = p.id and n.gone_at is null
    where c.connection_id = ${connectionId} and p.gone_at is null
      and not exists (select from upgrade_job j where j.pool_id = p.id and j.state in ('running', 'verifying'))
    group by p.id`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

/** In the transaction that stores the discovery. One that was under way for another image of the pool is over. */
export async function storeObservedChanges(db: Database, changes: readonly ObservedChange[], at: Date): Promise<void> {
  for (const { poolId, fromImage, image, kubelet, foretold } of changes) {
    await sql`update observed_upgrade set state = 'superseded', settled_at = ${at}::timestamptz where pool_id = ${poolId} and state = 'verifying'`.execute(db);
    const id = createHash('sha256').update(JSON.stringify([poolId, image, kubelet, at.toISOString()])).digest('hex').slice(0, 32);
    await db
      .insertInto('observed_upgrade')
      .values({
        id,
        pool_id: poolId,
        kind: foretold.kind,
        from_image: fromImage,
        image,
        kubelet_version: kubelet,
        predicted: JSON.stringify(foretold.counts),
        predicted_rows: JSON.stringify(foretold.rows),
        seen_at: at,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/**
 * Writes the ledger row of a pool that somebody else has changed, once every node of it runs the image and has been looked
 * at since. Where a node could not be evaluated at all it waits: what the change did there is not known.
 */
export async function settleObservedUpgrade({ db, clock }: Pick<Dependencies, 'db' | 'clock'>, poolId: string): Promise<boolean> {
  const open = await db.selectFrom('observed_upgrade').select('id').where('pool_id', '=', poolId).where('state', '=', 'verifying').executeTakeFirst();
  if (open === undefined) return false;
  return inTransaction(db, async (transaction) => {
    await sql`select id from node_pool where id = ${poolId} for update`.execute(transaction);
    const change = await transaction.selectFrom('observed_upgrade').selectAll().where('id', '=', open.id).where('state', '=', 'verifying').executeTakeFirst();
    if (change === undefined) return false;
    const look = await lookAt(transaction, poolId, change.image, change.seen_at);
    if (look?.settled !== true) return false;
    const at = clock();
    const comparison = compareWithForecast({ ...change.predicted_rows, counts: change.predicted }, await poolMatches(transaction, poolId), look.independent);
    await transaction.updateTable('observed_upgrade').set({ state: 'verified', settled_at: at }).where('id', '=', change.id).execute();
    await insertLedgerRow(transaction, { observedUpgradeId: change.id, poolId, at, ...comparison });
    return true;
  });
}

interface Look {
  readonly settled: boolean;
  /** Every node was read completely, and from more than a published list. */
  readonly independent: boolean;
}

async function lookAt(db: Database, poolId: string, image: string, since: Date): Promise<Look | undefined> {
  const { rows } = await sql<Look>`
    select coalesce(bool_and(n.image = ${image} and n.assessed_token = n.evidence_token and a.match_set_id is not null and a.evidence_at >= ${since}::timestamptz), false) as settled,
      coalesce(bool_and(a.complete and a.grade not in ('manifest', 'node-status')), false) as independent
    from node n left join assessment a on a.id = n.assessment_id where n.pool_id = ${poolId} and n.gone_at is null`.execute(db);
  return rows[0];
}
