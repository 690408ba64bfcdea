import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { DatabaseUnusableError, messageOf } from './database-errors.ts';
import { PgliteGateway } from './pglite-gateway.ts';

export interface DatabaseOptions {
  /** An external PostgreSQL, 15 or newer; without it the embedded database in `dataDir`. */
  readonly url?: string | undefined;
  /** The embedded database's own directory; made with mode 0700. Not touched where there is a `url`. */
  readonly dataDir: string;
  /** A connection was lost, or the embedded database was started again. The server goes on. */
  readonly log: (error: Error) => void;
  /** The embedded database cannot be brought back: log it and end with status 1. */
  readonly fatal: (error: Error) => void;
  readonly limits?: Partial<DatabaseLimits>;
}

export interface DatabaseLimits {
  readonly maxStatementMs: number;
  readonly idleTransactionMs: number;
}

export interface OpenDatabase<DB> extends AsyncDisposable {
  readonly engine: 'embedded' | 'postgresql';
  readonly db: Kysely<DB>;
  /** The pool behind `db`: migrations, LISTEN. */
  readonly pool: pg.Pool;
  /** For `DBOS.setConfig`. */
  readonly dbos: DbosDatabase;
  /** After `DBOS.shutdown()`; then nothing of the database keeps the process alive. */
  close(): Promise<void>;
}

export interface DbosDatabase {
  readonly systemDatabasePool: pg.Pool;
  readonly systemDatabaseUrl: string;
  readonly useListenNotify: boolean;
}

export const defaultLimits: DatabaseLimits = { maxStatementMs: 120_000, idleTransactionMs: 10_000 };
/** `server_version_num` of the oldest PostgreSQL that is supported. */
const oldestVersion = 150_000;

/** Opens the embedded database, or connects to PostgreSQL. Fails with `DatabaseUnusableError`, one line to print. */
export async function openDatabase<DB>(options: DatabaseOptions): Promise<OpenDatabase<DB>> {
  const limits = { ...defaultLimits, ...options.limits };
  const once = { ...options, log: onlyOnce(options.log) };
  return options.url === undefined ? openEmbedded(once, limits) : openPostgresql(options.url, once, limits);
}

/** One lost connection is heard of on the client, on the pool and from the gateway. */
export function onlyOnce(log: (error: Error) => void): (error: Error) => void {
  const seen = new WeakSet<Error>();
  return (error) => {
    if (seen.has(error)) return;
    seen.add(error);
    log(error);
  };
}

async function openEmbedded<DB>(options: DatabaseOptions, limits: DatabaseLimits): Promise<OpenDatabase<DB>> {
  return overGateway(await PgliteGateway.open(options.dataDir, { ...limits, log: options.log, fatal: options.fatal }), options.log);
}

/** The embedded database on a gateway that is open already; closing the one closes the other. */
export function overGateway<DB>(gateway: PgliteGateway, log: (error: Error) => void): OpenDatabase<DB> {
  const settings = { ...gateway.clientConfig(), idleTimeoutMillis: 0 };
  const app = createPool({ ...settings, max: 4 }, log);
  // one connection: with more of them the workflows' bursts make the application's queries wait
  const system = createPool({ ...settings, max: 1 }, log);
  // DBOS wants an address and never uses it, because it is given the pool; its LISTEN would hold the one connection
  const dbos = { systemDatabasePool: system, systemDatabaseUrl: 'postgresql://postgres@embedded/postgres', useListenNotify: false };
  return describe('embedded', app, dbos, () => gateway.close());
}

async function openPostgresql<DB>(url: string, options: DatabaseOptions, limits: DatabaseLimits): Promise<OpenDatabase<DB>> {
  const settings = {
    connectionString: url,
    statement_timeout: limits.maxStatementMs,
    idle_in_transaction_session_timeout: limits.idleTransactionMs,
    idleTimeoutMillis: 10_000,
    // lists take tens of milliseconds; compiling their queries takes ten times as long
    options: '-c jit=off',
  };
  const app = createPool({ ...settings, max: 10 }, options.log);
  try {
    await checkServer(app, url);
  } catch (error) {
    await app.end();
    throw error;
  }
  const system = createPool({ ...settings, max: 5 }, options.log);
  return describe('postgresql', app, { systemDatabasePool: system, systemDatabaseUrl: url, useListenNotify: true }, async () => undefined);
}

function describe<DB>(
  engine: OpenDatabase<DB>['engine'],
  pool: pg.Pool,
  dbos: DbosDatabase,
  closeEngine: () => Promise<void>,
): OpenDatabase<DB> {
  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    await Promise.all([pool.end(), dbos.systemDatabasePool.ending ? undefined : dbos.systemDatabasePool.end()]);
    await closeEngine();
  };
  const close = (): Promise<void> => (closed ??= closeAll());
  return { engine, pool, dbos, db: new Kysely<DB>({ dialect: new PostgresDialect({ pool }) }), close, [Symbol.asyncDispose]: close };
}

function createPool(config: pg.PoolConfig, log: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({ ...config, connectionTimeoutMillis: 30_000 });
  pool.on('error', log); // an idle client lost its connection
  pool.on('connect', (client) => client.on('error', log)); // a client in use did: unheard, the error would end the process
  return pool;
}

async function checkServer(pool: pg.Pool, url: string): Promise<void> {
  const version = await serverVersion(pool, url);
  if (version < oldestVersion) {
    const found = Math.floor(version / 10_000);
    throw new DatabaseUnusableError('DATABASE_TOO_OLD', `${withoutPassword(url)} is PostgreSQL ${found}; 15 or newer is needed`);
  }
}

async function serverVersion(pool: pg.Pool, url: string): Promise<number> {
  try {
    const { rows } = await pool.query<{ version: number }>("SELECT current_setting('server_version_num')::int AS version");
    return rows[0]?.version ?? 0;
  } catch (cause) {
    const text = `cannot reach the database at ${withoutPassword(url)}: ${messageOf(cause)}`;
    throw new DatabaseUnusableError('DATABASE_UNREACHABLE', text, { cause });
  }
}

/** Host, port and database only: user, password and parameters may hold secrets. */
function withoutPassword(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? 'DATABASE_URL' : `${parsed.host}${parsed.pathname}`;
}
