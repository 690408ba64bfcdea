import { queueAssessments, startQueued } from '../assessment/start-assessments.ts';
import type { Dependencies } from '../dependencies.ts';
import { dueNodes } from './due-assessments.ts';

/** Queues what is due in a connection; calling it twice queues nothing twice. */
export async function assessDue(deps: Dependencies, connectionId: string): Promise<void> {
  const at = deps.clock();
  const due = await dueNodes(deps.db, connectionId, new Date(at.getTime() - deps.freshnessIntervalHours * 3_600_000));
  const numbers = new Map(due.map((node) => [node.nodeId, node.assessments]));
  for (const trigger of ['first', 'changed', 'scheduled'] as const) {
    const nodeIds = due.filter((node) => node.trigger === trigger).map((node) => node.nodeId);
    if (nodeIds.length > 0) await startQueued(await queueAssessments(deps.db, nodeIds, { trigger, at, key: (nodeId) => `due ${numbers.get(nodeId) ?? 0}` }));
  }
}
