import type { BestAction, Candidate, CoverageReason, Finding, FleetNode, ForecastRow, Node, NotEvaluatedCause, Recommendation, Severity, SeverityCounts } from '@nodeward/api';
import { at, clusters, day, imageName, images, type PoolFacts, pools, revision } from './fixture-facts.ts';
import { imageCommands, kubernetesCommands } from './fixture-commands.ts';
import { assessedNodes, cureOf, introducedBy, isActive, poolFindings } from './fixture-findings.ts';

export const none: SeverityCounts = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];

export function severityCounts(rows: readonly { readonly severity: Severity }[]): SeverityCounts {
  return rows.reduce((counts, { severity }) => ({ ...counts, [severity]: counts[severity] + 1 }), none);
}

export const forecastRow = ({ vulnerability, packageFamily, sourcePackage, severity, cvssScore, installedVersions, fixedVersion, fixedInKubernetes }: Finding, reason: ForecastRow['reason'], fixedInImage: string | null = null): ForecastRow => ({
  vulnerability, packageFamily, sourcePackage, severity, cvssScore, installedVersion: installedVersions[0] ?? '', fixedVersion, reason, fixedInImage, fixedInKubernetes: reason === 'kubernetes-needed' ? fixedInKubernetes : null,
});

function reasonFor(row: Finding, pool: PoolFacts, target: number): readonly [ForecastRow['reason'], string | null] {
  const cure = cureOf(row.vulnerability);
  if (cure === 'reboot') return ['reboot-needed', null];
  if (cure === 'kubernetes') return ['kubernetes-needed', null];
  const later = typeof cure === 'number' ? pool.offers.find((offer) => offer > target && offer >= cure) : undefined;
  return later === undefined ? ['no-image-yet', null] : ['fixed-in-later-image', imageName(images[later]?.version ?? '')];
}

export function candidate(kind: Candidate['kind'], target: string | null, fixed: readonly ForecastRow[], remaining: readonly ForecastRow[], introduced: readonly ForecastRow[], extra: Partial<Candidate> = {}): Candidate {
  return {
    kind, target, image: kind === 'node-image' ? target : null, newest: true, steps: [{ kind, target }], refusal: null, executable: true, commands: [], unknown: null, confidence: 'high', grade: 'manifest',
    counts: { now: fixed.length + remaining.length, after: remaining.length + introduced.length, fixed: fixed.length, remaining: remaining.length, introduced: introduced.length, undetermined: 0 },
    fixedSeverities: severityCounts(fixed), introducedSeverities: severityCounts(introduced), fixed: [...fixed], remaining: [...remaining], introduced: [...introduced], undetermined: [], ...extra,
  };
}

function imageCandidate(pool: PoolFacts, target: number): Candidate {
  const active = (poolFindings.get(pool.id) ?? []).filter(isActive);
  const isFixed = ({ vulnerability }: Finding): boolean => {
    const cure = cureOf(vulnerability);
    return typeof cure === 'number' && cure <= target;
  };
  const introduced = introducedBy(pool, target).map((row, index) => forecastRow(row, index === 0 ? 'returned' : 'new'));
  return candidate('node-image', imageName(images[target]?.version ?? ''), active.filter(isFixed).map((row) => forecastRow(row, 'none')), active.filter((row) => !isFixed(row)).map((row) => forecastRow(row, ...reasonFor(row, pool, target))), introduced, {
    newest: target === Math.max(...pool.offers), ...(pool.id === 'gpua100' ? { executable: false, commands: [...imageCommands] } : {}),
  });
}

function kubernetesCandidate(pool: PoolFacts, version: string): Candidate {
  const active = (poolFindings.get(pool.id) ?? []).filter(isActive);
  const newest = pool.offers.at(-1);
  const isFixed = ({ vulnerability }: Finding): boolean => {
    const cure = cureOf(vulnerability);
    return cure === 'kubernetes' || (newest !== undefined && typeof cure === 'number' && cure <= newest);
  };
  const image = newest === undefined ? imageName(images[pool.image]?.version ?? '') : imageName(images[newest]?.version ?? '');
  return candidate('kubernetes', version, active.filter(isFixed).map((row) => forecastRow(row, 'none')), active.filter((row) => !isFixed(row)).map((row) => forecastRow(row, 'no-image-yet')), [], {
    image, steps: [{ kind: 'control-plane', target: version }, { kind: 'kubernetes', target: version }], ...(pool.id === 'gpua100' ? { executable: false, commands: [...kubernetesCommands] } : {}),
  });
}

/** What the pool's Fix page offers; the list's best action is one of these, so that both show the same figures. */
export function candidatesOf(pool: PoolFacts): readonly Candidate[] {
  if (assessedNodes(pool) === 0) {
    return pool.offers.map((target) => candidate('node-image', imageName(images[target]?.version ?? ''), [], [], [], { executable: false, unknown: { code: 'not-assessed', detail: '' } }));
  }
  const active = (poolFindings.get(pool.id) ?? []).filter(isActive);
  const waiting = active.filter(({ state }) => state === 'reboot-required');
  const reboot = waiting.length === 0 ? [] : [candidate('reboot', null, waiting.map((row) => forecastRow(row, 'none')), active.filter((row) => !waiting.includes(row)).map((row) => forecastRow(row, 'none')), [])];
  const cluster = clusters.find(({ cluster: name }) => name === pool.cluster);
  const kubernetes = pool.kubernetes === '1.26.3' ? (cluster?.controlPlaneUpgrades.slice(0, 1) ?? []) : pool.id === 'web01' || pool.id === 'gpua100' ? ['1.27.3'] : [];
  return [...pool.offers.map((target) => imageCandidate(pool, target)), ...kubernetes.map((version) => kubernetesCandidate(pool, version)), ...reboot];
}

function bestActionOf(pool: PoolFacts): BestAction | null {
  const useful = candidatesOf(pool).filter(({ unknown, counts }) => unknown === null && counts.fixed > 0);
  const best = useful.toSorted((left, right) => right.counts.fixed - right.counts.introduced - left.counts.fixed + left.counts.introduced || Number(left.kind === 'kubernetes') - Number(right.kind === 'kubernetes'))[0];
  return best === undefined ? null : { kind: best.kind, target: best.target, fixed: best.counts.fixed, remaining: best.counts.remaining, introduced: best.counts.introduced };
}

function recommendationOf(pool: PoolFacts): Recommendation {
  const findings = poolFindings.get(pool.id) ?? [];
  const active = findings.filter(isActive);
  const [dark] = pool.dark ?? [];
  const unread = pool.nodes - assessedNodes(pool);
  const state = active.length > 0 ? 'unhealthy' : unread > 0 ? 'not-evaluated' : 'healthy';
  const known = assessedNodes(pool) > 0;
  return {
    poolId: pool.id, pool: pool.pool, clusterId: pool.cluster, cluster: pool.cluster, connectionId: 'sample', connectionKind: 'sample', connection: 'sample', state, cause: state === 'not-evaluated' ? (dark?.[0] ?? null) : null,
    causeNodes: state === 'not-evaluated' ? (dark?.[1] ?? null) : null, riskLevel: severities.find((severity) => active.some((row) => row.severity === severity)) ?? null,
    exploitedVulnerabilities: known ? findings.filter((row) => row.exploited === true && row.state !== 'resolved').length : null, image: imageOf(pool), nodes: pool.nodes, notAssessedNodes: unread,
    openVulnerabilities: known ? active.length : null, noFixVulnerabilities: known ? findings.filter((row) => row.state === 'no-fix').length : null, severities: severityCounts(active), bestAction: bestActionOf(pool), forecastKnown: true,
    activeJobId: null, freshness: 'fresh', lastAssessedAt: at(-25), lastChangedAt: at(-600), ...pool.extra,
  };
}

export const imageOf = ({ image, windows }: PoolFacts): string => (windows === true ? 'AKSWindows-2022-containerd-20348.1970.230905' : imageName(images[image]?.version ?? ''));
export const rows: readonly Recommendation[] = pools.map(recommendationOf);

const read = (['os-packages', 'kernel', 'node-components', 'go-modules'] as const).map((subject) => ({ subject, state: 'read' as const, reason: 'read' as const }));
const listed = read.map((entry) => (entry.subject === 'go-modules' ? { subject: entry.subject, state: 'out-of-scope' as const, reason: 'go-modules-not-in-evidence' as const } : entry));
const notRead = {
  encrypted: [{ subject: 'partition 1', state: 'encrypted' as const, reason: 'encrypted-in-guest' as const, detail: 'LUKS2' }, { subject: 'disk', state: 'unreadable' as const, reason: 'no-root-found' as const }],
  unsupported: [{ subject: 'operating-system', state: 'unsupported' as const, reason: 'operating-system-unsupported' as const, detail: 'Windows' }],
};

const reasons: Readonly<Partial<Record<NotEvaluatedCause, CoverageReason>>> = { unreachable: 'disk-not-found', encrypted: 'encrypted-in-guest', unsupported: 'windows-node' };

/** Why the node at this place of the pool could not be assessed; the last nodes are the dark ones. */
function causeOf({ nodes, dark = [] }: PoolFacts, index: number): Node['cause'] {
  let left = nodes - index;
  for (const [cause, n] of dark.toReversed()) {
    if (left <= n) return cause;
    left -= n;
  }
  return null;
}

function nodeOf(pool: PoolFacts, index: number): Node {
  const row = rows.find(({ poolId }) => poolId === pool.id);
  const cause = causeOf(pool, index);
  const hash = clusters.find(({ cluster }) => cluster === pool.cluster)?.hash ?? '';
  const started = at(-26);
  return {
    id: `${pool.id}-${index}`, name: `aks-${pool.pool}-${hash}-vmss${String(index).padStart(6, '0')}`, poolId: pool.id, image: imageOf(pool), kernelRelease: pool.windows === true ? null : `${(images[pool.image]?.kernel ?? '').replace(/\.\d+$/, '')}-azure`,
    kubeletVersion: `v${pool.kubernetes}`, containerRuntimeVersion: 'containerd://1.7.5', state: cause !== null ? 'not-assessed' : row?.state === 'healthy' ? 'healthy' : 'unhealthy', cause,
    openVulnerabilities: cause === null ? (row?.openVulnerabilities ?? null) : null,
    assessment:
      cause === 'never-assessed'
        ? null
        : {
            id: `a-${pool.id}-${index}`, state: cause === null ? 'succeeded' : 'failed', trigger: 'scheduled', grade: cause === null ? pool.grade : null, cause, reason: cause === null ? null : (reasons[cause] ?? null), detail: cause === 'unreachable' ? `node-${index}.img.gz does not exist` : null,
            complete: cause === null, inventoryId: cause === null ? `i${pool.image}` : null, packages: cause === null ? 36 : null, advisoryDatabaseRevision: cause === null ? revision : null, bytesRead: cause === null ? 1_204_224 : 4_096, startedAt: started,
            finishedAt: at(-25), coverage: cause === null ? [...(pool.grade === 'manifest' ? listed : read)] : [...(cause === 'encrypted' || cause === 'unsupported' ? notRead[cause] : [])],
          },
  };
}

export const nodesOf = (pool: PoolFacts): readonly Node[] => Array.from({ length: pool.nodes }, (_, index) => nodeOf(pool, index));

export const fleetNodes: readonly FleetNode[] = pools.flatMap((pool) =>
  nodesOf(pool).map(({ assessment, ...node }) => ({ ...node, pool: pool.pool, clusterId: pool.cluster, cluster: pool.cluster, grade: assessment?.grade ?? null, lastAssessedAt: assessment?.finishedAt ?? null, reason: assessment?.reason ?? null, detail: assessment?.detail ?? null })),
);

export const publishedAt = (pool: PoolFacts): string | null => (pool.windows === true ? null : at(-(images[pool.image]?.age ?? 0) * day));
export const poolOf = (poolId: string): PoolFacts => {
  const found = pools.find(({ id }) => id === poolId);
  if (found === undefined) throw new RangeError(poolId);
  return found;
};
export const rowOf = (poolId: string): Recommendation => {
  const found = rows.find((row) => row.poolId === poolId);
  if (found === undefined) throw new RangeError(poolId);
  return found;
};
