import { setTimeout as delay } from 'node:timers/promises';
import type { ColumnType, Generated } from 'kysely';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { engines, openForTest } from './engines.ts';

interface Schema {
  readonly thing: {
    readonly id: Generated<number>;
    readonly name: string;
    readonly facts: ColumnType<{ readonly grade: string; readonly count: number }, string, string>;
    readonly seen_at: ColumnType<Date, Date, Date>;
  };
}

const createThing = `CREATE TABLE thing (id serial PRIMARY KEY, name text UNIQUE NOT NULL, facts jsonb NOT NULL, seen_at timestamptz NOT NULL)`;
const row = { name: 'pool', facts: JSON.stringify({ grade: 'disk', count: 3 }), seen_at: new Date('2026-11-24T03:04:05.678Z') };

describe.each(engines)('queries on $name', (engine) => {
  it('gives back what was written: JSON as an object, a timestamp as a Date', async () => {
    const { db, pool } = await openForTest<Schema>(await engine.place());
    await pool.query(createThing);

    await db.insertInto('thing').values(row).execute();

    const read = await db.selectFrom('thing').selectAll().where('name', '=', 'pool').executeTakeFirstOrThrow();
    expect(read).toEqual({ id: 1, name: 'pool', facts: { grade: 'disk', count: 3 }, seen_at: row.seen_at });
  });

  it('reports a unique violation by its code, and the next query works', async () => {
    const { db, pool } = await openForTest<Schema>(await engine.place());
    await pool.query(createThing);
    await db.insertInto('thing').values(row).execute();

    const failure = db.insertInto('thing').values(row).execute();

    await expect(failure).rejects.toMatchObject({ code: '23505', constraint: 'thing_name_key' });
    expect(await db.selectFrom('thing').select('name').execute()).toEqual([{ name: 'pool' }]);
  });

  it('leaves nothing of a transaction that is rolled back', async () => {
    const { db, pool } = await openForTest<Schema>(await engine.place());
    await pool.query(createThing);

    const failure = db.transaction().execute(async (trx) => {
      await trx.insertInto('thing').values(row).execute();
      throw new Error('changed my mind');
    });

    await expect(failure).rejects.toThrow('changed my mind');
    expect(await db.selectFrom('thing').selectAll().execute()).toEqual([]);
  });

  it('brings notifications of another client, in order', async () => {
    const { pool } = await openForTest(await engine.place());
    const listener = await pool.connect();
    const heard: (string | undefined)[] = [];
    listener.on('notification', ({ payload }) => heard.push(payload));
    await listener.query('LISTEN progress');

    for (const number of [1, 2, 3, 4, 5]) await pool.query("SELECT pg_notify('progress', $1)", [String(number)]);

    await expect.poll(() => heard).toEqual(['1', '2', '3', '4', '5']);
    listener.release();
  });

  it('refuses SQL that is nested too deeply, and the next query works', async () => {
    const { pool } = await openForTest(await engine.place());

    await expect(pool.query(`SELECT 1${' + 1'.repeat(50_000)}`)).rejects.toMatchObject({ code: '54001' });

    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('loads 100,000 rows while another connection reads, writes and fails', async () => {
    const { pool } = await openForTest(await engine.place());
    await pool.query('CREATE TABLE bulk (id int, name text); CREATE TABLE other (id int PRIMARY KEY)');
    const loading = { value: true };
    let failures = 0;
    let written = 0;

    const load = loadRows(pool, 20).finally(() => {
      loading.value = false;
    });
    do {
      await pool.query('INSERT INTO other VALUES ($1)', [written]);
      await pool.query('INSERT INTO other VALUES ($1)', [written]).catch((error: unknown) => {
        if (error instanceof pg.DatabaseError && error.code === '23505') failures += 1;
      });
      await pool.query('SELECT count(*) FROM other');
      written += 1;
    } while (loading.value);
    await load;

    expect(failures).toBe(written);
    expect((await pool.query('SELECT count(*)::int AS n, count(DISTINCT id)::int AS d FROM bulk')).rows).toEqual([{ n: 100_000, d: 100_000 }]);
    expect((await pool.query('SELECT count(*)::int AS n FROM other')).rows).toEqual([{ n: written }]);
  });

  it('keeps twelve tasks on a few connections apart', async () => {
    const { pool } = await openForTest(await engine.place());
    await pool.query('CREATE TABLE kept (task int, step int); CREATE TABLE bulk (id int, name text)');

    const tasks = await Promise.all(Array.from({ length: 12 }, (_, task) => runTask(pool, task)));

    expect(tasks).toEqual(Array.from({ length: 12 }, () => ({ committed: 5, rolledBack: 5, characters: 1_000_000 })));
    const perTask = await pool.query('SELECT task, count(*)::int AS n FROM kept GROUP BY task ORDER BY task');
    expect(perTask.rows).toEqual(Array.from({ length: 12 }, (_, task) => ({ task, n: 5 })));
    expect((await pool.query('SELECT count(*)::int AS n FROM bulk')).rows).toEqual([{ n: 12 * 5000 }]);
  });
});

async function loadRows(pool: pg.Pool, batches: number): Promise<void> {
  for (let batch = 0; batch < batches; batch += 1) {
    const ids = Array.from({ length: 5000 }, (_, index) => batch * 5000 + index);
    await pool.query('INSERT INTO bulk SELECT * FROM unnest($1::int[], $2::text[])', [ids, ids.map((id) => `package-${id}`)]);
  }
}

interface TaskReport {
  committed: number;
  rolledBack: number;
  characters: number;
}

/** Transactions that commit, transactions that fail inside, 200 kB results, one bulk load; all interleaved with the other tasks. */
async function runTask(pool: pg.Pool, task: number): Promise<TaskReport> {
  const report: TaskReport = { committed: 0, rolledBack: 0, characters: 0 };
  for (let step = 0; step < 5; step += 1) {
    const client = await pool.connect();
    await client.query('BEGIN');
    await client.query('INSERT INTO kept VALUES ($1, $2)', [task, step]);
    await delay(1);
    await client.query('COMMIT');
    report.committed += 1;
    await client.query('BEGIN');
    await client.query('INSERT INTO kept VALUES ($1, $2)', [task, 100 + step]);
    await expect(client.query('SELECT 1 / $1::int', [0])).rejects.toMatchObject({ code: '22012' });
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
    await client.query('ROLLBACK');
    report.rolledBack += 1;
    client.release();
    const { rows } = await pool.query<{ text: string }>("SELECT repeat('x', 200000) AS text");
    report.characters += rows[0]?.text.length ?? 0;
  }
  await loadRows(pool, 1);
  return report;
}
