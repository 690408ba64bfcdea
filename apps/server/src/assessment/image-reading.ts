import { DomainError, type Inventory, newestKernelRelease } from '@nodeward/engine';
import { type Evidence, ProviderBusyError, type ProviderKind } from '@nodeward/providers';
import { type Insertable, sql } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database, ImageReadingTable } from '../database/schema.ts';
import type { Dependencies } from '../dependencies.ts';
import { isScanningOn } from '../plan/store.ts';
import { causeOfReading } from './cause.ts';
import { imageTargets, kubeletOfPool } from './image-targets.ts';
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
  readonly kind: ProviderKind;
  readonly folder: string | null;
  /** Under each of these kubelets; one that nobody knows is empty. */
  readonly images: ReadonlyMap<string, readonly string[]>;
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

/** The images of these pools are read anew at the next look; what is known of them stands until then. */
export async function expireImageReadings(db: Database, poolIds: readonly string[]): Promise<void> {
  if (poolIds.length > 0) await db.updateTable('image_reading').set({ read_at: new Date(0) }).where('pool_id', 'in', poolIds).execute();
}

/** There are other advisories: what could be compared with none is compared at the next look. */
export async function expireUnmatchedImages(db: Database, connectionId: string): Promise<void> {
  await sql`
    update image_reading i set unknown_code = null, unknown_detail = null from node_pool p join cluster c on c.id = p.cluster_id
    where p.id = i.pool_id and c.connection_id = ${connectionId} and i.unknown_code = 'no-advisories'`.execute(db);
}

async function readPoolImages(deps: ImageReadingDependencies, poolId: string): Promise<void> {
  const pool = await findPoolImages(deps.db, poolId);
  if (pool === undefined || !(await isScanningOn(deps.db))) return;
  await sql`delete from image_reading where pool_id = ${poolId} and image <> all(${[...pool.images.keys()]}::text[])`.execute(deps.db);
  for (const [image, kubelets] of pool.images) {
    const known = await deps.db.selectFrom('image_reading').select(['kubelet_version', 'read_at']).where('pool_id', '=', poolId).where('image', '=', image).execute();
    const oldest = deps.clock().getTime() - keepMs;
    const isFresh = kubelets.every((kubelet) => known.some((row) => row.kubelet_version === kubelet && row.read_at.getTime() > oldest));
    if (!isFresh) await readImage(deps, pool, image, kubelets);
    await matchImage(deps, pool, image);
  }
}

async function findPoolImages(db: Database, poolId: string): Promise<PoolImages | undefined> {
  const row = await db
    .selectFrom('node_pool as p')
    .innerJoin('cluster as c', 'c.id', 'p.cluster_id')
    .innerJoin('connection as k', 'k.id', 'c.connection_id')
    .select(['p.id', 'p.name as pool', 'c.name as cluster', 'k.id as connectionId', 'k.kind', 'k.advisory_folder as folder', 'p.newer_images', 'p.kubernetes_upgrades', kubeletOfPool.as('kubelet_version')])
    .where('p.id', '=', poolId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const targets = imageTargets({ newerImages: row.newer_images, kubernetesUpgrades: row.kubernetes_upgrades, kubeletVersion: row.kubelet_version });
  const images = new Map([...Map.groupBy(targets, ({ image }) => image)].map(([image, asked]) => [image, [...new Set(asked.map(({ kubelet }) => kubelet))]]));
  return { ...row, images };
}

type ImageRow = Insertable<ImageReadingTable>;

/** Where the image says what it said before, the outcome of its matching stands until the next matching. */
async function readImage(deps: ImageReadingDependencies, pool: PoolImages, image: string, kubelets: readonly string[]): Promise<void> {
  const at = deps.clock();
  const told = await readImageEvidence(deps, pool, image);
  await inTransaction(deps.db, async (transaction) => {
    if (told.inventory !== undefined) await saveInventory(transaction, told.inventory, at);
    const before = await transaction.deleteFrom('image_reading').where('pool_id', '=', pool.id).where('image', '=', image).returningAll().execute();
    const rows = kubelets.map((kubelet): ImageRow => {
      const same = before.find((row) => row.kubelet_version === kubelet && row.inventory_id !== null && row.inventory_id === told.inventory?.id && row.running_kernel === told.row.running_kernel);
      const outcome = same === undefined ? {} : { match_set_id: same.match_set_id, unknown_code: same.unknown_code, unknown_detail: same.unknown_detail };
      return { ...told.row, ...outcome, pool_id: pool.id, image, kubelet_version: kubelet, read_at: at };
    });
    await transaction.insertInto('image_reading').values(rows).execute();
  });
}

async function readImageEvidence(deps: ImageReadingDependencies, pool: PoolImages, image: string): Promise<{ readonly inventory?: Inventory; readonly row: Partial<ImageRow> }> {
  const result = await readEvidence(await imageEvidence(deps, pool, image), { connectionId: pool.connectionId, runningKernel: undefined }, deps.reader, deps.log);
  if (result.kind === 'refused') {
    const code = result.cause === 'image-not-published' || result.cause === 'not-found' ? 'image-not-published' : 'unreadable';
    return { row: { unknown_code: code, unknown_detail: result.detail } };
  }
  const { inventory, facts, coverage } = result.reading;
  const row = { grade: facts.grade, coverage: JSON.stringify(coverage) };
  if (inventory === undefined) return { row: { ...row, unknown_code: 'unreadable', unknown_detail: causeOfReading({ coverage, hasInventory: false }, undefined) } };
  return {
    inventory,
    row: {
      ...row,
      inventory_id: inventory.id,
      // nothing runs on an image yet; a node that boots from it runs its newest kernel
      running_kernel: newestKernelRelease(inventory.packages) ?? facts.runningKernel?.release ?? null,
      evidence_paths: JSON.stringify(facts.evidencePaths),
      component_files: JSON.stringify(facts.componentFiles ?? []),
    },
  };
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

/** With the advisories of now, under each kubelet. */
async function matchImage(deps: ImageReadingDependencies, pool: PoolImages, image: string): Promise<void> {
  const rows = await deps.db.selectFrom('image_reading').select(['kubelet_version', 'inventory_id', 'running_kernel']).where('pool_id', '=', pool.id).where('image', '=', image).execute();
  for (const { kubelet_version: kubeletVersion, inventory_id: inventoryId, running_kernel: kernel } of rows) {
    if (inventoryId === null) continue;
    const subject = { inventoryId, runningKernel: kernel ?? '', kubeletVersion };
    const match: MatchOutcome = await withAdvisories({ kind: pool.kind, folder: pool.folder }, (advisories) => ensureMatchSet(deps.db, subject, advisories, pool.kind === 'sample', deps.clock()));
    const told =
      match.kind === 'matched' && !match.coverage.some(({ reason }) => reason === 'no-advisories-for-system')
        ? { match_set_id: match.matchSetId, unknown_code: null, unknown_detail: null }
        : { match_set_id: null, unknown_code: 'no-advisories' as const, unknown_detail: match.kind === 'matched' ? 'no-advisories-for-operating-system' : match.reason };
    // nothing was found where the advisories were; by now they may be elsewhere, and the next look finds them
    const isStillThere = sql<boolean>`exists (select from connection k where k.id = ${pool.connectionId} and k.advisory_folder is not distinct from ${pool.folder}::text)`;
    const row = deps.db.updateTable('image_reading').set(told).where('pool_id', '=', pool.id).where('image', '=', image).where('kubelet_version', '=', kubeletVersion);
    await (told.match_set_id === null ? row.where(isStillThere) : row).execute();
  }
}
