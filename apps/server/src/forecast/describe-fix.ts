import type { Candidate, FixOverview, ForecastRow, SeverityCounts, Verdict } from '@nodeward/api';
import { cvssScoreOf, type Forecast, type NodeMatch, printedCommands } from '@nodeward/engine';
import { forecastKey } from '../dependencies.ts';
import { describeAutoUpgrade } from '../auto-upgrade/describe.ts';
import type { CandidateForecast } from './candidates.ts';
import type { PoolForecast } from './make-forecast.ts';

/** Keys `rowKey` of the findings of the pool that were resolved before: what comes back is no news. */
export type ResolvedKeys = ReadonlySet<string>;

export function rowKey(row: { readonly packageFamily: string; readonly vulnerability: string }): string {
  return forecastKey(row.packageFamily, row.vulnerability);
}

/** The node pool overview behind 修正. */
export function describeFix(pool: PoolForecast, resolved: ResolvedKeys): FixOverview {
  const { state } = pool;
  return {
    poolId: state.poolId,
    pool: state.pool,
    clusterId: state.clusterId,
    cluster: state.cluster,
    currentImage: state.image,
    kubernetesVersion: state.kubernetesVersion,
    controlPlaneVersion: state.controlPlaneVersion,
    autoUpgrade: describeAutoUpgrade(state.autoUpgrade, { changeable: state.canChangeAutoUpgrade, hasWindowsPool: state.windows || state.otherPools.some(({ windows }) => windows) }),
    nodes: state.nodes,
    notAssessedNodes: state.notAssessedNodes,
    grade: state.grade,
    advisoryDatabaseRevision: state.revision,
    dataAsOf: state.dataAsOf?.toISOString() ?? null,
    activeJobId: state.activeJobId,
    verdicts: countVerdicts(pool),
    candidates: pool.candidates.map((candidate) => describeCandidate(pool, candidate, resolved)),
  };
}

function countVerdicts({ verdicts }: PoolForecast): FixOverview['verdicts'] {
  const counts = new Map<Verdict, number>();
  for (const { verdict } of verdicts) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return [...counts].map(([verdict, vulnerabilities]) => ({ verdict, vulnerabilities }));
}

const noRows = { fixed: [], remaining: [], introduced: [], undetermined: [], counts: { now: 0, after: 0, fixed: 0, remaining: 0, introduced: 0, undetermined: 0 } } as const satisfies Forecast;

function describeCandidate(pool: PoolForecast, candidate: CandidateForecast, resolved: ResolvedKeys): Candidate {
  const { fixed, remaining, introduced, undetermined, counts } = candidate.forecast ?? noRows;
  const now = new Map(pool.before.map((row) => [rowKey(row), row.installedVersion]));
  const describe = (row: NodeMatch, why: Partial<Why>): ForecastRow => describeRow(row, now.get(rowKey(row)), { reason: 'none', fixedInImage: null, fixedInKubernetes: null, ...why });
  return {
    kind: candidate.kind,
    target: candidate.target,
    image: candidate.image,
    newest: candidate.newest,
    steps: [...candidate.steps],
    refusal: candidate.refusal,
    executable: candidate.executable,
    commands: commandsOf(pool, candidate),
    unknown: candidate.unknown,
    confidence: candidate.confidence,
    grade: candidate.grade,
    counts,
    fixedSeverities: countSeverities(fixed, [...remaining, ...introduced, ...undetermined]),
    introducedSeverities: countSeverities(introduced, [...fixed, ...remaining, ...undetermined]),
    fixed: fixed.map((row) => describe(row, {})),
    remaining: remaining.map((row) => describe(row, whyItRemains(pool, candidate, row))),
    introduced: introduced.map((row) => describe(row, { reason: resolved.has(rowKey(row)) ? 'returned' : 'new' })),
    undetermined: undetermined.map((row) => describe(row, { reason: 'undetermined' })),
  };
}

/** Where nobody may change anything from here, in the words of the tools of whoever may. */
function commandsOf({ state }: PoolForecast, { executable, steps }: CandidateForecast): Candidate['commands'] {
  if (executable || state.manager === null) return [];
  return printedCommands({ manager: state.manager, coordinates: state.coordinates, steps }).map((command) => ({ ...command, placeholders: [...command.placeholders] }));
}

type Why = Pick<ForecastRow, 'reason' | 'fixedInImage' | 'fixedInKubernetes'>;

/** Looks at the other candidates: the first later one without the row (an image before a Kubernetes version), else the reboot, else nothing yet. */
function whyItRemains(pool: PoolForecast, candidate: CandidateForecast, row: NodeMatch): Partial<Why> {
  const later = pool.candidates.slice(pool.candidates.indexOf(candidate) + 1);
  const cure = later.find(({ matches }) => matches !== undefined && isFree(matches, row));
  if (cure?.kind === 'kubernetes') return { reason: 'kubernetes-needed', fixedInKubernetes: cure.target };
  if (cure !== undefined) return { reason: 'fixed-in-later-image', fixedInImage: cure.target };
  const reboot = pool.candidates.find(({ kind }) => kind === 'reboot');
  if (reboot !== undefined && reboot !== candidate && reboot.matches !== undefined && isFree(reboot.matches, row)) return { reason: 'reboot-needed' };
  return { reason: later.some(({ matches }) => matches === undefined) ? 'none' : 'no-image-yet' };
}

function isFree(matches: readonly NodeMatch[], row: NodeMatch): boolean {
  return !matches.some((match) => rowKey(match) === rowKey(row) && (match.kernel === null || match.kernel === 'running') && match.state !== 'not-affected');
}

/** The version before, or after for what was not there before. */
function describeRow(row: NodeMatch, versionBefore: string | undefined, why: Why): ForecastRow {
  return {
    vulnerability: row.vulnerability,
    packageFamily: row.packageFamily,
    sourcePackage: row.sourcePackage,
    severity: row.severity,
    cvssScore: cvssScoreOf(row.cvss) ?? null,
    installedVersion: versionBefore ?? row.installedVersion,
    fixedVersion: row.fixedVersion,
    ...why,
  };
}

/** CVEs, each once, that stand in no row of `elsewhere`: one that only changes its package family is neither fixed nor new. */
function countSeverities(rows: readonly NodeMatch[], elsewhere: readonly NodeMatch[]): SeverityCounts {
  const other = new Set(elsewhere.map(({ vulnerability }) => vulnerability));
  const counted = new Map(rows.filter(({ vulnerability }) => !other.has(vulnerability)).map(({ vulnerability, severity }) => [vulnerability, severity]));
  const counts = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
  for (const severity of counted.values()) counts[severity] += 1;
  return counts;
}
