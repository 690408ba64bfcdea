import type { CallResult, Candidate, EndpointName, Finding, ForecastRow, Node, Recommendation, SeverityCounts, UpgradeJob } from '@nodeward/api';

/** Answers in the shape of the contract, invented for looking at the screens; the contract server checks each against its schema. */
const at = (minutes: number): string => new Date(Date.UTC(2026, 10, 24, 6, 0, 0) + minutes * 60_000).toISOString();
const now = '202309.06.0';
const next = '202310.04.0';
const newest = '202310.09.0';
const image = (version: string): string => `AKSUbuntu-2204gen2containerd-${version}`;
const none: SeverityCounts = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
const revision = '9f31c07a5b1e4c2d8f6a7b3c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f7a8b9c0';

interface PoolFacts {
  readonly id: string;
  readonly state: Recommendation['state'];
  readonly extra?: Partial<Recommendation>;
}

const pools: readonly PoolFacts[] = [
  { id: 'web01', state: 'unhealthy', extra: { riskLevel: 'critical', openVulnerabilities: 9, noFixVulnerabilities: 4, bestAction: { kind: 'node-image', target: image(next), fixed: 6, remaining: 3, introduced: 0 } } },
  { id: 'api01', state: 'unhealthy', extra: { riskLevel: 'high', openVulnerabilities: 142, noFixVulnerabilities: 238, bestAction: { kind: 'node-image', target: image(newest), fixed: 24, remaining: 118, introduced: 10 }, activeJobId: null } },
  { id: 'batch01', state: 'unhealthy', extra: { riskLevel: 'medium', openVulnerabilities: 3, noFixVulnerabilities: 0, bestAction: { kind: 'reboot', target: null, fixed: 3, remaining: 0, introduced: 0 }, freshness: 'stale' } },
  { id: 'sys01', state: 'healthy', extra: { openVulnerabilities: 0, noFixVulnerabilities: 4 } },
  { id: 'secure01', state: 'not-evaluated', extra: { cause: 'encrypted', causeNodes: 2, notAssessedNodes: 2, openVulnerabilities: null, noFixVulnerabilities: null, lastChangedAt: null } },
];

function recommendation({ id, state, extra }: PoolFacts): Recommendation {
  return {
    poolId: id, pool: id, clusterId: 'prod-tokyo-01', cluster: 'prod-tokyo-01', connectionId: 'sample', connectionKind: 'sample', connection: 'sample', state, cause: null, causeNodes: null, riskLevel: null,
    image: image(now), nodes: id === 'secure01' ? 2 : 3, notAssessedNodes: 0, openVulnerabilities: 0, noFixVulnerabilities: 0, severities: none, bestAction: null, forecastKnown: true, activeJobId: null,
    freshness: 'fresh', lastAssessedAt: at(-25), lastChangedAt: at(-600), ...extra,
  };
}

const rows = pools.map(recommendation);
const poolOf = (poolId: string): Recommendation => {
  const found = rows.find((row) => row.poolId === poolId);
  if (found === undefined) throw new RangeError(poolId);
  return found;
};

const read = ['os-packages', 'kernel'].map((subject) => ({ subject, state: 'read' as const, reason: 'read' as const }));
const outOfScope = ['node-components', 'go-modules'].map((subject) => ({ subject, state: 'out-of-scope' as const, reason: 'not-read-in-this-version' as const }));

function node(row: Recommendation, index: number): Node {
  const dark = row.state === 'not-evaluated';
  const unreachable = dark && index === 1;
  return {
    id: `${row.poolId}-${index}`, name: `aks-${row.pool}-31764529-vmss00000${index}`, poolId: row.poolId, image: row.image, kernelRelease: '5.15.0-1041-azure', kubeletVersion: 'v1.26.6',
    state: dark ? 'not-assessed' : row.state === 'healthy' ? 'healthy' : 'unhealthy',
    cause: dark ? (unreachable ? 'unreachable' : 'encrypted') : null,
    openVulnerabilities: dark ? null : row.openVulnerabilities,
    assessment: {
      id: `a-${row.poolId}-${index}`, state: dark ? 'failed' : 'succeeded', trigger: 'scheduled', grade: dark ? null : 'disk', cause: dark ? (unreachable ? 'unreachable' : 'encrypted') : null,
      detail: unreachable ? 'node-1.img.gz does not exist' : null, complete: !dark, inventoryId: dark ? null : 'i1', packages: dark ? null : 214, advisoryDatabaseRevision: dark ? null : revision,
      bytesRead: 1_204_224, startedAt: at(-26), finishedAt: at(-25),
      coverage: unreachable ? [] : dark ? [{ subject: 'partition 1', state: 'encrypted', reason: 'encrypted-in-guest', detail: 'LUKS2' }, { subject: 'disk', state: 'unreadable', reason: 'no-root-found' }] : [...read, ...outOfScope],
    },
  };
}

type FindingFacts = readonly [cve: string, family: string, severity: Finding['severity'], score: number | null, installed: string, fixed: string | null, state: Finding['state'], verdict: Finding['verdict']];

const facts: readonly FindingFacts[] = [
  ['CVE-2023-38429', 'linux-azure', 'critical', 9.8, '5.15.0-1041.48', '5.15.0-1046.53', 'open', 'fixed-by-image'],
  ['CVE-2023-5178', 'linux-azure', 'critical', 9.8, '5.15.0-1041.48', '5.15.0-1053.61', 'open', 'no-image-yet'],
  ['CVE-2023-44466', 'linux-azure', 'high', 8.8, '5.15.0-1041.48', '5.15.0-1049.56', 'open', 'fixed-by-image'],
  ['CVE-2023-3390', 'linux-azure', 'high', 7.8, '5.15.0-1041.48', '5.15.0-1041.48', 'reboot-required', 'fixed-by-reboot'],
  ['CVE-2023-4911', 'glibc', 'high', 7.8, '2.35-0ubuntu3.1', '2.35-0ubuntu3.4', 'open', 'fixed-by-image'],
  ['CVE-2023-38545', 'curl', 'high', 9.8, '7.81.0-1ubuntu1.13', '7.81.0-1ubuntu1.14', 'open', 'no-image-yet'],
  ['CVE-2023-4813', 'glibc', 'low', 5.9, '2.35-0ubuntu3.1', '2.35-0ubuntu3.5', 'open', 'fixed-by-image'],
  ['CVE-2023-4016', 'procps', 'low', 3.3, '2:3.3.17-6ubuntu2', '2:3.3.17-6ubuntu2.1', 'open', 'fixed-by-image'],
  ['CVE-2023-39804', 'tar', 'medium', null, '1.34+dfsg-1ubuntu0.1.22.04.1', '1.34+dfsg-1ubuntu0.1.22.04.2', 'open', 'fixed-by-image'],
  ['CVE-2016-2781', 'coreutils', 'low', 6.5, '8.32-4.1ubuntu1', null, 'no-fix', 'no-vendor-fix'],
  ['CVE-2022-3219', 'gnupg2', 'low', 3.3, '2.2.27-3ubuntu2.1', null, 'no-fix', 'no-vendor-fix'],
  ['CVE-2023-7008', 'systemd', 'negligible', 5.9, '249.11-0ubuntu3.10', null, 'no-fix', 'no-vendor-fix'],
  ['CVE-2022-27943', 'gcc-12', 'unknown', null, '12.3.0-1ubuntu1~22.04', null, 'no-fix', 'no-vendor-fix'],
  ['CVE-2023-2975', 'openssl', 'low', 5.3, '3.0.2-0ubuntu1.9', '3.0.2-0ubuntu1.10', 'resolved', 'fixed-by-image'],
];

const findings: readonly Finding[] = facts.map(([vulnerability, family, severity, cvssScore, installed, fixedVersion, state, verdict]) => ({
  id: `${vulnerability}-${family}`, vulnerability, packageFamily: family, sourcePackage: family, severity, severitySource: cvssScore === null ? 'none' : 'vendor', cvssScore,
  installedVersions: [installed], fixedVersion, matchState: fixedVersion === null ? 'affected-no-fix' : 'affected-fix-available', state, verdict,
  fixedInImage: verdict === 'fixed-by-image' ? next : null, nodes: 3, firstSeenAt: at(-40_000), lastSeenAt: at(-25), resolvedAt: state === 'resolved' ? at(-600) : null,
}));

const forecastRow = ({ vulnerability, packageFamily, sourcePackage, severity, cvssScore, installedVersions, fixedVersion }: Finding, reason: ForecastRow['reason']): ForecastRow => ({
  vulnerability, packageFamily, sourcePackage, severity, cvssScore, installedVersion: installedVersions[0] ?? '', fixedVersion, reason, fixedInImage: reason === 'fixed-in-later-image' ? newest : null,
});
const fixedRows = findings.filter(({ verdict, state }) => verdict === 'fixed-by-image' && state === 'open').map((row) => forecastRow(row, 'none'));
const leftRows = findings.filter(({ state, verdict }) => state === 'reboot-required' || verdict === 'no-image-yet').map((row, index) => forecastRow(row, row.state === 'reboot-required' ? 'reboot-needed' : index === 0 ? 'fixed-in-later-image' : 'no-image-yet'));
const newRows = findings.slice(0, 3).map((row, index) => forecastRow({ ...row, vulnerability: `CVE-2023-510${index}`, packageFamily: 'linux-azure', sourcePackage: 'linux-azure-6.2' }, index === 0 ? 'returned' : 'new'));

interface CandidateFacts {
  readonly kind: Candidate['kind'];
  readonly target: string | null;
  readonly fixed: readonly ForecastRow[];
  readonly remaining: readonly ForecastRow[];
  readonly introduced: readonly ForecastRow[];
  readonly extra?: Partial<Candidate>;
}

function candidate({ kind, target, fixed, remaining, introduced, extra }: CandidateFacts): Candidate {
  return {
    kind, target, newest: true, executable: true, unknown: null, confidence: 'high', grade: 'manifest',
    counts: { now: fixed.length + remaining.length, after: remaining.length + introduced.length, fixed: fixed.length, remaining: remaining.length, introduced: introduced.length, undetermined: 0 },
    fixedSeverities: { ...none, critical: 1, high: 2, low: fixed.length > 3 ? 3 : 0 }, introducedSeverities: { ...none, critical: introduced.length > 0 ? 2 : 0, high: introduced.length > 0 ? 1 : 0 },
    fixed: [...fixed], remaining: [...remaining], introduced: [...introduced], undetermined: [], ...extra,
  };
}

function candidatesOf(poolId: string): readonly Candidate[] {
  if (poolId === 'web01') {
    return [
      candidate({ kind: 'node-image', target: image(next), fixed: fixedRows, remaining: leftRows, introduced: [] }),
      candidate({ kind: 'node-image', target: image(newest), fixed: fixedRows, remaining: leftRows.slice(1), introduced: newRows, extra: { newest: false } }),
      candidate({ kind: 'kubernetes', target: '1.27.3', fixed: [...fixedRows, ...leftRows.slice(0, 1)], remaining: leftRows.slice(1), introduced: [] }),
    ];
  }
  if (poolId === 'api01') return [candidate({ kind: 'node-image', target: image(newest), fixed: fixedRows, remaining: leftRows, introduced: newRows })];
  if (poolId === 'batch01') {
    return [
      candidate({ kind: 'node-image', target: image(next), fixed: [], remaining: leftRows, introduced: [], extra: { executable: false } }),
      candidate({ kind: 'reboot', target: null, fixed: leftRows, remaining: [], introduced: [] }),
    ];
  }
  if (poolId === 'secure01') return [candidate({ kind: 'node-image', target: image(next), fixed: [], remaining: [], introduced: [], extra: { executable: false, unknown: { code: 'not-assessed', detail: '' } } })];
  return [];
}

type JobNode = UpgradeJob['nodes'][number];
const jobNode = (index: number, phase: JobNode['phase'], started: number | null, finished: number | null): JobNode => ({
  nodeId: `web01-${index}`, node: `aks-web01-31764529-vmss00000${index}`, phase, startedAt: started === null ? null : at(started), finishedAt: finished === null ? null : at(finished),
});

const baseJob: UpgradeJob = {
  id: 'job-running', poolId: 'web01', pool: 'web01', cluster: 'prod-tokyo-01', kind: 'node-image', fromImage: image(now), target: image(next), state: 'running', createdAt: at(-9), startedAt: at(-8), finishedAt: null,
  preflight: (['writer-available', 'no-active-job', 'target-known', 'target-differs', 'forecast-known', 'fixes-something', 'nothing-introduced'] as const).map((check) => ({ check, outcome: 'pass' as const })),
  nodes: [jobNode(0, 'verified', -8, -6), jobNode(1, 'ready', -6, -4), jobNode(2, 'drain', -4, null), jobNode(3, 'waiting', null, null)],
  failure: null, predicted: { now: 9, after: 3, fixed: 6, remaining: 3, introduced: 0, undetermined: 0 }, residual: [], ledger: null,
  events: [
    { at: at(-9), code: 'created', node: null, detail: null },
    { at: at(-9), code: 'preflight-passed', node: null, detail: null },
    { at: at(-8), code: 'operation-started', node: null, detail: 'op-42' },
    { at: at(-4), code: 'node-phase', node: 'aks-web01-31764529-vmss000002', detail: 'drain' },
  ],
};
const ledger: NonNullable<UpgradeJob['ledger']> = {
  jobId: 'job-residual', finishedAt: at(-100), kind: 'node-image', target: image(next), state: 'succeeded-with-residual', predicted: { fixed: 6, remaining: 3, introduced: 0 }, actual: { fixed: 5, remaining: 4, introduced: 0 },
  missed: [{ vulnerability: 'CVE-2023-4016', packageFamily: 'procps', predicted: 'fixed', actual: 'remaining' }], precision: 5 / 6,
};
const jobs: readonly UpgradeJob[] = [
  baseJob,
  { ...baseJob, id: 'job-residual', state: 'succeeded-with-residual', finishedAt: at(-2), nodes: [0, 1, 2].map((index) => jobNode(index, 'verified', -8 + index, -6 + index)), residual: leftRows, ledger, events: [...baseJob.events, { at: at(-2), code: 'finished', node: null, detail: null }] },
  { ...baseJob, id: 'job-failed', state: 'failed', finishedAt: at(-2), nodes: [jobNode(0, 'verified', -8, -6), jobNode(1, 'failed', -6, -5), jobNode(2, 'waiting', null, null)], failure: { code: 'OperationFailed', node: 'aks-web01-31764529-vmss000001', detail: 'the new image did not boot' } },
  { ...baseJob, id: 'job-refused', kind: 'reboot', target: null, state: 'preflight-failed', finishedAt: at(-2), nodes: [], predicted: null, preflight: [{ check: 'no-active-job', outcome: 'fail', detail: 'job-running' }, { check: 'nodes-assessed', outcome: 'warn' }] },
];
const jobOf = (jobId: string): UpgradeJob => {
  const found = jobs.find(({ id }) => id === jobId);
  if (found === undefined) throw new RangeError(jobId);
  return found;
};

type Arguments = Readonly<Record<string, string>>;
type Answers = { readonly [Name in EndpointName]?: (parameters: Arguments) => CallResult<Name> };

const occurrence = (row: Recommendation, index: number) => ({
  nodeId: `${row.poolId}-${index}`, node: `aks-${row.pool}-31764529-vmss00000${index}`, poolId: row.poolId, pool: row.pool, cluster: row.cluster, image: row.image, installedVersion: '5.15.0-1041.48',
  kernel: 'running' as const, grade: 'disk' as const, assessedAt: at(-25),
});

/** One answer per endpoint; a RangeError becomes `not-found`. */
export const answers: Answers = {
  getServerInformation: () => ({ version: '0.1.0', database: 'embedded', now: at(0) }),
  listConnections: () => ({
    connections: [
      {
        id: 'sample', kind: 'sample', name: 'sample', state: 'ok', canUpgrade: true, clusters: 1, nodePools: 5, nodes: 14, lastDiscoveredAt: at(-25),
        advisoryDatabase: { purpose: 'sample', state: 'ok', revision, feeds: [{ name: 'ubuntu', records: 120, rows: 312, newest: '2024-02-21T00:00:00Z', ecosystems: ['Ubuntu:22.04:LTS'], sha256: revision }] },
      },
      {
        id: 'lab', kind: 'images', name: 'lab-disks', location: '/srv/disks', state: 'failed', failure: { code: 'InvalidConfiguration', detail: '/srv/disks/nodeward.yaml:14: "imagee" is not a known key' }, canUpgrade: false,
        clusters: 0, nodePools: 0, nodes: 0, lastDiscoveredAt: null, advisoryDatabase: { purpose: 'sample', state: 'failed', revision: null, failure: 'made-for-sample', feeds: [] },
      },
    ],
  }),
  listRecommendations: () => ({
    recommendations: [...rows],
    summary: {
      nodePools: { total: 5, unhealthy: 3, healthy: 1, notEvaluated: 1, notApplicable: 0 }, nodes: { total: 14, unhealthy: 9, healthy: 3, notAssessed: 2 }, riskLevels: { ...none, critical: 1, high: 1, medium: 1 },
      mostEffective: { poolId: 'web01', pool: 'web01', cluster: 'prod-tokyo-01', action: { kind: 'node-image', target: image(next), fixed: 6, remaining: 3, introduced: 0 }, currentImage: image(now) },
      forecastsKnown: true,
    },
    asOf: at(0),
  }),
  getRecommendation: ({ poolId = '' }) => {
    const row = poolOf(poolId);
    return {
      recommendation: row, kubernetesVersion: '1.26.6', region: 'japaneast', grade: row.state === 'not-evaluated' ? null : 'disk', freshnessIntervalHours: 24, nodes: Array.from({ length: row.nodes }, (_, index) => node(row, index)),
      counts: { open: 8, rebootRequired: 1, noFix: 4, undetermined: 0, resolved: 1 },
    };
  },
  listFindings: ({ poolId = '' }) => {
    const list = poolOf(poolId).state === 'not-evaluated' ? [] : findings;
    return { findings: [...list], vulnerabilities: list.length, total: list.length, nextCursor: null };
  },
  getVulnerability: ({ poolId = '', vulnerability = '' }) => {
    const row = findings.find((finding) => finding.vulnerability === vulnerability);
    if (row === undefined) throw new RangeError(vulnerability);
    return {
      vulnerability, severity: row.severity, severitySource: row.severitySource, vendorSeverity: 'high', cvss: [{ version: '3.1', vector: 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H', score: row.cvssScore }],
      details: 'The dynamic loader of the C library overflows a buffer while it reads GLIBC_TUNABLES. Someone with a login on the node may gain root through a SUID program.', published: '2023-10-03T00:00:00Z', modified: '2024-01-11T00:00:00Z',
      references: [`https://ubuntu.com/security/${vulnerability}`, 'https://ubuntu.com/security/notices/USN-6409-1'],
      findings: [{ ...row, advisory: `UBUNTU-${vulnerability}`, rule: 'source-older-than-fixed', related: ['USN-6409-1'], packages: [{ name: 'libc-bin', version: row.installedVersions[0] ?? '' }, { name: 'libc6', version: row.installedVersions[0] ?? '' }], evidencePath: '/var/lib/dpkg/status', grade: 'disk', advisoryDatabaseRevision: revision }],
      nodePoolInstances: [0, 1, 2].map((index) => occurrence(poolOf(poolId), index)),
      moreAffectedResources: rows.filter(({ poolId: other, state }) => other !== poolId && state === 'unhealthy').flatMap((other) => [0, 1, 2].map((index) => occurrence(other, index))),
    };
  },
  getFix: ({ poolId = '' }) => {
    const row = poolOf(poolId);
    return {
      poolId, pool: row.pool, clusterId: row.clusterId, cluster: row.cluster, currentImage: row.image, kubernetesVersion: '1.26.6', nodes: row.nodes, notAssessedNodes: row.notAssessedNodes, grade: row.state === 'not-evaluated' ? null : 'disk',
      advisoryDatabaseRevision: revision, dataAsOf: at(-25), activeJobId: null, verdicts: [], candidates: [...candidatesOf(poolId)],
    };
  },
  listLedger: () => ({ rows: [ledger, { ...ledger, jobId: 'job-older', finishedAt: at(-60_000), target: image(now), missed: [], precision: 1, actual: ledger.predicted }] }),
  startUpgradeJob: () => baseJob,
  listReassessments: () => ({ reassessments: [] }),
  listUpgradeJobs: () => ({
    jobs: jobs.map((job) => ({ ...job, nodesDone: job.nodes.filter(({ phase }) => phase === 'ready' || phase === 'verified').length, nodesTotal: job.nodes.length })),
  }),
  getUpgradeJob: ({ jobId = '' }) => jobOf(jobId),
  listPlans: () => ({
    plans: [
      { name: 'defender-for-containers', agentlessScanning: true, changedAt: at(-5_000) },
      { name: 'defender-cspm', agentlessScanning: true, changedAt: null },
      { name: 'defender-for-servers-p2', agentlessScanning: false, changedAt: null },
    ],
  }),
};
