import { describe, expect, it } from 'vitest';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import { TestFleet } from '../finding/test-fleet-for-tests.ts';
import { imageTargets, kubeletOfPool } from './image-targets.ts';

describe.each(sharedEngines)('the kubelet under which an image is read, on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);

  it.each<[string, string | null, readonly (string | null)[], string | null]>([
    ['the pool’s version, where a Node object tells of a kubelet', '1.26.6', ['v1.26.3', null], '1.26.6'],
    ['the nodes’ own, where nobody names the pool’s: an image without a kubelet must not seem to cure it', null, ['v1.26.3', null], '1.26.3'],
    ['unknown, where no Node object tells: the present side does not know it either', '1.26.6', [null, null], null],
    ['unknown, where nobody tells anything', null, [null], null],
  ])('is %s', async (_, pool, nodes, expected) => {
    const { db } = await TestFleet.create(await emptyDatabase(), [], { p: nodes.map((__, index) => `n${index}`) });
    await db.updateTable('node_pool').set({ kubernetes_version: pool }).execute();
    for (const [index, kubelet] of nodes.entries()) await db.updateTable('node').set({ kubelet_version: kubelet }).where('name', '=', `n${index}`).execute();

    const row = await db.selectFrom('node_pool as p').select(kubeletOfPool.as('kubelet')).executeTakeFirstOrThrow();

    expect(row.kubelet).toBe(expected);
    expect(imageTargets({ newerImages: ['i'], kubernetesUpgrades: [{ version: 'v1.27.7', image: 'j' }], kubeletVersion: row.kubelet })).toEqual([{ image: 'i', kubelet: expected ?? '' }, { image: 'j', kubelet: '1.27.7' }]);
  });
});
