import { queueAssessments, startQueued } from '../assessment/start-assessments.ts';
import type { Dependencies } from '../dependencies.ts';
import { dueNodes } from './due-assessments.ts';

const askForListsMs = 3_600_000;

/** Queues what is due in a connection; calling it twice queues nothing twice. */
export async function assessDue(deps: Dependencies, connectionId: string): Promise<void> {
  const at = deps.clock();
  const due = await dueNodes(deps.db, connectionId, new Date(at.getTime() - deps.freshnessIntervalHours * 3_600_000), new Date(at.getTime() - askForListsMs));
  const lastQueued = new Map(due.map((node) => [node.nodeId, node.lastQueuedAt]));
  // who was removed and is connected again begins anew, and its workflows of then must not be taken for those of now
  const connection = await deps.db.selectFrom('connection').select('created_at').where('id', '=', connectionId).executeTakeFirst();
  const since = connection?.created_at.getTime() ?? 0;
  for (const trigger of ['first', 'changed', 'scheduled'] as const) {
    const nodeIds = due.filter((node) => node.trigger === trigger).map((node) => node.nodeId);
    if (nodeIds.length > 0) await startQueued(await queueAssessments(deps.db, nodeIds, { trigger, at, key: (nodeId) => `due ${since} ${lastQueued.get(nodeId) ?? 0}` }));
  }
}
