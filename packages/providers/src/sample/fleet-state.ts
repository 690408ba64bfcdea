import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sampleDisks, sampleImages } from './disk-catalog.ts';
import type { FleetCluster, PlacedNode } from './fleet.ts';
import type { FleetPool } from './fleet-pool.ts';
import { readJson } from './json-file.ts';
import { type Operation, operationSchema } from './operation.ts';
import { type LogEntry, readLog } from './operation-log.ts';
import type { StateFolder } from './state-folder.ts';

/** What became of a node: the beginning of the fleet, and then every line of the log. */
export interface NodeState {
  readonly image: string;
  /** Name of the disk of `disks/` that the node booted from; absent where there is none to be had. */
  readonly disk?: string;
  /** Of the kubelet. */
  readonly kubernetesVersion: string;
  /** `uname -r` as the Node object reports it; absent where there is no Node object. */
  readonly kernel?: string;
  /** Installed kernels, oldest first. */
  readonly kernels: readonly string[];
  /** When something was last done to it, RFC 3339; absent where nothing was. */
  readonly changedAt?: string;
}

export function nodeState({ pool, node }: PlacedNode, log: readonly LogEntry[]): NodeState {
  let state = beginning({ pool, node });
  for (const entry of log) {
    if (entry.node !== node.name) continue;
    if (entry.what === 'reimage' && entry.image !== undefined) state = reimaged(state, entry.image, entry.kubernetesVersion);
    if (entry.what === 'reboot') state = rebooted(state);
    if (entry.what === 'reimage' || entry.what === 'reboot') state = { ...state, changedAt: entry.at };
  }
  return state;
}

function beginning({ pool, node }: PlacedNode): NodeState {
  const { image, disk, isReporting } = node;
  const kernels = pool.operatingSystem === 'windows' ? [windowsBuild(image)] : isReporting ? kernelsOf(disk ?? image, image) : [];
  const [kernel] = kernels;
  return { image, kubernetesVersion: pool.kubernetesVersion, kernels, ...(disk !== undefined && { disk }), ...(kernel !== undefined && { kernel }) };
}

/** `AKSWindows-2022-containerd-20348.1970.230905`: build and revision are the kernel's too. */
function windowsBuild(image: string): string {
  const [build, revision] = (image.split('-').at(-1) ?? '').split('.');
  return ['10.0', build, revision].join('.');
}

/** A disk without facts of its own (encrypted) holds what its image holds. */
function kernelsOf(disk: string, image: string): readonly string[] {
  const described = sampleDisks().find(({ name }) => name === disk);
  return described?.kernels ?? sampleImages().flatMap((fact) => (fact.image === image ? [fact.kernel] : []));
}

function reimaged(state: NodeState, image: string, kubernetesVersion = state.kubernetesVersion): NodeState {
  const kernels = kernelsOf(image, image);
  const [kernel] = kernels;
  return { image, kubernetesVersion, kernels, ...(state.disk !== undefined && { disk: image }), ...(kernel !== undefined && { kernel }) };
}

function rebooted(state: NodeState): NodeState {
  const newest = state.kernels.at(-1);
  return newest === undefined ? state : { ...state, kernel: newest };
}

/** The pool moves to a new image, and to a new version, once an operation has come to its end. */
export function poolImage(pool: FleetPool, log: readonly LogEntry[]): string {
  return ended(pool.cluster, pool.name, log).findLast(({ image }) => image !== undefined)?.image ?? pool.image;
}

export function poolVersion(pool: FleetPool, log: readonly LogEntry[]): string {
  return ended(pool.cluster, pool.name, log).findLast(({ kubernetesVersion }) => kubernetesVersion !== undefined)?.kubernetesVersion ?? pool.kubernetesVersion;
}

export function controlPlaneVersion(cluster: FleetCluster, log: readonly LogEntry[]): string {
  return ended(cluster.name, undefined, log).at(-1)?.kubernetesVersion ?? cluster.kubernetesVersion;
}

function ended(cluster: string, pool: string | undefined, log: readonly LogEntry[]): readonly LogEntry[] {
  return log.filter((entry) => entry.what === 'succeeded' && entry.cluster === cluster && entry.pool === pool);
}

export function newerImages(pool: FleetPool, image: string): readonly string[] {
  return pool.newerImages.slice(pool.newerImages.indexOf(image) + 1);
}

/** What a Kubernetes upgrade brings along. */
export function newestImage(pool: FleetPool, image: string): string {
  return newerImages(pool, image).at(-1) ?? image;
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
