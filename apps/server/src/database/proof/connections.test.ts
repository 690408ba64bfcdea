import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { copyEmbeddedTemplate } from '../embedded-template-for-tests.ts';
import { PgliteGateway } from '../pglite-gateway.ts';
import { simpleQuery, wireMessage } from '../wire-protocol.ts';
import { WireStream } from '../wire-stream.ts';
import { engines, openForTest, printFigure, temporaryDirectory } from './engines.ts';

/** Long enough to be noticed on any machine: some seconds on both engines. */
const slowQuery = 'SELECT count(*)::int AS n FROM generate_series(1, 6000000) AS a(x) WHERE x % 7 = 3';
const endlessQuery = 'SELECT count(*) FROM generate_series(1, 4000000000)';

describe.each(engines)('connections on $name', (engine) => {
  it('survives thirty clients that vanish idle, in a transaction, in a query, in a large result', async () => {
    const { pool } = await openForTest(await engine.place());
    await pool.query('CREATE TABLE ghost (id int)');

    for (let round = 0; round < 30; round += 1) await vanish(pool, round);

    const count = async (): Promise<unknown> => (await pool.query<{ readonly n: number }>('SELECT count(*)::int AS n FROM ghost')).rows[0]?.n;
    await expect.poll(count).toBe(0);
    const all = await Promise.all(Array.from({ length: 20 }, (_, n) => pool.query<{ readonly n: number }>('SELECT $1::int AS n', [n])));
    expect(all.map(({ rows }) => rows[0]?.n)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  it('leaves the event loop free during a long query', async () => {
    const { pool } = await openForTest(await engine.place());
    await pool.query('SELECT 1');
    let turns = 0;
    const counter = setInterval(() => (turns += 1), 5);
    const delays = monitorEventLoopDelay({ resolution: 5 });
    delays.enable();
    await delay(20); // it records nothing before its first turn
    turns = 0;

    const { rows } = await pool.query<{ n: number }>(slowQuery);

    clearInterval(counter);
    printFigure(engine, 'event loop during a slow query', `${turns} turns, blocked at most ${(delays.max / 1e6).toFixed(0)} ms`);
    expect(rows).toEqual([{ n: 857_143 }]);
    // in the process itself the query would block for all of its time: one turn at most
    expect(turns).toBeGreaterThan(5);
  });

  it('reports a connection that is lost idle, and goes on', async () => {
    const { pool, logged, breakConnections } = await openForTest(await engine.place());
    await pool.query('SELECT 1');

    await breakConnections();

    const reason = engine.name === 'embedded' ? /^embedded database stopped/ : /^terminating connection/;
    await expect.poll(() => logged.filter(({ message }) => reason.test(message)).length).toBe(1);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('fails a statement whose connection is lost, and the next one works', async () => {
    const { pool, breakConnections } = await openForTest(await engine.place());
    const client = await pool.connect();
    const statement = client.query(endlessQuery);
    const failed = expect(statement).rejects.toThrow(/terminat|stopped/i);
    await delay(300);

    await breakConnections();

    await failed;
    client.release(true);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('rolls back a transaction whose connection is lost', async () => {
    const { pool, breakConnections } = await openForTest(await engine.place());
    await pool.query('CREATE TABLE kept (id int)');
    const client = await pool.connect();
    await client.query('BEGIN');
    await client.query('INSERT INTO kept VALUES (1)');

    await breakConnections();

    await expect(client.query('COMMIT')).rejects.toThrow();
    client.release(true);
    expect((await pool.query('SELECT count(*)::int AS n FROM kept')).rows).toEqual([{ n: 0 }]);
  });

  it('ends a statement that runs longer than the limit, and says so', async () => {
    const { pool, logged, fatal } = await openForTest(await engine.place(), { maxStatementMs: 1000 });

    const failure = await pool.query(endlessQuery).then(
      () => undefined,
      (error: unknown) => error,
    );

    expect(failure).toMatchObject({ code: engine.name === 'embedded' ? 'ECONNRESET' : '57014' });
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(fatal).toEqual([]);
    if (engine.name === 'embedded') expect(logged.map((error) => error.message).join('\n')).toMatch(/a statement ran for \d+ ms, the limit is 1000 ms/);
  });
});

describe('the embedded database', () => {
  const embedded = engines.filter(({ name }) => name === 'embedded');

  it.each(embedded)('ends a transaction that waits for a query outside it, and nothing is written', async (engine) => {
    const { db, pool, logged } = await openForTest<{ readonly kept: { readonly id: number } }>(await engine.place(), { idleTransactionMs: 500 });
    await pool.query('CREATE TABLE kept (id int)');

    const failure = db.transaction().execute(async (trx) => {
      await trx.insertInto('kept').values({ id: 1 }).execute();
      await db.insertInto('kept').values({ id: 2 }).execute();
      await trx.insertInto('kept').values({ id: 3 }).execute();
    });

    await expect(failure).rejects.toThrow();
    expect(logged).toContainEqual(expect.objectContaining({ code: '25P03' }));
    // the query outside was never part of the transaction: it ran after the rollback
    expect(await db.selectFrom('kept').select('id').execute()).toEqual([{ id: 2 }]);
  });

  it.each(embedded)('ends it however busy the other clients are', async (engine) => {
    const { pool, logged } = await openForTest(await engine.place(), { idleTransactionMs: 500 });
    const client = await pool.connect();
    await client.query('BEGIN');
    const others = Promise.all([pool.query('SELECT 1'), delay(300).then(() => pool.query('SELECT 2'))]);

    await others;

    expect(logged).toContainEqual(expect.objectContaining({ code: '25P03' }));
    client.release(true);
  });

  it.each(embedded)('refuses COPY FROM STDIN as a query, and the next query works', async (engine) => {
    const { pool } = await openForTest(await engine.place());
    await pool.query('CREATE TABLE loaded (id int)');

    await expect(pool.query('COPY loaded FROM STDIN')).rejects.toMatchObject({ code: '57014' });

    expect((await pool.query('SELECT count(*)::int AS n FROM loaded')).rows).toEqual([{ n: 0 }]);
  });

  it('refuses COPY FROM STDIN with its data behind it, and the next query works', async () => {
    await using gateway = await openGateway([]);
    const stream = gateway.clientConfig().stream?.();
    if (!(stream instanceof WireStream)) throw new Error('no stream');
    const data = Array.from({ length: 1000 }, (_, id) => wireMessage('d', `${id}\n`));
    const answer = collectAnswers(stream, 4);

    stream.connect().write(startupMessage);
    stream.write(simpleQuery('CREATE TABLE loaded (id int)'));
    stream.write(Buffer.concat([simpleQuery('COPY loaded FROM STDIN'), ...data, wireMessage('c')]));
    stream.write(simpleQuery("SELECT 'rows: ' || count(*) FROM loaded"));

    expect(await answer).toMatch(/C57014\0[^]*rows: 0/);
    stream.destroy();
  });

  it.each(embedded)('starts again when WebAssembly dies under it', async (engine) => {
    const { pool, logged, fatal } = await openForTest(await engine.place());
    await pool.query('CREATE TABLE loaded (line text)');

    await expect(pool.query("COPY loaded FROM PROGRAM 'true'")).rejects.toThrow();

    expect((await pool.query('SELECT count(*)::int AS n FROM loaded')).rows).toEqual([{ n: 0 }]);
    expect(fatal).toEqual([]);
    expect(logged.map(({ message }) => message)).toContainEqual(expect.stringMatching(/^embedded database stopped \(code \d+\): \S/));
  });

  it('gives up when its worker ends again and again', async () => {
    const fatal: Error[] = [];
    await using gateway = await openGateway(fatal);

    for (let round = 0; round < 10; round += 1) {
      await gateway.terminateWorker('the test says so');
      const client = new pg.Client(gateway.clientConfig());
      await client.connect();
      await client.end();
    }
    expect(fatal).toEqual([]);
    await gateway.terminateWorker('the test says so');

    expect(fatal).toEqual([expect.objectContaining({ code: 'DATABASE_DAMAGED' })]);
    const client = new pg.Client(gateway.clientConfig());
    await expect(client.connect()).rejects.toThrow('the embedded database has stopped');
  });
});

async function vanish(pool: pg.Pool, round: number): Promise<void> {
  const client = await pool.connect();
  client.on('error', () => undefined);
  if (round % 4 === 1) {
    await client.query('BEGIN');
    await client.query('INSERT INTO ghost VALUES ($1)', [round]);
  }
  const running =
    round % 4 === 2
      ? client.query('SELECT count(*) FROM generate_series(1, 300000)')
      : round % 4 === 3
        ? client.query("SELECT repeat('x', 10000) FROM generate_series(1, 1000)")
        : Promise.resolve();
  const ended = running.then(
    () => undefined,
    () => undefined,
  );
  await delay(round % 3);
  client.release(true);
  await ended;
}

async function openGateway(fatal: Error[]): Promise<PgliteGateway> {
  const directory = await temporaryDirectory();
  await copyEmbeddedTemplate(directory);
  return PgliteGateway.open(directory, {
    maxStatementMs: 10_000,
    idleTransactionMs: 1000,
    log: () => undefined,
    fatal: (error) => void fatal.push(error),
  });
}

/** StartupMessage: the only one without a type byte. Protocol version 3.0. */
const startupMessage = wireMessage('?', Buffer.from('\0\x03\0\0user\0postgres\0database\0postgres\0\0', 'latin1')).subarray(1);

/** The server's bytes up to the given number of ReadyForQuery messages. */
async function collectAnswers(stream: WireStream, count: number): Promise<string> {
  let text = '';
  for await (const bytes of stream.iterator({ destroyOnReturn: false })) {
    text += Buffer.isBuffer(bytes) ? bytes.toString('latin1') : '';
    if (text.split('Z\0\0\0\x05').length > count) break;
  }
  return text;
}
