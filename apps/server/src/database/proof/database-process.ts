// A process that opens a database, and holds it or closes it. It reports by messages; a database that cannot be opened
// ends it with status 1 and one line.
import { z } from 'zod';
import { DatabaseUnusableError } from '../database-errors.ts';
import { openDatabase } from '../open-database.ts';

const order = z
  .object({ url: z.string().optional(), dataDir: z.string(), then: z.enum(['hold', 'close']) })
  .parse(JSON.parse(process.argv[2] ?? ''));

function giveUp(error: unknown): never {
  console.error(error instanceof DatabaseUnusableError ? error.message : error);
  process.exit(1);
}

try {
  const database = await openDatabase({ ...order, log: (error) => console.error(error.message), fatal: giveUp });
  await Promise.all([1, 2, 3].map((n) => database.pool.query('SELECT $1::int', [n])));
  process.send?.('open');
  if (order.then === 'close') await database.close();
} catch (error) {
  giveUp(error);
}
