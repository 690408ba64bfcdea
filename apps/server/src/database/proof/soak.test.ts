import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { engines, openForTest, printFigure } from './engines.ts';

/** Minutes of steady load, for a nightly run; without it the soak is left out. */
const minutes = Number(process.env.NODEWARD_SOAK_MINUTES ?? 0);

describe.each(engines)('a long time on $name', (engine) => {
  it.skipIf(minutes === 0)('loses no connection, no worker and no row', { timeout: (minutes + 2) * 60_000 }, async () => {
    const { pool, logged, fatal } = await openForTest(await engine.place());
    await pool.query('CREATE TABLE kept (writer int, number int, text text, PRIMARY KEY (writer, number))');
    const until = performance.now() + minutes * 60_000;

    const written = await Promise.all(
      Array.from({ length: 6 }, async (_, writer) => {
        let number = 0;
        for (; performance.now() < until; number += 1) {
          const client = await pool.connect();
          await client.query('BEGIN');
          await client.query("INSERT INTO kept VALUES ($1, $2, repeat('x', 500))", [writer, number]);
          await client.query('UPDATE kept SET text = $3 WHERE writer = $1 AND number = $2', [writer, number - 1, 'short']);
          await client.query('COMMIT');
          client.release();
          await pool.query('SELECT count(*) FROM kept WHERE writer = $1 AND number > $2', [writer, number - 100]);
          await delay(number % 5);
        }
        return number;
      }),
    );

    printFigure(engine, `transactions in ${minutes} minutes`, String(written.reduce((sum, count) => sum + count, 0)));
    expect({ logged, fatal }).toEqual({ logged: [], fatal: [] });
    const { rows } = await pool.query<{ readonly n: number }>('SELECT count(*)::int AS n FROM kept GROUP BY writer ORDER BY writer');
    expect(rows.map(({ n }) => n)).toEqual(written);
  });
});
