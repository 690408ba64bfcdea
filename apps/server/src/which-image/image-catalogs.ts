import { type Advisory, type AdvisoryDatabase, AdvisoryDatabaseError, openAdvisoryDatabase, parseNodeImageLabel, type SourceNames } from '@nodeward/engine';
import { type CatalogFamily, type NodeImageLists, readImageCatalog, type UntoldPart, untoldOf, unreadFamily } from '@nodeward/providers';
import { messageOf } from '../database/database-errors.ts';
import type { Database } from '../database/schema.ts';
import type { Log } from '../dependencies.ts';

export interface ImageCatalogDependencies {
  readonly db: Database;
  readonly log: Log;
  readonly lists: Pick<NodeImageLists, 'find' | 'versions'>;
  /** Of the server's own advisory database. */
  readonly advisoryFolder: string;
  readonly clock: () => Date;
  readonly sourceNames: () => Promise<SourceNames | undefined>;
}

/** What is known of the published images that the connected clusters run, as far as it has been read. */
export interface CatalogState {
  readonly revision: string | null;
  readonly families: readonly CatalogFamily[];
  readonly reading: { readonly done: number; readonly of: number | null } | null;
  /** Every advisory that speaks of the vulnerability. */
  readonly about: readonly Advisory[];
  /** What the lists leave open of it. */
  readonly untold: readonly UntoldPart[];
}

export interface ImageCatalogs {
  /** Waits a moment for what is being read, and then says how far it is. */
  state(vulnerability: string): Promise<CatalogState>;
  stop(): Promise<void>;
}

interface Catalog {
  readonly key: string;
  readonly revision: string;
  readonly families: CatalogFamily[];
  progress: { done: number; of: number | null };
  readonly done: Promise<void>;
  /** Another one takes its place. */
  readonly end: AbortController;
  finishedAt: Date | null;
}

/** One request may wait as long for a first answer. */
const patienceMs = 2000;

/** Reads the images of a family once per revision of the advisories; only the histories are kept. */
export function createImageCatalogs(deps: ImageCatalogDependencies): ImageCatalogs {
  const stopping = new AbortController();
  let current: Catalog | undefined;
  return {
    state: async (vulnerability) => {
      const families = await familiesOfFleet(deps.db);
      const opened = await openDatabase(deps.advisoryFolder);
      if (opened === undefined) return { revision: null, families: [], reading: null, about: [], untold: [] };
      const key = JSON.stringify([opened.revision, families]);
      const about = opened.about(vulnerability);
      const untold = untoldOf(about, opened);
      if (current?.key === key && !isToBeTriedAgain(current, deps.clock())) {
        opened.close();
      } else {
        current?.end.abort();
        current = beginCatalog(deps, key, families, opened, stopping.signal);
      }
      const catalog = current;
      await Promise.race([catalog.done, new Promise((resolve) => setTimeout(resolve, patienceMs).unref())]);
      return { revision: catalog.revision, families: [...catalog.families], reading: catalog.finishedAt === null ? { ...catalog.progress } : null, about, untold };
    },
    stop: async () => {
      stopping.abort();
      await current?.done;
    },
  };
}

const retryMs = 60_000;

/** A list that could not be reached may be there in a while. */
function isToBeTriedAgain({ finishedAt, families }: Catalog, now: Date): boolean {
  const isLacking = families.some(({ failure, images }) => failure !== undefined || images.some(({ reason }) => reason !== undefined && reason !== 'no-advisories'));
  return finishedAt !== null && isLacking && now.getTime() - finishedAt.getTime() >= retryMs;
}

function beginCatalog(deps: ImageCatalogDependencies, key: string, names: readonly string[], advisories: AdvisoryDatabase, stopping: AbortSignal): Catalog {
  const end = new AbortController();
  const signal = AbortSignal.any([stopping, end.signal]);
  const catalog: Catalog = { key, revision: advisories.revision, families: [], progress: { done: 0, of: null }, finishedAt: null, end, done: Promise.resolve() };
  const read = async (): Promise<void> => {
    try {
      const sourceNames = await deps.sourceNames();
      for (const family of names) {
        const progress = (_family: string, done: number, of: number): void => void (catalog.progress = { done, of });
        catalog.families.push(...(await readImageCatalog({ lists: deps.lists, families: [family], advisories, sourceNames }, progress, signal)));
      }
    } catch (error) {
      if (signal.aborted) return;
      deps.log.error({ error }, 'published node images could not be read');
      // what was not reached is said, never left out
      for (const family of names.slice(catalog.families.length)) catalog.families.push(unreadFamily(family, messageOf(error)));
    } finally {
      advisories.close();
      catalog.finishedAt = deps.clock();
    }
  };
  return Object.assign(catalog, { done: read() });
}

async function openDatabase(folder: string): Promise<AdvisoryDatabase | undefined> {
  try {
    return await openAdvisoryDatabase(folder, { purpose: 'production' });
  } catch (error) {
    if (error instanceof AdvisoryDatabaseError) return undefined;
    throw error;
  }
}

/** Of live nodes and their pools; a name of another publisher belongs to no family. */
async function familiesOfFleet(db: Database): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('node as n')
    .innerJoin('node_pool as p', 'p.id', 'n.pool_id')
    .innerJoin('cluster as c', 'c.id', 'p.cluster_id')
    .innerJoin('connection as k', 'k.id', 'c.connection_id')
    .select('n.image')
    .distinct()
    .where('n.gone_at', 'is', null)
    .where('k.kind', 'in', ['aks', 'kubernetes'])
    .execute();
  return [...new Set(rows.flatMap(({ image }) => parseNodeImageLabel(image)?.family ?? []))].toSorted();
}
