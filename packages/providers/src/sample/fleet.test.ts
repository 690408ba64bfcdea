import { type AdvisoryDatabase, assessDisk, type Assessment, forecast, openAdvisoryDatabase, verdictsOf } from '@nodeward/engine';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DiscoveredNode, DiscoveredPool, Evidence, Provider } from '../provider.ts';
import { openSampleProvider } from './provider.ts';

const signal = new AbortController().signal;
let folder: string;
let provider: Provider;
let database: AdvisoryDatabase;
let pools: readonly DiscoveredPool[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodeward-fleet-'));
  provider = await openSampleProvider({ stateFolder: folder, now: () => Date.UTC(2024, 2, 1) });
  const discovery = await provider.reader.discover(signal);
  database = await openAdvisoryDatabase(discovery.advisoryDatabase.folder);
  pools = discovery.clusters[0]?.pools ?? [];
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

async function assess(evidence: Evidence, runningKernel?: string): Promise<Assessment> {
  if (evidence.kind !== 'disk') throw new Error(`no disk but ${JSON.stringify(evidence)}`);
  const disk = await evidence.open();
  const facts = runningKernel === undefined ? {} : { facts: { runningKernel: { release: runningKernel, from: 'node-object' as const } } };
  const assessment = await assessDisk(disk, 'test', database, { isSample: true, ...facts });
  await disk.close();
  return assessment;
}

async function assessNode(poolName: string, node: DiscoveredNode): Promise<Assessment> {
  return assess(await provider.reader.nodeEvidence({ cluster: 'prod-tokyo-01', pool: poolName, node: node.name }, signal), node.kernelRelease);
}

async function assessImage(poolName: string, image: string): Promise<Assessment> {
  return assess(await provider.reader.imageEvidence({ cluster: 'prod-tokyo-01', pool: poolName, image }, signal));
}

async function firstNode(poolName: string): Promise<Assessment> {
  const node = pool(poolName).nodes[0];
  if (node === undefined) throw new Error('no node');
  return assessNode(poolName, node);
}

describe('the sample fleet, read by the engine', () => {
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
