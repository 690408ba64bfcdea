import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DBOS } from '@dbos-inc/dbos-sdk';
import type { Kysely } from 'kysely';
import { onTestFinished } from 'vitest';
import { openAssessmentQueue, registerAssessNode } from './assessment/assess-node-workflow.ts';
import { storeConfiguredConnections } from './connection/store.ts';
import { migrate } from './database/migrate.ts';
import type { OpenDatabase } from './database/open-database.ts';
import { type Engine, openForTest } from './database/proof/engines.ts';
import type { Schema } from './database/schema.ts';
import { type ConfiguredConnection, type ConnectionProviders, defaultDiskReaderOptions, type Dependencies, type Log, noFailpoint } from './dependencies.ts';
import { createEventBus } from './http/event-bus.ts';

/** A migrated database of the engine that is closed when the test ends. */
export async function databaseForTest(engine: Engine): Promise<OpenDatabase<Schema>> {
  const database = await openForTest<Schema>(await engine.place());
  await migrate(database.pool, join(import.meta.dirname, 'database/migrations'));
  return database;
}

const toConsole =
  (level: string) =>
  (fields: Readonly<Record<string, unknown>>, message: string): void =>
    console.warn(level, message, JSON.stringify(fields));

/** Errors are shown; what is normal in a test of failures is not. */
const log: Log = { info: () => undefined, warn: () => undefined, error: toConsole('error') };

export function providersForTest(all: readonly ConfiguredConnection[]): ConnectionProviders {
  return { all, get: (id) => all.find((connection) => connection.id === id) };
}

export function dependenciesForTest(database: OpenDatabase<Schema>, connections: readonly ConfiguredConnection[], given: Partial<Dependencies> = {}): Promise<Dependencies> {
  return dependenciesOn(database.db, connections, given);
}

export async function dependenciesOn(db: Kysely<Schema>, connections: readonly ConfiguredConnection[], given: Partial<Dependencies> = {}): Promise<Dependencies> {
  await storeConfiguredConnections(db, connections);
  return {
    db,
    clock: () => new Date(),
    newId: randomUUID,
    events: createEventBus(),
    providers: providersForTest(connections),
    forecasts: { bestActions: (poolIds) => Promise.resolve(new Map(poolIds.map((id) => [id, { action: null, known: true }]))), verdicts: () => Promise.resolve(new Map()), foretold: () => Promise.resolve(new Map()) },
    log,
    dataDir: '',
    reader: defaultDiskReaderOptions,
    freshnessIntervalHours: 24,
    failpoint: noFailpoint,
    ...given,
  };
}

/** Workflows on the test's database until the test ends. */
export async function launchWorkflows(database: OpenDatabase<Schema>, deps: Dependencies): Promise<void> {
  registerAssessNode(deps);
  DBOS.setConfig({ name: 'nodeward-test', applicationVersion: 'test', executorID: 'test', logLevel: 'error', ...database.dbos });
  await DBOS.launch();
  onTestFinished(() => DBOS.shutdown());
  await openAssessmentQueue(2);
}

/** Until every assessment has ended. */
export async function assessmentsFinished(deps: Dependencies, deadlineMs = 120_000): Promise<void> {
  const until = Date.now() + deadlineMs;
  for (;;) {
    const open = await deps.db.selectFrom('assessment').select('id').where('finished_at', 'is', null).executeTakeFirst();
    if (open === undefined) return;
    if (Date.now() > until) throw new Error('the assessments do not end');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
