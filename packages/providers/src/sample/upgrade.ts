import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { InvalidConfigurationError, ProviderConflictError } from '../errors.ts';
import { nodePhases, type OperationReference, type OperationRequest, type OperationStatus } from '../provider.ts';
import { type FleetPool, findPool, fleet } from './fleet.ts';
import { newerImages, poolImage, readState } from './fleet-state.ts';
import { createJson, parseJson, readJson, readText } from './json-file.ts';
import { completedNodes, hasPhase, isRunning, type Operation, operationSchema, statusAt } from './operation.ts';
import type { LogEntry } from './operation-log.ts';
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
  const pool = checkRequest(request, log);
  const ofPool = operations.filter((operation) => operation.pool === pool.name);
  const running = ofPool.find((operation) => isRunning(operation, now));
  if (running !== undefined) throw new ProviderConflictError(`operation ${running.id} is still running on node pool ${pool.name}`);
  const kind = writableKind(request);
  const plan = { id, kind, cluster: fleet.name, pool: pool.name, ...(request.target !== undefined && { target: request.target }), startedAt: now, nodeMilliseconds };
  const nodes = remainingNodes(pool, ofPool.at(-1), plan);
  const failure = await plannedFailure(folder, { ...plan, nodes }, operations);
  await createJson(operationPath(folder, id), { ...plan, nodes, ...(failure !== undefined && { failure }) } satisfies Operation);
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

function sameRequest(operation: Operation, request: OperationRequest): OperationReference {
  const { cluster, pool } = request.pool;
  if (operation.kind !== request.kind || operation.cluster !== cluster || operation.pool !== pool || operation.target !== request.target) {
    throw new ProviderConflictError('the idempotency key belongs to a different request');
  }
  return { id: operation.id };
}

function checkRequest(request: OperationRequest, log: readonly LogEntry[]): FleetPool {
  const pool = findPool(request.pool);
  if (pool === undefined) throw new ProviderConflictError(`there is no node pool ${request.pool.cluster}/${request.pool.pool}`);
  if (!pool.operations.includes(request.kind)) throw new ProviderConflictError(`${request.kind} is not possible on node pool ${pool.name}`);
  const image = poolImage(pool, log);
  const targets = [image, ...newerImages(pool, image)];
  if (request.kind === 'node-image' && (request.target === undefined || !targets.includes(request.target))) {
    throw new ProviderConflictError(`node pool ${pool.name} cannot move to image ${request.target ?? '(none)'}`);
  }
  if (request.kind === 'reboot' && request.target !== undefined) throw new ProviderConflictError('a reboot has no target');
  return pool;
}

function writableKind({ kind }: OperationRequest): Operation['kind'] {
  if (kind === 'kubernetes') throw new ProviderConflictError('the sample fleet does not upgrade Kubernetes');
  return kind;
}

/** After a failure the same wish goes on where the failed operation stopped. */
function remainingNodes(pool: FleetPool, last: Operation | undefined, wish: Pick<Operation, 'kind' | 'target'>): string[] {
  if (last?.failure === undefined || last.kind !== wish.kind || last.target !== wish.target) return pool.nodes.map(({ name }) => name);
  const done = new Set(completedNodes(last));
  return last.nodes.filter((node) => !done.has(node));
}

const failSchema = z.strictObject({ pool: z.string(), node: z.string(), phase: z.enum(nodePhases), code: z.string().regex(/^\w+$/) });

/** The wish of `fail.json` for this pool, once: a file that an operation already carries is used up. */
async function plannedFailure(folder: StateFolder, plan: Operation, operations: readonly Operation[]): Promise<Operation['failure']> {
  const text = await readText(folder.fail);
  if (text === undefined) return undefined;
  const { ino, mtimeMs } = await stat(folder.fail);
  const token = createHash('sha256').update(`${ino} ${mtimeMs} ${text}`).digest('hex');
  if (operations.some(({ failure }) => failure?.token === token)) {
    await rm(folder.fail, { force: true });
    return undefined;
  }
  const { pool, ...failure } = parseJson(folder.fail, 0, text, failSchema);
  if (pool !== plan.pool) return undefined;
  if (!plan.nodes.includes(failure.node)) throw new InvalidConfigurationError(folder.fail, 0, `the operation does not come to node ${failure.node}`);
  if (!hasPhase(plan.kind, failure.phase)) throw new InvalidConfigurationError(folder.fail, 0, `${plan.kind} has no phase ${failure.phase}`);
  return { ...failure, token };
}
