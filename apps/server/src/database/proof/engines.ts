import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, onTestFinished } from 'vitest';
import { copyEmbeddedTemplate } from '../embedded-template-for-tests.ts';
import { engineOfRun } from '../engine-of-run-for-tests.ts';
import { type DatabaseLimits, defaultLimits, onlyOnce, type OpenDatabase, openDatabase, overGateway } from '../open-database.ts';
import { PgliteGateway } from '../pglite-gateway.ts';
import { startPostgres } from '../postgres-for-tests.ts';

/** Where one test's database is; handed to child processes as JSON. */
export interface DatabasePlace {
  readonly url?: string | undefined;
  readonly dataDir: string;
}

export interface Engine {
  readonly name: OpenDatabase<unknown>['engine'];
  /** An empty database for one test. */
  place(): Promise<DatabasePlace>;
}

export interface DatabaseUnderTest<DB> extends OpenDatabase<DB> {
  /** Embedded: ends the worker. PostgreSQL: an administrator ends the backends. */
  readonly breakConnections: () => Promise<void>;
  /** What `log` and `fatal` were told. */
  readonly logged: readonly Error[];
  readonly fatal: readonly Error[];
}

const postgres = await startPostgres();
afterAll(() => postgres?.stop());

const embedded: Engine = {
  name: 'embedded',
  place: async () => {
    const dataDir = await temporaryDirectory();
    await copyEmbeddedTemplate(dataDir);
    return { dataDir };
  },
};

/** Every proof runs on both; where there is no PostgreSQL, `startPostgres` has said so. */
export const engines: readonly Engine[] = [
  embedded,
  ...(postgres === undefined
    ? []
    : [{ name: 'postgresql' as const, place: async () => ({ url: await postgres.createDatabase(), dataDir: await temporaryDirectory() }) }]),
];

/** The engine of this run alone, for suites that prove nothing of the engine itself. */
export const enginesOfRun: readonly Engine[] = engines.filter(({ name }) => name === engineOfRun);

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'nodeward-database-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Opens a database that is closed when the test ends. */
export async function openForTest<DB>(place: DatabasePlace, limits: Partial<DatabaseLimits> = {}): Promise<DatabaseUnderTest<DB>> {
  const logged: Error[] = [];
  const fatal: Error[] = [];
  const hooks = { log: onlyOnce((error) => void logged.push(error)), fatal: (error: Error) => void fatal.push(error) };
  const opened =
    place.url === undefined ? await openEmbedded<DB>(place.dataDir, limits, hooks) : await openServer<DB>(place.url, place.dataDir, limits, hooks);
  onTestFinished(() => opened.database.close());
  return { ...opened.database, breakConnections: opened.breakConnections, logged, fatal };
}

interface Hooks {
  readonly log: (error: Error) => void;
  readonly fatal: (error: Error) => void;
}

interface Opened<DB> {
  readonly database: OpenDatabase<DB>;
  readonly breakConnections: () => Promise<void>;
}

async function openEmbedded<DB>(dataDir: string, limits: Partial<DatabaseLimits>, hooks: Hooks): Promise<Opened<DB>> {
  const gateway = await PgliteGateway.open(dataDir, { ...defaultLimits, ...limits, ...hooks });
  return { database: overGateway<DB>(gateway, hooks.log), breakConnections: () => gateway.terminateWorker('the test says so') };
}

async function openServer<DB>(url: string, dataDir: string, limits: Partial<DatabaseLimits>, hooks: Hooks): Promise<Opened<DB>> {
  const database = await openDatabase<DB>({ url, dataDir, limits, ...hooks });
  const breakConnections = async (): Promise<void> => {
    const administrator = new pg.Client({ connectionString: url });
    await administrator.connect();
    await administrator.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    await administrator.end();
  };
  return { database, breakConnections };
}

/** A figure beside the test that measured it; bounds are held by the bench, not by tests. */
export function printFigure(engine: Engine, what: string, value: string): void {
  console.info(`  ${engine.name}: ${what}: ${value}`);
}
