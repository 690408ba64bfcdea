import { inTransaction } from '../database/in-transaction.ts';
import { ConflictError, InvalidRequestError } from '../http/errors.ts';
import type { Handlers } from '../http/handlers.ts';
import { describeJob, listJobs } from './describe-job.ts';
import { poolContext } from './pool-context.ts';
import { publishJob } from './publish-job.ts';
import { addEvents, getJob, insertJob, type NewJob } from './store.ts';
import type { UpgradeDependencies } from './upgrade-dependencies.ts';
import { startUpgradeJob } from './workflow.ts';

type UpgradeJobHandlers = Pick<Handlers, 'startUpgradeJob' | 'retryUpgradeJob' | 'listUpgradeJobs' | 'getUpgradeJob'>;

export function upgradeJobHandlers(deps: UpgradeDependencies): UpgradeJobHandlers {
  const create = async (job: Pick<NewJob, 'poolId' | 'kind' | 'target' | 'acknowledged' | 'retryOf'>) => {
    const id = deps.newId();
    const at = deps.clock();
    const { image } = await poolContext(deps.db, job.poolId);
    await inTransaction(deps.db, async (db) => {
      await insertJob(db, { ...job, id, fromImage: image, at });
      await addEvents(db, id, [{ code: job.retryOf === null ? 'created' : 'retried', at }]);
    });
    await deps.failpoint('upgrade:after-create');
    // the job is written down: `resumeUpgradeJobs` starts it soon
    await startUpgradeJob(id).catch((error: unknown) => deps.log.error({ error, jobId: id }, 'an upgrade job could not be started at once'));
    publishJob(deps, { id, pool_id: job.poolId }, 'draft');
    return describeJob(deps.db, id);
  };
  return {
    startUpgradeJob: async ({ parameters: { poolId }, body }) => {
      if (body.kind === 'reboot' && body.target !== null) throw new InvalidRequestError('a reboot has no target', [{ path: 'body.target', message: 'must be null' }]);
      if (body.kind !== 'reboot' && body.target === null) throw new InvalidRequestError('the target is missing', [{ path: 'body.target', message: 'required' }]);
      return create({ poolId, ...body, retryOf: null });
    },
    retryUpgradeJob: async ({ parameters: { jobId } }) => {
      const job = await getJob(deps.db, jobId);
      if (job.state !== 'failed' && job.state !== 'preflight-failed') throw new ConflictError('only a failed job can be run again');
      return create({ poolId: job.pool_id, kind: job.kind, target: job.target, acknowledged: job.acknowledged, retryOf: jobId });
    },
    listUpgradeJobs: ({ query: { state } }) => listJobs(deps.db, state),
    getUpgradeJob: async ({ parameters: { jobId } }) => describeJob(deps.db, jobId),
  };
}
