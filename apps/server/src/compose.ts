import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { basename, join } from 'node:path';
import { DBOS } from '@dbos-inc/dbos-sdk';
import openApi from '@nodeward/api/openapi.json' with { type: 'json' };
import { openProvider, type Provider } from '@nodeward/providers';
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import { openAssessmentQueue, registerAssessNode } from './assessment/assess-node-workflow.ts';
import { assessmentHandlers } from './assessment/routes.ts';
import { resumeAssessments } from './assessment/start-assessments.ts';
import type { ServerConfig } from './config.ts';
import { startRediscovery } from './connection/rediscovery.ts';
import { connectionHandlers } from './connection/routes.ts';
import { stableId } from './connection/stable-id.ts';
import { storeConfiguredConnections } from './connection/store.ts';
import { migrate } from './database/migrate.ts';
import { openDatabase, type OpenDatabase } from './database/open-database.ts';
import type { Schema } from './database/schema.ts';
import { type ConfiguredConnection, defaultDiskReaderOptions, type Dependencies, type Log } from './dependencies.ts';
import { createFailpoint } from './failpoint.ts';
import { findingHandlers } from './finding/routes.ts';
import { createForecasts } from './forecast/forecasts.ts';
import { forecastHandlers } from './forecast/routes.ts';
import { type EntryLinks, type EntrySources, openEntryLinks } from './http/entry-links.ts';
import { createEventBus, type EventBus } from './http/event-bus.ts';
import type { Handlers } from './http/handlers.ts';
import { createHttpServer } from './http/server.ts';
import { openSessions } from './http/sessions.ts';
import { ledgerHandlers } from './ledger/routes.ts';
import { planHandlers } from './plan/routes.ts';
import { reassessmentHandlers } from './reassessment/routes.ts';
import { recommendationHandlers } from './recommendation/routes.ts';
import { upgradeJobHandlers } from './upgrade-job/routes.ts';
import type { UpgradeDependencies } from './upgrade-job/upgrade-dependencies.ts';
import { registerUpgradeJob, resumeUpgradeJobs } from './upgrade-job/workflow.ts';
import { startWorkflowRetention } from './workflow-retention.ts';

export const serverVersion = '0.1.0';
/** Raise it when the steps of a workflow change: DBOS goes on with a workflow only under the version that began it. */
const workflowVersion = '1';
const rediscoverMs = 60_000;
/** Of one connection. */
const disksReadAtOnce = 4;

export const entrySources: EntrySources = { now: () => Date.now(), newToken: () => randomBytes(32).toString('base64url') };

/** The whole server, put together and not yet listening. */
export interface Application {
  readonly http: FastifyInstance;
  readonly links: EntryLinks;
  readonly events: EventBus;
  /** What is wrong with a connection, in one line. */
  connectionFailure(connectionId: string): Promise<string | undefined>;
  /** Goes on with what an earlier process left, discovers, and assesses in the background. */
  begin(): Promise<void>;
  /** Answers what is under way, and ends. Durable work goes on with the next start. */
  close(): Promise<void>;
}

export async function compose(config: ServerConfig, log: Log, fatal: (error: Error) => void): Promise<Application> {
  const database = await openDatabase<Schema>({
    url: config.databaseUrl,
    dataDir: join(config.dataDir, 'database'),
    log: (error) => log.warn({ error }, 'database'),
    fatal,
  });
  try {
    return await composeOn(database, config, log);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function composeOn(database: OpenDatabase<Schema>, config: ServerConfig, log: Log): Promise<Application> {
  await migrate(database.pool, join(import.meta.dirname, 'database', 'migrations'));
  const connections = configuredConnections(config);
  const deps = createDependencies(database, connections, config, log);
  await storeConfiguredConnections(database.db, connections.all);
  await launchWorkflows(database, deps, log);
  const links = openEntryLinks(config.dataDir, entrySources);
  const http = await createHttp(database, deps, links, config);
  const background: { stop(): Promise<void> }[] = [];
  return {
    http,
    links,
    events: deps.events,
    connectionFailure: async (id) => {
      const row = await database.db.selectFrom('connection').select('failure_detail').where('id', '=', id).where('state', '=', 'failed').executeTakeFirst();
      return row?.failure_detail ?? undefined;
    },
    begin: async () => {
      await resumeAssessments(database.db, deps.clock());
      await resumeUpgradeJobs(deps);
      background.push(startRediscovery(deps, rediscoverMs), startWorkflowRetention(deps));
    },
    close: async () => {
      await http.close();
      for (const work of background) await work.stop();
      await DBOS.shutdown();
      await database.close();
      await connections.close();
    },
  };
}

function createDependencies(database: OpenDatabase<Schema>, connections: OpenConnections, config: ServerConfig, log: Log): UpgradeDependencies {
  const base = {
    db: database.db,
    clock: () => new Date(),
    newId: randomUUID,
    events: createEventBus(),
    providers: connections,
    log,
    dataDir: config.dataDir,
    reader: defaultDiskReaderOptions,
    freshnessIntervalHours: 24,
    failpoint: createFailpoint(config.failpoint, () => process.kill(process.pid, 'SIGKILL')),
  } satisfies Omit<Dependencies, 'forecasts'>;
  const forecasts = createForecasts(base);
  const idempotencyKey = config.testing.withoutIdempotencyKey ? () => randomUUID() : (jobId: string) => jobId;
  return { ...base, forecasts, poolForecasts: forecasts, idempotencyKey };
}

async function launchWorkflows(database: OpenDatabase<Schema>, deps: UpgradeDependencies, log: Log): Promise<void> {
  registerAssessNode(deps);
  registerUpgradeJob(deps);
  const say = (entry: unknown): string => (entry instanceof Error ? entry.message : String(entry));
  DBOS.setConfig({
    name: 'nodeward',
    applicationVersion: workflowVersion,
    executorID: 'nodeward',
    logger: {
      info: (entry) => log.info({}, say(entry)),
      debug: () => undefined,
      warn: (entry) => log.warn({}, say(entry)),
      error: (entry) => log.error({ error: entry }, say(entry)),
    },
    ...database.dbos,
  });
  await DBOS.launch();
  await openAssessmentQueue(disksReadAtOnce);
}

async function createHttp(database: OpenDatabase<Schema>, deps: UpgradeDependencies, links: EntryLinks, config: ServerConfig): Promise<FastifyInstance> {
  return createHttpServer({
    handlers: createHandlers(database, deps),
    events: deps.events,
    entry: {
      links,
      sessions: await openSessions(config.dataDir, entrySources),
      cookieName: `nodeward_session_${createHash('sha256').update(config.dataDir).digest('hex').slice(0, 8)}`,
      secure: config.tls !== undefined || config.behindProxy,
    },
    guard: { beyondLoopback: !config.loopback, hostNames: config.hostNames },
    portal: config.portal,
    tls: config.tls,
    behindProxy: config.behindProxy,
    checkReady: async () => {
      await sql`select 1`.execute(database.db);
    },
    openApi,
    log: (message, error) => deps.log.error({ error }, message),
  });
}

function createHandlers(database: OpenDatabase<Schema>, deps: UpgradeDependencies): Handlers {
  return {
    getServerInformation: async () => ({ version: serverVersion, database: database.engine, now: deps.clock().toISOString() }),
    ...connectionHandlers(deps),
    ...findingHandlers(deps),
    ...forecastHandlers(deps, deps.poolForecasts),
    ...ledgerHandlers(deps),
    ...assessmentHandlers(deps),
    ...planHandlers(deps),
    ...reassessmentHandlers(deps),
    ...recommendationHandlers(deps),
    ...upgradeJobHandlers(deps),
  };
}

interface OpenConnections {
  readonly all: readonly ConfiguredConnection[];
  get(connectionId: string): ConfiguredConnection | undefined;
  close(): Promise<void>;
}

function configuredConnections(config: ServerConfig): OpenConnections {
  const opened: Promise<Provider>[] = [];
  const configure = (connection: Omit<ConfiguredConnection, 'open'>, open: () => Promise<Provider>): ConfiguredConnection => {
    let current: Promise<Provider> | undefined;
    const reopen = async (): Promise<Provider> => {
      const provider = open();
      opened.push(provider);
      // what failed may succeed once its file is put right
      provider.catch(() => (current = undefined));
      return provider;
    };
    return { ...connection, open: () => (current ??= reopen()) };
  };
  const sample = configure({ id: 'sample', kind: 'sample', name: 'Sample fleet' }, () =>
    openProvider('sample', {
      stateFolder: join(config.dataDir, 'sample'),
      now: () => Date.now(),
      ...(config.testing.sampleNodeMs === undefined ? {} : { nodeMilliseconds: config.testing.sampleNodeMs }),
    }),
  );
  const images = config.images.map((folder) => configure({ id: stableId('images', folder), kind: 'images', name: basename(folder), location: folder }, () => openProvider('images', { folder })));
  const all = config.sample ? [sample, ...images] : images;
  return {
    all,
    get: (id) => all.find((connection) => connection.id === id),
    close: async () => {
      for (const provider of await Promise.allSettled(opened)) if (provider.status === 'fulfilled') await provider.value.close();
    },
  };
}
