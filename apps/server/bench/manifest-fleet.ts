// 10,000 nodes on 40 images, assessed by published lists from an empty database; discovery of 200 clusters stored; a feed update
// to changed findings. Real lists and feeds; the provider is a fake that only hands them out.
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { buildAdvisoryDatabase, type CoverageEntry, parseAksManifest, parseSourceNames, type SourceNames } from '@nodeward/engine';
import type { DiscoveredCluster, Evidence, Provider } from '@nodeward/providers';
import { sql } from 'kysely';
import { openAssessmentQueue, registerAssessNode } from '../src/assessment/assess-node-workflow.ts';
import { createConnectionRegistry } from '../src/connection/registry.ts';
import { storeConfiguredConnections } from '../src/connection/store.ts';
import { syncConnection } from '../src/connection/sync-connection.ts';
import { migrate } from '../src/database/migrate.ts';
import { openDatabase } from '../src/database/open-database.ts';
import type { Schema } from '../src/database/schema.ts';
import { defaultDiskReaderOptions, type Dependencies, noFailpoint } from '../src/dependencies.ts';
import { createEventBus } from '../src/http/event-bus.ts';

const shared = process.env.NODEWARD_SHARED ?? resolve(import.meta.dirname, '../../../../shared');
const lists = join(shared, 'data/node-images/AKSUbuntu/gen2/2204containerd');
const feeds = join(shared, 'data/feeds');
const figure = '10,000 nodes on 40 images by manifest';
const [images, nodes] = [40, 10_000];
/** Some lists of neighbouring days hold the same packages. */
const distinctInventories = 30;

function print(name: string, value: number, unit: string, bound: number): void {
  process.stdout.write(`${JSON.stringify({ name, value: Math.round(value * 100) / 100, unit, bound })}\n`);
}

/** One pool in each cluster; images in turn. */
function fleet(names: readonly string[], clusters: number): readonly DiscoveredCluster[] {
  return Array.from({ length: clusters }, (_, cluster) => {
    const image = names[cluster % images] ?? '';
    const poolNodes = Array.from({ length: nodes / clusters }, (__, node) => ({ name: `node-${cluster}-${node}`, image, kernelRelease: '5.15.0-1050-azure', kubeletVersion: 'v1.28.3', evidenceToken: image }));
    return { name: `cluster-${cluster}`, pools: [{ name: 'pool', image, newerImages: [], operations: [], nodes: poolNodes }] };
  });
}

function fakeProvider(folder: string, names: readonly string[], clusters: number, sourceNames: SourceNames): Provider {
  const read = new Map<string, Promise<Evidence>>();
  const evidence = async (image: string): Promise<Evidence> => {
    const { inventory, facts, coverage } = parseAksManifest(await readFile(join(lists, image)), { name: image, sourceNames });
    const kept: readonly CoverageEntry[] = coverage;
    return inventory === undefined ? { kind: 'refused', cause: 'image-not-published', detail: image } : { kind: 'inventory', grade: 'manifest', inventory, coverage: kept, origin: image, facts };
  };
  const known = (image: string): Promise<Evidence> => {
    const reading = read.get(image) ?? evidence(image);
    read.set(image, reading);
    return reading;
  };
  return {
    kind: 'kubernetes',
    reader: {
      discover: () => Promise.resolve({ advisoryDatabase: { folder, purpose: 'production' }, clusters: fleet(names, clusters) }),
      nodeEvidence: ({ cluster }) => known(names[Number(cluster.slice('cluster-'.length)) % images] ?? ''),
      imageEvidence: ({ image }) => known(image),
    },
    close: () => Promise.resolve(),
  };
}

async function finished(deps: Dependencies): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ open: number }>`select count(*)::int as open from assessment where finished_at is null`.execute(deps.db);
    if (rows[0]?.open === 0) return;
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function measure(folder: string): Promise<void> {
  const advisories = join(folder, 'advisories');
  const feed = (name: string): { readonly path: string } => ({ path: join(feeds, name) });
  await buildAdvisoryDatabase({ feeds: [feed('ubuntu-osv.zip'), feed('go-osv.zip'), feed('kubernetes-osv.zip')], folder: advisories, purpose: 'production' });
  const sourceNames = parseSourceNames(await readFile(join(shared, 'data/node-images/ubuntu-binary-to-source.json'), 'utf8'), 'source names');
  const names = readdirSync(lists).filter((name) => name.endsWith('.txt')).toSorted().slice(0, images);
  const database = await openDatabase<Schema>({
    dataDir: join(folder, 'database'),
    log: (error) => process.stderr.write(`${error.message}\n`),
    fatal: (error) => {
      throw error;
    },
  });
  const registry = createConnectionRegistry();
  registry.add({ id: 'k', kind: 'kubernetes', name: 'Bench', opener: () => Promise.resolve(fakeProvider(advisories, names, images, sourceNames)) });
  registry.add({ id: 'd', kind: 'kubernetes', name: 'Discovered', opener: () => Promise.resolve(fakeProvider(advisories, names, 200, sourceNames)) });
  const deps: Dependencies = {
    db: database.db,
    clock: () => new Date(),
    newId: () => 'id',
    events: createEventBus(),
    providers: registry,
    forecasts: { bestActions: () => Promise.resolve(new Map()), verdicts: () => Promise.resolve(new Map()), foretold: () => Promise.resolve(new Map()) },
    log: { info: () => undefined, warn: () => undefined, error: (fields, message) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`) },
    dataDir: folder,
    reader: defaultDiskReaderOptions,
    freshnessIntervalHours: 24,
    failpoint: noFailpoint,
  };
  try {
    await migrate(database.pool, join(import.meta.dirname, '../src/database/migrations'));
    await storeConfiguredConnections(database.db, registry.all);
    registerAssessNode(deps);
    DBOS.setConfig({ name: 'nodeward-bench', applicationVersion: 'bench', executorID: 'bench', logLevel: 'error', ...database.dbos });
    await DBOS.launch();
    await openAssessmentQueue(4);
    const start = performance.now();
    await syncConnection(deps, 'k');
    await finished(deps);
    const end = performance.now();
    const { rows } = await sql<{ assessed: number; inventories: number }>`
      select count(*)::int as assessed, count(distinct a.inventory_id)::int as inventories from node n join assessment a on a.id = n.assessment_id and a.match_set_id is not null`.execute(database.db);
    if (rows[0]?.assessed !== nodes || rows[0].inventories < distinctInventories) throw new Error(`not every node has been assessed: ${JSON.stringify(rows[0])}`);
    print('10,000 nodes on 40 images by manifest, embedded, empty database', (end - start) / 1000, 's', 30);
    await measureUpdate(deps, advisories);
    const before = performance.now();
    await syncConnection(deps, 'd', { assess: false });
    print('discovery of 200 clusters with 10,000 nodes stored, embedded', (performance.now() - before) / 1000, 's', 60);
  } finally {
    await DBOS.shutdown();
    await database.close();
  }
}

/** What is known to be exploited comes in: every inventory is matched again, and its findings change. */
async function measureUpdate(deps: Dependencies, advisories: string): Promise<void> {
  await buildAdvisoryDatabase({ feeds: [{ path: join(feeds, 'kev.json') }], folder: advisories, purpose: 'production' });
  const start = performance.now();
  await syncConnection(deps, 'k', { assess: false });
  const { rows } = await sql<{ told: number }>`select count(*)::int as told from finding where exploited is not null`.execute(deps.db);
  if ((rows[0]?.told ?? 0) === 0) throw new Error('the update has changed no finding: the figure would mean nothing');
  print('feed update to changed findings, 10,000 nodes on 40 images', (performance.now() - start) / 1000, 's', 5);
}

if (existsSync(lists)) {
  const folder = await mkdtemp(join(tmpdir(), 'nodeward-bench-'));
  try {
    await measure(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
} else {
  process.stdout.write(`${JSON.stringify({ skipped: figure, reason: 'no data' })}\n`);
}
