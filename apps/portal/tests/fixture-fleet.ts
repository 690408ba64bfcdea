import type { AutoUpgrade, CallResult, EndpointName, Recommendation, UpgradeJob } from '@nodeward/api';
import { at, clusters, imageName as image, revision } from './fixture-facts.ts';
import { isActive, poolFindings } from './fixture-findings.ts';
import { fleetNodeOf, fleetSummary, getFleetVulnerability, getInventory, getNodeEvidence, getOverview, listFleetPackages, listFleetVulnerabilities, listNodePackages, listNodes, type Query, search } from './fixture-overview.ts';
import { addedConnection, advisorySources, connectionOf, connections, imageAnswerOf, rightsOf, settingsOf, testOf } from './fixture-connections.ts';
import { candidatesOf, forecastRow, nodesOf, poolOf, rowOf, rows } from './fixture-pools.ts';

/** Answers in the shape of the contract, invented for looking at the screens; the contract server checks each against its schema. */
const now = '202309.06.0';
const next = '202310.04.0';
const leftRows = (poolFindings.get('web01') ?? []).filter(({ state, verdict }) => state === 'reboot-required' || (state === 'open' && verdict === 'no-image-yet')).map((row) => forecastRow(row, row.state === 'reboot-required' ? 'reboot-needed' : 'no-image-yet'));

type JobNode = UpgradeJob['nodes'][number];
const jobNode = (index: number, phase: JobNode['phase'], started: number | null, finished: number | null): JobNode => ({
  nodeId: `web01-${index}`, node: `aks-web01-31764529-vmss00000${index}`, phase, startedAt: started === null ? null : at(started), finishedAt: finished === null ? null : at(finished),
});

const baseJob: UpgradeJob = {
  id: 'job-running', poolId: 'web01', pool: 'web01', cluster: 'prod-tokyo-01', kind: 'node-image', fromImage: image(now), target: image(next), state: 'running', createdAt: at(-9), startedAt: at(-8), finishedAt: null,
  steps: [{ kind: 'node-image', target: image(next), state: 'running', startedAt: at(-8), finishedAt: null }],
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
  jobId: 'job-residual', finishedAt: at(-100), kind: 'node-image', target: image(next), state: 'succeeded-with-residual', independent: true, predicted: { fixed: 6, remaining: 3, introduced: 0 }, actual: { fixed: 5, remaining: 4, introduced: 0 },
  missed: [{ vulnerability: 'CVE-2023-4016', packageFamily: 'procps', predicted: 'fixed', actual: 'remaining' }], precision: 5 / 6,
};
const jobs: readonly UpgradeJob[] = [
  baseJob,
  { ...baseJob, id: 'job-residual', state: 'succeeded-with-residual', steps: [{ kind: 'node-image', target: image(next), state: 'succeeded', startedAt: at(-8), finishedAt: at(-3) }], finishedAt: at(-2), nodes: [0, 1, 2].map((index) => jobNode(index, 'verified', -8 + index, -6 + index)), residual: leftRows, ledger, events: [...baseJob.events, { at: at(-2), code: 'finished', node: null, detail: null }] },
  {
    ...baseJob, id: 'job-kubernetes', poolId: 'app01', pool: 'app01', cluster: 'stg-tokyo-01', kind: 'kubernetes', target: '1.26.6', fromImage: image('202307.12.0'),
    steps: [{ kind: 'control-plane', target: '1.26.6', state: 'succeeded', startedAt: at(-8), finishedAt: at(-5) }, { kind: 'kubernetes', target: '1.26.6', state: 'running', startedAt: at(-5), finishedAt: null }],
  },
  { ...baseJob, id: 'job-failed', state: 'failed', steps: [{ kind: 'node-image', target: image(next), state: 'failed', startedAt: at(-8), finishedAt: at(-5) }], finishedAt: at(-2), nodes: [jobNode(0, 'verified', -8, -6), jobNode(1, 'failed', -6, -5), jobNode(2, 'waiting', null, null)], failure: { code: 'OperationFailed', node: 'aks-web01-31764529-vmss000001', detail: 'the new image did not boot' } },
  { ...baseJob, id: 'job-refused', poolId: 'batch01', pool: 'batch01', kind: 'reboot', target: null, steps: [{ kind: 'reboot', target: null, state: 'waiting', startedAt: null, finishedAt: null }], state: 'preflight-failed', finishedAt: at(-2), nodes: [], predicted: null, preflight: [{ check: 'no-active-job', outcome: 'fail', detail: 'job-running' }, { check: 'nodes-assessed', outcome: 'warn' }] },
];
const jobOf = (jobId: string): UpgradeJob => {
  const found = jobs.find(({ id }) => id === jobId);
  if (found === undefined) throw new RangeError(jobId);
  return found;
};

type Arguments = Readonly<Record<string, string>>;
type Answers = { readonly [Name in EndpointName]?: (parameters: Arguments, query: Query) => CallResult<Name> };

const occurrence = (row: Recommendation, nodeId: string, node: string, installedVersion: string) => ({
  nodeId, node, poolId: row.poolId, pool: row.pool, cluster: row.cluster, image: row.image, installedVersion, kernel: 'running' as const, grade: 'disk' as const, assessedAt: at(-25),
});

function occurrences(poolId: string, vulnerability: string) {
  const finding = (poolFindings.get(poolId) ?? []).find((row) => row.vulnerability === vulnerability);
  if (finding === undefined) return [];
  return nodesOf(poolOf(poolId)).filter(({ cause }) => cause === null).map(({ id, name }) => occurrence(rowOf(poolId), id, name, finding.installedVersions[0] ?? ''));
}

const isJob: Readonly<Record<string, (state: UpgradeJob['state']) => boolean>> = {
  active: (state) => ['draft', 'preflight', 'running', 'verifying'].includes(state),
  failed: (state) => state === 'failed' || state === 'preflight-failed',
  succeeded: (state) => state === 'succeeded' || state === 'succeeded-with-residual',
};

const autoUpgradeOf = (name: string): AutoUpgrade => {
  const found = clusters.find(({ cluster }) => cluster === name);
  if (found?.clusterChannel == null || found.nodeImageChannel === null) throw new RangeError(name);
  const window = name === 'prod-osaka-01' ? { schedule: { kind: 'weekly' as const, everyWeeks: 1, day: 'Saturday' as const }, startTime: '02:00', utcOffset: '+09:00', durationHours: 4 } : null;
  return { clusterChannel: found.clusterChannel, nodeImageChannel: found.nodeImageChannel, clusterWindow: window, nodeImageWindow: window, changeable: true, insights: [...found.insights] };
};

const delivery: CallResult<'testWebhook'> = { id: 'd-1', messageId: 'msg-1', type: 'finding.exploited', state: 'failed', attempts: 3, createdAt: at(-90), nextAttemptAt: at(30), deliveredAt: null, lastStatus: 502, lastError: null };
const delivered: CallResult<'testWebhook'> = { ...delivery, id: 'd-2', messageId: 'msg-2', type: 'finding.critical', state: 'delivered', attempts: 1, nextAttemptAt: null, deliveredAt: at(-90), lastStatus: 204 };

/** One answer per endpoint; a RangeError becomes `not-found`. */
export const answers: Answers = {
  getServerInformation: () => ({ version: '0.1.0', database: 'embedded', now: at(0) }),
  listConnections: () => ({ connections: [...connections] }),
  createConnection: () => addedConnection,
  getConnectionSettings: ({ connectionId = '' }) => settingsOf(connectionId),
  changeConnectionSettings: ({ connectionId = '' }) => connectionOf(connectionId),
  changeConnection: ({ connectionId = '' }) => connectionOf(connectionId),
  deleteConnection: ({ connectionId = '' }) => ({ id: connectionId }),
  testConnection: ({ connectionId = '' }) => testOf(connectionId),
  getConnectionRights: ({ kind = '' }) => rightsOf(kind),
  listAdvisorySources: () => advisorySources,
  updateAdvisorySources: () => ({ ...advisorySources, updating: true, sources: advisorySources.sources.map((source, index) => (index < 3 ? source : { ...source, state: 'updating' as const })) }),
  whichImage: ({ vulnerability = '' }) => imageAnswerOf(vulnerability),
  listRecommendations: () => ({ recommendations: [...rows], summary: fleetSummary(), asOf: at(0) }),
  getRecommendation: ({ poolId = '' }) => {
    const row = rowOf(poolId);
    const pool = poolOf(poolId);
    const findings = poolFindings.get(poolId) ?? [];
    const count = (state: string): number => findings.filter((finding) => finding.state === state).length;
    return {
      recommendation: row, kubernetesVersion: pool.kubernetes, region: 'japaneast', grade: pool.grade, freshnessIntervalHours: 24, nodes: [...nodesOf(pool)],
      counts: { open: count('open'), rebootRequired: count('reboot-required'), noFix: count('no-fix'), undetermined: 0, resolved: count('resolved') },
    };
  },
  listFindings: ({ poolId = '' }) => {
    const list = poolFindings.get(rowOf(poolId).poolId) ?? [];
    return { findings: [...list], vulnerabilities: list.length, total: list.length, nextCursor: null };
  },
  getVulnerability: ({ poolId = '', vulnerability = '' }) => {
    const row = (poolFindings.get(poolId) ?? []).find((finding) => finding.vulnerability === vulnerability);
    if (row === undefined) throw new RangeError(vulnerability);
    return {
      vulnerability, severity: row.severity, severitySource: row.severitySource, vendorSeverity: 'high', cvss: [{ version: '3.1', vector: 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H', score: row.cvssScore }],
      details: 'The dynamic loader of the C library overflows a buffer while it reads GLIBC_TUNABLES. Someone with a login on the node may gain root through a SUID program.', published: '2023-10-03T00:00:00Z', modified: '2024-01-11T00:00:00Z',
      references: [`https://ubuntu.com/security/${vulnerability}`, 'https://ubuntu.com/security/notices/USN-6409-1'],
      findings: [{ ...row, advisory: `UBUNTU-${vulnerability}`, rule: 'source-older-than-fixed', related: ['USN-6409-1'], packages: [{ name: row.sourcePackage, version: row.installedVersions[0] ?? '' }], evidencePath: row.component ?? '/var/lib/dpkg/status', grade: 'disk', advisoryDatabaseRevision: revision }],
      nodePoolInstances: occurrences(poolId, vulnerability),
      moreAffectedResources: rows.filter((other) => other.poolId !== poolId && other.state === 'unhealthy').flatMap((other) => occurrences(other.poolId, vulnerability)),
    };
  },
  getFix: ({ poolId = '' }) => {
    const row = rowOf(poolId);
    const pool = poolOf(poolId);
    return {
      poolId, pool: row.pool, clusterId: row.clusterId, cluster: row.cluster, currentImage: row.image, kubernetesVersion: pool.kubernetes, controlPlaneVersion: clusters.find(({ cluster }) => cluster === pool.cluster)?.kubernetesVersion ?? null,
      autoUpgrade: autoUpgradeOf(row.cluster), nodes: row.nodes, notAssessedNodes: row.notAssessedNodes, grade: pool.grade, advisoryDatabaseRevision: revision, dataAsOf: at(-25), activeJobId: null,
      verdicts: [...Map.groupBy((poolFindings.get(poolId) ?? []).filter(isActive), ({ verdict }) => verdict)].map(([verdict, members]) => ({ verdict, vulnerabilities: members.length })), candidates: [...candidatesOf(pool)],
    };
  },
  listLedger: () => ({ rows: [{ ...ledger, jobId: 'observed-1', observed: true, finishedAt: at(-40), target: image('202310.09.0'), predicted: { fixed: 4, remaining: 2, introduced: 1 }, actual: { fixed: 4, remaining: 2, introduced: 1 }, missed: [], precision: 1 }, ledger, { ...ledger, jobId: 'job-older', finishedAt: at(-60_000), target: image(now), independent: false, missed: [], precision: 1, actual: ledger.predicted }] }),
  startUpgradeJob: () => baseJob,
  listReassessments: () => ({ reassessments: [] }),
  listUpgradeJobs: (_, { state = '' }) => {
    const list = jobs.filter((job) => isJob[state]?.(job.state) ?? true).map((job) => ({ ...job, nodesDone: job.nodes.filter(({ phase }) => phase === 'ready' || phase === 'verified').length, nodesTotal: job.nodes.length }));
    return { jobs: list, total: list.length };
  },
  getUpgradeJob: ({ jobId = '' }) => jobOf(jobId),
  getOverview: () => getOverview(),
  getInventory: () => getInventory(),
  listNodes: (_, query) => listNodes(query),
  getNodeEvidence: ({ nodeId = '' }) => getNodeEvidence(nodeId),
  listNodeAssessments: ({ nodeId = '' }) => {
    const latest = nodesOf(poolOf(fleetNodeOf(nodeId).poolId)).find(({ id }) => id === nodeId)?.assessment ?? null;
    return { assessments: latest === null ? [] : [latest, { ...latest, id: `${latest.id}-before`, trigger: 'advisories', startedAt: at(-1_466), finishedAt: at(-1_465) }, { ...latest, id: `${latest.id}-first`, trigger: 'first', startedAt: at(-4_346), finishedAt: at(-4_345) }] };
  },
  listNodePackages: ({ nodeId = '' }, query) => listNodePackages(nodeId, query),
  listFleetPackages: (_, query) => listFleetPackages(query),
  listFleetVulnerabilities: (_, query) => listFleetVulnerabilities(query),
  getFleetVulnerability: ({ vulnerability = '' }) => getFleetVulnerability(vulnerability),
  search: (_, { q = '' }) => search(q),
  getAutoUpgrade: ({ clusterId = '' }) => autoUpgradeOf(clusterId),
  listWebhooks: () => ({ webhooks: [{ id: 'hook-1', name: 'on-call', url: 'https://hooks.example.com/nodeward', types: ['finding.exploited', 'job.failed'], enabled: true, createdAt: at(-9_000), lastDelivery: delivery }, { id: 'hook-2', name: 'chat', url: 'https://chat.example.com/in/nodeward', types: ['finding.critical', 'job.succeeded'], enabled: true, createdAt: at(-8_000), lastDelivery: delivered }] }),
  listWebhookDeliveries: () => ({ deliveries: [delivery, delivered] }),
  listPlans: () => ({
    plans: [
      { name: 'defender-for-containers', agentlessScanning: true, changedAt: at(-5_000) },
      { name: 'defender-cspm', agentlessScanning: true, changedAt: null },
      { name: 'defender-for-servers-p2', agentlessScanning: false, changedAt: null },
    ],
  }),
};
