import type { Finding, FindingList, FindingState, Verdict } from '@nodeward/api';
import { type Assessment, compareByRisk, cvssScoreOf, isLive, type MatchState, newestKernelRelease, type NodeMatch, riskScore, severityRank } from '@nodeward/engine';

interface FindingFilter {
  readonly state: 'active' | 'no-fix' | 'undetermined' | 'resolved' | 'all';
  readonly search?: string;
}

/** One disk or list in the shape that the API gives for a node pool; it has no past, so all was first seen now. */
export function findingsDocument(assessment: Assessment, filter: FindingFilter, now: Date): FindingList {
  const carried = assessment.matches.filter((match) => match.state !== 'not-affected' && isLive(match));
  const cured = curedByBoot(assessment);
  const findings = [...Map.groupBy(carried, keyOf).values()]
    .map((matches) => matches.toSorted(mostAskingFirst))
    .toSorted(([a], [b]) => (a === undefined || b === undefined ? 0 : compareByRisk(a, b)))
    .flatMap((matches) => toFinding(matches, cured, now))
    .filter((finding) => isWanted(finding, filter));
  return { findings, vulnerabilities: new Set(findings.map(({ vulnerability }) => vulnerability)).size, total: findings.length, nextCursor: null };
}

function keyOf({ packageFamily, vulnerability }: NodeMatch): string {
  return `${packageFamily}\n${vulnerability}`;
}

/** Of the rows of one finding, the one that asks most of somebody stands for it, as in the server. */
const stateOrder = ['affected-fix-available', 'undetermined', 'affected-fix-with-subscription', 'affected-no-fix', 'deferred', 'not-affected'] as const satisfies readonly MatchState[];

function mostAskingFirst(a: NodeMatch, b: NodeMatch): number {
  return stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state) || severityRank(b.severity) - severityRank(a.severity)
    || byText(a.sourcePackage, b.sourcePackage) || byText(a.installedVersion, b.installedVersion);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The next boot runs the newest kernel image: whether that is another than the running one, and free of the vulnerability. */
function curedByBoot({ inventory, matches }: Assessment): (match: NodeMatch) => boolean {
  const newest = newestKernelRelease(inventory?.packages ?? []);
  const left = new Set(matches.filter(({ kernelRelease }) => kernelRelease === newest).map(keyOf));
  return (match) => match.kernel === 'running' && newest !== undefined && match.kernelRelease !== newest && !left.has(keyOf(match));
}

function toFinding(matches: readonly NodeMatch[], cured: (match: NodeMatch) => boolean, now: Date): readonly Finding[] {
  const [match] = matches;
  if (match === undefined) return [];
  const cvssScore = cvssScoreOf(match.cvss) ?? null;
  const { state, severity, exploited, epss } = match;
  const findingState = stateOf(state, matches.filter((row) => row.state === 'affected-fix-available').every(cured));
  return [
    {
      id: `${match.packageFamily}:${match.vulnerability}`,
      vulnerability: match.vulnerability,
      packageFamily: match.packageFamily,
      sourcePackage: match.sourcePackage,
      severity,
      severitySource: match.severitySource,
      cvssScore,
      exploited,
      epss,
      riskScore: score({ severity, cvssScore, exploited, epss, state }),
      factClass: match.factClass,
      component: match.component,
      installedVersions: [...new Set(matches.map(({ installedVersion }) => installedVersion))].toSorted(),
      fixedVersion: match.fixedVersion,
      matchState: state,
      state: findingState,
      verdict: verdictOf(state, findingState),
      fixedInImage: null,
      fixedInKubernetes: null,
      nodes: 1,
      firstSeenAt: now.toISOString(),
      lastSeenAt: now.toISOString(),
      resolvedAt: null,
    },
  ];
}

function score(signals: Parameters<typeof riskScore>[0]): Finding['riskScore'] {
  const { value, parts, isLowerBound } = riskScore(signals);
  return { value, parts: parts.map((part) => ({ ...part })), isLowerBound };
}

function stateOf(state: MatchState, isCuredByBoot: boolean): FindingState {
  if (state === 'affected-fix-available') return isCuredByBoot ? 'reboot-required' : 'open';
  return state === 'undetermined' ? 'undetermined' : 'no-fix';
}

/** Without candidates only a boot is known to end anything. */
function verdictOf(matchState: MatchState, state: FindingState): Verdict {
  if (state === 'reboot-required') return 'fixed-by-reboot';
  if (matchState === 'affected-fix-with-subscription') return 'not-fixable-here';
  return state === 'no-fix' ? 'no-vendor-fix' : 'unknown';
}

function isWanted(finding: Finding, { state, search }: FindingFilter): boolean {
  const text = search?.toLowerCase();
  if (text !== undefined && ![finding.vulnerability, finding.packageFamily, finding.sourcePackage].some((name) => name.toLowerCase().includes(text))) return false;
  if (state === 'all') return true;
  return state === 'active' ? finding.state === 'open' || finding.state === 'reboot-required' : finding.state === state;
}
