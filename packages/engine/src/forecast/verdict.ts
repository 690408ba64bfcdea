import type { Verdict } from '../model/forecast.ts';
import { isLive, type NodeMatch } from '../model/match.ts';

export type Confidence = 'high' | 'medium' | 'low';

/** What a pool could do next; `matches` as they would stand afterwards, undefined where its content is unknown. */
export type Candidate = (
  | { readonly kind: 'reboot'; readonly matches: readonly NodeMatch[] }
  | { readonly kind: 'image'; readonly version: string; readonly matches: readonly NodeMatch[] | undefined }
  /** The control plane where it must come first, then the pool, with the newest image for that version. */
  | { readonly kind: 'kubernetes'; readonly version: string; readonly image: string; readonly matches: readonly NodeMatch[] | undefined }
) & {
  /** How well its content is known; passed on to the verdicts that rest on it. */
  readonly confidence?: Confidence;
};

export interface VulnerabilityVerdict {
  readonly vulnerability: string;
  readonly verdict: Verdict;
  /** The first image that is free of it, where the verdict is `fixed-by-image`. */
  readonly image?: string;
  /** The first Kubernetes version that is free of it, where the verdict is `fixed-by-kubernetes`. */
  readonly kubernetes?: string;
  /** Of the candidate that fixes it. */
  readonly confidence?: Confidence;
}

/**
 * One verdict per vulnerability that a node has now. Candidates stand in the order in which they
 * would be preferred: the reboot first, then images from the oldest to the newest, then Kubernetes
 * versions from the oldest to the newest.
 */
export function verdictsOf(now: readonly NodeMatch[], candidates: readonly Candidate[]): VulnerabilityVerdict[] {
  const rows = Map.groupBy(now.filter(isAffected), (match) => match.vulnerability);
  const outcomes = candidates.map((candidate) => ({ candidate, left: candidate.matches === undefined ? undefined : whatIsLeft(candidate.matches) }));
  return [...rows].map(([vulnerability, matches]) => ({ vulnerability, ...verdictOf(vulnerability, matches, outcomes) }));
}

type Left = ReadonlyMap<string, 'affected' | 'undetermined'>;

interface Outcome {
  readonly candidate: Candidate;
  readonly left: Left | undefined;
}

function verdictOf(vulnerability: string, now: readonly NodeMatch[], outcomes: readonly Outcome[]): Omit<VulnerabilityVerdict, 'vulnerability'> {
  if (now.some((match) => match.state === 'undetermined')) return { verdict: 'unknown' };
  const cure = outcomes.find(({ left }) => left !== undefined && !left.has(vulnerability))?.candidate;
  if (cure !== undefined) return { ...cureVerdict(cure), ...(cure.confidence === undefined ? {} : { confidence: cure.confidence }) };
  if (outcomes.some(({ left }) => left === undefined || left.get(vulnerability) === 'undetermined')) return { verdict: 'unknown' };
  return { verdict: verdictWithoutCure(now, outcomes) };
}

function cureVerdict(cure: Candidate): Omit<VulnerabilityVerdict, 'vulnerability'> {
  if (cure.kind === 'reboot') return { verdict: 'fixed-by-reboot' };
  if (cure.kind === 'kubernetes') return { verdict: 'fixed-by-kubernetes', kubernetes: cure.version };
  return { verdict: 'fixed-by-image', image: cure.version };
}

/**
 * No image ever brings another kubelet: its version is the cluster's. Where no Kubernetes version is
 * known that the pool could move to, nobody knows what it would bring.
 */
function verdictWithoutCure(now: readonly NodeMatch[], outcomes: readonly Outcome[]): Verdict {
  const fixable = now.filter((match) => match.state === 'affected-fix-available');
  if (fixable.some(({ packageFamily }) => packageFamily === 'kubelet')) {
    return outcomes.some(({ candidate }) => candidate.kind === 'kubernetes') ? 'not-fixable-here' : 'unknown';
  }
  if (fixable.length > 0) return 'no-image-yet';
  return now.some((match) => match.state === 'affected-fix-with-subscription') ? 'not-fixable-here' : 'no-vendor-fix';
}

function whatIsLeft(matches: readonly NodeMatch[]): Left {
  const left = new Map<string, 'affected' | 'undetermined'>();
  for (const { vulnerability, state } of matches.filter(isAffected)) {
    if (state === 'undetermined') left.set(vulnerability, left.get(vulnerability) ?? 'undetermined');
    else left.set(vulnerability, 'affected');
  }
  return left;
}

function isAffected(match: NodeMatch): boolean {
  return match.state !== 'not-affected' && isLive(match);
}
