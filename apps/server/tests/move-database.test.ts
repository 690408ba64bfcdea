import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Overview } from '@nodeward/api';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { moveDatabase, type MoveProgress } from '../src/database/move-database.ts';
import { startPostgres } from '../src/database/postgres-for-tests.ts';
import { copyAssessedSample } from './assessed-sample-for-tests.ts';
import { killServers, type ServerPlace, startServer } from './server-process.ts';

const postgres = await startPostgres();
afterAll(() => postgres?.stop());

const pool = 'sample:prod-tokyo-01:syspool01';
const ignore = (): void => {
  // nobody looks on
};

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 180_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it does not come to pass');
    await delay(300);
  }
}

/** What does not depend on when it is asked. */
function lasting(overview: Overview): Overview {
  return { ...overview, asOf: '' };
}

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(text);
  await client.end();
  return rows;
}

const tableNames = "SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND schemaname <> 'dbos'";

describe.skipIf(postgres === undefined)('a move from the embedded database to PostgreSQL', { timeout: 480_000 }, () => {
  let folder: string;
  let place: ServerPlace;
  let before: Overview;
  let jobId: string;
  const newDatabase = async (): Promise<string> => (await postgres?.createDatabase()) ?? '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nodeward-move-'));
    place = { dataDir: join(folder, 'data'), databaseUrl: undefined };
    await copyAssessedSample(place.dataDir);
    const server = await startServer(place);
    await server.client.call('createWebhook', { body: { name: 'receiver', url: 'http://127.0.0.1:1/', types: ['job.succeeded'], enabled: false } });
    const job = await server.client.call('startUpgradeJob', { parameters: { poolId: pool }, body: { kind: 'reboot', target: null, acknowledged: true } });
    jobId = job.id;
    await until(async () => (await server.client.call('getUpgradeJob', { parameters: { jobId } })).finishedAt !== null);
    before = await server.client.call('getOverview', {});
    await server.stop();
  }, 480_000);

  afterAll(async () => {
    killServers();
    await rm(folder, { recursive: true, force: true });
  });

  it('is refused while a server runs, without a database, and into one that is not empty; nothing changes', async () => {
    const url = await newDatabase();
    const server = await startServer(place);
    await expect(moveDatabase({ to: url, dataDir: place.dataDir, progress: ignore })).rejects.toMatchObject({ code: 'MOVE_REFUSED' });
    await server.stop();

    await expect(moveDatabase({ to: url, dataDir: join(folder, 'nothing'), progress: ignore })).rejects.toThrow(/no embedded database/);
    await query(url, 'CREATE TABLE somebody (id int)');
    await expect(moveDatabase({ to: url, dataDir: place.dataDir, progress: ignore })).rejects.toThrow(/not empty: it has the table public\.somebody/);
    expect(await query(url, tableNames)).toEqual([{ name: 'public.somebody' }]);
    expect(await readdir(folder)).not.toContain('nothing');
  });

  it('that is interrupted leaves nothing behind and can be done again', async () => {
    const url = await newDatabase();
    const interrupt = ({ phase, rows }: MoveProgress): void => {
      if (phase === 'comparing' && rows > 0) throw new Error('interrupted');
    };

    await expect(moveDatabase({ to: url, dataDir: place.dataDir, progress: interrupt })).rejects.toThrow('interrupted');

    expect(await query(url, tableNames)).toEqual([]);
    const moved = await moveDatabase({ to: url, dataDir: place.dataDir, progress: ignore });
    expect(moved.rows).toBeGreaterThan(1000);
  });

  it('that is not equal is not kept', async () => {
    const url = await newDatabase();
    await query(url, `CREATE FUNCTION public.spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := NEW.name || '!'; RETURN NEW; END $$`);
    await query(url, `CREATE FUNCTION public.on_table() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
      IF to_regclass('public.webhook') IS NOT NULL AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'spoil') THEN
        EXECUTE 'CREATE TRIGGER spoil BEFORE INSERT ON public.webhook FOR EACH ROW EXECUTE FUNCTION public.spoil()'; END IF; END $$`);
    await query(url, "CREATE EVENT TRIGGER spoil_webhook ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION public.on_table()");

    await expect(moveDatabase({ to: url, dataDir: place.dataDir, progress: ignore })).rejects.toThrow(/table public\.webhook is not equal/);

    expect(await query(url, tableNames)).toEqual([]);
  });

  it('keeps everything: the server goes on there with the same overview, the job and its workflows', async () => {
    const url = await newDatabase();

    const moved = await moveDatabase({ to: url, dataDir: place.dataDir, progress: ignore });

    expect(moved.tables).toBeGreaterThan(20);
    expect(await query(url, "SELECT count(*)::int AS pending FROM dbos.workflow_status WHERE status = 'PENDING'")).toEqual([{ pending: 0 }]);
    expect(await query(url, `SELECT count(*)::int AS jobs FROM dbos.workflow_status WHERE workflow_uuid = 'upgrade-${jobId}'`)).toEqual([{ jobs: 1 }]);
    const server = await startServer({ ...place, databaseUrl: url });
    const after = await server.client.call('getOverview', {});
    const information = await server.client.call('getServerInformation', {});
    const { webhooks } = await server.client.call('listWebhooks', {});
    const job = await server.client.call('getUpgradeJob', { parameters: { jobId } });
    await server.stop();

    expect(information.database).toBe('postgresql');
    expect(lasting(after)).toEqual(lasting(before));
    expect([webhooks.length, job.id]).toEqual([1, jobId]);
  });

  it('takes along what is under way: the job that a stopped server left goes on over there', async () => {
    const url = await newDatabase();
    const embedded = await startServer(place);
    const parameters = { poolId: 'sample:prod-tokyo-01:userpool01' };
    const target = 'AKSUbuntu-2204gen2containerd-202402.26.0';
    const { id } = await embedded.client.call('startUpgradeJob', { parameters, body: { kind: 'node-image', target, acknowledged: true } });
    const stateOf = async ({ client }: typeof embedded): Promise<string> => (await client.call('getUpgradeJob', { parameters: { jobId: id } })).state;
    await until(async () => (await stateOf(embedded)) === 'running');
    await embedded.stop();

    await moveDatabase({ to: url, dataDir: place.dataDir, progress: ignore });

    const server = await startServer({ ...place, databaseUrl: url });
    await until(async () => (await stateOf(server)).startsWith('succeeded'));
    await server.stop();
  });
});
