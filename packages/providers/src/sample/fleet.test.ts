import { type AdvisoryDatabase, assessDisk, type Assessment, assessReading, type Candidate, forecast, type NodeFacts, openAdvisoryDatabase, verdictsOf } from '@nodeward/engine';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DiscoveredCluster, DiscoveredNode, DiscoveredPool, Evidence, Provider } from '../provider.ts';
import { openSampleProvider } from './provider.ts';

const signal = new AbortController().signal;
let folder: string;
let provider: Provider;
let database: AdvisoryDatabase;
let clusters: readonly DiscoveredCluster[];
let pools: readonly DiscoveredPool[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodeward-fleet-'));
  provider = await openSampleProvider({ stateFolder: folder, now: () => Date.UTC(2024, 2, 1) });
  const discovery = await provider.reader.discover(signal);
  database = await openAdvisoryDatabase(discovery.advisoryDatabase.folder);
  clusters = discovery.clusters;
  pools = clusters[0]?.pools ?? [];
});

afterAll(async () => {
  database.close();
  await provider.close();
  await rm(folder, { recursive: true });
});

function pool(name: string): DiscoveredPool {
  const found = pools.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no pool ${name}`);
  return found;
}

async function assess(evidence: Evidence, runningKernel?: string, kubeletVersion?: string): Promise<Assessment> {
  const facts: Partial<NodeFacts> = {
    ...(runningKernel !== undefined && { runningKernel: { release: runningKernel, from: 'node-object' } }),
    ...(kubeletVersion !== undefined && { kubeletVersion }),
  };
  if (evidence.kind === 'inventory') {
    const { inventory, grade, coverage, origin } = evidence;
    const reading = { inventory, facts: { grade, evidencePaths: { 'os-packages': origin, kernel: origin } }, coverage, bytesRead: 0, requests: 0 };
    return assessReading(reading, 'test', database, { isSample: true, facts });
  }
  if (evidence.kind !== 'disk') throw new Error(`no disk but ${JSON.stringify(evidence)}`);
  const disk = await evidence.open();
  const assessment = await assessDisk(disk, 'test', database, { isSample: true, facts });
  await disk.close();
  return assessment;
}

async function assessNode(poolName: string, node: DiscoveredNode, cluster = 'prod-tokyo-01'): Promise<Assessment> {
  return assess(await provider.reader.nodeEvidence({ cluster, pool: poolName, node: node.name }, signal), node.kernelRelease, node.kubeletVersion);
}

async function assessImage(poolName: string, image: string, cluster = 'prod-tokyo-01', kubelet?: string): Promise<Assessment> {
  return assess(await provider.reader.imageEvidence({ cluster, pool: poolName, image }, signal), undefined, kubelet);
}

async function firstNode(poolName: string): Promise<Assessment> {
  const node = pool(poolName).nodes[0];
  if (node === undefined) throw new Error('no node');
  return assessNode(poolName, node);
}

describe('the sample fleet, read by the engine', () => {
  it('has five clusters, fifteen pools and sixty-two nodes, whose names are all different', () => {
    const nodes = clusters.flatMap((cluster) => cluster.pools.flatMap((found) => found.nodes.map(({ name }) => name)));
    expect(clusters.map(({ name, pools: found }) => [name, ...found.map((each) => `${each.name} ${each.nodes.length}`)])).toEqual([
      ['prod-tokyo-01', 'userpool01 3', 'batchpool01 2', 'syspool01 2', 'securepool01 3'],
      ['stg-tokyo-01', 'app01 3', 'sysnp01 3', 'winnp01 2'],
      ['prod-osaka-01', 'web01 8', 'api01 6', 'sysnp01 3', 'secure01 4'],
      ['ml-eastus-01', 'gpua100 8', 'sysnp01 3'],
      ['data-sea-01', 'kafka01 9', 'sysnp01 3'],
    ]);
    expect(new Set(nodes).size).toBe(62);
  });

  it('is read completely from every disk that has a file system', async () => {
    const nodes = pools.flatMap(({ name, nodes: found }) => found.map((node) => ({ name, node })));
    const readable = nodes.filter(({ node }) => !/securepool01.*00[12]$/.test(node.name));
    const results = await Promise.all(readable.map(async ({ name, node }) => assessNode(name, node)));
    expect(results.map(({ complete, notMatched }) => ({ complete, notMatched }))).toEqual(readable.map(() => ({ complete: true, notMatched: undefined })));
  });

  it('cures userpool01 by the newest image alone', async () => {
    const { newerImages } = pool('userpool01');
    const now = await firstNode('userpool01');
    const after = await Promise.all(newerImages.map(async (image) => assessImage('userpool01', image)));
    const counts = after.map((target) => forecast(now.matches, target.matches).counts);
    expect(counts.map(({ now: before }) => before > 80)).toEqual([true, true, true, true]);
    expect(counts.map(({ after: left }) => left > 0)).toEqual([true, true, true, false]);
    expect(counts.at(-1)).toMatchObject({ after: 0, introduced: 0, undetermined: 0 });
    const verdicts = verdictsOf(now.matches, newerImages.map((version, index) => ({ kind: 'image', version, matches: after[index]?.matches })));
    expect(verdicts).toContainEqual({ vulnerability: 'CVE-2023-4911', verdict: 'fixed-by-image', image: 'AKSUbuntu-2204gen2containerd-202310.04.0' });
    expect(verdicts).toContainEqual({ vulnerability: 'CVE-2023-44487', verdict: 'fixed-by-image', image: 'AKSUbuntu-2204gen2containerd-202311.22.0' });
    expect(verdicts).toContainEqual({ vulnerability: 'CVE-2016-2781', verdict: 'no-vendor-fix' });
  });

  it('shows that 202310.09.0 brings back what 202310.04.0 had cured', async () => {
    const [first, second] = await Promise.all(['202310.04.0', '202310.09.0'].map(async (version) => assessImage('userpool01', `AKSUbuntu-2204gen2containerd-${version}`)));
    const introduced = forecast(first?.matches ?? [], second?.matches ?? []).introduced.map(({ vulnerability }) => vulnerability);
    expect(introduced.toSorted()).toEqual(['CVE-2023-38432', 'CVE-2023-3865', 'CVE-2023-5090']);
  });

  it('leaves CVE-2023-50387 among others on batchpool01 after its only update', async () => {
    const now = await firstNode('batchpool01');
    const after = await assessImage('batchpool01', pool('batchpool01').newerImages[0] ?? '');
    const { fixed, remaining, introduced } = forecast(now.matches, after.matches);
    expect(remaining.map(({ vulnerability }) => vulnerability)).toContain('CVE-2023-50387');
    expect(fixed.length).toBeGreaterThan(20);
    const verdicts = verdictsOf(now.matches, [{ kind: 'image', version: 'newest', matches: after.matches }]);
    expect(verdicts).toContainEqual({ vulnerability: 'CVE-2023-50387', verdict: 'no-image-yet' });
    expect(introduced).toEqual([]);
  });

  it('leaves syspool01 with nothing but what a reboot fixes', async () => {
    const node = pool('syspool01').nodes[0];
    const evidence = await provider.reader.nodeEvidence({ cluster: 'prod-tokyo-01', pool: 'syspool01', node: node?.name ?? '' }, signal);
    const now = await assess(evidence, node?.kernelRelease);
    const rebooted = await assess(evidence, '5.15.0-1057-azure');
    const { counts, fixed } = forecast(now.matches, rebooted.matches);
    expect(counts.now).toBeGreaterThan(5);
    expect(counts).toMatchObject({ fixed: counts.now, after: 0, introduced: 0, undetermined: 0 });
    const verdicts = verdictsOf(now.matches, [{ kind: 'reboot', matches: rebooted.matches }]);
    expect(verdicts.filter(({ verdict }) => verdict === 'fixed-by-reboot')).toHaveLength(counts.now);
    expect(new Set(fixed.map(({ packageFamily, kernel }) => [packageFamily, kernel].join(' ')))).toEqual(new Set(['linux-azure running']));
  });

  it('says on the disk itself which of two kernels of syspool01 runs', async () => {
    const node = pool('syspool01').nodes[0];
    const evidence = await provider.reader.nodeEvidence({ cluster: 'prod-tokyo-01', pool: 'syspool01', node: node?.name ?? '' }, signal);
    expect((await assess(evidence)).facts.runningKernel).toEqual({ release: '5.15.0-1054-azure', from: 'kern-log' });
  });

  it('has a healthy node, an encrypted one and one never reached in securepool01', async () => {
    const [healthy, encrypted, unseen] = pool('securepool01').nodes;
    if (healthy === undefined || encrypted === undefined || unseen === undefined) throw new Error('no nodes');
    const clean = await assessNode('securepool01', healthy);
    expect(clean.matches.filter(({ state }) => state === 'affected-fix-available')).toEqual([]);
    expect(clean.matches.filter(({ state }) => state === 'affected-no-fix').length).toBeGreaterThan(5);
    const locked = await assessNode('securepool01', encrypted);
    expect(locked).toMatchObject({ complete: false, notMatched: 'no-inventory' });
    expect(locked.coverage).toContainEqual(expect.objectContaining({ state: 'encrypted', reason: 'encrypted-in-guest' }));
    const refused = await provider.reader.nodeEvidence({ cluster: 'prod-tokyo-01', pool: 'securepool01', node: unseen.name }, signal);
    expect(refused).toMatchObject({ kind: 'refused', cause: 'unreachable' });
    expect(unseen).not.toHaveProperty('kernelRelease');
  });

  it('refuses its advisories for anything but itself', async () => {
    const evidence = await provider.reader.imageEvidence({ cluster: 'prod-tokyo-01', pool: 'userpool01', image: pool('userpool01').image }, signal);
    if (evidence.kind !== 'disk') throw new Error('no disk');
    const disk = await evidence.open();
    const assessment = await assessDisk(disk, 'test', database);
    await disk.close();
    expect(assessment).toMatchObject({ notMatched: 'database-made-for-sample', complete: false, matches: [] });
  });
});

interface PoolUnderTest {
  readonly pool: DiscoveredPool;
  readonly now: Assessment;
  readonly image: (version: string) => Promise<Assessment>;
  readonly kubernetes: (version: string) => Promise<Assessment>;
}

/** The first node of a pool outside prod-tokyo-01, with what its candidates lead to. */
async function poolUnderTest(cluster: string, name: string): Promise<PoolUnderTest> {
  const found = clusters.find((candidate) => candidate.name === cluster)?.pools.find((candidate) => candidate.name === name);
  const node = found?.nodes[0];
  if (found === undefined || node === undefined) throw new Error(`no node in ${cluster}/${name}`);
  return {
    pool: found,
    now: await assessNode(name, node, cluster),
    image: async (version) => assessImage(name, `AKSUbuntu-2204gen2containerd-${version}`, cluster, node.kubeletVersion),
    kubernetes: async (version) => assessImage(name, found.kubernetesUpgrades?.find((upgrade) => upgrade.version === version)?.image ?? '', cluster, `v${version}`),
  };
}

function matching(text: RegExp): unknown {
  return expect.stringMatching(text);
}

function fixable({ matches }: Assessment): readonly string[] {
  return matches.filter(({ state }) => state === 'affected-fix-available').map(({ vulnerability }) => vulnerability).toSorted();
}

describe('the pools of the other clusters', () => {
  it('app01 keeps CVE-2023-2431 of its kubelet whatever the image, until Kubernetes is upgraded', async () => {
    const { pool: app, now, image, kubernetes } = await poolUnderTest('stg-tokyo-01', 'app01');
    const [newest, upgraded] = [await image('202402.26.0'), await kubernetes('1.26.6')];
    expect(now.complete).toBe(true);
    expect(fixable(now)).toEqual(expect.arrayContaining(['CVE-2023-2431', 'CVE-2023-44487', 'CVE-2023-4911']));
    expect(fixable(newest)).toEqual(['CVE-2023-2431']);
    expect(fixable(upgraded)).toEqual([]);
    expect(now.matches.find(({ vulnerability }) => vulnerability === 'CVE-2023-2431')).toMatchObject({ packageFamily: 'kubelet', installedVersion: '1.26.3', fixedVersion: '1.26.5', factClass: 'node-components' });
    const candidates: readonly Candidate[] = [{ kind: 'image', version: 'newest', matches: newest.matches }, { kind: 'kubernetes', version: '1.26.6', image: 'newest', matches: upgraded.matches }];
    expect(verdictsOf(now.matches, candidates)).toContainEqual({ vulnerability: 'CVE-2023-2431', verdict: 'fixed-by-kubernetes', kubernetes: '1.26.6' });
    expect(app.kubernetesUpgrades?.map(({ version }) => version)).toEqual(['1.26.6', '1.26.10', '1.27.3', '1.27.7']);
  });

  it('knows of exploited vulnerabilities, and how probable exploitation is', async () => {
    const { now } = await poolUnderTest('stg-tokyo-01', 'app01');
    expect(new Set(now.matches.filter(({ exploited }) => exploited).map(({ vulnerability }) => vulnerability))).toEqual(new Set(['CVE-2023-4911', 'CVE-2023-44487']));
    expect(now.matches.filter(({ epss }) => epss === null)).toEqual([]);
  });

  it('web01 gets new vulnerabilities of another kernel line by its newest image', async () => {
    const { now, image, pool: web } = await poolUnderTest('prod-osaka-01', 'web01');
    const { introduced, fixed } = forecast(now.matches, (await image('202310.09.0')).matches);
    expect(web.newerImages).toHaveLength(1);
    expect(introduced.map(({ vulnerability, sourcePackage }) => `${vulnerability} ${sourcePackage}`).toSorted()).toEqual(['CVE-2023-38432 linux-azure-6.2', 'CVE-2023-3865 linux-azure-6.2', 'CVE-2023-5090 linux-azure-6.2']);
    expect(fixed.length).toBeGreaterThan(0);
  });

  it('kafka01 gets nothing by its only update: what the vendor fixed is in no image yet', async () => {
    const { now, image } = await poolUnderTest('data-sea-01', 'kafka01');
    const after = await image('202402.12.0');
    const { counts } = forecast(now.matches, after.matches);
    expect(counts).toMatchObject({ fixed: 0, introduced: 0, undetermined: 0, after: counts.now });
    expect(fixable(now).length).toBeGreaterThan(4);
    expect(new Set(verdictsOf(now.matches, [{ kind: 'image', version: 'newest', matches: after.matches }]).map(({ verdict }) => verdict))).toEqual(new Set(['no-image-yet', 'no-vendor-fix']));
  });

  it.each([['prod-osaka-01', 'api01'], ['prod-osaka-01', 'sysnp01'], ['data-sea-01', 'sysnp01']])('are healthy: %s %s', async (cluster, name) => {
    const { now } = await poolUnderTest(cluster, name);
    expect(now.complete).toBe(true);
    expect(fixable(now)).toEqual([]);
  });

  it('gpua100 is known by the published list, and so is every image that it can move to', async () => {
    const { now, image, kubernetes, pool: gpu } = await poolUnderTest('ml-eastus-01', 'gpua100');
    expect(now).toMatchObject({ complete: true, facts: { grade: 'manifest' } });
    expect(fixable(now)).toEqual(expect.arrayContaining(['CVE-2023-2431', 'CVE-2024-21626', 'CVE-2023-25153', 'CVE-2023-4911']));
    expect(gpu).toMatchObject({ osDisk: 'ephemeral', kubernetesVersion: '1.26.0' });
    const newest = await image('202402.26.0');
    expect(newest.facts.grade).toBe('manifest');
    expect(fixable(newest)).toEqual(['CVE-2023-2431', 'GO-2023-2412']);
    expect(fixable(await kubernetes('1.26.6'))).toEqual(['GO-2023-2412']);
  });

  it('sysnp01 of ml-eastus-01 has a vulnerability of containerd that no image fixes yet', async () => {
    const { now, pool: system } = await poolUnderTest('ml-eastus-01', 'sysnp01');
    expect(system.newerImages).toEqual([]);
    expect(now.matches.filter(({ state }) => state === 'affected-fix-available')).toMatchObject([{ packageFamily: 'containerd', installedVersion: matching(/^1\.7\.7/), fixedVersion: '1.7.11' }]);
  });

  it('winnp01 is refused, secure01 cannot be read', async () => {
    const reference = { cluster: 'stg-tokyo-01', pool: 'winnp01', node: 'aks-winnp01-20417736-vmss000000' };
    expect(await provider.reader.nodeEvidence(reference, signal)).toEqual({ kind: 'refused', cause: 'unsupported', detail: 'Windows node image AKSWindows-2022-containerd-20348.1970.230905' });
    const { now } = await poolUnderTest('prod-osaka-01', 'secure01');
    expect(now).toMatchObject({ complete: false, notMatched: 'no-inventory' });
  });

  it('reports of every Linux node kernel, kubelet and container runtime', () => {
    const reported = clusters.flatMap((cluster) => cluster.pools.flatMap((found) => found.nodes)).filter(({ kernelRelease }) => kernelRelease !== undefined);
    expect(reported).toHaveLength(61);
    for (const node of reported) expect(node).toMatchObject({ kubeletVersion: matching(/^v1\.2[678]\.\d+$/), containerRuntimeVersion: matching(/^containerd:\/\/1\.[67]\.\d+/) });
  });
});
