import { DBOS } from '@dbos-inc/dbos-sdk';
import { DomainError } from '@nodeward/engine';
import { ProviderBusyError } from '@nodeward/providers';
import type { Dependencies } from '../dependencies.ts';
import { beginGroup, concludeGroup, dissolveGroup, failGroup, type GroupOutcome, readGroup } from './assess-group.ts';
import { type AssessmentOutcome, beginAssessment, concludeFailed, concludeRead, matchAssessment, readAssessment } from './assess-node.ts';

/** Partitioned by connection: one slow environment does not hold up the others. */
export const assessmentQueue = 'assessments';

/** Recovered workflows run as soon as DBOS is launched, so what they need is handed over before. */
let dependencies: Dependencies | undefined;

function given(): Dependencies {
  if (dependencies === undefined) throw new Error('the assessment workflow has been started before it was given its dependencies');
  return dependencies;
}

const patience = { retriesAllowed: true, maxAttempts: 4, intervalSeconds: 1, backoffRate: 3, shouldRetry: isPassing } as const;

/** An expected refusal will be the same the next time; a busy provider and a lost database connection will not. */
function isPassing(error: unknown): boolean {
  return !(error instanceof DomainError) || error instanceof ProviderBusyError || error.code === 'ECONNRESET';
}

/**
 * One disk read. Every step is repeated after a crash in its middle, and writes the same rows again. The id of the
 * workflow is the id of the assessment.
 */
async function assessNode(id: string): Promise<void> {
  const deps = given();
  try {
    if (!(await DBOS.runStep(() => beginAssessment(deps, id), { name: 'begin', ...patience }))) return;
    const outcome: AssessmentOutcome = await DBOS.runStep(() => readAssessment(deps, id), { name: 'read', ...patience });
    if (outcome.kind === 'read' && outcome.inventoryId !== null) await DBOS.runStep(() => matchAssessment(deps, id), { name: 'match', ...patience });
    await DBOS.runStep(() => concludeRead(deps, id, outcome), { name: 'conclude', ...patience });
  } catch (error) {
    deps.log.error({ assessment: id, error: String(error) }, 'an assessment failed');
    await DBOS.runStep(() => concludeFailed(deps, [id], error instanceof Error ? error.message : String(error)), { name: 'fail', ...patience });
  }
}

/** What `DBOS.startWorkflow` is given. */
export const startAssessNode = DBOS.registerWorkflow(assessNode, { name: 'assess-node', maxRecoveryAttempts: 50 });

/** One reading for all nodes of a group; none of them has a workflow of its own. The id of the workflow is the id of the group. */
async function assessGroup(groupId: string, connectionId: string): Promise<void> {
  const deps = given();
  try {
    const ids = await DBOS.runStep(() => beginGroup(deps, groupId), { name: 'begin', ...patience });
    const [first] = ids;
    if (first === undefined) return;
    const outcome: GroupOutcome = await DBOS.runStep(() => readGroup(deps, ids), { name: 'read', ...patience });
    if (outcome.kind === 'each') {
      await DBOS.runStep(() => dissolveGroup(deps, ids), { name: 'dissolve', ...patience });
      for (const id of ids) await DBOS.startWorkflow(startAssessNode, { workflowID: id, queueName: assessmentQueue, enqueueOptions: { queuePartitionKey: connectionId } })(id);
      return;
    }
    if (outcome.kind === 'read' && outcome.inventoryId !== null) await DBOS.runStep(() => matchAssessment(deps, first), { name: 'match', ...patience });
    await DBOS.runStep(() => concludeGroup(deps, ids, outcome), { name: 'conclude', ...patience });
  } catch (error) {
    deps.log.error({ group: groupId, error: String(error) }, 'the assessments of a group failed');
    await DBOS.runStep(() => failGroup(deps, groupId, error instanceof Error ? error.message : String(error)), { name: 'fail', ...patience });
  }
}

export const startAssessGroup = DBOS.registerWorkflow(assessGroup, { name: 'assess-group', maxRecoveryAttempts: 50 });

/** Before `DBOS.launch`. */
export function registerAssessNode(deps: Dependencies): void {
  dependencies = deps;
}

/** After `DBOS.launch`: at most so many disks of one connection are read at once. */
export async function openAssessmentQueue(perConnection: number): Promise<void> {
  await DBOS.registerQueue(assessmentQueue, { partitionConcurrency: perConnection, minPollingIntervalMs: 200, onConflict: 'always_update' });
}
