import type { Candidate, EvidenceGrade, OperationKind, PlanStep } from '@nodeward/api';
import { type CoverageEntry, type Forecast, forecast, type NodeMatch, notToldBy, planUpgrade } from '@nodeward/engine';
import { bareVersion } from '../assessment/image-targets.ts';
import type { RowsBySet } from '../assessment/match-rows.ts';
import { type KnownSources, matchesOfImage, type PoolMatch, type StoredImage } from '../assessment/pool-matches.ts';
import { afterReboot, isRebootUseful } from './after-reboot.ts';
import type { PoolState } from './pool-state.ts';

/** One thing that could be done to a pool, with what is known of its effect. */
export interface CandidateForecast {
  readonly kind: OperationKind;
  /** Image name or Kubernetes version; null for a reboot. */
  readonly target: string | null;
  /** That the pool ends with; null for a reboot. */
  readonly image: string | null;
  readonly newest: boolean;
  readonly steps: readonly PlanStep[];
  readonly refusal: Candidate['refusal'];
  readonly executable: boolean;
  readonly confidence: Candidate['confidence'];
  readonly grade: EvidenceGrade | null;
  /** Exactly one of the two is set. */
  readonly forecast: Forecast | null;
  readonly unknown: Candidate['unknown'];
  /** As they would stand afterwards; undefined where unknown. */
  readonly matches: readonly NodeMatch[] | undefined;
}

/** A pool as it stands, and what is known of its images. */
export interface PoolNow {
  readonly state: PoolState;
  readonly before: readonly PoolMatch[];
  /** By fact class. */
  readonly coverage: readonly CoverageEntry[];
  readonly images: readonly StoredImage[];
  readonly rows: RowsBySet;
  readonly sources: KnownSources;
}

type Effect = Pick<CandidateForecast, 'confidence' | 'grade' | 'forecast' | 'unknown' | 'matches'>;

export function rebootCandidate({ state, before }: PoolNow): readonly CandidateForecast[] {
  if (!isRebootUseful(before)) return [];
  const matches = afterReboot(before);
  return [
    {
      kind: 'reboot',
      target: null,
      image: null,
      newest: false,
      ...planOf(state, 'reboot', null, null),
      executable: canDo(state, 'reboot'),
      confidence: state.notAssessedNodes === 0 ? 'high' : 'low',
      grade: state.grade,
      forecast: forecast(before, matches),
      unknown: null,
      matches,
    },
  ];
}

export function imageCandidates(now: PoolNow): readonly CandidateForecast[] {
  const { state } = now;
  return state.newerImages.map((image) => ({
    kind: 'node-image',
    target: image,
    image,
    newest: image === state.newerImages.at(-1),
    ...executable(state, 'node-image', planOf(state, 'node-image', image, null)),
    ...effectOf(now, image, bareVersion(state.kubeletVersion ?? '')),
  }));
}

export function kubernetesCandidates(now: PoolNow, images: readonly CandidateForecast[]): readonly CandidateForecast[] {
  const { state } = now;
  return state.kubernetesUpgrades.map(({ version, image }) => {
    const effect = effectOf(now, image, bareVersion(version));
    return {
      kind: 'kubernetes',
      target: version,
      image,
      newest: version === state.kubernetesUpgrades.at(-1)?.version,
      ...executable(state, 'kubernetes', planOf(state, 'kubernetes', version, imageFirst(images, effect))),
      ...effect,
    };
  });
}

/** The newest image comes first where it fixes something and cannot do it alone. */
function imageFirst(images: readonly CandidateForecast[], { forecast: whole }: Effect): string | null {
  const newest = images.find((image) => image.newest);
  const fixed = newest?.forecast?.counts.fixed ?? 0;
  return newest !== undefined && fixed > 0 && (whole?.counts.fixed ?? 0) > fixed ? newest.target : null;
}

function planOf(state: PoolState, kind: OperationKind, target: string | null, first: string | null): Pick<CandidateForecast, 'steps' | 'refusal'> {
  const { steps, refusal } = planUpgrade({
    kind,
    target,
    imageFirst: first,
    pool: { name: state.pool, version: state.kubernetesVersion, image: state.image, offered: state.kubernetesUpgrades.map(({ version }) => version) },
    controlPlane: { version: state.controlPlaneVersion, offered: state.controlPlaneUpgrades },
    otherPools: state.otherPools,
  });
  return { steps, refusal };
}

function executable(state: PoolState, kind: OperationKind, plan: Pick<CandidateForecast, 'steps' | 'refusal'>): Pick<CandidateForecast, 'steps' | 'refusal' | 'executable'> {
  return { ...plan, executable: plan.refusal === null && canDo(state, kind) };
}

function effectOf({ state, before, coverage, images, rows, sources }: PoolNow, image: string, kubelet: string): Effect {
  const told = state.assessedNodes === 0 ? notAssessed : matchesOfImage(images.find((found) => found.image === image && found.kubelet === kubelet), rows, sources);
  if (told.kind === 'unknown') return { confidence: 'low', grade: null, forecast: null, unknown: { code: told.code, detail: told.detail }, matches: undefined };
  const fixable = ['affected-fix-available'] as const;
  // What the image's evidence could not read is not fixed by it, and what the pool's could not read is not introduced.
  const matches = [...told.matches, ...notToldBy({ ...told, ...(kubelet === '' ? {} : { kubeletVersion: kubelet }) }, before, fixable)];
  const version = state.kubeletVersion;
  const present = { matches: before, coverage, ...(version === null ? {} : { kubeletVersion: version }) };
  const unread = notToldBy(present, told.matches, fixable);
  return {
    confidence: confidenceOf(told.grade, told.complete && state.notAssessedNodes === 0),
    grade: told.grade,
    forecast: forecast([...before, ...unread], matches),
    unknown: null,
    matches,
  };
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
