import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll } from 'vitest';
import { copyEmbeddedTemplate } from './embedded-template-for-tests.ts';
import { engineOfRun } from './engine-of-run-for-tests.ts';
import { migrate } from './migrate.ts';
import { openDatabase, type OpenDatabase } from './open-database.ts';
import { startPostgres } from './postgres-for-tests.ts';
import type { Schema } from './schema.ts';

export interface SharedEngine {
  readonly name: OpenDatabase<Schema>['engine'];
  readonly place: (dataDir: string) => Promise<{ readonly url?: string; readonly dataDir: string }>;
}

const postgres = engineOfRun === 'postgresql' ? await startPostgres() : undefined;
afterAll(() => postgres?.stop());

const embedded: SharedEngine = {
  name: 'embedded',
  place: async (dataDir) => {
    await copyEmbeddedTemplate(dataDir);
    return { dataDir };
  },
};

const postgresql: SharedEngine = {
  name: 'postgresql',
  place: async (dataDir) => {
    if (postgres === undefined) throw new Error('this run is to be on PostgreSQL, and there is none');
    return { url: await postgres.createDatabase(), dataDir };
  },
};

/** The engine of this run, for `describe.each`. */
export const sharedEngines: readonly SharedEngine[] = [engineOfRun === 'postgresql' ? postgresql : embedded];

/** One migrated database for all tests of a `describe`; what it returns empties the tables and gives the database. */
export function useSharedDatabase(engine: SharedEngine): () => Promise<Kysely<Schema>> {
  let database: OpenDatabase<Schema> | undefined;
  let dataDir: string | undefined;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'nodeward-shared-'));
    database = await openDatabase<Schema>({ ...(await engine.place(dataDir)), log: ignore, fatal: rethrow });
    await migrate(database.pool, join(import.meta.dirname, 'migrations'));
  });
  afterAll(async () => {
    await database?.close();
    if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
  });
  return async () => {
    if (database === undefined) throw new Error('useSharedDatabase belongs into a describe');
    await sql`truncate connection, inventory, match, reassessment, fleet_day, webhook, notification cascade`.execute(database.db);
    await sql`update plan set agentless_scanning = true, changed_at = null`.execute(database.db);
    return database.db;
  };
}

/** The server of the tests ends its connections when it stops. */
function ignore(): void {
  // nothing to do
}

function rethrow(error: Error): never {
  throw error;
}
