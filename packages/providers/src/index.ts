export { InvalidConfigurationError, ProviderBusyError, ProviderConflictError, ProviderDeniedError } from './errors.ts';
export type { ImagesProviderOptions } from './images/provider.ts';
export {
  type ClusterReader,
  type ClusterWriter,
  type DiscoveredCluster,
  type DiscoveredNode,
  type DiscoveredPool,
  type Discovery,
  type Evidence,
  type ImageReference,
  type InventoryCoverage,
  type NodePhase,
  nodePhases,
  type NodeReference,
  type OperationKind,
  operationKinds,
  type OperationReference,
  type OperationRequest,
  type OperationStatus,
  type PoolReference,
  type Provider,
  type ProviderKind,
  providerKinds,
  type RefusalCause,
  refusalCauses,
} from './provider.ts';
export { openProvider, type ProviderOptions } from './registry.ts';
export type { SampleProviderOptions } from './sample/provider.ts';
export { resetSample } from './sample/reset.ts';
