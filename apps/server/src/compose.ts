import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { basename, join } from 'node:path';
import { DBOS } from '@dbos-inc/dbos-sdk';
import openApi from '@nodeward/api/openapi.json' with { type: 'json' };
import { openProvider, openSecondOpinion, postNotification, type SecondOpinion } from '@nodeward/providers';
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import { type AdvisoryUpdates, createAdvisoryUpdates } from './advisory-source/advisory-updates.ts';
import { openAdvisoryFeeds } from './advisory-source/open-advisory-feeds.ts';
import { advisorySourceHandlers } from './advisory-source/routes.ts';
import { startAssessmentRetention } from './assessment-retention.ts';
import { openAssessmentQueue, registerAssessNode } from './assessment/assess-node-workflow.ts';
import { assessmentHandlers } from './assessment/routes.ts';
import { autoUpgradeHandlers } from './auto-upgrade/routes.ts';
import { resumeAssessments } from './assessment/start-assessments.ts';
import { entrySources, publicAddress, type ServerConfig } from './config.ts';
import { openStoredConnection } from './connection/open-stored.ts';
import { openOutsideSources, type OutsideSources } from './connection/outside-sources.ts';
import { createRediscovery } from './connection/rediscovery.ts';
import { type ConnectionRegistry, createConnectionRegistry, type NewConnection } from './connection/registry.ts';
import { type ConnectionDependencies, connectionHandlers } from './connection/routes.ts';
import { stableId } from './connection/stable-id.ts';
import { storeConfiguredConnections } from './connection/store.ts';
import { freeId, type KnownConnection, storedConnections } from './connection/stored-connections.ts';
import { joinedSourceNames } from './connection/source-names.ts';
import { startSweeping } from './connection/sweeping.ts';
import { syncConnection } from './connection/sync-connection.ts';
import { migrate } from './database/migrate.ts';
import { openDatabase, type OpenDatabase } from './database/open-database.ts';
import type { Schema } from './database/schema.ts';
import { defaultDiskReaderOptions, type Dependencies, type Log } from './dependencies.ts';
import { createFailpoint } from './failpoint.ts';
import { explanationHandlers } from './explanation/routes.ts';
import { findingHandlers } from './finding/routes.ts';
import { createForecasts } from './forecast/forecasts.ts';
import { forecastHandlers } from './forecast/routes.ts';
import { type EntryLinks, openEntryLinks } from './http/entry-links.ts';
import { createEventBus, type EventBus } from './http/event-bus.ts';
import type { Handlers } from './http/handlers.ts';
import { createHttpServer } from './http/server.ts';
import { openSessions } from './http/sessions.ts';
import { inventoryHandlers } from './inventory/routes.ts';
import { ledgerHandlers } from './ledger/routes.ts';
import type { NotificationDependencies } from './notification/notification-dependencies.ts';
import { notificationHandlers } from './notification/routes.ts';
import { createSecretBox, type SecretBox } from './secret/secret-box.ts';
import { startNotifications } from './notification/start-notifications.ts';
import { startFleetDays } from './overview/record-fleet-days.ts';
import { overviewHandlers } from './overview/routes.ts';
import { planHandlers } from './plan/routes.ts';
import { reassessmentHandlers } from './reassessment/routes.ts';
import { recommendationHandlers } from './recommendation/routes.ts';
import { startResuming } from './resuming.ts';
import { searchHandlers } from './search/routes.ts';
import { upgradeJobHandlers } from './upgrade-job/routes.ts';
import type { UpgradeDependencies } from './upgrade-job/upgrade-dependencies.ts';
import { registerUpgradeJob, resumeUpgradeJobs } from './upgrade-job/workflow.ts';
import { vulnerabilityHandlers } from './vulnerability/routes.ts';
import { createImageCatalogs, type ImageCatalogs } from './which-image/image-catalogs.ts';
import { whichImageHandlers } from './which-image/routes.ts';
import { startWorkflowRetention } from './workflow-retention.ts';

export const serverVersion = '0.1.0';
/** Raise it when the steps of a workflow change: DBOS goes on with a workflow only under the version that began it. */
const workflowVersion = '2';
const rediscoverMs = 60_000;
/** Of one connection. */
const disksReadAtOnce = 4;

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
  const sources = await openOutsideSources(config, () => new Date());
  const registry = createConnectionRegistry();
  const secrets = createSecretBox({ dataDir: config.dataDir, key: config.secretKey, randomBytes });
  const adopt = (connection: KnownConnection): void => registry.replace(storedConnection(connection, sources, secrets));
  await fillRegistry(database, registry, adopt, config);
  const deps = createDependencies(database, registry, config, log);
  const notifications = notificationDependencies(deps, secrets, config);
  const rediscovery = createRediscovery(deps, rediscoverMs);
  const advisoryUpdates = createAdvisoryUpdates({
    ...deps,
    feeds: openAdvisoryFeeds(sources, deps.clock),
    folder: sources.advisoryFolder,
    everyHours: config.outside.advisoryUpdateHours,
    follow: (id) => syncConnection(deps, id),
  });
  const catalogs = createImageCatalogs({ clock: deps.clock, db: database.db, log, lists: sources.lists, advisoryFolder: sources.advisoryFolder, sourceNames: () => joinedSourceNames(deps) });
  const opinion = openSecondOpinion({ fetch: (url, init) => sources.outbound.fetch(url, init), now: deps.clock });
  const connections: ConnectionDependencies = { ...deps, registry, rediscovery, secrets, adopt };
  const links = openEntryLinks(config.dataDir, entrySources);
  const http = await createHttp({ database, deps, connections, notifications, advisoryUpdates, catalogs, opinion }, links, config);
  // last: what fails before it, such as a certificate that is none, leaves nothing at work
  await launchWorkflows(database, deps, log);
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
      await resumeAssessments(database.db, deps.clock(), { atStart: true });
      await resumeUpgradeJobs(deps, { atStart: true });
      rediscovery.begin();
      const retention = startAssessmentRetention({ ...deps, historyDays: config.assessmentHistoryDays });
      background.push(rediscovery, startResuming(deps), startSweeping(deps), advisoryUpdates.start(), startWorkflowRetention(deps), retention, startFleetDays(deps), startNotifications(notifications));
    },
    close: async () => {
      await http.close();
      for (const work of background) await work.stop();
      await catalogs.stop();
      await DBOS.shutdown();
      await database.close();
      await registry.close();
      await sources.outbound.close();
    },
  };
}

function createDependencies(database: OpenDatabase<Schema>, providers: ConnectionRegistry, config: ServerConfig, log: Log): UpgradeDependencies {
  const base = {
    db: database.db,
    clock: () => new Date(),
    newId: randomUUID,
    events: createEventBus(),
    providers,
    log,
    dataDir: config.dataDir,
    reader: defaultDiskReaderOptions,
    freshnessIntervalHours: 24,
    failpoint: createFailpoint(config.failpoint, () => process.kill(process.pid, 'SIGKILL')),
  } satisfies Omit<Dependencies, 'forecasts'>;
  const forecasts = createForecasts(base);
  const idempotencyKey = config.testing.withoutIdempotencyKey ? () => randomUUID() : (jobId: string, step: number) => `${jobId}-${step}`;
  return { ...base, forecasts, poolForecasts: forecasts, idempotencyKey };
}

function notificationDependencies(deps: Dependencies, secrets: SecretBox, config: ServerConfig): NotificationDependencies {
  return {
    ...deps,
    randomBytes,
    secrets,
    send: postNotification,
    allowLoopback: config.loopback,
    publicAddress: publicAddress(config),
  };
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

/** What the slices of the API are given. */
interface Slices {
  readonly database: OpenDatabase<Schema>;
  readonly deps: UpgradeDependencies;
  readonly connections: ConnectionDependencies;
  readonly notifications: NotificationDependencies;
  readonly advisoryUpdates: AdvisoryUpdates;
  readonly catalogs: ImageCatalogs;
  readonly opinion: SecondOpinion;
}

async function createHttp(slices: Slices, links: EntryLinks, config: ServerConfig): Promise<FastifyInstance> {
  const { database, deps } = slices;
  return createHttpServer({
    handlers: createHandlers(slices),
    events: deps.events,
    entry: {
      links,
      sessions: await openSessions(config.dataDir, entrySources),
      now: entrySources.now,
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

function createHandlers({ database, deps, connections, notifications, advisoryUpdates, catalogs, opinion }: Slices): Handlers {
  return {
    getServerInformation: async () => ({ version: serverVersion, database: database.engine, now: deps.clock().toISOString() }),
    ...advisorySourceHandlers(advisoryUpdates, deps.log),
    ...whichImageHandlers(catalogs, opinion),
    ...connectionHandlers(connections),
    ...findingHandlers(deps),
    ...forecastHandlers(deps, deps.poolForecasts),
    ...ledgerHandlers(deps),
    ...assessmentHandlers(deps),
    ...autoUpgradeHandlers(deps),
    ...explanationHandlers(deps),
    ...inventoryHandlers(deps),
    ...notificationHandlers(notifications),
    ...overviewHandlers(deps),
    ...planHandlers(deps),
    ...reassessmentHandlers(deps),
    ...recommendationHandlers(deps),
    ...searchHandlers(deps),
    ...upgradeJobHandlers(deps),
    ...vulnerabilityHandlers(deps),
  };
}

/** What the configuration names, and what has been stored and is not named there too. */
async function fillRegistry({ db }: OpenDatabase<Schema>, registry: ConnectionRegistry, adopt: (connection: KnownConnection) => void, config: ServerConfig): Promise<void> {
  const stored = await storedConnections(db);
  const isSampleWanted = config.sample ?? (config.images.length === 0 && stored.length === 0);
  const configured = [...(isSampleWanted ? [sampleConnection(config)] : []), ...config.images.map((folder) => imagesConnection(folder, stored))];
  for (const connection of configured) registry.add(connection);
  await storeConfiguredConnections(db, configured);
  for (const connection of stored) if (registry.get(connection.id) === undefined) adopt(connection);
}

function sampleConnection({ dataDir, testing }: ServerConfig): NewConnection {
  const options = {
    stateFolder: join(dataDir, 'sample'),
    now: () => Date.now(),
    ...(testing.sampleNodeMs === undefined ? {} : { nodeMilliseconds: testing.sampleNodeMs }),
  };
  return { id: 'sample', kind: 'sample', name: 'Sample fleet', opener: () => openProvider('sample', options) };
}

/** A stored connection of the same folder is the same one, under whichever id. */
function imagesConnection(folder: string, stored: readonly KnownConnection[]): NewConnection {
  const same = stored.find(({ kind, location }) => kind === 'images' && location === folder);
  const id = same?.id ?? freeId(stableId('images', folder), (taken) => stored.some((connection) => connection.id === taken));
  return { id, kind: 'images', name: basename(folder), location: folder, opener: () => openProvider('images', { folder }) };
}

/** Settings and secret are read anew at every attempt: the key of a secret may come back. */
function storedConnection(stored: KnownConnection, sources: OutsideSources, secrets: SecretBox): NewConnection {
  const { id, kind, name, location } = stored;
  return { id, kind, name, ...(location === null ? {} : { location }), opener: () => openStoredConnection(stored, { ...sources, secrets, now: () => Date.now() }) };
}
