import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stableId, stableIdUnder } from '../connection/stable-id.ts';
import { migrate } from './migrate.ts';
import { engines, openForTest } from './proof/engines.ts';

const migrations = join(import.meta.dirname, 'migrations');

/** Every migration before the one that makes ids plain. */
async function migrationsBefore(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nodeward-migrations-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const names = (await readdir(migrations)).filter((name) => name.endsWith('.sql')).toSorted();
  const at = names.findIndex((name) => name.endsWith('-plain-ids.sql'));
  for (const name of names.slice(0, at)) await copyFile(join(migrations, name), join(folder, name));
  return folder;
}

const places = [
  [stableId('kubernetes', 'https://10.0.0.1:6443', 'prod'), 'prod', 'spot/gpu 50%', 'node-1'],
  [stableId('images', '/srv/ディスク'), 'クラスター', '😀', '~'],
  [stableId('aks', '8f1c2f9e-6c0b-4f55-9a4b-2f7d1f0f6a11'), 'c'.repeat(120), 'p'.repeat(120), 'n'.repeat(253)],
  // which had them before
  ['sample', 'prod-tokyo-01', 'userpool01', 'vmss-0'],
] as const;

describe.each(engines)('plain ids on $name', (engine) => {
  it('are those of the next discovery, with everything that refers to them', async () => {
    const { pool: db } = await openForTest(await engine.place());
    await migrate(db, await migrationsBefore());
    for (const [connection, cluster, pool, node] of places) {
      const old = { cluster: stableId(connection, cluster), pool: stableId(connection, cluster, pool), node: stableId(connection, cluster, pool, node) };
      await db.query("insert into connection (id, kind, name) values ($1, 'images', 'c')", [connection]);
      await db.query('insert into cluster (id, connection_id, name) values ($1, $2, $3)', [old.cluster, connection, cluster]);
      await db.query("insert into node_pool (id, cluster_id, name, image) values ($1, $2, $3, 'i')", [old.pool, old.cluster, pool]);
      await db.query("insert into node (id, pool_id, name, image, evidence_token) values ($1, $2, $3, 'i', 't')", [old.node, old.pool, node]);
      await db.query("insert into assessment (id, node_id, state, trigger, queued_at) values ($1, $2, 'queued', 'first', now())", [connection, old.node]);
      await db.query("insert into upgrade_job (id, pool_id, kind, from_image, state, created_at) values ($1, $2, 'reboot', 'i', 'failed', now())", [connection, old.pool]);
      await db.query("insert into reassessment (id, scope_kind, scope_id, scope_name, state, total, started_at) values ($1, 'node', $2, 'n', 'running', 1, now())", [connection, old.node]);
      await db.query("insert into notification (id, key, type, body, created_at) values ($1, $1, 't', $2, now())", [connection, JSON.stringify({ data: { clusterId: old.cluster, poolId: old.pool, jobId: null } })]);
    }

    await migrate(db, migrations);

    const { rows } = await db.query(`
      select c.connection_id as connection, c.id as cluster, p.id as pool, n.id as node, r.scope_id as scope, o.body from cluster c
      join node_pool p on p.cluster_id = c.id join node n on n.pool_id = p.id join assessment a on a.node_id = n.id join upgrade_job j on j.pool_id = p.id
      join reassessment r on r.id = c.connection_id join notification o on o.id = c.connection_id`);
    const expected = places.map(([connection, cluster, pool, node]) => {
      const [clusterId, poolId, nodeId] = [stableIdUnder(connection, cluster), stableIdUnder(connection, cluster, pool), stableIdUnder(connection, cluster, pool, node)];
      return { connection, cluster: clusterId, pool: poolId, node: nodeId, scope: nodeId, body: { data: { clusterId, poolId, jobId: null } } };
    });
    expect(rows).toHaveLength(places.length);
    expect(rows).toEqual(expect.arrayContaining(expected));
    await db.query('delete from cluster');
    expect((await db.query('select id from assessment')).rows).toEqual([]);
  });
});
