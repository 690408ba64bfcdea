import type { CallResult, FleetVulnerability, FleetVulnerabilityDetails, Finding, Overview } from '@nodeward/api';
import { at, clusters, day, fixtureNow, imageName, images, pools, revision } from './fixture-facts.ts';
import { isActive, poolFindings } from './fixture-findings.ts';
import { fleetNodes, imageOf, nodesOf, poolOf, publishedAt, rowOf, rows, severityCounts } from './fixture-pools.ts';

export type Query = Readonly<Record<string, string>>;

/** One page as the server gives it; a short one shows that there is more. */
function page<Row>(list: readonly Row[], query: Query, size: number): { readonly rows: Row[]; readonly total: number; readonly nextCursor: string | null } {
  const from = Number(query.cursor ?? 0);
  const limit = query.limit === undefined ? size : Number(query.limit);
  return { rows: list.slice(from, from + limit), total: list.length, nextCursor: from + limit < list.length ? String(from + limit) : null };
}

const has = (text: string, wanted: string | undefined): boolean => text.toLowerCase().includes((wanted ?? '').toLowerCase());
const ageBand = (published: string | null): string => {
  if (published === null) return 'unknown';
  const days = (fixtureNow.getTime() - Date.parse(published)) / 86_400_000;
  return days < 30 ? 'under-30' : days < 90 ? '30-to-89' : '90-and-over';
};
const bandOf = (poolId: string): string => ageBand(publishedAt(poolOf(poolId)));

export function listNodes(query: Query): CallResult<'listNodes'> {
  const found = fleetNodes.filter(
    (node) =>
      (query.state === undefined || node.state === query.state) &&
      (query.cause === undefined || node.cause === query.cause) &&
      (query.grade === undefined || (node.grade ?? 'none') === query.grade) &&
      (query.poolId === undefined || node.poolId === query.poolId) &&
      (query.clusterId === undefined || node.clusterId === query.clusterId) &&
      (query.imageAge === undefined || bandOf(node.poolId) === query.imageAge) &&
      has(`${node.name} ${node.pool} ${node.cluster} ${node.image}`, query.search),
  );
  const { rows: nodes, ...rest } = page(found, query, 200);
  return { nodes, ...rest };
}

const allFindings = pools.flatMap((pool) => (poolFindings.get(pool.id) ?? []).map((finding) => ({ finding, pool })));
const inState: Readonly<Record<string, (finding: Finding) => boolean>> = {
  active: isActive,
  present: (finding) => isActive(finding) || finding.state === 'no-fix',
  'no-fix': ({ state }) => state === 'no-fix',
  'reboot-required': ({ state }) => state === 'reboot-required',
  undetermined: ({ state }) => state === 'undetermined',
  resolved: ({ state }) => state === 'resolved',
  all: () => true,
};
const withinWeek = (instant: string | null): boolean => instant !== null && Date.parse(instant) >= fixtureNow.getTime() - 7 * 86_400_000;
const inLastWeek: Readonly<Record<string, (finding: Finding) => boolean>> = { 'first-seen': ({ firstSeenAt }) => withinWeek(firstSeenAt), resolved: ({ resolvedAt }) => withinWeek(resolvedAt), gone: () => false };

function vulnerabilities(keep: (finding: Finding, clusterName: string) => boolean): readonly FleetVulnerability[] {
  const grouped = Map.groupBy(allFindings.filter(({ finding, pool }) => keep(finding, pool.cluster)), ({ finding }) => finding.vulnerability);
  return [...grouped.values()].flatMap((members) => {
    const finding = (members.find(({ finding: one }) => isActive(one)) ?? members[0])?.finding;
    if (finding === undefined) return [];
    const { vulnerability, severity, severitySource, cvssScore, exploited, epss, riskScore, state, matchState, firstSeenAt } = finding;
    return [{
      vulnerability, severity, severitySource, cvssScore, exploited, epss, riskScore, packageFamilies: [...new Set(members.map(({ finding: one }) => one.packageFamily))], factClasses: [...new Set(members.map(({ finding: one }) => one.factClass))], state, matchState,
      fixAvailable: finding.fixedVersion !== null, nodePools: members.length, nodes: members.reduce((sum, { finding: one }) => sum + one.nodes, 0), firstSeenAt,
    }];
  });
}

const severityOrder = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];
const orders: Readonly<Record<string, (left: FleetVulnerability, right: FleetVulnerability) => number>> = {
  risk: (left, right) => right.riskScore.value - left.riskScore.value,
  severity: (left, right) => severityOrder.indexOf(left.severity) - severityOrder.indexOf(right.severity),
  nodes: (left, right) => right.nodes - left.nodes,
  'first-seen': (left, right) => right.firstSeenAt.localeCompare(left.firstSeenAt),
};

export function listFleetVulnerabilities(query: Query): CallResult<'listFleetVulnerabilities'> {
  const ofState = inState[query.state ?? 'active'] ?? isActive;
  const ofWeek = inLastWeek[query.lastWeek ?? ''] ?? (() => true);
  const found = vulnerabilities((finding, cluster) => ofState(finding) && ofWeek(finding) && (query.clusterId === undefined || cluster === query.clusterId) && (query.factClass === undefined || finding.factClass === query.factClass))
    .filter((row) => (query.severity === undefined || row.severity === query.severity) && (query.exploited === undefined || row.exploited === (query.exploited === 'true')) && has(`${row.vulnerability} ${row.packageFamilies.join(' ')}`, query.search))
    .toSorted((left, right) => (orders[query.sort ?? 'risk']?.(left, right) ?? 0) || left.vulnerability.localeCompare(right.vulnerability));
  const { rows: list, ...rest } = page(found, query, 200);
  return { vulnerabilities: list, ...rest };
}

export function getFleetVulnerability(vulnerability: string): FleetVulnerabilityDetails {
  const found = vulnerabilities((finding) => finding.vulnerability === vulnerability)[0];
  if (found === undefined) throw new RangeError(vulnerability);
  return {
    ...found, details: 'The dynamic loader of the C library overflows a buffer while it reads GLIBC_TUNABLES. Someone with a login on the node may gain root through a SUID program.', references: [`https://ubuntu.com/security/${vulnerability}`], published: '2023-10-03T00:00:00Z',
    pools: allFindings.filter(({ finding }) => finding.vulnerability === vulnerability).map(({ finding, pool }) => ({
      poolId: pool.id, pool: pool.pool, cluster: pool.cluster, image: imageOf(pool), nodes: finding.nodes, packageFamily: finding.packageFamily, installedVersions: finding.installedVersions, fixedVersion: finding.fixedVersion,
      state: finding.state, verdict: finding.verdict, fixedInImage: finding.fixedInImage, fixedInKubernetes: finding.fixedInKubernetes,
    })),
  };
}

export function getInventory(): CallResult<'getInventory'> {
  return {
    clusters: clusters.map((cluster) => ({
      cluster: cluster.cluster, region: cluster.region, kubernetesVersion: cluster.kubernetesVersion, clusterChannel: cluster.clusterChannel, nodeImageChannel: cluster.nodeImageChannel, clusterId: cluster.cluster, connectionId: 'sample', connection: 'sample', connectionKind: 'sample', controlPlaneUpgrades: [...cluster.controlPlaneUpgrades], insights: [...cluster.insights],
      pools: pools.filter((pool) => pool.cluster === cluster.cluster).map((pool) => {
        const row = rowOf(pool.id);
        const newest = pool.offers.at(-1);
        return {
          poolId: pool.id, pool: pool.pool, clusterId: pool.cluster, cluster: pool.cluster, state: row.state, cause: row.cause, operatingSystem: pool.windows === true ? 'windows' as const : 'linux' as const, osDisk: pool.grade === 'manifest' ? 'ephemeral' as const : 'managed' as const,
          image: row.image, imagePublishedAt: publishedAt(pool), latestImage: newest === undefined ? null : imageName(images[newest]?.version ?? ''), kubernetesVersion: pool.kubernetes,
          skew: Number((cluster.kubernetesVersion ?? '').split('.')[1]) - Number(pool.kubernetes.split('.')[1]), grade: pool.grade, nodes: pool.nodes, unhealthyNodes: nodesOf(pool).filter(({ state }) => state === 'unhealthy').length,
          notAssessedNodes: row.notAssessedNodes, openVulnerabilities: row.openVulnerabilities, activeJobId: pool.id === 'web01' ? 'job-running' : null, lastAssessedAt: row.lastAssessedAt,
        };
      }),
    })),
    counts: { clusters: clusters.length, nodePools: pools.length, nodes: fleetNodes.length, unhealthyNodes: nodesIn('unhealthy'), healthyNodes: nodesIn('healthy'), notAssessedNodes: nodesIn('not-assessed') }, asOf: at(0),
  };
}

const nodesIn = (state: string): number => fleetNodes.filter((node) => node.state === state).length;
const poolsIn = (state: string): number => rows.filter((row) => row.state === state).length;

export function fleetSummary(): CallResult<'listRecommendations'>['summary'] {
  const best = rows.filter(({ bestAction }) => bestAction !== null).toSorted((left, right) => (right.bestAction?.fixed ?? 0) - (left.bestAction?.fixed ?? 0))[0];
  const unhealthy = rows.flatMap(({ riskLevel, state }) => (state === 'unhealthy' && riskLevel !== null ? [{ severity: riskLevel }] : []));
  return {
    nodePools: { total: rows.length, unhealthy: poolsIn('unhealthy'), healthy: poolsIn('healthy'), notEvaluated: poolsIn('not-evaluated'), notApplicable: 0 },
    nodes: { total: fleetNodes.length, unhealthy: nodesIn('unhealthy'), healthy: nodesIn('healthy'), notAssessed: nodesIn('not-assessed') }, riskLevels: severityCounts(unhealthy),
    mostEffective: best?.bestAction == null ? null : { poolId: best.poolId, pool: best.pool, cluster: best.cluster, action: best.bestAction, currentImage: best.image }, forecastsKnown: true,
  };
}

/** Thirty days that end with what is open now. */
function trendOf(open: Overview['vulnerabilities'] & object, nodes: Overview['trend'][number]['nodes']): Overview['trend'] {
  const wave = [6, 6, 7, 7, 9, 9, 9, 8, 8, 8, 8, 5, 5, 5, 6, 6, 6, 9, 9, 9, 9, 7, 7, 7, 4, 4, 3, 3, 1, 0];
  return wave.map((more, index) => ({
    day: at((index - wave.length + 1) * day).slice(0, 10), open: open.open + more, noFix: open.noFix, nodes,
    severities: { ...open.severities, high: open.severities.high + Math.ceil(more / 2), medium: open.severities.medium + Math.floor(more / 2) },
  }));
}

export function getOverview(): Overview {
  const total = (query: Query): number => listFleetVulnerabilities(query).total;
  const active = vulnerabilities(isActive);
  const figures = { open: active.length, severities: severityCounts(active), exploited: total({ state: 'present', exploited: 'true' }), noFix: total({ state: 'no-fix' }), rebootRequired: total({ state: 'reboot-required' }), undetermined: 0 };
  const { nodePools, nodes } = fleetSummary();
  const causes = [...Map.groupBy(fleetNodes.filter(({ state }) => state === 'not-assessed'), ({ cause }) => cause)];
  const age = (band: string): number => listNodes({ imageAge: band }).total;
  return {
    nodePools, nodes, notAssessedCauses: causes.flatMap(([cause, members]) => (cause === null ? [] : [{ cause, nodes: members.length }])),
    grades: [...Map.groupBy(fleetNodes, ({ grade }) => grade ?? ('none' as const))].map(([grade, members]) => ({ grade, nodes: members.length })), vulnerabilities: figures,
    freshness: { fresh: rows.filter(({ freshness }) => freshness === 'fresh').length, stale: rows.filter(({ freshness }) => freshness === 'stale').length, unknown: rows.filter(({ freshness }) => freshness === 'unknown').length },
    imageAges: { under30: age('under-30'), from30to89: age('30-to-89'), from90: age('90-and-over'), unknown: age('unknown') },
    actions: rows.flatMap(({ poolId, pool, cluster, bestAction }) => (bestAction === null ? [] : [{ poolId, pool, cluster, action: bestAction }])).toSorted((left, right) => right.action.fixed - right.action.introduced - left.action.fixed + left.action.introduced),
    forecastsKnown: true, trend: trendOf(figures, { healthy: nodes.healthy, unhealthy: nodes.unhealthy, notAssessed: nodes.notAssessed }),
    lastWeek: { firstSeen: total({ state: 'all', lastWeek: 'first-seen' }), resolved: total({ state: 'all', lastWeek: 'resolved' }), gone: total({ state: 'all', lastWeek: 'gone' }) },
    jobs: { active: 2, failed: 2, succeeded: 1 },
    recentJobs: [
      { jobId: 'job-running', poolId: 'web01', pool: 'web01', cluster: 'prod-tokyo-01', kind: 'node-image', target: imageName('202310.04.0'), state: 'running', at: at(-9) },
      { jobId: 'job-residual', poolId: 'web01', pool: 'web01', cluster: 'prod-tokyo-01', kind: 'node-image', target: imageName('202310.04.0'), state: 'succeeded-with-residual', at: at(-100) },
      { jobId: 'job-failed', poolId: 'web01', pool: 'web01', cluster: 'prod-tokyo-01', kind: 'node-image', target: imageName('202310.04.0'), state: 'failed', at: at(-300) },
      { jobId: 'job-refused', poolId: 'batch01', pool: 'batch01', cluster: 'prod-tokyo-01', kind: 'reboot', target: null, state: 'preflight-failed', at: at(-2 * day) },
    ],
    feeds: feeds.map(({ name, records, newest, checkedAt }) => ({ connectionId: 'azure', connection: 'Contoso production', state: 'ok', name, newest, checkedAt, records })), asOf: at(0),
  };
}

export const feeds = [
  { name: 'ubuntu', records: 26_766, rows: 206_063, newest: at(-6 * 60), checkedAt: at(-42), ecosystems: ['Ubuntu:22.04:LTS'], sha256: revision },
  { name: 'kubernetes', records: 47, rows: 118, newest: at(-9 * day), checkedAt: at(-42), ecosystems: ['kubernetes'], sha256: revision },
  { name: 'go', records: 4_291, rows: 9_802, newest: at(-14 * 60), checkedAt: at(-3 * day), ecosystems: ['Go'], sha256: revision },
  { name: 'kev', records: 1_404, rows: 1_404, newest: at(-2 * day), checkedAt: at(-42), ecosystems: [], sha256: revision },
  { name: 'epss', records: 360_142, rows: 360_142, newest: at(-1 * day), checkedAt: null, ecosystems: [], sha256: revision },
];

const software: readonly (readonly [name: string, source: string, version: string])[] = [
  ['adduser', 'adduser', '3.118ubuntu5'], ['apparmor', 'apparmor', '3.0.4-2ubuntu2.2'], ['apt', 'apt', '2.4.10'], ['base-files', 'base-files', '12ubuntu4.4'], ['bash', 'bash', '5.1-6ubuntu1'], ['bsdutils', 'util-linux', '1:2.37.2-4ubuntu3'], ['bzip2', 'bzip2', '1.0.8-5build1'],
  ['ca-certificates', 'ca-certificates', '20230311ubuntu0.22.04.1'], ['coreutils', 'coreutils', '8.32-4.1ubuntu1'], ['curl', 'curl', '7.81.0-1ubuntu1.13'], ['dash', 'dash', '0.5.11+git20210903+really0.5.11-1build1'], ['dpkg', 'dpkg', '1.21.1ubuntu2.2'], ['e2fsprogs', 'e2fsprogs', '1.46.5-2ubuntu1.1'],
  ['gpgv', 'gnupg2', '2.2.27-3ubuntu2.1'], ['grep', 'grep', '3.7-1build1'], ['gzip', 'gzip', '1.10-4ubuntu4.1'], ['iproute2', 'iproute2', '5.15.0-1ubuntu2'], ['iptables', 'iptables', '1.8.7-1ubuntu5.1'], ['libc-bin', 'glibc', '2.35-0ubuntu3.1'], ['libc6', 'glibc', '2.35-0ubuntu3.1'], ['libcurl4', 'curl', '7.81.0-1ubuntu1.13'],
  ['libgcc-s1', 'gcc-12', '12.3.0-1ubuntu1~22.04'], ['libnghttp2-14', 'nghttp2', '1.43.0-1build3'], ['libpython3.10-stdlib', 'python3.10', '3.10.12-1~22.04.1'], ['libssl3', 'openssl', '3.0.2-0ubuntu1.9'], ['libsystemd0', 'systemd', '249.11-0ubuntu3.10'], ['linux-image-5.15.0-1041-azure', 'linux-signed-azure', '5.15.0-1041.48'],
  ['login', 'shadow', '1:4.8.1-2ubuntu2.1'], ['moby-containerd', 'moby-containerd', '1.7.5-ubuntu22.04u1'], ['moby-runc', 'moby-runc', '1.1.9-ubuntu22.04u1'], ['openssl', 'openssl', '3.0.2-0ubuntu1.9'], ['procps', 'procps', '2:3.3.17-6ubuntu2'], ['python3.10', 'python3.10', '3.10.12-1~22.04.1'], ['systemd', 'systemd', '249.11-0ubuntu3.10'],
  ['tar', 'tar', '1.34+dfsg-1ubuntu0.1.22.04.1'], ['zlib1g', 'zlib', '1:1.2.11.dfsg-2ubuntu9.2'],
];

const readPools = pools.filter(({ grade }) => grade !== null);

function packagesIn(poolId: string): CallResult<'listNodePackages'>['packages'] {
  const open = (poolFindings.get(poolId) ?? []).filter(isActive);
  return software.map(([name, source, version]) => {
    const own = open.filter(({ packageFamily }) => packageFamily === source || (packageFamily === 'linux-azure' && source === 'linux-signed-azure'));
    return { name, version, architecture: name === 'adduser' || name === 'ca-certificates' ? 'all' : 'amd64', source, sourceVersion: version, openVulnerabilities: own.length, worstSeverity: own.toSorted((left, right) => severityOrder.indexOf(left.severity) - severityOrder.indexOf(right.severity))[0]?.severity ?? null };
  });
}

export function listNodePackages(nodeId: string, query: Query): CallResult<'listNodePackages'> {
  const node = fleetNodeOf(nodeId);
  const found = node.grade === null ? [] : packagesIn(node.poolId).filter((row) => has(`${row.name} ${row.source}`, query.search) && (query.vulnerable !== 'true' || (row.openVulnerabilities ?? 0) > 0));
  const { rows: list, ...rest } = page(found, query, 30);
  return { packages: list, ...rest };
}

export function listFleetPackages(query: Query): CallResult<'listFleetPackages'> {
  const where = readPools.map((pool) => ({ poolId: pool.id, pool: pool.pool, cluster: pool.cluster, nodes: nodesOf(pool).filter(({ cause }) => cause === null).length }));
  const vulnerable = new Set(readPools.flatMap(({ id }) => packagesIn(id)).flatMap(({ name, openVulnerabilities }) => ((openVulnerabilities ?? 0) > 0 ? [name] : [])));
  const found = software.filter(([name, source]) => has(`${name} ${source}`, query.search) && (query.vulnerable !== 'true' || vulnerable.has(name))).map(([name, source, version], index) => {
    const own = where.slice(0, 1 + (index * 3) % where.length);
    return { name, version, source, nodes: own.reduce((sum, { nodes }) => sum + nodes, 0), pools: own };
  });
  const { rows: list, ...rest } = page(found, query, 30);
  return { packages: list, ...rest };
}

export function fleetNodeOf(nodeId: string): CallResult<'listNodes'>['nodes'][number] {
  const found = fleetNodes.find(({ id }) => id === nodeId);
  if (found === undefined) throw new RangeError(nodeId);
  return found;
}

const paths = { 'os-packages': '/var/lib/dpkg/status', kernel: '/boot/vmlinuz-5.15.0-1041-azure', 'node-components': '/etc/systemd/system/kubelet.service', 'go-modules': '/usr/bin/containerd' } as const;

export function getNodeEvidence(nodeId: string): CallResult<'getNodeEvidence'> {
  const found = fleetNodeOf(nodeId);
  const pool = poolOf(found.poolId);
  const assessment = nodesOf(pool).find(({ id }) => id === nodeId)?.assessment ?? null;
  const known = found.grade !== null;
  return {
    node: found,
    factClasses: (['os-packages', 'kernel', 'node-components', 'go-modules'] as const).map((factClass) => {
      const coverage = (assessment?.coverage ?? []).filter(({ subject }) => subject === factClass);
      const read = coverage.some(({ state }) => state === 'read');
      return {
        factClass, grade: !read ? null : factClass === 'kernel' ? 'node-status' as const : found.grade, assessedAt: read ? found.lastAssessedAt : null, path: read ? (factClass === 'kernel' ? 'v1/Node' : found.grade === 'manifest' ? `${found.image}.txt` : paths[factClass]) : null,
        openVulnerabilities: read ? (poolFindings.get(pool.id) ?? []).filter((finding) => isActive(finding) && finding.factClass === factClass).length : null, coverage,
      };
    }),
    runningKernel: found.kernelRelease === null ? null : { release: found.kernelRelease, from: 'node-object' }, operatingSystem: known ? 'Ubuntu 22.04.3 LTS' : null,
    components: known
      ? [
          { family: 'containerd', name: 'containerd', path: '/usr/bin/containerd', version: '1.7.5', versionFrom: 'main-module', state: 'active', modules: 112 },
          { family: 'kubelet', name: 'kubelet', path: '/usr/local/bin/kubelet', version: pool.kubernetes, versionFrom: 'node-object', state: 'active', modules: 204 },
          { family: 'kubelet', name: 'kubelet', path: '/opt/bin/kubelet-1.27.7', version: null, versionFrom: null, state: 'staged', modules: null },
          { family: 'runc', name: 'runc', path: '/usr/bin/runc', version: '1.1.9', versionFrom: 'linker-flags', state: 'active', modules: 24 },
          { family: 'cni-plugins', name: 'bridge', path: '/opt/cni/bin/bridge', version: '1.3.0', versionFrom: 'linker-flags', state: 'active', modules: 18 },
        ]
      : [],
    coverage: [
      ...(assessment?.coverage ?? []),
      ...(known ? [{ subject: '/var/lib/containerd', state: 'out-of-scope' as const, reason: 'container-images' as const }, { subject: 'moby-containerd', state: 'no-feed' as const, reason: 'vendor-publishes-no-feed' as const }, { subject: '/opt/bin/kubelet-1.27.7', state: 'out-of-scope' as const, reason: 'component-staged' as const, detail: '118 MB' }] : []),
    ],
  };
}

export function search(text: string): CallResult<'search'> {
  const wanted = text.toLowerCase();
  const named = (name: string): boolean => name.toLowerCase().includes(wanted);
  const all: CallResult<'search'>['hits'] = [
    ...clusters.filter(({ cluster }) => named(cluster)).map(({ cluster }) => ({ kind: 'cluster' as const, clusterId: cluster, name: cluster, nodePools: pools.filter((pool) => pool.cluster === cluster).length })),
    ...rows.filter(({ pool }) => named(pool)).map(({ poolId, pool, cluster, state }) => ({ kind: 'node-pool' as const, poolId, name: pool, cluster, state })),
    ...fleetNodes.filter(({ name }) => named(name)).slice(0, 6).map(({ id, poolId, name, pool, cluster }) => ({ kind: 'node' as const, nodeId: id, poolId, name, pool, cluster })),
    ...vulnerabilities(() => true).filter(({ vulnerability }) => named(vulnerability)).slice(0, 6).map(({ vulnerability, severity, nodePools }) => ({ kind: 'vulnerability' as const, vulnerability, severity, pools: nodePools })),
    ...software.filter(([name]) => named(name)).map(([name]) => ({ kind: 'package' as const, name, versions: 1, nodes: 41 })),
  ];
  return { hits: all.slice(0, 20), truncated: all.length > 20 };
}
