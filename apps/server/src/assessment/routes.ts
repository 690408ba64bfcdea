import type { Dependencies } from '../dependencies.ts';
import { NotFoundError } from '../http/errors.ts';
import type { Handlers } from '../http/handlers.ts';
import { assessmentsOfNode, findNode } from './node-store.ts';

const shownAssessments = 100;

export function assessmentHandlers(deps: Dependencies): Pick<Handlers, 'getNode' | 'listNodeAssessments'> {
  return {
    async getNode({ parameters: { nodeId } }) {
      const node = await findNode(deps.db, nodeId);
      if (node === undefined) throw new NotFoundError('node', nodeId);
      return node;
    },
    async listNodeAssessments({ parameters: { nodeId } }) {
      if ((await findNode(deps.db, nodeId)) === undefined) throw new NotFoundError('node', nodeId);
      return { assessments: await assessmentsOfNode(deps.db, nodeId, shownAssessments) };
    },
  };
}
