import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ProviderConflictError } from '../errors.ts';
import type { OperationReference, OperationRequest, OperationStatus } from '../provider.ts';
import type { FleetPool } from './fleet-pool.ts';
import { readState } from './fleet-state.ts';
import { createJson, readJson } from './json-file.ts';
import { completedNodes, isRunning, type Operation, operationSchema, statusAt } from './operation.ts';
import { checkRequest } from './operation-request.ts';
import { plannedFailure } from './planned-failure.ts';
import type { StateFolder } from './state-folder.ts';

/**
 * Writes the file that is the operation. Called under the lock, with the disks up to date. A pool
 * whose nodes already run the target is reimaged again when asked to, as a cloud does: only the
 * idempotency key tells a repeated call from a second wish.
 */
export async function startOperation(folder: StateFolder, request: OperationRequest, now: number, nodeMilliseconds: number): Promise<OperationReference> {
  const id = createHash('sha256').update(request.idempotencyKey).digest('hex').slice(0, 32);
  const { operations, log } = await readState(folder);
  const same = operations.find((operation) => operation.id === id);
  if (same !== undefined) return sameRequest(same, request);
  const { pool, wish } = checkRequest(request, log);
  const ofTarget = operations.filter((operation) => operation.cluster === wish.cluster && operation.pool === wish.pool);
  const running = ofTarget.find((operation) => isRunning(operation, now));
  if (running !== undefined) throw new ProviderConflictError(`operation ${running.id} is still running on ${pool === undefined ? `the control plane of ${wish.cluster}` : `node pool ${pool.name}`}`);
  const operation: Operation = { id, ...wish, startedAt: now, nodeMilliseconds, nodes: pool === undefined ? [] : remainingNodes(pool, ofTarget.at(-1), wish) };
  const failure = await plannedFailure(folder, operation, operations);
  await createJson(operationPath(folder, id), { ...operation, ...(failure !== undefined && { failure }) } satisfies Operation);
  if (failure !== undefined) await rm(folder.fail, { force: true });
  return { id };
}

export async function readStatus(folder: StateFolder, reference: OperationReference, now: number): Promise<OperationStatus> {
  const operation = /^[0-9a-f]{32}$/.test(reference.id) ? await readJson(operationPath(folder, reference.id), operationSchema) : undefined;
  if (operation === undefined) throw new ProviderConflictError(`there is no operation ${reference.id}`);
  return statusAt(operation, now);
}

function operationPath(folder: StateFolder, id: string): string {
  return join(folder.operations, `${id}.json`);
}

function sameRequest(operation: Operation, { kind, cluster, pool, target }: OperationRequest): OperationReference {
  if (operation.kind !== kind || operation.cluster !== cluster || operation.pool !== pool || operation.target !== target) {
    throw new ProviderConflictError('the idempotency key belongs to a different request');
  }
  return { id: operation.id };
}

/** After a failure the same wish goes on where the failed operation stopped. */
function remainingNodes(pool: FleetPool, last: Operation | undefined, wish: Pick<Operation, 'kind' | 'target'>): string[] {
  if (last?.failure === undefined || last.kind !== wish.kind || last.target !== wish.target) return pool.nodes.map(({ name }) => name);
  const done = new Set(completedNodes(last));
  return last.nodes.filter((node) => !done.has(node));
}
