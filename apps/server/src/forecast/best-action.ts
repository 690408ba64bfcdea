import type { BestAction } from '@nodeward/api';
import type { CandidateForecast } from './candidates.ts';

/**
 * The candidate that leaves the pool best off. Of equals the reboot, which changes least, then the newest image, then the
 * nearest Kubernetes version; one that no safe order of steps leads to is none.
 */
export function bestActionOf(candidates: readonly CandidateForecast[]): BestAction | null {
  const known = candidates.flatMap((candidate) => (candidate.forecast === null || candidate.refusal !== null ? [] : [{ ...candidate, counts: candidate.forecast.counts }]));
  const of = (kind: CandidateForecast['kind']): typeof known => known.filter((candidate) => candidate.kind === kind);
  const inOrder = [...of('reboot'), ...of('node-image').toReversed(), ...of('kubernetes')];
  const gain = ({ counts }: (typeof known)[number]): number => counts.fixed - counts.introduced;
  const best = inOrder.reduce<(typeof known)[number] | undefined>((leader, candidate) => (leader === undefined || gain(candidate) > gain(leader) ? candidate : leader), undefined);
  if (best === undefined || best.counts.fixed === 0) return null;
  const { fixed, remaining, introduced } = best.counts;
  return { kind: best.kind, target: best.target, fixed, remaining, introduced };
}
