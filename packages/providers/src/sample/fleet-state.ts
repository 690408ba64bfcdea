import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sampleDisks } from './disk-catalog.ts';
import { type FleetNode, type FleetPool, fleet } from './fleet.ts';
import { readJson } from './json-file.ts';
import { type Operation, operationSchema } from './operation.ts';
import { type LogEntry, readLog } from './operation-log.ts';
import type { StateFolder } from './state-folder.ts';

/** What became of a node: the beginning of the fleet, and then every line of the log. */
export interface NodeState {
  readonly image: string;
  /** `uname -r` as the Node object reports it; absent where there is no Node object. */
  readonly kernel?: string;
  /** Installed kernels, oldest first. */
  readonly kernels: readonly string[];
}

export function nodeState(node: FleetNode, log: readonly LogEntry[]): NodeState {
  let state = beginning(node);
  for (const entry of log) {
    if (entry.node !== node.name) continue;
    if (entry.what === 'reimage' && entry.target !== undefined) state = bootedFrom(entry.target, entry.target);
    if (entry.what === 'reboot') state = rebooted(state);
  }
  return state;
}

function beginning(node: FleetNode): NodeState {
  return node.disk === undefined ? { image: node.image, kernels: [] } : bootedFrom(node.image, node.disk);
}

/** A disk without facts of its own (encrypted) holds what its image holds. */
function bootedFrom(image: string, disk: string): NodeState {
  const kernels = (disks.get(disk) ?? disks.get(image))?.kernels ?? [];
  return { image, kernels, ...(kernels[0] !== undefined && { kernel: kernels[0] }) };
}

const disks = new Map(sampleDisks().map((disk) => [disk.name, disk]));

function rebooted(state: NodeState): NodeState {
  const newest = state.kernels.at(-1);
  return newest === undefined ? state : { ...state, kernel: newest };
}

/** The pool moves to a new image once an update has come to its end. */
export function poolImage(pool: FleetPool, log: readonly LogEntry[]): string {
  return log.findLast(({ what, pool: name, target }) => what === 'succeeded' && name === pool.name && target !== undefined)?.target ?? pool.image;
}

export function newerImages(pool: FleetPool, image: string): readonly string[] {
  return pool.newerImages.slice(pool.newerImages.indexOf(image) + 1);
}

export async function readState(folder: StateFolder): Promise<{ operations: readonly Operation[]; log: readonly LogEntry[] }> {
  return { operations: await readOperations(folder), log: await readLog(folder.log) };
}

/** In the order in which they were started. */
async function readOperations(folder: StateFolder): Promise<readonly Operation[]> {
  const names = (await readdir(folder.operations)).filter((name) => name.endsWith('.json'));
  const operations = await Promise.all(names.map(async (name) => readJson(join(folder.operations, name), operationSchema)));
  return operations.flatMap((operation) => operation ?? []).toSorted((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
}

export function fleetNode(name: string): FleetNode | undefined {
  return fleet.pools.flatMap(({ nodes }) => nodes).find((node) => node.name === name);
}
