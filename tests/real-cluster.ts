import type { NodeFixture } from '@nodeward/providers/testing';

/** One pool of the cluster under test: what its nodes say of themselves, and what must come of it. */
export interface PoolUnderTest {
  readonly pool: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly nodeInfo: NodeFixture['nodeInfo'];
}

export const clusterName = 'prod-tokyo-01';
export const nodesPerPool = 50;

/** A kubelet and a runtime that no feed names: what is not evaluated is not evaluated for its own reason. */
const unnamed = { kubeletVersion: 'v1.34.2', containerRuntimeVersion: 'containerd://2.2.9' } as const;

const aks = (pool: string, image: string): Readonly<Record<string, string>> => ({
  'kubernetes.azure.com/agentpool': pool,
  'kubernetes.azure.com/cluster': `MC_rg-prod_${clusterName}_japaneast`,
  'kubernetes.azure.com/node-image-version': image,
  'topology.kubernetes.io/region': 'japaneast',
});

export const ubuntuImage = (version: string): string => `AKSUbuntu-2204gen2containerd-${version}`;

export const pools: readonly PoolUnderTest[] = [
  {
    pool: 'ubuntu2204',
    labels: aks('ubuntu2204', ubuntuImage('202309.06.0')),
    nodeInfo: { kernelVersion: '5.15.0-1041-azure', kubeletVersion: 'v1.26.3', containerRuntimeVersion: 'containerd://1.7.1+azure-1', osImage: 'Ubuntu 22.04.3 LTS' },
  },
  {
    pool: 'azlinux3',
    labels: aks('azlinux3', 'AKSAzureLinux-V3gen2-202501.05.0'),
    nodeInfo: { kernelVersion: '6.6.57.1-6.azl3', kubeletVersion: 'v1.30.6', containerRuntimeVersion: 'containerd://1.7.13-3', osImage: 'Microsoft Azure Linux 3.0' },
  },
  { pool: 'ubuntu2404', labels: aks('ubuntu2404', 'AKSUbuntu-2404gen2containerd-202607.02.0'), nodeInfo: { ...unnamed, kernelVersion: '6.8.0-1052-azure', osImage: 'Ubuntu 24.04.4 LTS' } },
  {
    pool: 'win2022',
    labels: aks('win2022', 'AKSWindows-2022-containerd-20348.5499.260812'),
    nodeInfo: { ...unnamed, kernelVersion: '10.0.20348.5499', osImage: 'Windows Server 2022 Datacenter', operatingSystem: 'windows' },
  },
  {
    pool: 'eks-ng',
    labels: { 'eks.amazonaws.com/nodegroup': 'eks-ng', 'eks.amazonaws.com/nodegroup-image': 'ami-0123456789abcdef0', 'topology.kubernetes.io/region': 'eu-west-1' },
    nodeInfo: { ...unnamed, kernelVersion: '6.12.80-106.156.amzn2023.x86_64', osImage: 'Amazon Linux 2023.12.20260710' },
  },
  { pool: 'flatcar', labels: aks('flatcar', 'AKSFlatcar-flatcargen2-202607.02.0'), nodeInfo: { ...unnamed, kernelVersion: '6.12.81-flatcar', osImage: 'Flatcar Container Linux by Kinvolk 4459.2.4' } },
];

export function nodesOf({ pool, labels, nodeInfo }: PoolUnderTest): readonly NodeFixture[] {
  return Array.from({ length: nodesPerPool }, (_, index): NodeFixture => {
    const name = `aks-${pool}-${String(index).padStart(6, '0')}`;
    return { name, labels, providerID: `azure:///subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/mc_rg-prod/providers/Microsoft.Compute/virtualMachineScaleSets/aks-${pool}-vmss/virtualMachines/${index}`, nodeInfo };
  });
}
