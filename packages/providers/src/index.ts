export { type AdvisorySourceName, advisorySourceNames } from './advisory-source/sources.ts';
export { type AdvisorySourceState, readAdvisorySources } from './advisory-source/source-state.ts';
export {
  type AdvisoryUpdateOptions,
  type AdvisoryUpdateProgress,
  type AdvisoryUpdateReport,
  type SourceChange,
  updateAdvisorySources,
} from './advisory-source/update-advisory-sources.ts';
export type { AksProviderOptions, AksSettings } from './aks/provider.ts';
export { aksRights, type AksRightsSettings } from './aks/rights.ts';
export { machineKey } from './aks/same-machine.ts';
export { DiskRefusedError, InvalidConfigurationError, ProviderBusyError, ProviderConflictError, ProviderDeniedError } from './errors.ts';
export type { ImagesProviderOptions } from './images/provider.ts';
export { describeKubeconfig, type KubernetesSource } from './kubernetes/kubeconfig.ts';
export type { KubernetesProviderOptions } from './kubernetes/provider.ts';
export { kubernetesRights } from './kubernetes/rights.ts';
export { type Outbound, openOutbound, type OutboundOptions } from './network/outbound.ts';
export { OutboundError } from './network/outbound-error.ts';
export { type NodeImageListAnswer, type NodeImageListOptions, type NodeImageLists, openNodeImageLists, type SecurityPatch } from './node-image-list/node-image-lists.ts';
export { type CatalogFamily, type FamilyAnswer, familyAnswer, nodeImageFamilies, readImageCatalog, unreadFamily, untoldOf, type UntoldPart } from './node-image-list/image-catalog.ts';
export { openSecondOpinion, type SecondOpinion } from './node-image-list/second-opinion.ts';
export { type NotificationOutcome, type NotificationRequest, postNotification, refusalOfUrl } from './notification/post.ts';
export {
  type AutoUpgrade,
  type ClusterChannel,
  clusterChannels,
  type ClusterReader,
  type ClusterWriter,
  type DiscoveredCluster,
  type DiscoveredNode,
  type DiscoveredPool,
  type Discovery,
  type Evidence,
  type EvidenceDisk,
  type ImageReference,
  type DiskRefusal,
  type InventoryCoverage,
  type KubernetesUpgrade,
  type MaintenanceSchedule,
  type MaintenanceWindow,
  type NodeImageChannel,
  nodeImageChannels,
  type NodePhase,
  nodePhases,
  type NodeReference,
  type OperationKind,
  operationKinds,
  type OperationReference,
  type OperationRequest,
  type OperationStatus,
  type PoolManager,
  poolManagers,
  type PoolReference,
  type Provider,
  type ProviderKind,
  providerKinds,
  type RefusalCause,
  type Right,
  type RightCheck,
  type RightPurpose,
  rightPurposes,
  type RightsPage,
  type SweepReport,
  refusalCauses,
} from './provider.ts';
export { shownAddress } from './range-source/disk-address.ts';
export { openRangeSource, type RangeSource, type RangeSourceOptions } from './range-source/open-range-source.ts';
export { RangeSourceError, type RangeSourceFailure } from './range-source/range-source-error.ts';
export { openProvider, type ProviderOptions } from './registry.ts';
export type { SampleProviderOptions } from './sample/provider.ts';
export { resetSample } from './sample/reset.ts';
