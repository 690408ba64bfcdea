import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { openProvider, type Provider } from '@nodeward/providers';
import pg from 'pg';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { openAssessmentQueue, registerAssessNode } from './assessment/assess-node-workflow.ts';
import { syncConnection } from './connection/sync-connection.ts';
import { copyFolder } from './database/copy-folder-for-tests.ts';
import { migrate } from './database/migrate.ts';
import { openDatabase, type OpenDatabase } from './database/open-database.ts';
import type { Schema } from './database/schema.ts';
import type { SharedEngine } from './database/shared-database-for-tests.ts';
import { assessmentsFinished, dependenciesForTest } from './dependencies-for-tests.ts';
import { createForecasts } from './forecast/forecasts.ts';
import type { UpgradeDependencies } from './upgrade-job/upgrade-dependencies.ts';
import { registerUpgradeJob } from './upgrade-job/workflow.ts';

export interface AssessedFleet {
  readonly deps: UpgradeDependencies;
  /** `state-folder.ts` of the sample provider says what lies in it. */
  readonly stateFolder: string;
}

interface Place {
  readonly url?: string;
  readonly dataDir: string;
}

/** The sample fleet with every node assessed: made once for a `describe`, and given to each test as a copy of its own. */
export function useAssessedFleet(engine: SharedEngine): () => Promise<AssessedFleet> {
  let template: { readonly folder: string; readonly place: Place } | undefined;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nodeward-assessed-'));
    const place = await engine.place(join(folder, 'database'));
    template = { folder, place };
    const fleet = await open(place, join(folder, 'sample'));
    await syncConnection(fleet.deps, 'sample');
    await assessmentsFinished(fleet.deps, 120_000);
    await fleet.close();
  });
  afterAll(async () => {
    if (template !== undefined) await rm(template.folder, { recursive: true, force: true });
  });
  return async () => {
    if (template === undefined) throw new Error('useAssessedFleet belongs into a describe');
    const folder = await mkdtemp(join(tmpdir(), 'nodeward-assessed-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const stateFolder = join(folder, 'sample');
    await copyFolder(join(template.folder, 'sample'), stateFolder);
    const fleet = await open(await copyOf(template.place, join(folder, 'database')), stateFolder);
    onTestFinished(() => fleet.close());
    await syncConnection(fleet.deps, 'sample');
    return { deps: fleet.deps, stateFolder };
  };
}

async function copyOf({ url, dataDir: from }: Place, dataDir: string): Promise<Place> {
  if (url === undefined) {
    await copyFolder(from, dataDir);
    return { dataDir };
  }
  const [template, copy] = [new URL(url), new URL(url)];
  copy.pathname = `/test_${randomBytes(6).toString('hex')}`;
  const administrator = new URL(url);
  administrator.pathname = '/postgres';
  const client = new pg.Client({ connectionString: administrator.href });
  await client.connect();
  await client.query(`create database ${copy.pathname.slice(1)} template ${template.pathname.slice(1)}`);
  await client.end();
  return { url: copy.href, dataDir };
}

async function open(place: Place, stateFolder: string): Promise<{ readonly deps: UpgradeDependencies; close(): Promise<void> }> {
  const database: OpenDatabase<Schema> = await openDatabase<Schema>({ ...place, log: () => undefined, fatal: rethrow });
  await migrate(database.pool, join(import.meta.dirname, 'database/migrations'));
  let provider: Promise<Provider> | undefined;
  const openSample = () => (provider ??= openProvider('sample', { stateFolder, now: Date.now, nodeMilliseconds: 100 }));
  const base = await dependenciesForTest(database, [{ id: 'sample', kind: 'sample', name: 'Sample fleet', open: openSample }]);
  const forecasts = createForecasts(base);
  const deps: UpgradeDependencies = { ...base, forecasts, poolForecasts: forecasts, idempotencyKey: (jobId, step) => `${jobId}-${step}` };
  registerAssessNode(deps);
  registerUpgradeJob(deps);
  DBOS.setConfig({ name: 'nodeward-test', applicationVersion: 'test', executorID: 'test', logLevel: 'error', ...database.dbos });
  await DBOS.launch();
  await openAssessmentQueue(2);
  return {
    deps,
    close: async () => {
      // what a failed job has read again goes on in the background
      await assessmentsFinished(deps);
      await DBOS.shutdown();
      await database.close();
      await (await provider)?.close();
    },
  };
}

function rethrow(error: Error): never {
  throw error;
}
