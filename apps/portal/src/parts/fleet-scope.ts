import type { InventoryCluster } from '@nodeward/api';
import { createContext, use } from 'react';
import { useAddress } from './address.ts';

/** Which part of the fleet a list is confined to. */
export interface FleetScope {
  readonly connectionId?: string;
  readonly region?: string;
  readonly clusterId?: string;
}

export const scopeNames = ['connectionId', 'region', 'clusterId'] as const;

/** The scope, as the address says it. */
export function useFleetScope(): FleetScope {
  const address = useAddress();
  return Object.fromEntries(scopeNames.flatMap((name) => (address.text(name) === '' ? [] : [[name, address.text(name)]])));
}

/** What the numbers of a page are confined to: the lists behind them must be the same. */
export const ScopeContext = createContext<FleetScope>({});

/** The address of a list, confined as the number that opens it. */
export function useScopedPath(path: string): string {
  const added = new URLSearchParams({ ...use(ScopeContext) }).toString();
  // jobs are those of the whole fleet
  if (added === '' || path.startsWith('/upgrade-jobs')) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${added}`;
}

export const isInScope = ({ connectionId, region, clusterId }: FleetScope, cluster: Pick<InventoryCluster, 'connectionId' | 'region' | 'clusterId'>): boolean =>
  (connectionId === undefined || cluster.connectionId === connectionId) && (region === undefined || cluster.region === region) && (clusterId === undefined || cluster.clusterId === clusterId);

export type ScopedCluster = Pick<InventoryCluster, 'clusterId' | 'cluster' | 'connectionId' | 'connection' | 'connectionKind' | 'region'>;

/** What can be chosen, by name; each list is confined by the choices that stand before it. */
export function scopeOptions(clusters: readonly ScopedCluster[], scope: FleetScope) {
  const ofConnection = clusters.filter((cluster) => isInScope({ ...(scope.connectionId === undefined ? {} : { connectionId: scope.connectionId }) }, cluster));
  const inRegion = ofConnection.filter((cluster) => isInScope({ ...(scope.region === undefined ? {} : { region: scope.region }) }, cluster));
  return {
    connections: [...new Map(clusters.map((cluster) => [cluster.connectionId, cluster])).values()],
    regions: [...new Set(ofConnection.flatMap(({ region }) => (region === null ? [] : [region])))].toSorted(),
    clusters: inRegion.toSorted((left, right) => left.cluster.localeCompare(right.cluster)),
  };
}
