import type { BestAction, Candidate, EvidenceGrade, OperationKind } from '@nodeward/api';
import { type Forecast, forecast, type NodeMatch, notToldBy, type VulnerabilityVerdict, verdictsOf } from '@nodeward/engine';
import { ensureImageReadings } from '../assessment/image-reading.ts';
import { imageMatches, type PoolMatch, poolMatches } from '../assessment/pool-matches.ts';
import { type Dependencies, forecastKey, type Forecasts, type ForecastVerdict } from '../dependencies.ts';
import { afterReboot, isRebootUseful } from './after-reboot.ts';
import { type PoolState, poolState } from './pool-state.ts';

/** One thing that could be done to a pool, with what is known of its effect. */
export interface CandidateForecast {
  readonly kind: OperationKind;
  /** Image name; null for a reboot. */
  readonly target: string | null;
  readonly newest: boolean;
  readonly executable: boolean;
  readonly confidence: Candidate['confidence'];
  readonly grade: EvidenceGrade | null;
  /** Exactly one of the two is set. */
  readonly forecast: Forecast | null;
  readonly unknown: Candidate['unknown'];
  /** As they would stand afterwards; undefined where unknown. */
  readonly matches: readonly NodeMatch[] | undefined;
}

export interface PoolForecast {
  readonly state: PoolState;
  /** As they stand now. */
  readonly before: readonly PoolMatch[];
  /** The reboot first, then images from the oldest to the newest. */
  readonly candidates: readonly CandidateForecast[];
  readonly verdicts: readonly VulnerabilityVerdict[];
}

/** The forecasts of one pool, whole. */
export interface PoolForecasts {
  /** Reads the images that nobody has read yet, and waits for them. */
  forPool(poolId: string): Promise<PoolForecast>;
}

type ForecastDependencies = Omit<Dependencies, 'forecasts'>;

const maxCachedPools = 1000;
/** A list does not have the same images read again sooner: what it told could otherwise ask for the next look at once. */
const readAgainMs = 60_000;

/**
 * Forecasts are made from stored matches alone and kept as long as these stay the same: the pool's
 * match sets, its candidates, what is known of their images.
 */
export function createForecasts(deps: ForecastDependencies): Forecasts & PoolForecasts {
  const cache = new Map<string, PoolForecast>();
  const readings = new Map<string, Promise<void>>();
  const askedAt = new Map<string, number>();

  const readImages = async (poolId: string): Promise<void> => {
    const running = readings.get(poolId) ?? ensureImageReadings(deps, poolId).finally(() => readings.delete(poolId));
    readings.set(poolId, running);
    return running;
  };
  const current = async (poolId: string): Promise<PoolForecast> => {
    const state = await poolState(deps.db, poolId, deps.clock());
    const cached = cache.get(poolId);
    if (cached?.state.fingerprint === state.fingerprint) return { ...cached, state };
    const made = await makeForecast(deps, state);
    cache.delete(poolId);
    cache.set(poolId, made);
    const oldest = cache.keys().next();
    if (cache.size > maxCachedPools && oldest.done !== true) cache.delete(oldest.value);
    return made;
  };
  /** For lists, which do not wait: what is missing is read meanwhile, and an event tells of it. */
  const atOnce = async (poolId: string): Promise<PoolForecast> => {
    const made = await current(poolId);
    const now = deps.clock().getTime();
    if (made.state.staleImages.length > 0 && now - (askedAt.get(poolId) ?? 0) > readAgainMs) {
      askedAt.set(poolId, now);
      readImages(poolId).then(
        () => deps.events.publish({ type: 'pool', poolId }),
        (error: unknown) => deps.log.error({ error, poolId }, 'node images could not be read'),
      );
    }
    return made;
  };

  return {
    async forPool(poolId) {
      const made = await current(poolId);
      if (made.state.staleImages.length === 0) return made;
      await readImages(poolId);
      return current(poolId);
    },
    async bestAction(poolId) {
      const { candidates } = await atOnce(poolId);
      return { action: bestActionOf(candidates), known: candidates.every(({ unknown }) => unknown === null) };
    },
    verdicts: async (poolId) => verdictsByRow(await atOnce(poolId)),
  };
}

export function verdictsByRow({ before, verdicts }: PoolForecast): ReadonlyMap<string, ForecastVerdict> {
  const told = new Map(verdicts.map(({ vulnerability, verdict, image }): [string, ForecastVerdict] => [vulnerability, { verdict, fixedInImage: image ?? null }]));
  const rows = new Map<string, ForecastVerdict>();
  for (const { packageFamily, vulnerability } of before) {
    const verdict = told.get(vulnerability);
    if (verdict !== undefined) rows.set(forecastKey(packageFamily, vulnerability), verdict);
  }
  return rows;
}

async function makeForecast(deps: ForecastDependencies, state: PoolState): Promise<PoolForecast> {
  const before = await poolMatches(deps.db, state.poolId);
  const images = await Promise.all(state.newerImages.map((image, index) => imageCandidate(deps, state, before, image, index === state.newerImages.length - 1)));
  const candidates = [...rebootCandidate(state, before), ...images];
  const verdicts = verdictsOf(before, candidates.map(({ target, matches }) => (target === null ? { kind: 'reboot', matches: matches ?? [] } : { kind: 'image', version: target, matches })));
  return { state, before, candidates, verdicts };
}

function rebootCandidate(state: PoolState, before: readonly PoolMatch[]): readonly CandidateForecast[] {
  if (!isRebootUseful(before)) return [];
  const matches = afterReboot(before);
  return [
    {
      kind: 'reboot',
      target: null,
      newest: false,
      executable: canDo(state, 'reboot'),
      confidence: state.notAssessedNodes === 0 ? 'high' : 'low',
      grade: state.grade,
      forecast: forecast(before, matches),
      unknown: null,
      matches,
    },
  ];
}

async function imageCandidate(deps: ForecastDependencies, state: PoolState, before: readonly PoolMatch[], image: string, newest: boolean): Promise<CandidateForecast> {
  const base = { kind: 'node-image', target: image, newest, executable: canDo(state, 'node-image') } as const;
  const told = state.assessedNodes === 0 ? notAssessed : await imageMatches(deps.db, state.poolId, image);
  if (told.kind === 'unknown') return { ...base, confidence: 'low', grade: null, forecast: null, unknown: { code: told.code, detail: told.detail }, matches: undefined };
  const confidence = confidenceOf(told.grade, told.complete && state.notAssessedNodes === 0);
  // What the image's evidence could not read is not fixed by it.
  const matches = [...told.matches, ...notToldBy(told, before, ['affected-fix-available'])];
  return { ...base, confidence, grade: told.grade, forecast: forecast(before, matches), unknown: null, matches };
}

const notAssessed = { kind: 'unknown', code: 'not-assessed', detail: 'no node of the pool has been assessed' } as const;

function canDo(state: PoolState, kind: OperationKind): boolean {
  return state.canUpgrade && state.operations.includes(kind);
}

/** A publisher's list says what the image should hold; a disk shows what it holds. */
function confidenceOf(grade: EvidenceGrade, complete: boolean): Candidate['confidence'] {
  if (!complete) return 'low';
  return grade === 'manifest' || grade === 'node-status' ? 'medium' : 'high';
}

/** The candidate that leaves the pool best off; of equals the reboot, which changes least, then the newest image. */
function bestActionOf(candidates: readonly CandidateForecast[]): BestAction | null {
  const known = candidates.flatMap((candidate) => (candidate.forecast === null ? [] : [{ ...candidate, counts: candidate.forecast.counts }]));
  const inOrder = [...known.filter(({ kind }) => kind === 'reboot'), ...known.filter(({ kind }) => kind !== 'reboot').toReversed()];
  const gain = ({ counts }: (typeof known)[number]): number => counts.fixed - counts.introduced;
  const best = inOrder.reduce<(typeof known)[number] | undefined>((leader, candidate) => (leader === undefined || gain(candidate) > gain(leader) ? candidate : leader), undefined);
  if (best === undefined || best.counts.fixed === 0) return null;
  const { fixed, remaining, introduced } = best.counts;
  return { kind: best.kind, target: best.target, fixed, remaining, introduced };
}
