import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migrate } from './migrate.ts';
import { engines, openForTest } from './proof/engines.ts';

const two = {
  '0001-initial.sql': 'CREATE TABLE a (id int);\nCREATE TABLE b (id int);\n',
  '0002-more.sql': "INSERT INTO a VALUES (1);\nINSERT INTO b SELECT 10 FROM a;\n",
};

describe.each(engines)('migrations on $name', (engine) => {
  it('applies the files in order, once', async () => {
    const { pool } = await openForTest(await engine.place());
    const directory = await folderOf(two);

    expect(await migrate(pool, directory)).toEqual(['0001-initial.sql', '0002-more.sql']);
    expect(await migrate(pool, directory)).toEqual([]);

    expect((await pool.query('SELECT id FROM b')).rows).toEqual([{ id: 10 }]);
  });

  it('applies only what is new', async () => {
    const { pool } = await openForTest(await engine.place());
    await migrate(pool, await folderOf({ '0001-initial.sql': two['0001-initial.sql'] }));

    expect(await migrate(pool, await folderOf(two))).toEqual(['0002-more.sql']);
  });

  it('keeps what was applied before a file that fails, and nothing of that file', async () => {
    const { pool } = await openForTest(await engine.place());
    const directory = await folderOf({ '0001-initial.sql': two['0001-initial.sql'], '0002-more.sql': 'INSERT INTO a VALUES (1);\nINSERT INTO c VALUES (1);' });

    await expect(migrate(pool, directory)).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: 'migration 0002-more.sql failed in line 2: relation "c" does not exist',
    });

    expect((await pool.query('SELECT id FROM a')).rows).toEqual([]);
    expect((await pool.query('SELECT name FROM schema_migration')).rows).toEqual([{ name: '0001-initial.sql' }]);
  });

  it('refuses a database that is newer than the files', async () => {
    const { pool } = await openForTest(await engine.place());
    await migrate(pool, await folderOf(two));

    const older = migrate(pool, await folderOf({ '0001-initial.sql': two['0001-initial.sql'] }));

    await expect(older).rejects.toMatchObject({ code: 'DATABASE_NEWER' });
    await expect(older).rejects.toThrow(/^the database was made by a newer Nodeward \(it has the migration 0002-more\.sql\)[^\n]*$/);
  });

  it.each([
    ['its text', { '0001-initial.sql': 'CREATE TABLE a (id bigint);' }],
    ['its name', { '0001-other.sql': two['0001-initial.sql'] }],
  ])('refuses a file that was changed after it had been applied: %s', async (_, changed) => {
    const { pool } = await openForTest(await engine.place());
    await migrate(pool, await folderOf({ '0001-initial.sql': two['0001-initial.sql'] }));

    await expect(migrate(pool, await folderOf(changed))).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
  });

  it('does not mind the line ends of a checkout on Windows', async () => {
    const { pool } = await openForTest(await engine.place());
    await migrate(pool, await folderOf({ '0001-initial.sql': two['0001-initial.sql'] }));

    expect(await migrate(pool, await folderOf({ '0001-initial.sql': two['0001-initial.sql'].replaceAll('\n', '\r\n') }))).toEqual([]);
  });

  it('lets servers that start at the same time wait for each other', async () => {
    const { pool } = await openForTest(await engine.place());
    const directory = await folderOf(two);

    const applied = await Promise.all([migrate(pool, directory), migrate(pool, directory), migrate(pool, directory)]);

    expect(applied.flat().sort()).toEqual(['0001-initial.sql', '0002-more.sql']);
    expect((await pool.query('SELECT id FROM b')).rows).toEqual([{ id: 10 }]);
  });

  it.each([
    ['a gap', ['0001-a.sql', '0003-c.sql']],
    ['a number twice', ['0001-a.sql', '0001-b.sql']],
    ['a name without a number', ['initial.sql']],
  ])('refuses files whose numbers have %s', async (_, names) => {
    const { pool } = await openForTest(await engine.place());
    const directory = await folderOf(Object.fromEntries(names.map((name) => [name, 'SELECT 1;'])));

    await expect(migrate(pool, directory)).rejects.toMatchObject({ code: 'MIGRATION_MISNAMED' });
  });
});

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'nodeward-migrations-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await Promise.all(Object.entries(files).map(([name, sql]) => writeFile(join(directory, name), sql)));
  return directory;
}
