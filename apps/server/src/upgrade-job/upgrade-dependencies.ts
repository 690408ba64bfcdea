import type { Dependencies } from '../dependencies.ts';
import type { PoolForecasts } from '../forecast/forecasts.ts';

export interface UpgradeDependencies extends Dependencies {
  readonly poolForecasts: PoolForecasts;
  /** The provider starts one operation per key: the job's own id and the step, so that a repeated call finds the first one. */
  readonly idempotencyKey: (jobId: string, step: number) => string;
}
