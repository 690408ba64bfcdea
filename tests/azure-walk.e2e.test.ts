import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AssessmentSummary } from '@nodeward/api';
import { buildAdvisoryDatabase, createBufferSource } from '@nodeward/engine';
import { FakeApiServer, type NodeFixture, nodeName, startAzureEnvironment, startKubeApiserver } from '@nodeward/providers/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { en } from '../apps/portal/src/i18n/en.ts';
import { ja } from '../apps/portal/src/i18n/ja.ts';
import { diskInTheMiddleOfAnUpgrade, mountedDatabase, shownDatabase } from './azure-disk.ts';
import { isDiskOf, ofRefusedSource, refuse, refusals, refusedCluster, unlisted } from './azure-refusals.ts';
import { type NodewardServer, startNodeward } from './nodeward-server.ts';
import { enter, type EnteredServer } from './server-session.ts';
import { noteSkipped } from './shared-data.ts';

const system = { name: 'prod', pools: [{ name: 'system', nodes: 2 }] } as const;
const image = { folder: 'AKSUbuntu/gen2/2204containerd', version: '202309.06.0' } as const;
/** What is read of every disk before anybody knows what it is. */
const headBytes = 256 * 1024;
const secret = 'hush-hush';

const disk = diskInTheMiddleOfAnUpgrade();
const azure = disk === undefined ? undefined : await startAzureEnvironment({ clusters: [system, refusedCluster], ofSource: ofRefusedSource, diskOf: (sourceId, revoke) => (isDiskOf(sourceId, 'midway') ? takenAway(disk, revoke) : createBufferSource(disk)) });

/** Somebody ends the access as soon as more than the head is asked for. */
function takenAway(bytes: Uint8Array, revoke: () => void): ReturnType<typeof createBufferSource> {
  const source = createBufferSource(bytes);
  return {
    size: source.size,
    close: () => source.close(),
    read: async (offset, length) => {
      if (offset + length > headBytes) revoke();
      return source.read(offset, length);
    },
  };
}

/** The published list of the image, and the advisories of two vulnerabilities: one repaired by the upgrade, one by nothing that is there. */
async function publish(folder: string): Promise<Readonly<Record<string, string>>> {
  const [lists, feeds] = [join(folder, 'lists', image.folder), join(folder, 'feeds')];
  for (const path of [lists, feeds]) mkdirSync(path, { recursive: true });
  writeFileSync(join(lists, `${image.version}.txt`), list);
  const advisory = (id: string, fixed: string): object => ({ id: `UBUNTU-${id}`, upstream: [id], affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'openssl' }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }] }] });
  writeFileSync(join(feeds, 'ubuntu.json'), JSON.stringify([advisory('CVE-2026-0001', '3.0.2-0ubuntu1.18'), advisory('CVE-2026-0002', '3.0.2-0ubuntu1.20')]));
  await buildAdvisoryDatabase({ feeds: [{ path: join(feeds, 'ubuntu.json') }], folder: join(folder, 'data', 'advisories'), purpose: 'production' });
  // The feeds of this walk are built above: there is nothing to fetch.
  return { NODEWARD_NODE_IMAGE_MIRROR: join(folder, 'lists'), NODEWARD_ADVISORY_MIRROR: join(folder, 'nothing'), NODEWARD_ADVISORY_UPDATE_HOURS: '0' };
}

const list = `=== Installed Packages Begin
Listing...
openssl/jammy-updates,now 3.0.2-0ubuntu1.10 amd64 [installed]
=== Installed Packages End
=== os-release Begin
PRETTY_NAME="Ubuntu 22.04.3 LTS"
VERSION_ID="22.04"
VERSION_CODENAME=jammy
ID=ubuntu
=== os-release End
`;

describe.skipIf(azure === undefined)('an Azure subscription and one command, with disks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-azure-walk-'));
  let server: NodewardServer | undefined;
  let api: EnteredServer;

  beforeAll(async () => {
    if (azure === undefined) return;
    refuse(azure);
    const { subscription, scannerResourceGroup } = azure;
    const words = ['--subscription', subscription, '--tenant-id', subscription, '--client-id', subscription, '--scanner-resource-group', scannerResourceGroup, '--read-disks', '--store-secret'];
    server = await startNodeward({ command: ['connect', 'aks'], words, dataDir: join(folder, 'data'), environment: { ...(await publish(folder)), ...azure.environment, AZURE_CLIENT_SECRET: secret }, deadline: 240_000 });
    await server.printed(/not assessed/, 240_000);
    api = await enter(server);
  });

  afterAll(async () => {
    await server?.stop();
    await azure?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function nodeOf(pool: string, index = 0): Promise<{ readonly id: string; readonly poolId: string }> {
    const name = nodeName({ name: pool }, index);
    const found = (await api.call('listNodes', { query: { search: name, limit: 10 } })).nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`no node ${name}`);
    return found;
  }

  async function assessmentsOf(pool: string, index = 0): Promise<readonly AssessmentSummary[]> {
    return (await api.call('listNodeAssessments', { parameters: { nodeId: (await nodeOf(pool, index)).id } })).assessments;
  }

  it.each([0, 1])('has read the disk of node %i once, with its journal, and says what it cost', async (index) => {
    const assessments = await assessmentsOf('system', index);

    expect(assessments).toMatchObject([{ grade: 'disk', trigger: 'first' }]);
    expect(assessments[0]?.coverage).toContainEqual(expect.objectContaining({ state: 'read', reason: 'journal-replayed' }));
    expect(assessments[0]?.coverage).toContainEqual({ subject: 'os-packages', state: 'read', reason: 'read' });
    expect(assessments[0]?.bytesRead).toBeGreaterThan(headBytes);
    expect(assessments[0]?.bytesRead).toBeLessThan(disk?.length ?? 0);
  });

  it('knows the packages that Linux shows after mounting a copy of the same bytes', async () => {
    const { id } = await nodeOf('system');
    const { packages } = await api.call('listNodePackages', { parameters: { nodeId: id }, query: { limit: 1000 } });
    const versions = new Map(packages.map(({ name, version }) => [name, version]));
    const told = packages.map(({ name, version, architecture }) => stanza(name, version, architecture));

    // in the order in which the package manager of the fixture writes them
    const order = ['openssl', 'zlib1g', ...Array.from({ length: 60 }, (_, nth) => `filler-${nth}`)];
    const written = order.map((name) => stanza(name, versions.get(name) ?? '', 'amd64')).join('');
    expect(packages).toHaveLength(order.length);
    expect(createHash('sha256').update(written).digest('hex')).toBe(shownDatabase());

    const mounted = mountedDatabase(disk ?? new Uint8Array(0));
    if (mounted === undefined) noteSkipped('what this machine’s own kernel shows of the disk', 'no root or no loop mount here');
    else expect(told.toSorted()).toEqual(mounted.split(/(?<=\n\n)/).toSorted());
  });

  it('finds what the upgrade has not repaired, and nothing that only its journal says is repaired', async () => {
    const { poolId } = await nodeOf('system');
    const { findings } = await api.call('listFindings', { parameters: { poolId }, query: { state: 'all', limit: 100 } });

    expect(findings.map(({ vulnerability, nodes, state }) => [vulnerability, nodes, state])).toEqual([['CVE-2026-0002', 2, 'open']]);
  });

  it.each(refusals)('reads the published list of a node of $pool in place of its disk: $reason', async ({ pool, reason }) => {
    const assessments = await assessmentsOf(pool);

    expect(assessments).toMatchObject([{ grade: 'manifest', trigger: 'first', packages: 1 }]);
    expect(assessments[0]?.coverage.filter(({ subject }) => subject === 'disk')).toMatchObject([{ state: 'out-of-scope', reason }]);
    if (pool === 'midway') expect(assessments[0]?.bytesRead).toBeGreaterThan(headBytes);
  });

  it('says of a node without a published list both reasons, of the list and of the disk, and knows its kubelet by its pool', async () => {
    const assessments = await assessmentsOf(unlisted);

    expect(assessments).toMatchObject([{ grade: 'node-status', cause: 'image-not-published', reason: 'image-list-not-published', packages: 0 }]);
    expect(assessments[0]?.coverage).toEqual(expect.arrayContaining([
      { subject: 'disk', state: 'out-of-scope', reason: 'disk-ephemeral', detail: 'diffDiskSettings.option Local' },
      expect.objectContaining({ subject: 'os-packages', state: 'unsupported', reason: 'image-list-not-published' }),
      { subject: 'component kubelet', state: 'read', reason: 'read' },
    ]));
  });

  it('has a sentence of its own for each of these reasons, in both languages', () => {
    const reasons = [...new Set(refusals.map(({ reason }) => reason))];
    for (const { coverageReason } of [en, ja]) expect(new Set(reasons.map((reason) => coverageReason[reason])).size).toBe(reasons.length);
    expect(reasons.filter((reason) => !/[\u3041-\u30ff]/.test(ja.coverageReason[reason]))).toEqual([]);
    expect(reasons.filter((reason) => en.coverageReason[reason] === ja.coverageReason[reason] || en.coverageReason[reason] === reason)).toEqual([]);
  });

  it('has asked for nothing that could change a cluster, and leaves no copy, no address and no secret behind', () => {
    if (azure === undefined) return;
    const { arm, scannerResourceGroup, openAddresses, byteRequests, signIns, hosts } = azure;
    const copy = `${scannerResourceGroup}/providers/Microsoft.Compute/snapshots/nodeward-[0-9a-f]{32}`;
    const allowed = new RegExp(`^GET |^(PUT|DELETE) ${copy}$|^POST ${copy}/(beginGetAccess|endGetAccess)$`);
    const calls = arm.requests.map(({ method, path }) => `${method} ${path}`);

    expect(calls.filter((call) => !allowed.test(call))).toEqual([]);
    for (const part of ['PUT', 'beginGetAccess', 'endGetAccess', 'DELETE']) expect(calls.some((call) => call.includes(part)), part).toBe(true);
    expect([...new Set(byteRequests.map(({ method }) => method))]).toEqual(['GET']);
    expect([arm.copies(), openAddresses()]).toEqual([[], []]);
    expect(hosts()).toEqual(['login.microsoftonline.com', 'management.azure.com']);
    expect(new Set(signIns.map((body) => new URLSearchParams(body).get('client_secret')))).toEqual(new Set([secret]));
    const logs = readdirSync(join(folder, 'data', 'logs')).map((name) => readFileSync(join(folder, 'data', 'logs', name), 'utf8'));
    for (const text of [...logs, server?.stderr() ?? '']) expect(text).not.toMatch(/hush-hush|sig=[A-Za-z0-9_-]{20}|token-of-the-test/);
  });

  it('counts a node once when its cluster is connected by a kubeconfig too', async () => {
    const before = (await api.call('getOverview', { query: {} })).nodes.total;
    const cluster = await startCluster(nodesOfSystem(), join(folder, 'kubeconfig'));
    try {
      const { id: connectionId } = await api.call('createConnection', { body: { kind: 'kubernetes', name: 'by kubeconfig', settings: { inCluster: false, kubeconfig: cluster.kubeconfig } } });
      const own = async () => (await api.call('listNodes', { query: { connectionId, limit: 10 } })).nodes.map(({ name }) => name);
      await expect.poll(own, { timeout: 180_000, interval: 200 }).toEqual(['only-kubernetes-knows']);

      const { nodes } = await api.call('listNodes', { query: { search: 'aks-system', limit: 10 } });
      expect(nodes.map(({ name, kubeletVersion, kernelRelease }) => [name, kubeletVersion, kernelRelease])).toEqual([0, 1].map((index) => [nodeName({ name: 'system' }, index), 'v1.33.2', '5.15.0-1041-azure']));
      const overview = await api.call('getOverview', { query: {} });
      expect(overview.nodes.total).toBe(before + 1);
      expect(overview.nodes.healthy + overview.nodes.unhealthy + overview.nodes.notAssessed).toBe(before + 1);
    } finally {
      await cluster.stop();
    }
  });
});

function stanza(name: string, version: string, architecture: string): string {
  return `Package: ${name}\nStatus: install ok installed\nArchitecture: ${architecture}\nVersion: ${version}\n\n`;
}

const nodeInfo = { kernelVersion: '5.15.0-1041-azure', kubeletVersion: 'v1.33.2', containerRuntimeVersion: 'containerd://1.7.1+azure-1', osImage: 'Ubuntu 22.04.3 LTS' } as const;

/** The machines of `system` as Kubernetes writes them, and one that Azure does not know. */
function nodesOfSystem(): readonly NodeFixture[] {
  const path = [...(azure?.resources.keys() ?? [])].find((key) => key.endsWith('/aks-system-12345678-vmss/virtualmachines')) ?? '';
  const labels = { 'kubernetes.azure.com/agentpool': 'system', 'kubernetes.azure.com/node-image-version': `AKSUbuntu-2204gen2containerd-${image.version}` };
  return [
    ...[0, 1].map((index) => ({ name: nodeName({ name: 'system' }, index), labels, providerID: `azure://${path}/${index}`, nodeInfo })),
    { name: 'only-kubernetes-knows', labels, providerID: 'kind://docker/kind/worker', nodeInfo },
  ];
}

/** A real API server where its binaries are in the cache, else the small one that is held to the same suite. */
async function startCluster(nodes: readonly NodeFixture[], kubeconfig: string): Promise<{ readonly kubeconfig: string; stop(): Promise<void> }> {
  const real = await startKubeApiserver();
  if (!('skipped' in real)) {
    await real.createNodes(nodes);
    return { kubeconfig: real.kubeconfig, stop: () => real.stop() };
  }
  noteSkipped('the walk with disks of Azure on a real API server: it goes on with the fake one', real.skipped);
  const fake = new FakeApiServer();
  const address = await fake.start();
  fake.put(...nodes);
  const one = (kind: string, value: object): object => ({ name: 'fake', [kind]: value });
  writeFileSync(kubeconfig, JSON.stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': 'fake', clusters: [one('cluster', { server: address })], users: [one('user', { token: 't' })], contexts: [one('context', { cluster: 'fake', user: 'fake' })] }));
  return { kubeconfig, stop: () => fake.stop() };
}
