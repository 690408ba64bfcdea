import type { Verdict } from '../model/forecast.ts';
import type { NodeMatch } from '../model/match.ts';

/** What a pool could do next; `matches` as they would stand afterwards, undefined where its content is unknown. */
export type Candidate =
  | { readonly kind: 'reboot'; readonly matches: readonly NodeMatch[] }
  | { readonly kind: 'image'; readonly version: string; readonly matches: readonly NodeMatch[] | undefined };

export interface VulnerabilityVerdict {
  readonly vulnerability: string;
  readonly verdict: Verdict;
  /** The first image that is free of it, where the verdict is `fixed-by-image`. */
  readonly image?: string;
}

/**
 * One verdict per vulnerability that a node has now. Candidates stand in the order in which they
 * would be preferred: the reboot first, then images from the oldest to the newest.
 */
export function verdictsOf(now: readonly NodeMatch[], candidates: readonly Candidate[]): VulnerabilityVerdict[] {
  const rows = Map.groupBy(now.filter(isLive), (match) => match.vulnerability);
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
  if (cure?.kind === 'reboot') return { verdict: 'fixed-by-reboot' };
  if (cure !== undefined) return { verdict: 'fixed-by-image', image: cure.version };
  if (outcomes.some(({ left }) => left === undefined || left.get(vulnerability) === 'undetermined')) return { verdict: 'unknown' };
  if (now.some((match) => match.state === 'affected-fix-available')) return { verdict: 'no-image-yet' };
  return { verdict: now.some((match) => match.state === 'affected-fix-with-subscription') ? 'not-fixable-here' : 'no-vendor-fix' };
}

function whatIsLeft(matches: readonly NodeMatch[]): Left {
  const left = new Map<string, 'affected' | 'undetermined'>();
  for (const { vulnerability, state } of matches.filter(isLive)) {
    if (state === 'undetermined') left.set(vulnerability, left.get(vulnerability) ?? 'undetermined');
    else left.set(vulnerability, 'affected');
  }
  return left;
}

/** Kernels that do not run are not what a node suffers from. */
function isLive(match: NodeMatch): boolean {
  return match.state !== 'not-affected' && (match.kernel === null || match.kernel === 'running');
}
