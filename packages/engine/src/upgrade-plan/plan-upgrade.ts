import { compareKubernetesVersions, isWithinSkew, type KubernetesVersion, parseKubernetesVersion } from './kubernetes-version.ts';

export interface UpgradePlanRequest {
  readonly kind: 'node-image' | 'kubernetes' | 'reboot';
  /** Image or Kubernetes version; null for a reboot. */
  readonly target: string | null;
  /** Newest image of the present Kubernetes version, where it is wanted before the Kubernetes upgrade. */
  readonly imageFirst?: string | null | undefined;
  readonly pool: {
    readonly name: string;
    /** Kubernetes version; null where nobody knows it. */
    readonly version: string | null;
    readonly image: string;
    /** Kubernetes versions that the environment offers this pool; null where it does not say. */
    readonly offered: readonly string[] | null;
  };
  readonly controlPlane: {
    readonly version: string | null;
    /** Versions that it can move to now: never past the next minor. */
    readonly offered: readonly string[];
  };
  readonly otherPools: readonly { readonly name: string; readonly version: string | null }[];
}

export interface UpgradeStep {
  readonly kind: 'control-plane' | 'node-image' | 'kubernetes' | 'reboot';
  readonly target: string | null;
}

export const planRefusalCodes = ['skips-minor', 'control-plane-not-offered', 'version-skew', 'downgrade', 'not-offered'] as const;
export interface PlanRefusal {
  readonly code: (typeof planRefusalCodes)[number];
  /** Names and versions, never a sentence. */
  readonly detail: string;
}

/** Ordered steps, or why no safe order of steps leads there. */
export type UpgradePlan =
  | { readonly steps: readonly UpgradeStep[]; readonly refusal: null }
  | { readonly steps: readonly []; readonly refusal: PlanRefusal };

/**
 * The order that is safe: the image before Kubernetes, the control plane before the pool, one minor
 * at a time, and after every step no kubelet of the cluster is newer than the control plane or
 * further behind than it may be. A version that nobody knows cannot be shown to be safe: refused.
 */
export function planUpgrade(request: UpgradePlanRequest): UpgradePlan {
  const { kind, target, pool } = request;
  if (kind === 'reboot') return stepsOf([{ kind: 'reboot', target: null }]);
  if (target === null) return refused('not-offered', pool.name);
  if (kind === 'node-image') return target === pool.image ? refused('not-offered', target) : stepsOf([{ kind: 'node-image', target }]);
  return planKubernetes(request, target);
}

function planKubernetes(request: UpgradePlanRequest, targetText: string): UpgradePlan {
  const { pool, imageFirst = null } = request;
  const target = parseKubernetesVersion(targetText);
  const present = parseKubernetesVersion(pool.version ?? '');
  if (target === undefined || (pool.offered !== null && !pool.offered.includes(targetText))) return refused('not-offered', targetText);
  if (present === undefined) return refused('version-skew', `${pool.name} ${pool.version ?? '?'}`);
  if (compareKubernetesVersions(target, present) < 0) return refused('downgrade', `${present.text} → ${target.text}`);
  if (withoutV(target.text) === withoutV(present.text)) return refused('not-offered', targetText);

  const path = controlPlanePath(request.controlPlane, target);
  if ('code' in path) return { steps: [], refusal: path };
  const skewed = skewedPool(request, present, target, path);
  if (skewed !== undefined) return refused('version-skew', skewed);
  return stepsOf([
    ...(imageFirst === null || imageFirst === pool.image ? [] : [{ kind: 'node-image', target: imageFirst } as const]),
    ...path.moves.map(({ text }) => ({ kind: 'control-plane', target: text }) as const),
    { kind: 'kubernetes', target: targetText },
  ]);
}

function withoutV(version: string): string {
  return version.replace(/^v/, '');
}

interface ControlPlanePath {
  readonly from: KubernetesVersion;
  readonly moves: readonly KubernetesVersion[];
}

/** The moves of the control plane after which a pool of `target` is not newer than it. */
function controlPlanePath({ version, offered }: UpgradePlanRequest['controlPlane'], target: KubernetesVersion): ControlPlanePath | PlanRefusal {
  const from = parseKubernetesVersion(version ?? '');
  if (from === undefined) return { code: 'control-plane-not-offered', detail: version ?? '?' };
  if (compareKubernetesVersions(target, from) <= 0) return { from, moves: [] };
  if (target.major !== from.major) return { code: 'skips-minor', detail: `${from.text} → ${target.text}` };
  if (target.minor - from.minor <= 1) {
    return offered.includes(target.text) ? { from, moves: [target] } : { code: 'control-plane-not-offered', detail: target.text };
  }
  return throughMinors(from, offered, target);
}

/**
 * Past the next minor the environment offers nothing until the control plane is there, so only one
 * minor in between can be planned: which patch version of a second one there will be, nobody knows.
 */
function throughMinors(from: KubernetesVersion, offered: readonly string[], target: KubernetesVersion): ControlPlanePath | PlanRefusal {
  const minors = Array.from({ length: target.minor - from.minor - 1 }, (_, index) => from.minor + index + 1);
  const between = minors.map((minor) => newestOf(offered, from.major, minor));
  const known = between.filter((version) => version !== undefined);
  if (known.length < between.length) {
    const code = between[0] === undefined ? 'control-plane-not-offered' : 'skips-minor';
    return { code, detail: `${from.text} → ${target.text}` };
  }
  return { from, moves: [...known, target] };
}

function newestOf(offered: readonly string[], major: number, minor: number): KubernetesVersion | undefined {
  return offered.flatMap((text) => parseKubernetesVersion(text) ?? [])
    .filter((version) => version.major === major && version.minor === minor)
    .toSorted(compareKubernetesVersions)
    .at(-1);
}

/** The first pool that would be out of skew after a step, or whose version nobody knows while the control plane moves. */
function skewedPool({ pool, otherPools }: UpgradePlanRequest, present: KubernetesVersion, target: KubernetesVersion, { from, moves }: ControlPlanePath): string | undefined {
  const pools = [{ name: pool.name, version: present.text }, ...otherPools];
  const afterMoves = moves.flatMap((controlPlane) => pools.map((found) => ({ ...found, controlPlane })));
  const afterAll = { name: pool.name, version: target.text, controlPlane: moves.at(-1) ?? from };
  const skewed = [...afterMoves, afterAll].find(({ version, controlPlane }) => {
    const kubelet = parseKubernetesVersion(version ?? '');
    return kubelet === undefined || !isWithinSkew(kubelet, controlPlane);
  });
  return skewed === undefined ? undefined : `${skewed.name} ${skewed.version ?? '?'}, control plane ${skewed.controlPlane.text}`;
}

function stepsOf(steps: readonly UpgradeStep[]): UpgradePlan {
  return { steps, refusal: null };
}

function refused(code: PlanRefusal['code'], detail: string): UpgradePlan {
  return { steps: [], refusal: { code, detail } };
}
