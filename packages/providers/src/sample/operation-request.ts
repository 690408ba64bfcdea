import { ProviderConflictError } from '../errors.ts';
import type { OperationRequest } from '../provider.ts';
import { type FleetCluster, findCluster, findPool } from './fleet.ts';
import type { FleetPool } from './fleet-pool.ts';
import { controlPlaneVersion, newerImages, newestImage, poolImage, poolVersion } from './fleet-state.ts';
import { compareVersions, controlPlaneUpgrades, minorOf, poolUpgrades } from './kubernetes-versions.ts';
import type { Operation } from './operation.ts';
import type { LogEntry } from './operation-log.ts';

/** A request that can be carried out, and what it comes to. */
export interface CheckedRequest {
  /** Whose nodes it concerns; absent for the control plane. */
  readonly pool?: FleetPool;
  readonly wish: Pick<Operation, 'kind' | 'cluster' | 'pool' | 'target' | 'image' | 'kubernetesVersion'>;
}

/** Throws a `ProviderConflictError` where it cannot be carried out as things stand. */
export function checkRequest(request: OperationRequest, log: readonly LogEntry[]): CheckedRequest {
  const { kind, target } = request;
  const cluster = findCluster(request.cluster);
  if (cluster === undefined) throw new ProviderConflictError(`there is no cluster ${request.cluster}`);
  if (kind === 'control-plane') return { wish: { kind, cluster: cluster.name, target, kubernetesVersion: checkControlPlane(cluster, request, log) } };
  const pool = findPool({ cluster: cluster.name, pool: request.pool ?? '' });
  if (pool === undefined) throw new ProviderConflictError(`there is no node pool ${cluster.name}/${request.pool ?? '(none)'}`);
  if (!pool.operations.includes(kind)) throw new ProviderConflictError(`${kind} is not possible on node pool ${pool.name}`);
  const wish = { kind, cluster: cluster.name, pool: pool.name, ...(target !== undefined && { target }) };
  if (kind === 'node-image') return { pool, wish: { ...wish, image: checkImage(pool, target, log) } };
  if (kind === 'kubernetes') return { pool, wish: { ...wish, kubernetesVersion: checkKubernetes(cluster, pool, target, log), image: newestImage(pool, poolImage(pool, log)) } };
  if (target !== undefined) throw new ProviderConflictError('a reboot has no target');
  return { pool, wish };
}

function checkImage(pool: FleetPool, target: string | undefined, log: readonly LogEntry[]): string {
  const image = poolImage(pool, log);
  if (target !== undefined && [image, ...newerImages(pool, image)].includes(target)) return target;
  throw new ProviderConflictError(`node pool ${pool.name} cannot move to image ${target ?? '(none)'}`);
}

function checkKubernetes(cluster: FleetCluster, pool: FleetPool, target: string | undefined, log: readonly LogEntry[]): string {
  const [current, controlPlane] = [poolVersion(pool, log), controlPlaneVersion(cluster, log)];
  const refuse = (why: string): ProviderConflictError => new ProviderConflictError(`node pool ${pool.name} cannot move from Kubernetes ${current} to ${target ?? '(none)'}: ${why}`);
  if (target === undefined || !/^\d+\.\d+\.\d+$/.test(target)) throw refuse('it is no version');
  if (minorOf(target) > minorOf(current) + 1) throw refuse('a minor version would be skipped');
  if (compareVersions(target, controlPlane) > 0) throw refuse(`the control plane runs ${controlPlane}`);
  if (!poolUpgrades(current, controlPlane).includes(target)) throw refuse('it is not offered');
  return target;
}

function checkControlPlane(cluster: FleetCluster, { pool, target }: OperationRequest, log: readonly LogEntry[]): string {
  const current = controlPlaneVersion(cluster, log);
  const refuse = (why: string): ProviderConflictError => new ProviderConflictError(`the control plane of ${cluster.name} cannot move from Kubernetes ${current} to ${target ?? '(none)'}: ${why}`);
  if (pool !== undefined) throw refuse('the request names a node pool');
  if (target === undefined || !/^\d+\.\d+\.\d+$/.test(target)) throw refuse('it is no version');
  if (minorOf(target) > minorOf(current) + 1) throw refuse('a minor version would be skipped');
  if (!controlPlaneUpgrades(current).includes(target)) throw refuse('it is not offered');
  return target;
}
