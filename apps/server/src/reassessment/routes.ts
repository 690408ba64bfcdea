import type { Reassessment } from '@nodeward/api';
import { expireImageReadings } from '../assessment/image-reading.ts';
import { queueAssessments, startQueued } from '../assessment/start-assessments.ts';
import { finishReassessment } from '../assessment/store.ts';
import { isConnectionPaused, poolsOfConnection } from '../connection/store.ts';
import { syncConnection } from '../connection/sync-connection.ts';
import type { Dependencies } from '../dependencies.ts';
import { ConflictError, NotFoundError } from '../http/errors.ts';
import type { Handlers } from '../http/handlers.ts';
import { isScanningOn } from '../plan/store.ts';
import { cancelReassessment, createReassessment, findReassessment, findScope, listReassessments, nodesInScope, type ReassessmentScope } from './store.ts';

type ReassessmentHandlers = Pick<
  Handlers,
  'reassessNode' | 'reassessPool' | 'reassessConnection' | 'listReassessments' | 'getReassessment' | 'cancelReassessment'
>;

const shownReassessments = 50;

export function reassessmentHandlers(deps: Dependencies): ReassessmentHandlers {
  return {
    reassessNode: ({ parameters: { nodeId } }) => reassess(deps, 'node', nodeId),
    reassessPool: ({ parameters: { poolId } }) => reassess(deps, 'pool', poolId),
    reassessConnection: ({ parameters: { connectionId } }) => reassess(deps, 'connection', connectionId),
    listReassessments: async () => ({ reassessments: await listReassessments(deps.db, shownReassessments) }),
    getReassessment: ({ parameters: { reassessmentId } }) => need(deps, reassessmentId),
    async cancelReassessment({ parameters: { reassessmentId } }) {
      await need(deps, reassessmentId);
      await cancelReassessment(deps.db, reassessmentId, deps.clock());
      deps.events.publish({ type: 'reassessment', reassessmentId });
      return need(deps, reassessmentId);
    },
  };
}

async function reassess(deps: Dependencies, kind: ReassessmentScope['kind'], id: string): Promise<Reassessment> {
  const asked = await needScope(deps, kind, id);
  if (!(await isScanningOn(deps.db))) throw new ConflictError('agentless scanning is switched off in every plan');
  if (await isConnectionPaused(deps.db, asked.connectionId)) throw new ConflictError('the connection is paused: resume it to assess its nodes');
  // what there is now, so that the evidence is the newest; a provider that fails leaves what was known
  await syncConnection(deps, asked.connectionId, { assess: false });
  const scope = await needScope(deps, kind, id);
  const reassessmentId = deps.newId();
  const at = deps.clock();
  const queued = await deps.db.transaction().execute(async (transaction) => {
    const nodeIds = await nodesInScope(transaction, scope);
    await createReassessment(transaction, reassessmentId, scope, nodeIds.length, at);
    const assessments = await queueAssessments(transaction, nodeIds, { trigger: 'manual', at, key: reassessmentId, reassessmentId });
    await finishReassessment(transaction, reassessmentId, at);
    return assessments;
  });
  // they are written down: `resumeAssessments` starts them soon
  await startQueued(queued).catch((error: unknown) => deps.log.error({ error, reassessmentId }, 'assessments could not be started at once'));
  await expireImageReadings(deps.db, kind === 'pool' ? [scope.id] : kind === 'connection' ? await poolsOfConnection(deps.db, scope.id) : []);
  deps.events.publish({ type: 'reassessment', reassessmentId });
  return need(deps, reassessmentId);
}

async function needScope(deps: Dependencies, kind: ReassessmentScope['kind'], id: string): Promise<ReassessmentScope> {
  const scope = await findScope(deps.db, kind, id);
  if (scope === undefined) throw new NotFoundError(kind === 'pool' ? 'node pool' : kind, id);
  return scope;
}

async function need(deps: Dependencies, id: string): Promise<Reassessment> {
  const found = await findReassessment(deps.db, id);
  if (found === undefined) throw new NotFoundError('reassessment', id);
  return found;
}
