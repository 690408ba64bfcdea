import { useAddress } from './address.ts';
import { connectionName } from './connection-name.ts';
import { FilterChip } from './filter-chip.tsx';
import { useMessages } from '../preferences.tsx';
import { type FleetScope, type ScopedCluster, scopeOptions } from './fleet-scope.ts';

/** Connection, region and cluster; what has nothing to choose from is left out. */
export function ScopeFilters({ clusters: all, scope }: { readonly clusters: readonly ScopedCluster[]; readonly scope: FleetScope }) {
  const m = useMessages();
  const address = useAddress();
  const { connections, regions, clusters } = scopeOptions(all, scope);
  const f = m.inventory.filters;
  // a region of the address stands there although nothing of it is left to choose: or the list is empty and nobody sees why
  const shownRegions = scope.region === undefined || regions.includes(scope.region) ? regions : [...regions, scope.region];
  return (
    <>
      {(connections.length > 1 || scope.connectionId !== undefined) && (
        <FilterChip name={f.connectionId} value={scope.connectionId} options={connections.map(({ connectionId, connection, connectionKind }) => [connectionId, connectionName(m, { kind: connectionKind, name: connection })])} choose={(connectionId) => address.change({ connectionId, clusterId: undefined, poolId: undefined })} />
      )}
      {(regions.length > 1 || scope.region !== undefined) && <FilterChip name={f.region} value={scope.region} options={shownRegions.map((region) => [region, region])} choose={(region) => address.change({ region, clusterId: undefined, poolId: undefined })} />}
      <FilterChip name={f.clusterId} value={scope.clusterId} options={clusters.map(({ clusterId, cluster }) => [clusterId, cluster])} choose={(clusterId) => address.change({ clusterId, poolId: undefined })} />
    </>
  );
}
