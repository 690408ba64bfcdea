// The database's figures beside their bounds, on the embedded engine and, where there is one, on PostgreSQL.
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { type OpenDatabase, openDatabase } from '../src/database/open-database.ts';
import { startPostgres } from '../src/database/postgres-for-tests.ts';
import { type WorkflowsMessage, workflowsMessage, type WorkflowsOrder } from '../src/database/proof/workflows-process.ts';

interface Place {
  readonly url?: string | undefined;
  readonly dataDir: string;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

function print(engine: string, what: string, figure: string, bound = ''): void {
  console.log(`${engine.padEnd(11)} ${what.padEnd(44)} ${figure.padStart(10)}  ${bound}`);
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

function fail(error: Error): never {
  throw error;
}

async function open(place: Place): Promise<OpenDatabase<unknown>> {
  return openDatabase({ ...place, log: fail, fatal: fail });
}

async function selectOften(pool: Pool): Promise<void> {
  for (let n = 0; n < 1000; n += 1) await pool.query('SELECT $1::int', [n]);
}

async function load(pool: Pool): Promise<void> {
  await pool.query('CREATE TABLE bulk (id int, name text)');
  for (let batch = 0; batch < 20; batch += 1) {
    const ids = Array.from({ length: 5000 }, (_, index) => batch * 5000 + index);
    await pool.query('INSERT INTO bulk SELECT * FROM unnest($1::int[], $2::text[])', [ids, ids.map((id) => `package-${id}`)]);
  }
}

async function measureBlock(pool: Pool): Promise<{ readonly blockMs: number; readonly queryMs: number }> {
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  await delay(20); // it records nothing before its first turn
  const queryMs = await timed(() => pool.query('SELECT count(*) FROM generate_series(1, 12000000) AS a(x) WHERE x % 7 = 3'));
  return { blockMs: delays.max / 1e6, queryMs };
}

async function runWorkflows(order: WorkflowsOrder): Promise<Extract<WorkflowsMessage, { readonly kind: 'finished' }>> {
  const child = fork(join(import.meta.dirname, '../src/database/proof/workflows-process.ts'), [JSON.stringify(order)]);
  return new Promise((resolve, reject) => {
    let last: WorkflowsMessage | undefined;
    child.on('message', (message) => {
      last = workflowsMessage.parse(message);
    });
    child.once('exit', (code) => {
      if (last?.kind === 'finished') resolve(last);
      else reject(new Error(`the workflows ended with ${code}`));
    });
  });
}

async function measure(place: Place): Promise<void> {
  const engine = place.url === undefined ? 'embedded' : 'postgresql';
  let database = await open(place);
  await database.close();
  print(engine, 'open again', ms(await timed(async () => {
    database = await open(place);
  })));
  const { pool } = database;
  await pool.query('SELECT 1');
  print(engine, '1,000 selects, one after the other', ms(await timed(() => selectOften(pool))));
  const loadMs = await timed(() => load(pool));
  print(engine, '100,000 rows by unnest', `${Math.round(100_000 / loadMs)}k rows/s`);
  print(engine, 'read 100,000 rows', ms(await timed(() => pool.query('SELECT * FROM bulk'))));
  const { blockMs, queryMs } = await measureBlock(pool);
  print(engine, `event loop blocked in a query of ${ms(queryMs)}`, ms(blockMs), '≤ 100 ms');
  await database.close();
  const result = await runWorkflows({ ...place, workflows: 200, stepMs: 0 });
  print(engine, '200 workflows of 3 steps', `${result.workflowsPerSecond.toFixed(0)} /s`);
  print(engine, 'application query meanwhile, median', ms(result.medianMs));
  print(engine, 'application query meanwhile, p99', ms(result.p99Ms), '≤ 50 ms');
}

const directory = await mkdtemp(join(tmpdir(), 'nodeward-bench-'));
const postgres = await startPostgres();
try {
  print('embedded', 'create', ms(await timed(async () => (await open({ dataDir: directory })).close())));
  await measure({ dataDir: directory });
  if (postgres !== undefined) await measure({ url: await postgres.createDatabase(), dataDir: directory });
} finally {
  await postgres?.stop();
  await rm(directory, { recursive: true });
}
