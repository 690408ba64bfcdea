import { afterAll, describe, expect, it } from 'vitest';
import { describeProviderContract } from '../provider.contract.ts';
import type { DiscoveredPool, Evidence, Provider } from '../provider.ts';
import { aksNode, type ClusterUnderTest, eksNode, flatcarNode, openUnderTest, startFake, startReal, ubuntuImage, windowsNode } from './cluster-under-test.ts';

const signal = new AbortController().signal;
const real = await startReal();
if ('skipped' in real) console.log(`SKIPPED (${real.skipped}): the suite of clusters against a real kube-apiserver`);
else console.log(`kubernetes: the suite of clusters runs against a real kube-apiserver ${real.version} and against the fake`);
afterAll(async () => {
  if (!('skipped' in real)) await real.stop();
});

const fleet = [aksNode('aks-userpool-0'), aksNode('aks-userpool-1', { labels: { 'kubernetes.azure.com/node-image-version': 'AKSUbuntu-2204gen2containerd-202308.28.0' } }), windowsNode, eksNode, flatcarNode];

/** A cluster for one test; the real one is emptied and lent again. */
async function withFleet(cluster: ClusterUnderTest): Promise<ClusterUnderTest> {
  await cluster.put(fleet);
  return cluster;
}

async function emptied(cluster: ClusterUnderTest): Promise<void> {
  const { provider, [Symbol.asyncDispose]: dispose } = await openUnderTest({ kind: 'file', path: cluster.kubeconfig });
  const pools = (await provider.reader.discover(signal)).clusters.flatMap((found) => found.pools);
  await dispose();
  for (const { name } of pools.flatMap((pool) => pool.nodes)) await cluster.remove(name);
}

/** Starting a real server takes seconds: it is shared, a fake is not. */
const clusters: readonly { readonly name: string; readonly lend: () => Promise<ClusterUnderTest>; readonly giveBack: (cluster: ClusterUnderTest) => Promise<void> }[] = [
  { name: 'fake', lend: startFake, giveBack: async (cluster) => cluster.stop() },
  ...('skipped' in real ? [] : [{ name: `real ${real.version}`, lend: async () => Promise.resolve(real), giveBack: emptied }]),
];

for (const { name, lend, giveBack } of clusters) {
  describeProviderContract(`kubernetes, ${name} API server`, async () => {
    const cluster = await withFleet(await lend());
    const opened = await openUnderTest({ kind: 'file', path: cluster.kubeconfig });
    const clusterName = await clusterNameOf(opened.provider);
    return {
      provider: opened.provider,
      readableNode: { cluster: clusterName, pool: 'userpool', node: 'aks-userpool-0' },
      readableImage: 'AKSUbuntu-2204gen2containerd-202310.04.0',
      dispose: async () => {
        await opened.outbound.close();
        await giveBack(cluster);
      },
    };
  });

  describe(`a cluster, ${name} API server`, () => {
    const inCluster = async (test: (provider: Provider, cluster: ClusterUnderTest) => Promise<void>): Promise<void> => {
      const cluster = await withFleet(await lend());
      try {
        await using opened = await openUnderTest({ kind: 'file', path: cluster.kubeconfig });
        await test(opened.provider, cluster);
      } finally {
        await giveBack(cluster);
      }
    };

    it('is discovered with its version, its region, its pools and every node', async () => inCluster(async (provider) => {
      const discovery = await provider.reader.discover(signal);
      expect(discovery.clusters).toMatchObject([{ kubernetesVersion: '1.37.2', region: 'japaneast' }]);
      expect(discovery.clusters[0]?.pools.map((pool) => [pool.name, pool.manager, pool.nodes.length, pool.operatingSystem])).toEqual([
        ['nodes without a pool', 'none', 1, 'linux'], ['userpool', 'aks', 2, 'linux'], ['win', 'aks', 1, 'windows'], ['workers', 'eks', 1, 'linux'],
      ]);
      const pool = (await pools(provider)).find((found) => found.name === 'userpool');
      expect(pool).toMatchObject({ image: ubuntuImage, newerImages: ['AKSUbuntu-2204gen2containerd-202310.04.0'], kubernetesVersion: '1.26.6' });
      expect(pool?.coordinates).toMatchObject({ resourceGroup: 'shop', cluster: 'prod', pool: 'userpool', region: 'japaneast', scaleSet: 'aks-userpool-1-vmss' });
      expect(pool?.nodes[0]).toMatchObject({ name: 'aks-userpool-0', kernelRelease: '5.15.0-1041-azure', kubeletVersion: 'v1.26.6', osImage: 'Ubuntu 22.04.3 LTS', architecture: 'amd64' });
    }));

    it('shows a node that came, one that changed and none that went, from the watch alone', async () => inCluster(async (provider, cluster) => {
      const before = await pools(provider);
      await cluster.put([aksNode('aks-userpool-9')]);
      await cluster.replace(aksNode('aks-userpool-0', { nodeInfo: { kernelVersion: '5.15.0-1118-azure', kubeletVersion: 'v1.26.6', containerRuntimeVersion: 'containerd://1.7.5-1', osImage: 'Ubuntu 22.04.3 LTS' } }));
      await cluster.remove('aks-userpool-1');
      await expect.poll(async () => nodesOf(await pools(provider), 'userpool')).toEqual([['aks-userpool-0', '5.15.0-1118-azure'], ['aks-userpool-9', '5.15.0-1041-azure']]);
      expect(nodesOf(before, 'userpool').map(([node]) => node)).toEqual(['aks-userpool-0', 'aks-userpool-1']);
      expect(tokenOf(await pools(provider), 'aks-userpool-0')).not.toBe(tokenOf(before, 'aks-userpool-0'));
      expect(tokenOf(await pools(provider), 'ip-10-0-0-1')).toBe(tokenOf(before, 'ip-10-0-0-1'));
    }));

    it.each([
      ['an image whose list is not published', 'userpool', 'aks-userpool-1', 'image-list-not-published', 'ubuntu 22.04'],
      ['Windows', 'win', 'akswin000000', 'windows-node', 'windows 2022'],
      ['EKS', 'workers', 'ip-10-0-0-1', 'image-publisher-without-lists', 'amzn 2023'],
      ['Flatcar', 'nodes without a pool', 'flatcar-0', 'image-list-without-packages', 'flatcar 4230.2.1'],
    ])('leaves the packages of %s open, with that reason, and names what the Node object tells', async (_, pool, node, reason, system) => inCluster(async (provider) => {
      const clusterName = await clusterNameOf(provider);
      const evidence = inventoryOf(await provider.reader.nodeEvidence({ cluster: clusterName, pool, node }, signal));
      expect(evidence.grade).toBe('node-status');
      expect(`${evidence.inventory.operatingSystem.id} ${evidence.inventory.operatingSystem.versionId}`).toBe(system);
      expect(evidence.inventory.packages).toEqual([]);
      expect(evidence.inventory.components).toMatchObject([{ family: 'containerd', version: '1.7.5-1', versionFrom: 'node-object' }]);
      expect(evidence.coverage).toContainEqual(expect.objectContaining({ subject: 'os-packages', state: 'unsupported', reason }));
      expect(evidence.coverage).toContainEqual({ subject: 'evidence', state: 'out-of-scope', reason: 'node-status-only' });
      expect(evidence.coverage.filter(({ state }) => state === 'read')).toEqual([]);
    }));

    it('gives nodes of one image and one patch the same inventory, read once', async () => inCluster(async (provider, cluster) => {
      await cluster.put([aksNode('aks-userpool-7')]);
      await expect.poll(async () => nodesOf(await pools(provider), 'userpool').length).toBe(3);
      const clusterName = await clusterNameOf(provider);
      const [first, second] = await Promise.all(['aks-userpool-0', 'aks-userpool-7'].map(async (node) => inventoryOf(await provider.reader.nodeEvidence({ cluster: clusterName, pool: 'userpool', node }, signal))));
      expect(first?.grade).toBe('manifest');
      expect(first?.inventory.packages).toHaveLength(2);
      expect(second?.inventory).toBe(first?.inventory);
    }));
  });
}

function inventoryOf(evidence: Evidence): Evidence & { kind: 'inventory' } {
  if (evidence.kind !== 'inventory') throw new Error(`${evidence.kind} is no inventory`);
  return evidence;
}

async function clusterNameOf(provider: Provider): Promise<string> {
  return (await provider.reader.discover(signal)).clusters[0]?.name ?? '';
}

async function pools(provider: Provider): Promise<readonly DiscoveredPool[]> {
  return (await provider.reader.discover(signal)).clusters.flatMap((cluster) => cluster.pools);
}

function nodesOf(all: readonly DiscoveredPool[], pool: string): readonly (readonly [string, string | undefined])[] {
  return all.filter(({ name }) => name === pool).flatMap(({ nodes }) => nodes.map(({ name, kernelRelease }) => [name, kernelRelease] as const));
}

function tokenOf(all: readonly DiscoveredPool[], node: string): string | undefined {
  return all.flatMap(({ nodes }) => nodes).find(({ name }) => name === node)?.evidenceToken;
}
