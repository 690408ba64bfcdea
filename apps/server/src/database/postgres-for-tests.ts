import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

export interface TestPostgres {
  /** An administrator's address; tests use `createDatabase`. */
  readonly url: string;
  /** The address of a new empty database. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The real PostgreSQL of the tests: the server that `NODEWARD_TEST_DATABASE_URL` names, else Debian's, started on a
 * temporary directory and a free port. Undefined, with a printed line, where there is neither.
 */
export async function startPostgres(): Promise<TestPostgres | undefined> {
  const given = process.env.NODEWARD_TEST_DATABASE_URL;
  if (given !== undefined && given !== '') return { url: given, createDatabase: () => createDatabase(given), stop: async () => undefined };
  const found = await findPrograms();
  if (typeof found === 'string') {
    console.warn(`SKIPPED (no PostgreSQL): ${found}`);
    return undefined;
  }
  return startOwn(found.programs, found.account);
}

/** Undefined: there is one. Otherwise why not, in one line. */
export async function whyNoPostgres(): Promise<string | undefined> {
  if ((process.env.NODEWARD_TEST_DATABASE_URL ?? '') !== '') return undefined;
  const found = await findPrograms();
  return typeof found === 'string' ? found : undefined;
}

/** For vitest's `globalSetup`: one server for the whole run. */
export async function setup(): Promise<() => Promise<void>> {
  const postgres = await startPostgres();
  if (postgres !== undefined) process.env.NODEWARD_TEST_DATABASE_URL = postgres.url;
  return async () => postgres?.stop();
}

async function createDatabase(url: string): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const created = new URL(url);
  created.pathname = `/${name}`;
  return created.href;
}

async function findPrograms(): Promise<{ readonly programs: string; readonly account: Account | undefined } | string> {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? (await readdir(root)).map(Number).filter((version) => version >= 15) : [];
  const programs = join(root, String(Math.max(...versions)), 'bin');
  if (versions.length === 0 || !existsSync(join(programs, 'initdb'))) {
    return `neither NODEWARD_TEST_DATABASE_URL nor ${root}/15 or newer (Debian: postgresql)`;
  }
  if (process.getuid?.() !== 0) return { programs, account: undefined };
  const account = await accountOf('postgres');
  return account === undefined ? 'PostgreSQL does not run as root, and there is no user postgres' : { programs, account };
}

async function accountOf(user: string): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => outputOf('id', [flag, user])));
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

async function outputOf(program: string, args: readonly string[]): Promise<string | undefined> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  return (await exitCode(child)) === 0 ? text.trim() : undefined;
}

/**
 * Runs a server for as long as the shell's standard input is open, and removes its directory afterwards: it ends with
 * the test run, even if that is killed. `$0` is the directory, the arguments are the server's command line.
 */
const whileStdinIsOpen = `exec 3<&0; "$@" </dev/null & server=$!
  cat <&3 >/dev/null; kill -INT $server; wait $server; rm -rf "$0"`;

async function startOwn(programs: string, account: Account | undefined): Promise<TestPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'nodeward-postgres-'));
  const password = randomBytes(16).toString('hex');
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) await Promise.all([directory, passwordFile].map((path) => chown(path, account.uid, account.gid)));
  const data = join(directory, 'data');
  const options = ['-D', data, '-U', 'postgres', '-E', 'UTF8', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--no-sync', '--locale=C'];
  await run(join(programs, 'initdb'), options, account, directory);
  const port = await freePort();
  const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '', fsync: 'off', max_connections: 200 };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn('/bin/sh', ['-c', whileStdinIsOpen, directory, join(programs, 'postgres'), '-D', data, ...flags], {
    ...account,
    cwd: directory,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  server.unref();
  const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
  await untilReady(url);
  const stop = async (): Promise<void> => {
    const gone = once(server, 'exit');
    server.ref();
    server.stdin.end();
    await gone;
    await rm(directory, { recursive: true, force: true });
  };
  return { url, createDatabase: () => createDatabase(url), stop };
}

async function run(program: string, args: readonly string[], account: Account | undefined, cwd: string): Promise<void> {
  const child = spawn(program, args, { ...account, cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const code = await exitCode(child);
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${text}`);
}

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

async function untilReady(url: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (attempt === 300) throw error;
      await delay(100);
    }
  }
}
