import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { DomainError, InvalidInputError } from '@nodeward/engine';
import type { FastifyInstance } from 'fastify';
import { type Application, compose } from './compose.ts';
import { processEnvironment, readConfig, type ServeOptions, type ServerConfig } from './config.ts';
import { isPortalBuilt } from './http/portal.ts';
import { entryAddress } from './link.ts';
import { type LogFile, openLog } from './log.ts';
import { announceServer, findRunningServer, withdrawServer } from './running-server.ts';

const portsTried = 20;
const shutdownMs = 20_000;

/**
 * `nodeward serve`: runs until SIGINT or SIGTERM and returns the exit status. Prints one line on
 * standard output, the address, once the page can be used.
 */
export async function serve(options: ServeOptions): Promise<number> {
  try {
    const config = readConfig(options, processEnvironment(), process.cwd());
    if (!(await isPortalBuilt(config.portal))) return complain('the portal is not built: `npm run build -w @nodeward/portal` builds it (`npm start` does so by itself)');
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
    const logFile = await openLog(config.dataDir, config.logLevel);
    try {
      return await run(config, logFile);
    } finally {
      await logFile.close();
    }
  } catch (error) {
    if (error instanceof InvalidInputError) return complain(error.message, 2);
    return complain(lineOf(error));
  }
}

async function run(config: ServerConfig, { log, path }: LogFile): Promise<number> {
  const already = await findRunningServer(config.dataDir);
  if (already !== undefined) return complain(`a server already runs on ${config.dataDir}: ${already.origin} (\`nodeward link\` prints a way in)`);
  const ending = waitForEnd();
  const application = await compose(config, log, ending.fail);
  try {
    const origin = await listen(application.http, config);
    await announceServer(config.dataDir, { origin, pid: process.pid });
    await application.links.clear();
    const failures = reportFailedConnections(application);
    process.stdout.write(`Nodeward is ready: ${entryAddress(origin, await application.links.create())}\n`);
    await application.begin();
    const end = await ending.ended;
    failures();
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
function waitForEnd(): { readonly ended: Promise<Error | undefined>; readonly fail: (error: Error) => void } {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      resolve(undefined);
      process.once(signal, () => process.exit(1));
    });
  }
  return { ended: promise, fail: resolve };
}

async function listen(http: FastifyInstance, config: ServerConfig): Promise<string> {
  const first = config.port;
  for (let port = first; ; port += 1) {
    try {
      await http.listen({ host: config.host, port });
      return originOf(http.server.address(), config);
    } catch (error) {
      if (!isTaken(error) || port + 1 >= first + portsTried || port === 65_535) throw error;
    }
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function originOf(address: string | AddressInfo | null, config: ServerConfig): string {
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  const scheme = config.tls === undefined && !config.behindProxy ? 'http' : 'https';
  const named = config.hostNames[0];
  if (config.behindProxy && named !== undefined) return `${scheme}://${named}`;
  const isWildcard = config.host === '0.0.0.0' || config.host === '::';
  const host = isWildcard ? (named ?? 'localhost') : config.host;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A wrong `nodeward.yaml` is said once on standard error; the page shows it too. */
function reportFailedConnections(application: Application): () => void {
  const said = new Set<string>();
  return application.events.subscribe((event) => {
    if (event.type !== 'connection') return;
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
