import { rm } from 'node:fs/promises';
import { bundledDiskPath, installDisk, rewriteDisk } from './disk-file.ts';
import { findNode, type PlacedNode } from './fleet.ts';
import { type NodeState, nodeState, readState } from './fleet-state.ts';
import { diskOfImage } from './image-overrides.ts';
import { eventsOf, type Operation, type OperationEvent } from './operation.ts';
import { appendLog, type LogEntry } from './operation-log.ts';
import { exists, sharedDisk } from './shared-disk.ts';
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
  const { cluster, pool, image } = operation;
  const placed = pool === undefined || event.node === undefined ? undefined : findNode({ cluster, pool, node: event.node });
  if (placed === undefined) return;
  const state = nodeState(placed, log);
  if (state.disk === undefined) return;
  if (event.what === 'reimage' && image !== undefined) await reimage(folder, placed, image, event.at);
  if (event.what === 'reboot') await reboot(folder, placed, state, event.at);
}

/** A node that shares its image's disk needs none of its own, except where an override gives it another. */
async function reimage(folder: StateFolder, { pool, node }: PlacedNode, image: string, at: number): Promise<void> {
  const disk = await diskOfImage(folder, image);
  const own = nodeDiskPath(folder, node.name);
  if (disk.kind === 'bundled' && disk.name === image && pool.disks === 'shared') await rm(own, { force: true });
  else await installDisk(disk.kind === 'bundled' ? bundledDiskPath(disk.name) : disk.path, own, at);
}

async function reboot(folder: StateFolder, { node }: PlacedNode, { kernel, kernels, disk }: NodeState, at: number): Promise<void> {
  const next = kernels.at(-1);
  if (kernel === undefined || next === undefined || disk === undefined) return;
  const own = nodeDiskPath(folder, node.name);
  const hasOwn = await exists(own);
  // The same kernel again leaves the disk that is shared as it is.
  if (!hasOwn && kernel === next) return;
  await rewriteDisk(hasOwn ? own : await sharedDisk(folder, disk), own, at, `Linux version ${kernel}`, `Linux version ${next}`);
}

function logEntry({ id, cluster, pool, image, kubernetesVersion }: Operation, { id: event, at, what, node }: OperationEvent): LogEntry {
  return {
    event,
    at: new Date(at).toISOString(),
    operation: id,
    cluster,
    ...(pool !== undefined && { pool }),
    what,
    ...(node !== undefined && { node }),
    ...(image !== undefined && { image }),
    ...(kubernetesVersion !== undefined && { kubernetesVersion }),
  };
}
