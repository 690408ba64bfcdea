import { expect, it } from 'vitest';
import { DiskRefusedError } from '../errors.ts';
import type { Evidence } from '../provider.ts';
import { smallFleet, startAzure } from './aks-under-test.ts';
import { azureResources, newImage, nodeName, scannerResourceGroup } from './azure-fleet-for-tests.ts';

const signal = new AbortController().signal;
const allowed = new RegExp(
  `^(GET|HEAD) |^(PUT|DELETE) ${scannerResourceGroup}/providers/Microsoft\\.Compute/(snapshots|disks)/nodeward-[0-9a-f]{32}$|^POST ${scannerResourceGroup}/providers/Microsoft\\.Compute/(snapshots|disks)/nodeward-[0-9a-f]{32}/(beginGetAccess|endGetAccess)$`,
);

it('sends no request in any flow that could change a cluster, or anything outside the resource group of the scanner', async () => {
  const resources = azureResources([...smallFleet, { name: 'dev', pools: [{ name: 'np', nodes: 2, image: newImage }, { name: 'eph', nodes: 1, ephemeral: true, image: newImage }] }]);
  await using azure = await startAzure(smallFleet, { resources });
  const provider = await azure.openProvider({ readReferenceImages: true });
  const { clusters } = await provider.reader.discover(signal);
  for (const cluster of clusters) {
    for (const pool of cluster.pools) {
      for (const node of pool.nodes) {
        const evidence = await provider.reader.nodeEvidence({ cluster: cluster.name, pool: pool.name, node: node.name }, signal);
        await openAndClose(evidence);
      }
      for (const image of [pool.image, ...pool.newerImages]) await openAndClose(await provider.reader.imageEvidence({ cluster: cluster.name, pool: pool.name, image }, signal));
    }
  }
  await provider.reader.checkRights?.(signal);
  azure.clock.now += 24 * 3600 * 1000;
  await provider.sweepExpired?.(signal);
  await provider.reader.discover(signal);
  await provider.reader.nodeEvidence({ cluster: 'dev', pool: 'np', node: nodeName({ name: 'np' }, 0) }, signal);
  await provider.close();
  const calls = azure.arm.requests.map(({ method, path }) => `${method} ${path}`);
  expect(calls.filter((call) => !allowed.test(call))).toEqual([]);
  expect(azure.arm.requests.filter(({ authorized }) => !authorized)).toEqual([]);
  // the allowed ones did happen: the test would see others
  for (const part of ['PUT .*snapshots', 'PUT .*disks', 'beginGetAccess', 'endGetAccess', 'DELETE .*snapshots', 'DELETE .*disks', 'permissions']) expect(calls.some((call) => new RegExp(part).test(call)), part).toBe(true);
  expect(azure.arm.copies()).toEqual([]);
});

/** Down to what stands in the place of a disk that cannot be had. */
async function openAndClose(evidence: Evidence): Promise<void> {
  if (evidence.kind !== 'disk') return;
  try {
    await (await evidence.open()).close();
  } catch (error) {
    if (!(error instanceof DiskRefusedError) || evidence.instead === undefined) throw error;
    await openAndClose(await evidence.instead(error.refusal, signal));
  }
}
