import * as z from 'zod';
import type { Dependencies } from '../dependencies.ts';
import { readCursor, writeCursor } from '../http/cursor.ts';
import { NotFoundError } from '../http/errors.ts';
import type { Handlers } from '../http/handlers.ts';
import { packagesOfFleet } from './fleet-packages.ts';
import { nodeEvidence } from './node-evidence.ts';
import { findFleetNode, listNodes } from './node-list.ts';
import { packagesOfNode } from './node-packages.ts';
import { inventoryTree } from './tree.ts';

const three = z.tuple([z.string(), z.string(), z.string()]);
const four = z.tuple([z.string(), z.string(), z.string(), z.string()]);

type InventoryHandlers = Pick<Handlers, 'getInventory' | 'listNodes' | 'getNodeEvidence' | 'listNodePackages' | 'listFleetPackages'>;

export function inventoryHandlers(deps: Dependencies): InventoryHandlers {
  return {
    getInventory: () => inventoryTree(deps.db, deps.clock()),

    async listNodes({ query: { cursor, ...query } }) {
      const { state, cause, grade, poolId, clusterId, connectionId, region, imageAge, search, limit } = query;
      const request = { state, cause, grade, poolId, clusterId, connectionId, region, imageAge, search, limit, after: readCursor(cursor, four) };
      const { nodes, total, next } = await listNodes(deps.db, request, deps.clock());
      return { nodes, total, nextCursor: next === undefined ? null : writeCursor(next) };
    },

    async getNodeEvidence({ parameters: { nodeId } }) {
      const evidence = await nodeEvidence(deps.db, nodeId);
      if (evidence === undefined) throw new NotFoundError('node', nodeId);
      return evidence;
    },

    async listNodePackages({ parameters: { nodeId }, query: { search, vulnerable, cursor, limit } }) {
      if ((await findFleetNode(deps.db, nodeId)) === undefined) throw new NotFoundError('node', nodeId);
      const { packages, total, next } = await packagesOfNode(deps.db, nodeId, { search, vulnerable, limit, after: readCursor(cursor, three) });
      return { packages, total, nextCursor: next === undefined ? null : writeCursor(next) };
    },

    async listFleetPackages({ query: { search, vulnerable, cursor, limit } }) {
      const { packages, total, next } = await packagesOfFleet(deps.db, { search, vulnerable, limit, after: readCursor(cursor, three) });
      return { packages, total, nextCursor: next === undefined ? null : writeCursor(next) };
    },
  };
}
