import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeApiServer } from '../../testing/fake-api-server.ts';
import { startKubeApiserver } from '../../testing/kube-apiserver.ts';
import type { NodeFixture } from '../../testing/node-fixture.ts';
import { openOutbound, type Outbound } from '../network/outbound.ts';
import type { Provider } from '../provider.ts';
import { type KubernetesProviderOptions, openKubernetesProvider } from './provider.ts';

/** A cluster that answers, real or not. */
export interface ClusterUnderTest {
  readonly kind: 'fake' | 'real';
  /** Path. */
  readonly kubeconfig: string;
  put(nodes: readonly NodeFixture[]): Promise<void>;
  replace(node: NodeFixture): Promise<void>;
  remove(name: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startFake(): Promise<ClusterUnderTest & { readonly server: FakeApiServer; readonly folder: string }> {
  const server = new FakeApiServer();
  const origin = await server.start();
  const folder = await mkdtemp(join(tmpdir(), 'nodeward-kubeconfig-'));
  const kubeconfig = join(folder, 'config');
  await writeFile(kubeconfig, kubeconfigText(origin));
  return {
    kind: 'fake',
    server,
    folder,
    kubeconfig,
    put: async (nodes) => { server.put(...nodes); return Promise.resolve(); },
    replace: async (node) => { server.put(node); return Promise.resolve(); },
    remove: async (name) => { server.remove(name); return Promise.resolve(); },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

export async function startReal(): Promise<(ClusterUnderTest & { readonly version: string; readonly origin: string; readonly certificate: string; readonly kubeconfigOf: (user: 'reader' | 'lister' | 'nobody') => string; readonly request: (method: string, path: string, body?: unknown, contentType?: string) => Promise<{ status: number; body: unknown }> }) | { readonly skipped: string }> {
  const server = await startKubeApiserver();
  if ('skipped' in server) return server;
  return {
    kind: 'real',
    version: server.version,
    origin: server.origin,
    certificate: server.certificate,
    kubeconfig: server.kubeconfig,
    kubeconfigOf: server.kubeconfigOf,
    request: server.request,
    put: server.createNodes,
    replace: server.replaceNode,
    remove: server.deleteNode,
    stop: server.stop,
  };
}

/** As kubectl writes it; `user` and `cluster` are more lines of theirs. */
export function kubeconfigText(server: string, { user = '{ token: secret-token }', cluster = 'insecure-skip-tls-verify: true' }: { user?: string; cluster?: string } = {}): string {
  return `apiVersion: v1
kind: Config
current-context: test
clusters:
  - name: test-cluster
    cluster:
      server: ${server}
      ${cluster}
contexts:
  - name: test
    context: { cluster: test-cluster, user: me }
users:
  - name: me
    user: ${user}
`;
}

const noPatches: KubernetesProviderOptions['lists'] = {
  find: async (label) => Promise.resolve(label.includes('202309.06.0') || label.includes('202310.04.0') ? { kind: 'list', bytes: Buffer.from(listText), name: `${label}.txt` } : { kind: 'not-published' }),
  versions: async (family) => Promise.resolve(family.startsWith('AKSUbuntu-2204gen2containerd') ? { kind: 'versions', labels: ['202308.28.0', '202309.06.0', '202310.04.0'].map((version) => `AKSUbuntu-2204gen2containerd-${version}`) } : { kind: 'unknown-image' }),
  securityPatches: async () => Promise.resolve({ kind: 'patches', patches: [] }),
};

/** In the form of the published lists; the packages are typed by hand. */
const listText = `Components downloaded in this VHD build
  - runc version 1.1.7
=== os-release Begin
ID=ubuntu
VERSION_ID="22.04"
VERSION_CODENAME=jammy
PRETTY_NAME="Ubuntu 22.04.3 LTS"
=== os-release End
=== Installed Packages Begin
Listing...
bash/jammy-updates,now 5.1-6ubuntu1 amd64 [installed]
linux-image-5.15.0-1041-azure/jammy-updates,now 5.15.0-1041.48 amd64 [installed]
=== Installed Packages End
`;

export interface OpenedProvider extends AsyncDisposable {
  readonly provider: Provider;
  readonly outbound: Outbound;
}

export async function openUnderTest(source: KubernetesProviderOptions['source'], options: Partial<KubernetesProviderOptions> = {}): Promise<OpenedProvider> {
  const outbound = await openOutbound({ environment: {} });
  const provider = await openKubernetesProvider({
    source, allowExec: [], advisoryDatabaseFolder: 'advisories', lists: noPatches, outbound, environment: {}, now: () => 0, ...options,
  });
  return {
    provider,
    outbound,
    [Symbol.asyncDispose]: async () => {
      await provider.close();
      await outbound.close();
    },
  };
}

const nodeInfo = { kernelVersion: '5.15.0-1041-azure', kubeletVersion: 'v1.26.6', containerRuntimeVersion: 'containerd://1.7.5-1', osImage: 'Ubuntu 22.04.3 LTS' };

export const ubuntuImage = 'AKSUbuntu-2204gen2containerd-202309.06.0';

export function aksNode(name: string, more: Partial<NodeFixture> = {}): NodeFixture {
  return {
    name,
    providerID: `azure:///subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/mc_shop_prod_japaneast/providers/Microsoft.Compute/virtualMachineScaleSets/aks-userpool-1-vmss/virtualMachines/0`,
    nodeInfo,
    ...more,
    labels: {
      'kubernetes.azure.com/agentpool': 'userpool', 'kubernetes.azure.com/cluster': 'MC_shop_prod_japaneast', 'topology.kubernetes.io/region': 'japaneast',
      'kubernetes.azure.com/node-image-version': ubuntuImage, ...more.labels,
    },
  };
}

export const windowsNode: NodeFixture = {
  name: 'akswin000000', labels: { 'kubernetes.azure.com/agentpool': 'win', 'kubernetes.azure.com/node-image-version': 'AKSWindows-2022-containerd-20348.5499.260812' },
  nodeInfo: { ...nodeInfo, kernelVersion: '10.0.20348.5499', osImage: 'Windows Server 2022 Datacenter', operatingSystem: 'windows' },
};

export const eksNode: NodeFixture = {
  name: 'ip-10-0-0-1', providerID: 'aws:///eu-west-1a/i-0123456789abcdef0', labels: { 'eks.amazonaws.com/nodegroup': 'workers', 'eks.amazonaws.com/nodegroup-image': 'ami-0123456789abcdef0' },
  nodeInfo: { ...nodeInfo, kernelVersion: '6.12.30-1.amzn2023.x86_64', kubeletVersion: 'v1.33.1-eks-1234567', osImage: 'Amazon Linux 2023.7.20250609' },
};

export const flatcarNode: NodeFixture = {
  name: 'flatcar-0', labels: {}, nodeInfo: { ...nodeInfo, kernelVersion: '6.6.95-flatcar', osImage: 'Flatcar Container Linux by Kinvolk 4230.2.1 (Oklo)' },
};
