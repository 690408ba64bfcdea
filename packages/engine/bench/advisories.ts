/** Prints one JSON line per figure: building the advisory database, opening it with proof, matching. Needs the shared data. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAdvisoryDatabase } from '../src/advisory-db/build-advisory-database.ts';
import { openAdvisoryDatabase } from '../src/advisory-db/open-advisory-database.ts';
import { parseAksManifest } from '../src/image-catalog/aks-manifest.ts';
import { parseSourceNames } from '../src/image-catalog/source-names.ts';
import { matchInventory } from '../src/matcher/match.ts';
import type { Inventory } from '../src/model/inventory.ts';

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly bound: number;
}

const shared = join(process.env.NODEWARD_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url)), 'data');
/** In the order of the figures; the OVAL feeds are not read yet. */
const feeds = ['ubuntu-osv.zip', 'go-osv.zip', 'kubernetes-osv.zip', 'kev.json', 'epss.csv.gz'].map((name) => ({ path: join(shared, 'feeds', name) }));
const repetitions = 15;

function print(name: string, value: number, unit: string, bound: number): void {
  const figure: Figure = { name, value: Math.round(value * 100) / 100, unit, bound };
  console.log(JSON.stringify(figure));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function readInventory(): Inventory {
  const sourceNames = parseSourceNames(readFileSync(join(shared, 'node-images/ubuntu-binary-to-source.json'), 'utf8'), 'source names');
  const list = readFileSync(join(shared, 'node-images/AKSUbuntu/gen2/2204containerd/202309.06.0.txt'));
  const { inventory } = parseAksManifest(list, { name: 'list', sourceNames });
  if (inventory === undefined) throw new Error('the list gave no inventory');
  return inventory;
}

/** A first open and a first match happen once per process, so each is measured in processes of its own. */
async function measureOnce(folder: string): Promise<void> {
  const inventory = readInventory();
  const beforeOpen = performance.now();
  using database = await openAdvisoryDatabase(folder);
  const beforeMatch = performance.now();
  const found = matchInventory(inventory, database).matches.length;
  const first = performance.now() - beforeMatch;
  const warm = Array.from({ length: 200 }, () => {
    const start = performance.now();
    matchInventory(inventory, database);
    return performance.now() - start;
  });
  console.log(JSON.stringify({ open: beforeMatch - beforeOpen, first, warm: median(warm), found, packages: inventory.packages.length }));
}

function inProcess(folder: string): { open: number; first: number; warm: number } {
  const { stdout, stderr, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'once', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const parsed: unknown = JSON.parse(stdout);
  const figure = (key: string): number => {
    const value: unknown = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed).find(([name]) => name === key)?.[1] : undefined;
    if (typeof value !== 'number') throw new Error(`no figure ${key}`);
    return value;
  };
  return { open: figure('open'), first: figure('first'), warm: figure('warm') };
}

async function measureAll(): Promise<void> {
  if (!feeds.every(({ path }) => existsSync(path))) {
    console.log(JSON.stringify({ skipped: 'advisories', reason: 'no data' }));
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-bench-'));
  try {
    const started = performance.now();
    const report = await buildAdvisoryDatabase({ feeds, folder, purpose: 'production' });
    const seconds = (performance.now() - started) / 1000;
    const [ubuntu] = report.feeds;
    if (ubuntu?.outcome !== 'built' || report.feeds.some(({ outcome }) => outcome !== 'built')) throw new Error('not every feed was built');
    print('build the Ubuntu advisory database', ubuntu.seconds, 's', 2.5);
    print('build the Ubuntu advisory database, peak memory', ubuntu.peakBytes / 1e6, 'MB', 250);
    print('Ubuntu advisory database', ubuntu.built.bytes / 1e6, 'MB', 14);
    print('build all feeds', seconds, 's', 5);
    const runs = Array.from({ length: repetitions }, () => inProcess(folder));
    print('open the advisory database of all feeds with proof', median(runs.map((run) => run.open)), 'ms', 15);
    print('match a node image of 717 packages, first', median(runs.map((run) => run.first)), 'ms', 10);
    print('match a node image of 717 packages, warm', median(runs.map((run) => run.warm)), 'ms', 1.5);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [mode, folder] = process.argv.slice(2);
await (mode === 'once' && folder !== undefined ? measureOnce(folder) : measureAll());
