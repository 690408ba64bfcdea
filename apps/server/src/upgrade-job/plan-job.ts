import { bareVersion } from '../assessment/image-targets.ts';
import type { CandidateForecast } from '../forecast/candidates.ts';
import type { PoolContext } from './pool-context.ts';
import type { JobRow } from './store.ts';

export type JobPlan = Pick<CandidateForecast, 'steps' | 'refusal'> & { /** That the pool ends with; null where nobody can say. */ readonly image: string | null };

/** The candidate's plan; what it no longer offers because the pool is half way there is gone on with. */
export function planJob(job: Pick<JobRow, 'kind' | 'target'>, pool: PoolContext, candidate: CandidateForecast | undefined): JobPlan {
  if (candidate !== undefined) return candidate;
  if (job.kind === 'kubernetes' && !isHalfWay(job, pool)) {
    return { steps: [], refusal: { code: 'not-offered', detail: job.target ?? '' }, image: null };
  }
  return { steps: [{ kind: job.kind, target: job.target }], refusal: null, image: pool.image };
}

/** The pool says that it runs the target already, and some node does not: an upgrade that stopped. */
export function isHalfWay({ kind, target }: Pick<JobRow, 'kind' | 'target'>, pool: PoolContext): boolean {
  if (kind === 'node-image') return target === pool.image && pool.nodes.some(({ image }) => image !== target);
  if (kind !== 'kubernetes' || target === null || target !== bareVersion(pool.kubernetesVersion ?? '')) return false;
  return pool.nodes.some(({ image, kubeletVersion }) => image !== pool.image || (kubeletVersion !== null && bareVersion(kubeletVersion) !== target));
}
