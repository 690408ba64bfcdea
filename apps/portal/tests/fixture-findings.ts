import type { Finding, RiskScore, Severity } from '@nodeward/api';
import { at, type CveFacts, cves, day, images, type PoolFacts, pools, resolved } from './fixture-facts.ts';

const severityPoints: Record<Severity, number | null> = { critical: 40, high: 30, medium: 20, low: 10, negligible: 2, unknown: null };

function riskScoreOf({ severity, exploited = false, epss = null, cure }: CveFacts): RiskScore {
  const parts: RiskScore['parts'] = [
    { part: 'severity', points: severityPoints[severity], max: 40 },
    { part: 'exploited', points: exploited === null ? null : exploited ? 35 : 0, max: 35 },
    { part: 'epss', points: epss === null ? null : Math.round(Math.sqrt(epss) * 150) / 10, max: 15 },
    { part: 'fix', points: cure === 'no-fix' ? 0 : 10, max: 10 },
  ];
  return { value: parts.reduce((sum, { points }) => sum + (points ?? 0), 0), parts, isLowerBound: parts.some(({ points }) => points === null) };
}

export const assessedNodes = ({ nodes, dark = [] }: PoolFacts): number => nodes - dark.reduce((sum, [, n]) => sum + n, 0);

const verdictOf = ({ cure }: CveFacts, offers: readonly number[]): Finding['verdict'] => {
  if (cure === 'reboot') return 'fixed-by-reboot';
  if (cure === 'kubernetes') return 'fixed-by-kubernetes';
  if (cure === 'no-fix') return 'no-vendor-fix';
  return typeof cure === 'number' && offers.some((offer) => offer >= cure) ? 'fixed-by-image' : 'no-image-yet';
};

const isIn = (facts: CveFacts, { id, image }: PoolFacts): boolean =>
  (facts.only === undefined || facts.only.includes(id)) && image >= (facts.since ?? 0) && (typeof facts.cure !== 'number' || image < facts.cure);

function findingOf(facts: CveFacts, pool: PoolFacts, resolvedDays?: number): Finding {
  const verdict = verdictOf(facts, pool.offers);
  const firstImage = typeof facts.cure === 'number' ? images[pool.offers.find((offer) => offer >= Number(facts.cure)) ?? -1]?.version : undefined;
  const state = resolvedDays !== undefined ? 'resolved' : facts.cure === 'no-fix' ? 'no-fix' : facts.cure === 'reboot' ? 'reboot-required' : 'open';
  return {
    id: `${pool.id}-${facts.cve}`, vulnerability: facts.cve, packageFamily: facts.family, sourcePackage: facts.source ?? facts.family, severity: facts.severity,
    severitySource: facts.score === null && facts.severity === 'unknown' ? 'none' : facts.fact === 'node-components' ? 'cvss-v3' : 'vendor', cvssScore: facts.score, exploited: facts.exploited ?? false, epss: facts.epss ?? null,
    riskScore: riskScoreOf(facts), factClass: facts.fact, component: facts.component ?? null, installedVersions: [facts.fact === 'kernel' ? (images[pool.image]?.kernel ?? facts.installed) : facts.installed],
    fixedVersion: facts.fixed, matchState: facts.fixed === null ? 'affected-no-fix' : 'affected-fix-available', state, verdict, fixedInImage: firstImage ?? null,
    fixedInKubernetes: facts.cure === 'kubernetes' ? '1.26.5' : null, nodes: assessedNodes(pool), firstSeenAt: at(-(facts.seen ?? 28) * day), lastSeenAt: at(-25), resolvedAt: resolvedDays === undefined ? null : at(-resolvedDays * day),
  };
}

/** Every finding of a pool; none of one that nobody could read. */
const findingsOf = (pool: PoolFacts): readonly Finding[] =>
  assessedNodes(pool) === 0
    ? []
    : [
        ...cves.filter((facts) => isIn(facts, pool)).map((facts) => findingOf(facts, pool)),
        ...resolved.flatMap(([poolId, cve, days]) => (poolId === pool.id ? cves.filter((facts) => facts.cve === cve).map((facts) => findingOf(facts, pool, days)) : [])),
      ];

/** What the pool would have besides, were it on that image. */
export const introducedBy = (pool: PoolFacts, target: number): readonly Finding[] =>
  cves.filter(({ since, cure }) => since !== undefined && since > pool.image && since <= target && !(typeof cure === 'number' && cure <= target)).map((facts) => findingOf(facts, { ...pool, image: target }));

export const isActive = ({ state }: Finding): boolean => state === 'open' || state === 'reboot-required';
export const poolFindings: ReadonlyMap<string, readonly Finding[]> = new Map(pools.map((pool) => [pool.id, findingsOf(pool)]));
export const cureOf = (cve: string): CveFacts['cure'] | undefined => cves.find((facts) => facts.cve === cve)?.cure;
