import type { EvidenceGrade } from '@nodeward/api';
import type { Forecast, NodeMatch } from '@nodeward/engine';
import { ensureImageReadings } from '../assessment/image-reading.ts';
import { bareVersion, type ImageTarget } from '../assessment/image-targets.ts';
import { createMatchRows } from '../assessment/match-rows.ts';
import { knownSources, setsOf, standingsOf, storedImages } from '../assessment/pool-matches.ts';
import type { PredictedRows, RowKey } from '../database/schema.ts';
import { type BestKnownAction, type Dependencies, forecastKey, type Forecasts, type ForecastVerdict, type Foretold } from '../dependencies.ts';
import { NotFoundError } from '../http/errors.ts';
import { bestActionOf } from './best-action.ts';
import type { CandidateForecast } from './candidates.ts';
import { type ForecastMaterial, makeForecast, type PoolForecast } from './make-forecast.ts';
import { type PoolState, poolStates } from './pool-state.ts';

/** The forecasts of one pool, whole. */
export interface PoolForecasts {
  /** Reads the images that nobody has read yet, and waits for them. */
  forPool(poolId: string): Promise<PoolForecast>;
}

/** The grades that only repeat what a publisher says. */
export function isPublishedList(grade: EvidenceGrade | null): boolean {
  return grade === 'manifest' || grade === 'node-status';
}

type ForecastDependencies = Omit<Dependencies, 'forecasts'>;

const maxCachedPools = 500;
/** Whole forecasts in memory at once, where only a part of each is asked for. */
const foretoldAtOnce = 50;
/** A list does not have the same images read again sooner: what it told could otherwise ask for the next look at once. */
const readAgainMs = 10_000;

interface Summary extends BestKnownAction {
  readonly fingerprint: string;
}

/**
 * Forecasts are made from stored matches alone and kept as long as these stay the same: the pool's
 * match sets, its candidates, what is known of their images.
 */
export function createForecasts(deps: ForecastDependencies): Forecasts & PoolForecasts {
  const cache = new Map<string, PoolForecast>();
  const summaries = new Map<string, Summary>();
  const rows = createMatchRows(deps.db);
  const readInBackground = createBackgroundReader(deps);

  /** A few queries, however many pools they are. */
  const make = async (states: readonly PoolState[]): Promise<readonly PoolForecast[]> => {
    if (states.length === 0) return [];
    const material = await gather(states.map(({ poolId }) => poolId));
    return states.map((state) => {
      const made = makeForecast(state, material);
      cache.delete(state.poolId);
      cache.set(state.poolId, made);
      const oldest = cache.keys().next();
      if (cache.size > maxCachedPools && oldest.done !== true) cache.delete(oldest.value);
      return made;
    });
  };
  const gather = async (poolIds: readonly string[]): Promise<ForecastMaterial> => {
    const [standings, images] = await Promise.all([standingsOf(deps.db, poolIds), storedImages(deps.db, poolIds)]);
    const sets = [...setsOf(standings), ...images.flatMap(({ matchSetId }) => matchSetId ?? [])];
    const [setRows, sources] = await Promise.all([rows.ofSets(sets), knownSources(deps.db, images)]);
    return { standings: Map.groupBy(standings, ({ poolId }) => poolId), images: Map.groupBy(images, ({ poolId }) => poolId), rows: setRows, sources };
  };
  /** Of those that are live. */
  const currentOf = async (poolIds: readonly string[]): Promise<readonly PoolForecast[]> => {
    const states = await poolStates(deps.db, poolIds, deps.clock());
    const kept = states.flatMap((state) => cachedOf(cache, state));
    return [...kept, ...(await make(states.filter((state) => cachedOf(cache, state).length === 0)))];
  };
  const current = async (poolId: string): Promise<PoolForecast> => {
    const [made] = await currentOf([poolId]);
    if (made === undefined) throw new NotFoundError('node pool', poolId);
    return made;
  };

  return {
    async forPool(poolId) {
      const made = await current(poolId);
      if (made.state.staleImages.length === 0) return made;
      await ensureImageReadings(deps, poolId);
      return current(poolId);
    },
    async bestActions(poolIds) {
      const states = await poolStates(deps.db, poolIds, deps.clock());
      readInBackground(states);
      const changed = states.filter(({ poolId, fingerprint }) => summaries.get(poolId)?.fingerprint !== fingerprint);
      for (const { state, candidates } of await make(changed)) {
        summaries.set(state.poolId, { fingerprint: state.fingerprint, action: bestActionOf(candidates), known: candidates.every(({ unknown }) => unknown === null) });
      }
      return new Map(states.flatMap(({ poolId }) => {
        const summary = summaries.get(poolId);
        return summary === undefined ? [] : [[poolId, { action: summary.action, known: summary.known }]];
      }));
    },
    foretold: (targets) => foretoldOfAll(targets, currentOf),
    async verdicts(poolId) {
      const made = await current(poolId);
      readInBackground([made.state]);
      return verdictsByRow(made);
    },
  };
}

function cachedOf(cache: ReadonlyMap<string, PoolForecast>, state: PoolState): readonly PoolForecast[] {
  const cached = cache.get(state.poolId);
  return cached?.state.fingerprint === state.fingerprint ? [{ ...cached, state }] : [];
}

type Targets = Parameters<Forecasts['foretold']>[0];

async function foretoldOfAll(targets: Targets, forecastsOf: (poolIds: readonly string[]) => Promise<readonly PoolForecast[]>): ReturnType<Forecasts['foretold']> {
  const told = new Map<string, Foretold>();
  const poolIds = [...targets.keys()];
  for (let first = 0; first < poolIds.length; first += foretoldAtOnce) {
    for (const made of await forecastsOf(poolIds.slice(first, first + foretoldAtOnce))) {
      const found = foretoldOf(made, targets.get(made.state.poolId));
      if (found !== undefined) told.set(made.state.poolId, found);
    }
  }
  return told;
}

function foretoldOf({ before, candidates }: PoolForecast, target: ImageTarget | undefined): Foretold | undefined {
  if (target === undefined) return undefined;
  const { image, kubelet } = target;
  const found = candidates.find((candidate) => candidate.image === image && candidate.forecast !== null && kubeletAfter(candidate, kubelet) === kubelet);
  if (found?.forecast == null || found.kind === 'reboot') return undefined;
  return { kind: found.kind, counts: found.forecast.counts, rows: predictedRows(before, found.forecast) };
}

/** A newer image keeps the kubelet that the pool runs. */
function kubeletAfter({ kind, target }: CandidateForecast, kept: string): string {
  return kind === 'kubernetes' ? bareVersion(target ?? '') : kept;
}

/** As the ledger compares them. */
export function predictedRows(before: readonly NodeMatch[], { fixed, remaining, introduced }: Forecast): PredictedRows {
  const keys = (rows: readonly RowKey[]): readonly RowKey[] => rows.map(({ packageFamily, vulnerability }) => ({ packageFamily, vulnerability }));
  return { before, fixed: keys(fixed), remaining: keys(remaining), introduced: keys(introduced) };
}

/** Lists do not wait for images: what is missing is read meanwhile, pool by pool, and an event tells of it. */
function createBackgroundReader(deps: ForecastDependencies): (states: readonly PoolState[]) => void {
  const askedAt = new Map<string, number>();
  let last = Promise.resolve();
  return (states) => {
    const now = deps.clock().getTime();
    for (const { poolId, staleImages } of states) {
      if (staleImages.length === 0 || now - (askedAt.get(poolId) ?? 0) <= readAgainMs) continue;
      askedAt.set(poolId, now);
      last = last
        .then(() => ensureImageReadings(deps, poolId))
        .then(
          () => deps.events.publish({ type: 'pool', poolId }),
          (error: unknown) => deps.log.error({ error, poolId }, 'node images could not be read'),
        );
    }
  };
}

export function verdictsByRow({ before, verdicts }: PoolForecast): ReadonlyMap<string, ForecastVerdict> {
  const told = new Map(
    verdicts.map(({ vulnerability, verdict, image, kubernetes }): [string, ForecastVerdict] => [vulnerability, { verdict, fixedInImage: image ?? null, fixedInKubernetes: kubernetes ?? null }]),
  );
  const rows = new Map<string, ForecastVerdict>();
  for (const { packageFamily, vulnerability } of before) {
    const verdict = told.get(vulnerability);
    if (verdict !== undefined) rows.set(forecastKey(packageFamily, vulnerability), verdict);
  }
  return rows;
}
