import { mkdir } from 'node:fs/promises';
import { DomainError, InvalidInputError } from '@nodeward/engine';
import type { FastifyInstance } from 'fastify';
import { type Application, compose } from './compose.ts';
import { processEnvironment, readConfig, type ServeOptions, type ServerConfig } from './config.ts';
import { isPortalBuilt } from './http/portal.ts';
import { entryAddress } from './link.ts';
import { type LogFile, openLog } from './log.ts';
import { announceServer, findRunningServer, withdrawServer } from './running-server.ts';
import { addressesOf, type ServerAddresses } from './server-addresses.ts';

const portsTried = 20;
const shutdownMs = 20_000;

/** What a command does with the server that it has started. */
export type Visit = (server: VisitedServer) => Promise<void>;

export interface VisitedServer {
  /** Ends the server with that exit status. */
  readonly stop: (status: number) => void;
  /** Aborted once the server has been told to end, by whomever. */
  readonly ending: AbortSignal;
}

/**
 * `nodeward serve`: runs until SIGINT or SIGTERM and returns the exit status. Prints one line on
 * standard output, the address, once the page can be used.
 */
export async function serve(options: ServeOptions, visit?: Visit): Promise<number> {
  try {
    const config = readConfig(options, processEnvironment(), process.cwd());
    if (!(await isPortalBuilt(config.portal))) return complain('the portal is not built: `npm run build -w @nodeward/portal` builds it (`npm start` does so by itself)');
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
    const logFile = await openLog(config.dataDir, config.logLevel);
    try {
      return await run(config, logFile, visit);
    } finally {
      await logFile.close();
    }
  } catch (error) {
    if (error instanceof InvalidInputError) return complain(error.message, 2);
    return complain(lineOf(error));
  }
}

async function run(config: ServerConfig, { log, path }: LogFile, visit: Visit | undefined): Promise<number> {
  const already = await findRunningServer(config.dataDir);
  if (already !== undefined) return complain(`a server already runs on ${config.dataDir}: ${already.origin} (\`nodeward link\` prints a way in)`);
  const ending = waitForEnd();
  const application = await compose(config, log, ending.fail);
  try {
    const { origin, local } = await listen(application.http, config);
    await announceServer(config.dataDir, { origin, ...(local === undefined ? {} : { local }), pid: process.pid });
    await application.links.clear();
    // a visitor says itself what became of its connection
    let isVisited = visit !== undefined;
    const failures = reportFailedConnections(application, () => !isVisited);
    process.stdout.write(`Nodeward is ready: ${entryAddress(origin, await application.links.create())}\n`);
    await application.begin();
    // a visit that fails ends the server as its own failure would
    visit?.({ stop: ending.stop, ending: ending.signal }).then(() => { isVisited = false; }, ending.fail);
    const end = await ending.ended;
    failures();
    if (typeof end === 'number') return end;
    if (end instanceof Error) {
      log.error({ error: end }, 'fatal');
      return complain(`${lineOf(end)} (log: ${path})`);
    }
    return 0;
  } finally {
    await withdrawServer(config.dataDir);
    await withinTime(application.close());
  }
}

/** The first signal ends the server in good order, the second at once. */
function waitForEnd() {
  const { promise, resolve } = Promise.withResolvers<Error | number | undefined>();
  const ending = new AbortController();
  const end = (how: Error | number | undefined): void => {
    ending.abort();
    resolve(how);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      end(undefined);
      process.once(signal, () => process.exit(1));
    });
  }
  return { ended: promise, signal: ending.signal, fail: (error: Error) => end(error), stop: (status: number) => end(status) };
}

async function listen(http: FastifyInstance, config: ServerConfig): Promise<ServerAddresses> {
  const first = config.port;
  for (let port = first; ; port += 1) {
    try {
      await http.listen({ host: config.host, port });
      const address = http.server.address();
      return addressesOf(typeof address === 'object' && address !== null ? address.port : port, config);
    } catch (error) {
      if (!isTaken(error) || port + 1 >= first + portsTried || port === 65_535) throw error;
    }
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

/** A wrong `nodeward.yaml` is said once on standard error; the page shows it too. */
function reportFailedConnections(application: Application, isWanted: () => boolean): () => void {
  const said = new Set<string>();
  return application.events.subscribe((event) => {
    if (event.type !== 'connection' || !isWanted()) return;
    application.connectionFailure(event.connectionId).then(
      (failure) => {
        if (failure === undefined || said.has(failure)) return;
        said.add(failure);
        process.stderr.write(`nodeward: ${failure}\n`);
      },
      // the database is gone or going: that is reported where it is noticed
      () => undefined,
    );
  });
}

async function withinTime(work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`the server did not end within ${shutdownMs / 1000} s`)), shutdownMs);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function complain(line: string, status = 1): number {
  process.stderr.write(`nodeward: ${line}\n`);
  return status;
}

function lineOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.replace(/\s+/g, ' ').trim();
  return error instanceof DomainError ? line : `cannot start: ${line}`;
}
