import type { EvidenceGrade, FactClass, InventoryCluster, NotEvaluatedCause, Recommendation, Severity } from '@nodeward/api';

/** The invented fleet as tables: four clusters, thirteen pools, sixty nodes; all answers are computed from them, so that every count has its rows. */
export const at = (minutes: number): string => new Date(fixtureNow.getTime() + minutes * 60_000).toISOString();
export const fixtureNow = new Date(Date.UTC(2026, 10, 24, 6, 0, 0));
export const day = 1_440;
export const revision = '9f31c07a5b1e4c2d8f6a7b3c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f7a8b9c0';

interface ImageFacts {
  readonly version: string;
  readonly kernel: string;
  readonly age: number;
}

/** Oldest first; a place in this list is what the other tables mean by an image. */
export const images: readonly ImageFacts[] = [
  { version: '202307.12.0', kernel: '5.15.0-1040.47', age: 135 },
  { version: '202308.16.0', kernel: '5.15.0-1041.48', age: 97 },
  { version: '202309.06.0', kernel: '5.15.0-1041.48', age: 62 },
  { version: '202310.04.0', kernel: '5.15.0-1049.56', age: 34 },
  { version: '202310.09.0', kernel: '6.2.0-1015.15', age: 20 },
  { version: '202402.26.0', kernel: '5.15.0-1056.64', age: 6 },
];
export const imageName = (version: string): string => `AKSUbuntu-2204gen2containerd-${version}`;

interface ClusterFacts extends Pick<InventoryCluster, 'cluster' | 'region' | 'kubernetesVersion' | 'controlPlaneUpgrades' | 'clusterChannel' | 'nodeImageChannel' | 'insights'> {
  readonly hash: string;
}

export const clusters: readonly ClusterFacts[] = [
  { cluster: 'prod-tokyo-01', hash: '31764529', region: 'japaneast', kubernetesVersion: '1.27.3', controlPlaneUpgrades: ['1.28.3'], clusterChannel: 'none', nodeImageChannel: 'None', insights: ['cluster-channel-none', 'node-image-channel-none'] },
  { cluster: 'prod-osaka-01', hash: '14982061', region: 'japanwest', kubernetesVersion: '1.27.3', controlPlaneUpgrades: ['1.28.3'], clusterChannel: 'patch', nodeImageChannel: 'NodeImage', insights: [] },
  { cluster: 'stg-tokyo-01', hash: '20417736', region: 'japaneast', kubernetesVersion: '1.26.3', controlPlaneUpgrades: ['1.26.6', '1.27.3'], clusterChannel: 'node-image', nodeImageChannel: 'NodeImage', insights: ['legacy-node-image-channel', 'no-cluster-window'] },
  { cluster: 'ml-eastus-01', hash: '38205517', region: 'eastus', kubernetesVersion: '1.26.6', controlPlaneUpgrades: [], clusterChannel: 'stable', nodeImageChannel: 'SecurityPatch', insights: [] },
];

export interface PoolFacts {
  readonly id: string;
  readonly pool: string;
  readonly cluster: string;
  readonly image: number;
  readonly nodes: number;
  readonly grade: EvidenceGrade | null;
  readonly kubernetes: string;
  readonly offers: readonly number[];
  readonly extra?: Partial<Recommendation>;
  readonly windows?: true;
  /** Cause of the pool's last nodes, and how many of them have it. */
  readonly dark?: readonly (readonly [NotEvaluatedCause, number])[];
}

export const pools: readonly PoolFacts[] = [
  { id: 'web01', pool: 'web01', cluster: 'prod-tokyo-01', image: 2, nodes: 12, grade: 'disk', kubernetes: '1.26.6', offers: [3, 4] },
  { id: 'api01', pool: 'api01', cluster: 'prod-tokyo-01', image: 3, nodes: 6, grade: 'disk', kubernetes: '1.27.3', offers: [4] },
  { id: 'batch01', pool: 'batch01', cluster: 'prod-tokyo-01', image: 4, nodes: 6, grade: 'reference-image', kubernetes: '1.27.3', offers: [5], extra: { freshness: 'stale', lastAssessedAt: at(-2 * day) } },
  { id: 'sys01', pool: 'sys01', cluster: 'prod-tokyo-01', image: 5, nodes: 3, grade: 'manifest', kubernetes: '1.27.3', offers: [] },
  { id: 'osaka-web01', pool: 'web01', cluster: 'prod-osaka-01', image: 1, nodes: 8, grade: 'disk', kubernetes: '1.27.3', offers: [2, 3, 5], dark: [['unreachable', 1]] },
  { id: 'osaka-sysnp01', pool: 'sysnp01', cluster: 'prod-osaka-01', image: 5, nodes: 3, grade: 'disk', kubernetes: '1.27.3', offers: [] },
  { id: 'secure01', pool: 'secure01', cluster: 'prod-osaka-01', image: 2, nodes: 4, grade: null, kubernetes: '1.27.3', offers: [3], dark: [['encrypted', 3], ['unreachable', 1]] },
  { id: 'app01', pool: 'app01', cluster: 'stg-tokyo-01', image: 0, nodes: 5, grade: 'disk', kubernetes: '1.26.3', offers: [3, 5] },
  { id: 'stg-sysnp01', pool: 'sysnp01', cluster: 'stg-tokyo-01', image: 5, nodes: 3, grade: 'pod', kubernetes: '1.26.3', offers: [] },
  { id: 'winnp01', pool: 'winnp01', cluster: 'stg-tokyo-01', image: 2, nodes: 2, grade: null, kubernetes: '1.26.3', offers: [], windows: true, dark: [['unsupported', 2]] },
  { id: 'gpua100', pool: 'gpua100', cluster: 'ml-eastus-01', image: 1, nodes: 3, grade: 'manifest', kubernetes: '1.26.6', offers: [3, 5] },
  { id: 'ml-sysnp01', pool: 'sysnp01', cluster: 'ml-eastus-01', image: 5, nodes: 3, grade: 'manifest', kubernetes: '1.26.6', offers: [] },
  { id: 'spot01', pool: 'spot01', cluster: 'ml-eastus-01', image: 3, nodes: 2, grade: null, kubernetes: '1.26.6', offers: [], extra: { freshness: 'unknown', lastAssessedAt: null, lastChangedAt: null }, dark: [['never-assessed', 2]] },
];

/** What ends a vulnerability: an image from that place of the table on, a restart, a Kubernetes version, or nothing. */
type Cure = number | 'reboot' | 'kubernetes' | 'no-image' | 'no-fix';

export interface CveFacts {
  readonly cve: string;
  readonly family: string;
  readonly severity: Severity;
  readonly score: number | null;
  readonly installed: string;
  readonly fixed: string | null;
  readonly cure: Cure;
  readonly fact: FactClass;
  readonly source?: string;
  readonly component?: string;
  readonly exploited?: boolean | null;
  readonly epss?: number | null;
  /** Place of the first image that has it at all. */
  readonly since?: number;
  readonly only?: readonly string[];
  /** Days since it was first seen. */
  readonly seen?: number;
}

const kernel = (cve: string, severity: Severity, score: number, cure: Cure, more: Partial<CveFacts> = {}): CveFacts => ({
  cve, family: 'linux-azure', severity, score, installed: '5.15.0-1041.48', fixed: cure === 'no-fix' ? null : typeof cure === 'number' ? (images[cure]?.kernel ?? null) : '5.15.0-1053.61', cure, fact: 'kernel', epss: 0.0006, ...more,
});
const os = (cve: string, family: string, severity: Severity, score: number | null, installed: string, fixed: string | null, cure: Cure, more: Partial<CveFacts> = {}): CveFacts => ({
  cve, family, severity, score, installed, fixed, cure, fact: 'os-packages', epss: 0.0021, ...more,
});

export const cves: readonly CveFacts[] = [
  kernel('CVE-2023-38429', 'critical', 9.8, 3, { epss: 0.016 }),
  kernel('CVE-2023-5178', 'critical', 9.8, 5, { epss: 0.0431, seen: 5 }),
  kernel('CVE-2023-38432', 'critical', 9.1, 3),
  kernel('CVE-2023-44466', 'high', 8.8, 3),
  kernel('CVE-2023-32233', 'high', 7.8, 1, { epss: 0.0124 }),
  kernel('CVE-2023-35001', 'high', 7.8, 1),
  kernel('CVE-2023-31248', 'high', 7.8, 1),
  kernel('CVE-2023-3390', 'high', 7.8, 'reboot', { fixed: '5.15.0-1041.48', only: ['web01', 'batch01'] }),
  kernel('CVE-2023-3609', 'high', 7.8, 'reboot', { fixed: '6.2.0-1015.15', only: ['batch01'] }),
  kernel('CVE-2023-3776', 'high', 7.8, 3),
  kernel('CVE-2023-3777', 'high', 7.8, 3),
  kernel('CVE-2023-4004', 'high', 7.8, 3),
  kernel('CVE-2023-4147', 'high', 7.8, 3),
  kernel('CVE-2023-42752', 'high', 7.8, 3),
  kernel('CVE-2023-4622', 'high', 7.0, 3),
  kernel('CVE-2023-4623', 'high', 7.8, 3),
  kernel('CVE-2023-4881', 'medium', 5.5, 3),
  kernel('CVE-2023-40283', 'high', 7.8, 3),
  kernel('CVE-2023-4128', 'high', 7.8, 3),
  kernel('CVE-2023-4273', 'medium', 6.7, 3),
  kernel('CVE-2023-4194', 'medium', 5.5, 3),
  kernel('CVE-2023-2898', 'medium', 4.7, 2),
  kernel('CVE-2023-21400', 'medium', 6.7, 2),
  kernel('CVE-2023-31085', 'medium', 5.5, 5),
  kernel('CVE-2023-39189', 'medium', 5.1, 5),
  kernel('CVE-2023-45871', 'high', 7.5, 5),
  kernel('CVE-2023-25775', 'critical', 9.8, 5, { family: 'linux-azure', source: 'linux-azure-6.2', since: 4, seen: 20 }),
  kernel('CVE-2023-5090', 'medium', 5.5, 5, { source: 'linux-azure-6.2', since: 4, seen: 20 }),
  kernel('CVE-2023-5345', 'high', 7.8, 5, { source: 'linux-azure-6.2', since: 4, seen: 20 }),
  os('CVE-2023-4911', 'glibc', 'high', 7.8, '2.35-0ubuntu3.1', '2.35-0ubuntu3.4', 3, { exploited: true, epss: 0.7821 }),
  os('CVE-2023-4813', 'glibc', 'low', 5.9, '2.35-0ubuntu3.1', '2.35-0ubuntu3.5', 4),
  os('CVE-2023-5156', 'glibc', 'medium', 7.5, '2.35-0ubuntu3.1', '2.35-0ubuntu3.5', 4),
  os('CVE-2023-38545', 'curl', 'high', 9.8, '7.81.0-1ubuntu1.13', '7.81.0-1ubuntu1.14', 'no-image', { epss: 0.2668, only: ['web01', 'api01', 'app01'] }),
  os('CVE-2023-38546', 'curl', 'low', 3.7, '7.81.0-1ubuntu1.13', '7.81.0-1ubuntu1.14', 'no-image', { only: ['web01', 'api01', 'app01'] }),
  os('CVE-2023-44487', 'nghttp2', 'high', 7.5, '1.43.0-1build3', '1.43.0-1ubuntu0.1', 5, { exploited: true, epss: 0.9443, seen: 4 }),
  os('CVE-2023-4016', 'procps', 'low', 3.3, '2:3.3.17-6ubuntu2', '2:3.3.17-6ubuntu2.1', 4),
  os('CVE-2023-39804', 'tar', 'medium', null, '1.34+dfsg-1ubuntu0.1.22.04.1', '1.34+dfsg-1ubuntu0.1.22.04.2', 5, { epss: null, seen: 3 }),
  os('CVE-2023-2650', 'openssl', 'medium', 6.5, '3.0.2-0ubuntu1.9', '3.0.2-0ubuntu1.10', 1),
  os('CVE-2023-40217', 'python3.10', 'medium', 5.3, '3.10.12-1~22.04.1', '3.10.12-1~22.04.2', 5),
  os('CVE-2023-28322', 'curl', 'low', 3.7, '7.81.0-1ubuntu1.11', '7.81.0-1ubuntu1.13', 2),
  { cve: 'CVE-2023-2431', family: 'kubelet', source: 'k8s.io/kubelet', severity: 'low', score: 3.4, installed: '1.26.3', fixed: '1.26.5', cure: 'kubernetes', fact: 'node-components', component: '/usr/local/bin/kubelet', epss: 0.0005, only: ['app01', 'stg-sysnp01'] },
  { cve: 'CVE-2024-21626', family: 'runc', source: 'github.com/opencontainers/runc', severity: 'high', score: 8.6, installed: '1.1.9', fixed: '1.1.12', cure: 5, fact: 'node-components', component: '/usr/bin/runc', epss: 0.0517, exploited: false, seen: 6 },
  { cve: 'CVE-2023-45288', family: 'containerd', source: 'golang.org/x/net', severity: 'unknown', score: null, installed: '0.8.0', fixed: '0.23.0', cure: 'no-image', fact: 'go-modules', component: '/usr/bin/containerd', epss: null, only: ['gpua100', 'web01', 'osaka-web01'] },
  os('CVE-2016-2781', 'coreutils', 'low', 6.5, '8.32-4.1ubuntu1', null, 'no-fix'),
  os('CVE-2022-3219', 'gnupg2', 'low', 3.3, '2.2.27-3ubuntu2.1', null, 'no-fix'),
  os('CVE-2023-7008', 'systemd', 'negligible', 5.9, '249.11-0ubuntu3.10', null, 'no-fix'),
  os('CVE-2022-27943', 'gcc-12', 'unknown', null, '12.3.0-1ubuntu1~22.04', null, 'no-fix', { epss: null }),
  os('CVE-2013-4235', 'shadow', 'low', 4.7, '1:4.8.1-2ubuntu2.1', null, 'no-fix'),
];

/** Closed by an earlier upgrade: pool, CVE and how many days ago. */
export const resolved: readonly (readonly [poolId: string, cve: string, days: number])[] = [
  ['web01', 'CVE-2023-2650', 11], ['sys01', 'CVE-2023-32233', 2], ['sys01', 'CVE-2023-2650', 2], ['sys01', 'CVE-2023-28322', 2], ['osaka-sysnp01', 'CVE-2023-35001', 3],
];
