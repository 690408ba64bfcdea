import { DomainError, newestKernelRelease } from '@nodeward/engine';
import { type Evidence, ProviderBusyError } from '@nodeward/providers';
import type { Insertable } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database, ImageReadingTable } from '../database/schema.ts';
import type { Dependencies } from '../dependencies.ts';
import { isScanningOn } from '../plan/store.ts';
import { causeOfReading } from './cause.ts';
import { saveInventory } from './inventory-store.ts';
import { ensureMatchSet, type MatchOutcome, withAdvisories } from './match-set.ts';
import { readEvidence } from './read-evidence.ts';

export type ImageReadingDependencies = Pick<Dependencies, 'db' | 'clock' | 'providers' | 'reader' | 'log'>;

/** Readings that are younger are kept: an image is read anew when its evidence may have changed, not at every look. */
const keepMs = 5 * 60_000;

interface PoolImages {
  readonly id: string;
  readonly pool: string;
  readonly cluster: string;
  readonly connectionId: string;
  readonly kind: 'images' | 'sample';
  readonly folder: string | null;
  readonly images: readonly string[];
}

/** Calls for one pool at the same time share one reading. */
const underWay = new Map<string, Promise<void>>();

/** Reads what the pool's newer images hold, where that is not known yet, and matches it with the connection's advisories. */
export function ensureImageReadings(deps: ImageReadingDependencies, poolId: string): Promise<void> {
  const running = underWay.get(poolId);
  if (running !== undefined) return running;
  const reading = readPoolImages(deps, poolId).finally(() => underWay.delete(poolId));
  underWay.set(poolId, reading);
  return reading;
}

/** The images of these pools are read anew at the next look. */
export async function forgetImageReadings(db: Database, poolIds: readonly string[]): Promise<void> {
  if (poolIds.length > 0) await db.deleteFrom('image_reading').where('pool_id', 'in', poolIds).execute();
}

async function readPoolImages(deps: ImageReadingDependencies, poolId: string): Promise<void> {
  const pool = await findPoolImages(deps.db, poolId);
  if (pool === undefined || !(await isScanningOn(deps.db))) return;
  for (const image of pool.images) {
    const known = await deps.db.selectFrom('image_reading').select(['read_at', 'inventory_id', 'running_kernel']).where('pool_id', '=', poolId).where('image', '=', image).executeTakeFirst();
    const isFresh = known !== undefined && deps.clock().getTime() - known.read_at.getTime() < keepMs;
    if (!isFresh) await readImage(deps, pool, image);
    else if (known.inventory_id !== null) await matchImage(deps, pool, image, known.inventory_id, known.running_kernel);
  }
}

async function findPoolImages(db: Database, poolId: string): Promise<PoolImages | undefined> {
  return db
    .selectFrom('node_pool as p')
    .innerJoin('cluster as c', 'c.id', 'p.cluster_id')
    .innerJoin('connection as k', 'k.id', 'c.connection_id')
    .select(['p.id', 'p.name as pool', 'c.name as cluster', 'k.id as connectionId', 'k.kind', 'k.advisory_folder as folder', 'p.newer_images as images'])
    .where('p.id', '=', poolId)
    .executeTakeFirst();
}

async function readImage(deps: ImageReadingDependencies, pool: PoolImages, image: string): Promise<void> {
  const at = deps.clock();
  const result = await readEvidence(await imageEvidence(deps, pool, image), undefined, deps.reader, deps.log);
  if (result.kind === 'refused') {
    const code = result.cause === 'image-not-published' || result.cause === 'not-found' ? 'image-not-published' : 'unreadable';
    return saveImage(deps.db, { pool_id: pool.id, image, unknown_code: code, unknown_detail: result.detail, read_at: at });
  }
  const { inventory, facts, coverage } = result.reading;
  if (inventory === undefined) {
    const cause = causeOfReading({ coverage, hasInventory: false }, undefined);
    return saveImage(deps.db, { pool_id: pool.id, image, grade: facts.grade, coverage: JSON.stringify(coverage), unknown_code: 'unreadable', unknown_detail: cause, read_at: at });
  }
  // nothing runs on an image yet; a node that boots from it runs its newest kernel
  const kernel = newestKernelRelease(inventory.packages) ?? facts.runningKernel?.release ?? null;
  await inTransaction(deps.db, async (transaction) => {
    await saveInventory(transaction, inventory, at);
    await saveImage(transaction, {
      pool_id: pool.id,
      image,
      inventory_id: inventory.id,
      grade: facts.grade,
      running_kernel: kernel,
      coverage: JSON.stringify(coverage),
      evidence_paths: JSON.stringify(facts.evidencePaths),
      read_at: at,
    });
  });
  await matchImage(deps, pool, image, inventory.id, kernel);
}

async function imageEvidence(deps: ImageReadingDependencies, pool: PoolImages, image: string): Promise<Evidence> {
  const connection = deps.providers.get(pool.connectionId);
  if (connection === undefined) return { kind: 'refused', cause: 'unreachable', detail: 'the connection is not configured any more' };
  try {
    const provider = await connection.open();
    return await provider.reader.imageEvidence({ cluster: pool.cluster, pool: pool.pool, image }, AbortSignal.timeout(deps.reader.deadline));
  } catch (error) {
    if (error instanceof DomainError && !(error instanceof ProviderBusyError)) return { kind: 'refused', cause: 'unreachable', detail: error.message };
    throw error;
  }
}

type ImageRow = Insertable<ImageReadingTable>;

/** One row per pool and image: the newer reading takes the place of the older one. */
async function saveImage(db: Database, row: ImageRow): Promise<void> {
  await inTransaction(db, async (transaction) => {
    await transaction.deleteFrom('image_reading').where('pool_id', '=', row.pool_id).where('image', '=', row.image).execute();
    await transaction.insertInto('image_reading').values(row).execute();
  });
}

async function matchImage(deps: ImageReadingDependencies, pool: PoolImages, image: string, inventoryId: string, runningKernel: string | null): Promise<void> {
  const subject = { inventoryId, runningKernel: runningKernel ?? '' };
  const match: MatchOutcome = await withAdvisories({ kind: pool.kind, folder: pool.folder }, (advisories) => ensureMatchSet(deps.db, subject, advisories, pool.kind === 'sample', deps.clock()));
  const told =
    match.kind === 'matched'
      ? { match_set_id: match.matchSetId, unknown_code: null, unknown_detail: null }
      : { match_set_id: null, unknown_code: 'no-advisories' as const, unknown_detail: match.reason };
  await deps.db.updateTable('image_reading').set(told).where('pool_id', '=', pool.id).where('image', '=', image).execute();
}
