import { type CoverageEntry, factClasses, verdictsOf, type VulnerabilityVerdict } from '@nodeward/engine';
import type { RowsBySet } from '../assessment/match-rows.ts';
import { type KnownSources, matchesOfStandings, type PoolMatch, type Standing, type StoredImage } from '../assessment/pool-matches.ts';
import { type CandidateForecast, imageCandidates, kubernetesCandidates, type PoolNow, rebootCandidate } from './candidates.ts';
import type { PoolState } from './pool-state.ts';

export interface PoolForecast {
  readonly state: PoolState;
  /** As they stand now. */
  readonly before: readonly PoolMatch[];
  /** The reboot first, then images from the oldest to the newest, then Kubernetes versions likewise. */
  readonly candidates: readonly CandidateForecast[];
  readonly verdicts: readonly VulnerabilityVerdict[];
}

/** What the forecasts of some pools are made from. */
export interface ForecastMaterial {
  /** By pool. */
  readonly standings: ReadonlyMap<string, readonly Standing[]>;
  readonly images: ReadonlyMap<string, readonly StoredImage[]>;
  readonly rows: RowsBySet;
  readonly sources: KnownSources;
}

export function makeForecast(state: PoolState, { standings, images, rows, sources }: ForecastMaterial): PoolForecast {
  const standing = standings.get(state.poolId) ?? [];
  const before = matchesOfStandings(standing, rows);
  const now: PoolNow = { state, before, coverage: coverageOf(standing, state.assessedNodes), images: images.get(state.poolId) ?? [], rows, sources };
  const newer = imageCandidates(now);
  const candidates = [...rebootCandidate(now), ...newer, ...kubernetesCandidates(now, newer)];
  const verdicts = verdictsOf(
    before,
    candidates.map(({ kind, target, image, matches }) => {
      if (kind === 'kubernetes') return { kind, version: target ?? '', image: image ?? '', matches };
      return kind === 'reboot' ? { kind, matches: matches ?? [] } : { kind: 'image', version: target ?? '', matches };
    }),
  );
  return { state, before, candidates, verdicts };
}

/** A class is told of the pool where every node of which anything is known has read it whole. */
function coverageOf(standing: readonly Standing[], assessedNodes: number): readonly CoverageEntry[] {
  return factClasses.map((factClass) => {
    const whole = standing.filter((found) => found.factClass === factClass).reduce((sum, { wholeNodes }) => sum + wholeNodes, 0);
    return whole >= assessedNodes ? { subject: factClass, state: 'read', reason: 'read' } : { subject: factClass, state: 'unreadable', reason: 'read-error' };
  });
}
