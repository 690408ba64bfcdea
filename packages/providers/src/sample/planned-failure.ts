import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { z } from 'zod';
import { InvalidConfigurationError } from '../errors.ts';
import { nodePhases } from '../provider.ts';
import { parseJson, readText } from './json-file.ts';
import { hasPhase, type Operation } from './operation.ts';
import type { StateFolder } from './state-folder.ts';

const code = z.string().regex(/^\w+$/);
const ofPool = z.strictObject({ cluster: z.string().optional(), pool: z.string(), node: z.string(), phase: z.enum(nodePhases), code });
const ofControlPlane = z.strictObject({ cluster: z.string(), code });

/** The wish of `fail.json` for what the operation concerns, once: a file that an operation already carries is used up. */
export async function plannedFailure(folder: StateFolder, operation: Operation, operations: readonly Operation[]): Promise<Operation['failure']> {
  const text = await readText(folder.fail);
  if (text === undefined) return undefined;
  const { ino, mtimeMs } = await stat(folder.fail);
  const token = createHash('sha256').update(`${ino} ${mtimeMs} ${text}`).digest('hex');
  if (operations.some(({ failure }) => failure?.token === token)) {
    await rm(folder.fail, { force: true });
    return undefined;
  }
  const isOfPool = z.looseObject({ pool: z.unknown() }).safeParse(parseJson(folder.fail, 0, text, z.unknown())).data?.pool !== undefined;
  return isOfPool ? poolFailure(folder, operation, parseJson(folder.fail, 0, text, ofPool), token) : controlPlaneFailure(operation, parseJson(folder.fail, 0, text, ofControlPlane), token);
}

function poolFailure(folder: StateFolder, operation: Operation, wish: z.infer<typeof ofPool>, token: string): Operation['failure'] {
  const { cluster = operation.cluster, pool, node, phase } = wish;
  if (pool !== operation.pool || cluster !== operation.cluster) return undefined;
  if (!operation.nodes.includes(node)) throw new InvalidConfigurationError(folder.fail, 0, `the operation does not come to node ${node}`);
  if (!hasPhase(operation.kind, phase)) throw new InvalidConfigurationError(folder.fail, 0, `${operation.kind} has no phase ${phase}`);
  return { at: { node, phase }, code: wish.code, token };
}

function controlPlaneFailure(operation: Operation, wish: z.infer<typeof ofControlPlane>, token: string): Operation['failure'] {
  return operation.pool === undefined && operation.cluster === wish.cluster ? { code: wish.code, token } : undefined;
}
