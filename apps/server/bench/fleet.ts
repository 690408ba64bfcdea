// Row 5: a feed update over 5,000 nodes on 100 inventories. Row 6: the forecast of a pool with three candidates.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AdvisoryLookup, createInventory, type Inventory, type Package } from '@nodeward/engine';
import { type Kysely, sql } from 'kysely';
import { saveInventory } from '../src/assessment/inventory-store.ts';
import { ensureMatchSet } from '../src/assessment/match-set.ts';
import { rematchAgainst } from '../src/assessment/rematch.ts';
import { storeDiscovery } from '../src/connection/store-discovery.ts';
import { storeConfiguredConnections } from '../src/connection/store.ts';
import { migrate } from '../src/database/migrate.ts';
import { openDatabase } from '../src/database/open-database.ts';
import type { Schema } from '../src/database/schema.ts';
import { defaultDiskReaderOptions, noFailpoint } from '../src/dependencies.ts';
import { advisoriesForTest, type TestAdvisory } from '../src/finding/test-fleet-for-tests.ts';
import { reconcilePools } from '../src/finding/reconcile.ts';
import { createForecasts } from '../src/forecast/forecasts.ts';
import { createEventBus } from '../src/http/event-bus.ts';

const clusters = 25;
const poolsOfCluster = 20;
const nodesOfPool = 10;
const inventories = 100;
const packagesOfInventory = 700;
/** As many as a real image of Ubuntu has: most of them without a fix. */
const advisoriesOfRevision = 300;
const repetitions = 3;
const osPackages = [{ subject: 'os-packages', state: 'read', reason: 'read' }, { subject: 'kernel', state: 'read', reason: 'read' }];
const candidates = ['image-a', 'image-b', 'image-c'];

function print(name: string, value: number, unit: string, bound: number): void {
  process.stdout.write(`${JSON.stringify({ name, value: Math.round(value * 100) / 100, unit, bound })}\n`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Inventories differ in the versions of a tenth of their packages. */
function inventory(number: number): Inventory {
  const packages = Array.from({ length: packagesOfInventory }, (_, index): Package => {
    const version = index % 10 === 0 ? `1.${number}-1` : '1.0-1';
    return { name: `package-${index}`, version, architecture: 'amd64', source: `package-${index}`, sourceVersion: version, sourceKnown: true };
  });
  return createInventory({ id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04' }, packages);
}

/** Every second revision leaves one in a hundred out and brings another. */
function revision(number: number): AdvisoryLookup {
  const advisories = Array.from({ length: advisoriesOfRevision }, (_, index): TestAdvisory => {
    const source = (index * 2 + (index % 100 === 0 ? number % 2 : 0)) % packagesOfInventory;
    return { vulnerability: `CVE-2026-${1000 + source}`, source: `package-${source}`, ...(index % 4 === 0 ? { fixed: '1.0-9' } : {}) };
  });
  return advisoriesForTest(`revision-${number}`, advisories);
}

async function makeFleet(db: Kysely<Schema>, at: Date): Promise<void> {
  await storeConfiguredConnections(db, [{ id: 'k', kind: 'images', name: 'Bench' }]);
  const discovery = {
    advisoryDatabase: { folder: 'none', purpose: 'production' as const },
    clusters: Array.from({ length: clusters }, (_, cluster) => ({
      name: `cluster-${cluster}`,
      pools: Array.from({ length: poolsOfCluster }, (__, pool) => ({
        name: `pool-${pool}`,
        image: 'image-0',
        newerImages: candidates,
        operations: [],
        nodes: Array.from({ length: nodesOfPool }, (___, node) => ({ name: `node-${cluster}-${pool}-${node}`, image: 'image-0', evidenceToken: 'token' })),
      })),
    })),
  };
  const advisories = { folder: 'none', purpose: 'production', state: 'ok', revision: 'revision-0', failure: null, feeds: [] } as const;
  await storeDiscovery(db, 'k', discovery, advisories, { canUpgrade: false, canChangeAutoUpgrade: false }, at);
  const known = Array.from({ length: inventories }, (_, number) => inventory(number));
  for (const one of known) await saveInventory(db, one, at);
  const sets: string[] = [];
  for (const { id } of known) {
    const match = await ensureMatchSet(db, { inventoryId: id, runningKernel: '', kubeletVersion: '' }, revision(0), false, at);
    if (match.kind === 'matched') sets.push(match.matchSetId);
  }
  await assessAll(db, known.map(({ id }) => id), sets, at);
}

/** As if every node had been read once; the nodes of a pool are alike. */
async function assessAll(db: Kysely<Schema>, inventoryIds: readonly string[], sets: readonly string[], at: Date): Promise<void> {
  await sql`
    with numbered as (select id, evidence_token, (dense_rank() over (order by pool_id))::int % ${inventories} + 1 as nth from node)
    insert into assessment (id, node_id, state, trigger, grade, complete, inventory_id, match_set_id, revision, evidence_paths, coverage, read_classes, evidence_token, queued_at, evidence_at, finished_at)
    select 'a-' || id, id, 'succeeded', 'first', 'disk', true, (${inventoryIds}::text[])[nth], (${sets}::text[])[nth], 'revision-0', '{"os-packages": "/var/lib/dpkg/status"}',
      ${JSON.stringify(osPackages)}::jsonb, '{os-packages,kernel}', evidence_token, ${at}::timestamptz, ${at}::timestamptz, ${at}::timestamptz
    from numbered`.execute(db);
  await sql`insert into node_class (node_id, fact_class, assessment_id, match_set_id, grade, assessed_at)
    select node_id, f, id, match_set_id, 'disk', evidence_at from assessment, unnest(read_classes) f`.execute(db);
  await sql`update node n set assessment_id = a.id, assessed_token = a.evidence_token, assessed_cause = null from assessment a where a.node_id = n.id`.execute(db);
  // in parts: on a slow machine the findings of the whole fleet would be more than one statement may take
  const pools = await db.selectFrom('node_pool').select('id').orderBy('id').execute();
  for (let first = 0; first < pools.length; first += poolsOfCluster) await reconcilePools(db, pools.slice(first, first + poolsOfCluster).map(({ id }) => id), at);
}

async function measureRematch(db: Kysely<Schema>): Promise<void> {
  const runs: number[] = [];
  for (let run = 1; run <= repetitions; run += 1) {
    const clock = (): Date => new Date(Date.UTC(2026, 10, 2, run));
    runs.push(await timed(() => rematchAgainst({ db, clock }, 'k', revision(run), false)));
  }
  const moved = await sql<{ n: number }>`select count(*)::int as n from assessment where revision = ${`revision-${repetitions}`}`.execute(db);
  if (moved.rows[0]?.n !== clusters * poolsOfCluster * nodesOfPool) throw new Error('not every node has been matched again: the figure would mean nothing');
  print('re-match 5,000 nodes on 100 inventories, embedded', median(runs) / 1000, 's', 2);
}

async function measureForecast(db: Kysely<Schema>): Promise<void> {
  const pools = await db.selectFrom('node_pool').select('id').orderBy('id').execute();
  const sets = await db.selectFrom('match_set').select(['id', 'inventory_id']).where('revision', '=', `revision-${repetitions}`).orderBy('id').execute();
  const images = candidates.map((image, index) => ({ image, set: sets[index] }));
  const ignore = (): void => undefined;
  const deps = {
    db,
    clock: () => new Date(),
    newId: () => 'id',
    events: createEventBus(),
    providers: { all: [], get: () => undefined },
    log: { info: ignore, warn: ignore, error: ignore },
    dataDir: '',
    reader: defaultDiskReaderOptions,
    freshnessIntervalHours: 24,
    failpoint: noFailpoint,
  };
  const rows = pools.flatMap(({ id }) => images.map(({ image, set }) => ({ pool_id: id, image, inventory_id: set?.inventory_id ?? null, match_set_id: set?.id ?? null, grade: 'disk' as const, coverage: JSON.stringify(osPackages), read_at: deps.clock() })));
  await db.insertInto('image_reading').values(rows).execute();
  await sql`update connection set advisory_revision = ${`revision-${repetitions}`}`.execute(db);
  const runs: number[] = [];
  for (const { id } of pools.slice(0, 15)) {
    const forecasts = createForecasts(deps);
    runs.push(await timed(async () => {
      const { candidates: told } = await forecasts.forPool(id);
      if (told.some(({ forecast }) => forecast === null) || told.length !== candidates.length) throw new Error('a candidate is unknown: the figure would mean nothing');
    }));
  }
  print('forecast for a pool with 3 candidates, nothing in memory', median(runs), 'ms', 50);
  const forecasts = createForecasts(deps);
  print('best actions of 500 pools, nothing in memory', await timed(() => forecasts.bestActions(pools.map(({ id }) => id))), 'ms', 2000);
  print('best actions of 500 pools, again', await timed(() => forecasts.bestActions(pools.map(({ id }) => id))), 'ms', 100);
}

const directory = await mkdtemp(join(tmpdir(), 'nodeward-bench-'));
const database = await openDatabase<Schema>({
  dataDir: directory,
  log: (error) => process.stderr.write(`${error.message}\n`),
  fatal: (error) => {
    throw error;
  },
});
try {
  await migrate(database.pool, join(import.meta.dirname, '../src/database/migrations'));
  await makeFleet(database.db, new Date(Date.UTC(2026, 10, 2)));
  await measureRematch(database.db);
  await measureForecast(database.db);
} finally {
  await database.close();
  await rm(directory, { recursive: true });
}
