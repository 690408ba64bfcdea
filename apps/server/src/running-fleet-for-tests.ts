import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { openProvider, type Provider } from '@nodeward/providers';
import { afterAll, beforeAll } from 'vitest';
import { migrate } from './database/migrate.ts';
import { openDatabase, type OpenDatabase } from './database/open-database.ts';
import type { Schema } from './database/schema.ts';
import type { SharedEngine } from './database/shared-database-for-tests.ts';
import type { ConfiguredConnection, Dependencies } from './dependencies.ts';
import { dependenciesForTest } from './dependencies-for-tests.ts';
import { openAssessmentQueue, registerAssessNode } from './assessment/assess-node-workflow.ts';

export interface RunningFleet {
  readonly deps: Dependencies;
  /** `state-folder.ts` of the sample provider says what lies in it. */
  readonly sampleFolder: string;
  /** Empty; where a test puts `nodeward.yaml`. */
  readonly imagesFolder: string;
}

/** The sample fleet and an empty images folder on a database with running workflows, for all tests of a `describe`. */
export function useRunningFleet(engine: SharedEngine): () => RunningFleet {
  let fleet: RunningFleet | undefined;
  let database: OpenDatabase<Schema> | undefined;
  let folder: string | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nodeward-fleet-'));
    database = await openDatabase<Schema>({ ...(await engine.place(join(folder, 'database'))), log: () => undefined, fatal: rethrow });
    await migrate(database.pool, join(import.meta.dirname, 'database/migrations'));
    const sampleFolder = join(folder, 'sample');
    const imagesFolder = await mkdtemp(join(folder, 'images-'));
    const deps = await dependenciesForTest(database, [
      connection('sample', 'sample', () => openProvider('sample', { stateFolder: sampleFolder, now: Date.now })),
      connection('images', 'images', () => openProvider('images', { folder: imagesFolder })),
    ]);
    registerAssessNode(deps);
    DBOS.setConfig({ name: 'nodeward-test', applicationVersion: 'test', executorID: 'test', logLevel: 'error', ...database.dbos });
    await DBOS.launch();
    await openAssessmentQueue(4);
    fleet = { deps, sampleFolder, imagesFolder };
  });
  afterAll(async () => {
    await DBOS.shutdown();
    await database?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  return () => {
    if (fleet === undefined) throw new Error('useRunningFleet belongs into a describe');
    return fleet;
  };
}

function connection(id: string, kind: ConfiguredConnection['kind'], openOnce: () => Promise<Provider>): ConfiguredConnection {
  let provider: Promise<Provider> | undefined;
  return { id, kind, name: id, open: () => (provider ??= openOnce()) };
}

function rethrow(error: Error): never {
  throw error;
}
