import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApiClient, createApiClient } from '@nodeward/api';
import { copyEmbeddedTemplate } from '../src/database/embedded-template-for-tests.ts';
import { engineOfRun } from '../src/database/engine-of-run-for-tests.ts';
import { startPostgres } from '../src/database/postgres-for-tests.ts';

/** Where a server of a crash test keeps everything; it outlives the process. */
export interface ServerPlace {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  /** Any free one where not given. */
  readonly port?: number;
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface StartedServer {
  readonly origin: string;
  readonly cookie: string;
  /** Everything that it printed. */
  readonly output: () => string;
  /** Signed in by the link that the server printed. */
  readonly client: ApiClient;
  /** SIGTERM; gives the exit status. */
  stop(): Promise<number | null>;
  /** SIGKILL, at this moment. */
  kill(): void;
  /** The signal that ended it. */
  readonly killed: Promise<NodeJS.Signals | null>;
}

/** An empty database of the engine of this run, for a server on `dataDir`. */
export async function emptyPlace(dataDir: string): Promise<ServerPlace> {
  if (engineOfRun === 'embedded') {
    await copyEmbeddedTemplate(join(dataDir, 'database'));
    return { dataDir, databaseUrl: undefined };
  }
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const postgres = await startPostgres();
  if (postgres === undefined) throw new Error('this run is to be on PostgreSQL, and there is none');
  return { dataDir, databaseUrl: await postgres.createDatabase() };
}

/** Short, and long enough that a node is seen in more than one phase. */
export const nodeMs = 500;

const running = new Set<ChildProcess>();

/** What a failed test left behind. */
export function killServers(): void {
  for (const child of running) child.kill('SIGKILL');
}

export async function startServer(place: ServerPlace, environment: Readonly<Record<string, string>> = {}): Promise<StartedServer> {
  const { child, output } = await spawnServer(place, environment);
  const ended = once(child, 'exit');
  const link = await Promise.race([readyLink(child, output), ended.then(() => undefined)]);
  if (link === undefined) throw new Error(`the server ended before it was ready: ${output()}${await logOf(place)}`);
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    await ended;
    return child.exitCode;
  };
  const { origin } = new URL(link);
  const cookie = await signIn(link);
  return { origin, cookie, output, client: createApiClient({ origin, headers: { cookie } }), stop, kill: () => void child.kill('SIGKILL'), killed: ended.then(() => child.signalCode) };
}

/** Starts a server that ends by itself; gives its exit status and what it printed. */
export async function runServer(place: ServerPlace): Promise<{ readonly status: number | null; readonly printed: string }> {
  const { child, output } = await spawnServer(place, {});
  await once(child, 'exit');
  return { status: child.exitCode, printed: output() };
}

/** Starts a server that is to end itself at the point, and waits until it has. */
export async function crashAt(place: ServerPlace, point: string, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  await untilKilled(place, await spawnServer(place, { ...environment, NODEWARD_FAILPOINT: point }), point);
}

/** The same where somebody outside of the server knows the point: `lay` is given what kills it. */
export async function crashWhen(place: ServerPlace, point: string, lay: (kill: () => void) => void, environment: Readonly<Record<string, string>>): Promise<void> {
  const spawned = await spawnServer(place, environment);
  lay(() => void spawned.child.kill('SIGKILL'));
  await untilKilled(place, spawned, point);
}

async function untilKilled(place: ServerPlace, { child, output }: Awaited<ReturnType<typeof spawnServer>>, point: string): Promise<void> {
  const overdue = setTimeout(() => child.kill('SIGTERM'), 600_000);
  await once(child, 'exit');
  clearTimeout(overdue);
  if (child.signalCode !== 'SIGKILL') throw new Error(`the server did not pass ${point}: ${output()}${await logOf(place)}`);
}

async function spawnServer(place: ServerPlace, environment: Readonly<Record<string, string>>): Promise<{ child: ChildProcess; output: () => string }> {
  const portal = join(place.dataDir, 'portal');
  await mkdir(portal, { recursive: true });
  await writeFile(join(portal, 'index.html'), '<!doctype html><title>portal</title>');
  const options = JSON.stringify({ dataDir: place.dataDir, port: place.port ?? 0, portal, ...place.options });
  const child = spawn(process.execPath, [join(import.meta.dirname, 'serve-child.ts'), options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      NODEWARD_LOG_LEVEL: 'warn',
      NODEWARD_TEST_SAMPLE_NODE_MS: String(nodeMs),
      ...(place.databaseUrl === undefined ? {} : { DATABASE_URL: place.databaseUrl }),
      ...environment,
    },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  return { child, output: () => text };
}

function readyLink(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve) => {
    child.stdout?.on('data', () => {
      const link = /^Nodeward is ready: (\S+)$/m.exec(output())?.[1];
      if (link !== undefined) resolve(link);
    });
  });
}

export async function signIn(link: string): Promise<string> {
  const answer = await fetch(link, { redirect: 'manual' });
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

async function logOf({ dataDir }: ServerPlace): Promise<string> {
  return readFile(join(dataDir, 'logs', 'server.log'), 'utf8').catch(() => '(no log)');
}
