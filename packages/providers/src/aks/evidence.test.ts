import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import type { Evidence } from '../provider.ts';
import { type AksUnderTest, startAzure } from './aks-under-test.ts';
import { azureResources, type FleetPool, nodeName } from './azure-fleet-for-tests.ts';

const signal = new AbortController().signal;
const unpublished = 'AKSUbuntu-2204gen2containerd-202612.01.0';
const pools: readonly FleetPool[] = [
  { name: 'new', nodes: 1, image: unpublished },
  { name: 'win', nodes: 1, windows: true, image: 'AKSWindows-2022-containerd-20348.5499.260812' },
];
let azure: AksUnderTest;
beforeEach(async () => void (azure = await startAzure(undefined, { resources: azureResources([{ name: 'prod', pools }]) })));
afterEach(async () => azure[Symbol.asyncDispose]());

async function evidenceOf(pool: string, under = azure): Promise<Evidence> {
  return (await under.openProvider({ readDisks: false })).reader.nodeEvidence({ cluster: 'prod', pool, node: nodeName({ name: pool }, 0) }, signal);
}

it.each([
  ['an image whose list is not published', 'new', 'image-list-not-published', 'ubuntu 22.04'],
  ['Windows', 'win', 'windows-node', 'windows 2022'],
])('leaves the packages of %s open, with that reason, and judges the kubelet that AKS names', async (_what, pool, reason, system) => {
  const evidence = await evidenceOf(pool);
  if (evidence.kind !== 'inventory') throw new Error(evidence.kind);
  expect(evidence.grade).toBe('node-status');
  expect(`${evidence.inventory.operatingSystem.id} ${evidence.inventory.operatingSystem.versionId}`).toBe(system);
  expect([evidence.inventory.packages, evidence.inventory.components]).toEqual([[], []]);
  expect(evidence.coverage).toEqual(expect.arrayContaining([
    { subject: 'evidence', state: 'out-of-scope', reason: 'node-status-only' },
    expect.objectContaining({ subject: 'os-packages', state: 'unsupported', reason }),
    // nobody says which kernel and which runtime
    { subject: 'kernel', state: 'out-of-scope', reason: 'node-status-only' },
    { subject: 'component kubelet', state: 'out-of-scope', reason: 'component-chosen-by-cluster' },
    { subject: 'node-components', state: 'out-of-scope', reason: 'component-version-unknown', detail: 'containerd runc cni-plugins' },
  ]));
});

it('has nothing to judge, and says why, while an upgrade leaves the kubelet unknown', async () => {
  const resources = azureResources([{ name: 'prod', pools }]);
  const upgrading: unknown = JSON.parse(JSON.stringify([...resources]).replaceAll('"provisioningState":"Succeeded","powerState"', '"provisioningState":"Upgrading","powerState"'));
  await using busy = await startAzure(undefined, { resources: new Map(z.array(z.tuple([z.string(), z.unknown()])).parse(upgrading)) });
  expect(await evidenceOf('new', busy)).toMatchObject({ kind: 'refused', cause: 'image-not-published', reason: 'image-list-not-published' });
});
