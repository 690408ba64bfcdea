import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { InvalidConfigurationError } from '../errors.ts';
import { sampleDisks } from './disk-catalog.ts';
import { bundledDiskPath, installDisk, rewriteDisk } from './disk-file.ts';
import { fleetNode, nodeState, readState } from './fleet-state.ts';
import { readJson } from './json-file.ts';
import { eventsOf, type Operation, type OperationEvent } from './operation.ts';
import { appendLog, type LogEntry } from './operation-log.ts';
import { nodeDiskPath, type StateFolder } from './state-folder.ts';

/**
 * Does to the disks what the clock says has happened by now, in the order in which it fell due.
 * Called under the lock. A disk is replaced first and the line written after: whoever is killed in
 * between leaves a replaced disk, the next caller replaces it by the same bytes, and the log has
 * each event once.
 */
export async function materialise(folder: StateFolder, now: number): Promise<void> {
  const { operations, log } = await readState(folder);
  const known = new Set(log.map(({ event }) => event));
  const due = operations
    .flatMap((operation) => eventsOf(operation).map((event) => ({ operation, event })))
    .filter(({ event }) => event.at <= now && !known.has(event.id))
    .toSorted((a, b) => a.event.at - b.event.at);
  const done = [...log];
  for (const { operation, event } of due) {
    await take(folder, operation, event, done);
    const entry = logEntry(operation, event);
    await appendLog(folder.log, entry);
    done.push(entry);
  }
}

async function take(folder: StateFolder, operation: Operation, event: OperationEvent, log: readonly LogEntry[]): Promise<void> {
  const node = event.node === undefined ? undefined : fleetNode(event.node);
  if (node === undefined) return;
  const disk = nodeDiskPath(folder, node.name);
  if (event.what === 'reimage' && operation.target !== undefined) await installDisk(await diskOfImage(folder, operation.target), disk, event.at);
  if (event.what === 'reboot') {
    const { kernel, kernels } = nodeState(node, log);
    const next = kernels.at(-1);
    if (kernel !== undefined && next !== undefined) await rewriteDisk(disk, event.at, `Linux version ${kernel}`, `Linux version ${next}`);
  }
}

function logEntry({ id, pool, target }: Operation, { id: event, at, what, node }: OperationEvent): LogEntry {
  return { event, at: new Date(at).toISOString(), operation: id, pool, what, ...(node !== undefined && { node }), ...(target !== undefined && { target }) };
}

const overridesSchema = z.record(z.string(), z.string());

/** Path of what a node finds on its disk when it boots from `image`. */
export async function diskOfImage(folder: StateFolder, image: string): Promise<string> {
  const overrides = await readJson(folder.imageOverrides, overridesSchema);
  const disk = overrides?.[image] ?? image;
  if (isAbsolute(disk)) return disk;
  if (sampleDisks().some(({ name }) => name === disk)) return bundledDiskPath(disk);
  throw new InvalidConfigurationError(folder.imageOverrides, 0, `no disk ${disk}`);
}
