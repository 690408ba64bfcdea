import { execFile } from 'node:child_process';
import { chown, mkdir, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../open-database.ts';
import { wireMessage } from '../wire-protocol.ts';
import { Child } from './child.ts';
import { type DatabasePlace, engines, openForTest, temporaryDirectory } from './engines.ts';

const embedded = engines.filter(({ name }) => name === 'embedded');
const program = 'database-process.ts';

describe.each(engines)('a process on $name', (engine) => {
  it('ends by itself once it has closed the database', async () => {
    const child = new Child(program, { ...(await engine.place()), then: 'close' });

    expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' });
  });
});

describe.each(embedded)('a process on the embedded database', (engine) => {
  it('frees no WebAssembly code, which V8 does not do safely in more than one thread', async () => {
    const order = JSON.stringify({ ...(await engine.place()), then: 'close' });
    const env = { ...process.env, NODE_COMPILE_CACHE: await temporaryDirectory() };
    const traced = () => promisify(execFile)(process.execPath, ['--trace-wasm-code-gc', '--stress-wasm-code-gc', join(import.meta.dirname, program), order], { env });
    // Node strips types with WebAssembly too, before the gateway is there: from the second start on the cache has done it
    await traced();

    const { stdout } = await traced();

    expect(stdout).toBe('');
  });
});

describe.each(embedded)('the directory of the embedded database', (engine) => {
  it('is refused to a second process, in one line', async () => {
    const place = await engine.place();
    await openForTest(place);

    const second = await new Child(program, { ...place, then: 'close' }).ended;

    expect(second).toEqual({ code: 1, signal: null, stderr: `${place.dataDir} is in use by another process\n` });
  });

  it('is refused to a second opening in the same process', async () => {
    const place = await engine.place();
    await openForTest(place);

    await expect(open(place)).rejects.toMatchObject({ code: 'DATABASE_IN_USE' });
  });

  it('is free again after its process was killed', async () => {
    const place = await engine.place();
    const child = new Child(program, { ...place, then: 'hold' });
    await child.until((messages) => messages.includes('open'));
    await child.kill();

    const { pool } = await openForTest(place);

    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('is free again after it was closed, and closing twice does no harm', async () => {
    const place = await engine.place();
    const first = await open(place);
    await first.close();
    await first.close();

    const { pool } = await openForTest(place);

    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('is closed to everybody else, even where it existed before', async () => {
    const dataDir = join(await temporaryDirectory(), 'a', 'b');
    await mkdir(dataDir, { recursive: true, mode: 0o755 });

    await openForTest({ dataDir });

    expect(((await stat(dataDir)).mode & 0o777).toString(8)).toBe('700');
  });

  it.each([
    ['its control file is cut off', 'pg18/global/pg_control', 'could not read file "global/pg_control"'],
    ['its transaction log is gone', 'pg18/pg_wal', 'required WAL directory "pg_wal" does not exist'],
    ['its version file is empty', 'pg18/PG_VERSION', 'is not a valid data directory'],
  ])('ends the process with one line that says why when %s', async (_, victim, reason) => {
    const place = await engine.place();
    await damage(join(place.dataDir, victim));

    const { code, stderr } = await new Child(program, { ...place, then: 'hold' }).ended;

    expect(code).toBe(1);
    expect(stderr).toMatch(/^\S+ cannot be opened, it may be damaged: [^\n]+\n$/);
    expect(stderr).toContain(reason);
  });

  it('is given up, once, when it turns out damaged while the server runs', async () => {
    const place = await engine.place();
    const { pool, fatal, breakConnections } = await openForTest(place);
    await pool.query('SELECT 1');
    await damage(join(place.dataDir, 'pg18/global/pg_control'));

    await breakConnections();

    await expect.poll(() => fatal).toEqual([expect.objectContaining({ code: 'DATABASE_DAMAGED' })]);
    await expect(pool.query('SELECT 1')).rejects.toThrow('the embedded database has stopped');
  });

  it('that cannot be made is one line, not a stack', async () => {
    const file = join(await temporaryDirectory(), 'file');
    await writeFile(file, '');

    const failure = open({ dataDir: join(file, 'data') });

    await expect(failure).rejects.toMatchObject({ code: 'DATABASE_UNWRITABLE' });
    await expect(failure).rejects.toThrow(/^\S+ cannot be written: [^\n]*ENOTDIR[^\n]*$/);
  });

  it('works for a user who has no home and is nobody', async () => {
    const nobody = 65534;
    if (process.getuid?.() !== 0) {
      console.warn('SKIPPED (not root): the embedded database as an unprivileged user');
      return;
    }
    const place = await engine.place();
    await giveTo(nobody, place.dataDir);

    const { code, stderr } = await new Child(program, { ...place, then: 'close' }, { uid: nobody, gid: nobody, env: { HOME: '/nonexistent' } }).ended;

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('an address in DATABASE_URL', () => {
  it('that nobody answers is one line without the password', async () => {
    const port = await listen(() => undefined, true);

    const failure = open({ url: `postgresql://user:secret@127.0.0.1:${port}/db?sslpassword=secret`, dataDir: 'unused' });

    await expect(failure).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    await expect(failure).rejects.toThrow(/^cannot reach the database at 127\.0\.0\.1:\d+\/db: ((?!secret)[^\n])*ECONNREFUSED((?!secret)[^\n])*$/);
  });

  it('of a PostgreSQL that is too old is one line', async () => {
    const port = await listen((write) => write(answerOfVersion14));

    const failure = open({ url: `postgresql://user@127.0.0.1:${port}/db`, dataDir: 'unused' });

    await expect(failure).rejects.toMatchObject({ code: 'DATABASE_TOO_OLD', message: `127.0.0.1:${port}/db is PostgreSQL 14; 15 or newer is needed` });
  });
});

async function open(place: DatabasePlace): ReturnType<typeof openDatabase> {
  return openDatabase({ ...place, log: () => undefined, fatal: () => undefined });
}

async function damage(path: string): Promise<void> {
  if ((await stat(path)).isDirectory()) await rm(path, { recursive: true });
  else await truncate(path, 0);
}

async function giveTo(user: number, path: string): Promise<void> {
  const inside = await readdir(path, { recursive: true });
  await Promise.all(['', ...inside].map((name) => chown(join(path, name), user, user)));
}

const readyForQuery = wireMessage('Z', 'I');
const answerOfVersion14 = Buffer.concat([
  // RowDescription: one column, "version", int4 as text
  wireMessage('T', Buffer.from('\0\x01version\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0', 'latin1')),
  wireMessage('D', Buffer.from('\0\x01\0\0\0\x06140012', 'latin1')),
  wireMessage('C', 'SELECT 1\0'),
  readyForQuery,
]);

/** A server that lets everybody in and gives every query the same answer; or only a port where nobody listens any more. */
async function listen(onQuery: (write: (bytes: Buffer) => void) => void, closed = false): Promise<number> {
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.concat([wireMessage('R', '\0\0\0\0'), readyForQuery]));
      socket.on('data', () => onQuery((bytes) => void socket.write(bytes)));
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  if (closed) await new Promise((resolve) => server.close(resolve));
  else onTestFinished(() => void server.close());
  return address.port;
}
