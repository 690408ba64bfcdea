import type { AdvisoryDatabasePurpose, CoverageReason, CoverageState, DiskSource, EvidenceGrade, Inventory, NodeFacts } from '@nodeward/engine';

/**
 * Configured access to one environment. Reading and changing are two interfaces with two sets of
 * rights: a deployment may be given only the first, and then `writer` is absent.
 */
export interface Provider {
  readonly kind: ProviderKind;
  readonly reader: ClusterReader;
  readonly writer?: ClusterWriter;
  /** Removes what an interrupted reading left behind once its lease is over. Absent where reading makes nothing. */
  sweepExpired?(signal: AbortSignal): Promise<SweepReport>;
  close(): Promise<void>;
}

export interface SweepReport {
  /** Names of what was removed. */
  readonly removed: readonly string[];
  /** What should be gone and is not: a person must look. */
  readonly failed: readonly { readonly name: string; readonly detail: string }[];
}

export const providerKinds = ['aks', 'images', 'kubernetes', 'sample'] as const;
export type ProviderKind = (typeof providerKinds)[number];

/**
 * Every call is idempotent and may be repeated after a crash. Throws `ProviderBusyError` (later),
 * `ProviderDeniedError` (ask a person) or `InvalidConfigurationError` (a file is wrong).
 */
export interface ClusterReader {
  discover(signal: AbortSignal): Promise<Discovery>;
  /** The best evidence that can be had of one node, or why there is none. */
  nodeEvidence(node: NodeReference, signal: AbortSignal): Promise<Evidence>;
  /** What a node image holds, or why nobody can say. */
  imageEvidence(image: ImageReference, signal: AbortSignal): Promise<Evidence>;
  /** Which rights the identity has, one by one, without using them to change anything. Absent where no rights are needed. */
  checkRights?(signal: AbortSignal): Promise<readonly RightCheck[]>;
}

/** What a right is for, as a code that the portal words. */
export const rightPurposes = ['find-clusters', 'find-pools', 'find-versions', 'find-machines', 'find-nodes', 'follow-nodes', 'read-disk', 'make-snapshot', 'remove-snapshot', 'make-image-disk', 'remove-image-disk'] as const;
export type RightPurpose = (typeof rightPurposes)[number];

export interface Right {
  /** Exactly as the environment writes it: `nodes: list`, `Microsoft.Compute/disks/read`. */
  readonly right: string;
  readonly purpose: RightPurpose;
  /** Without an optional one less is read, and coverage says so. */
  readonly optional: boolean;
}

export interface RightCheck extends Right {
  /** `unknown`: it cannot be told without using it. */
  readonly state: 'granted' | 'missing' | 'unknown';
  /** What the environment answered, one line. */
  readonly detail?: string;
}

/** What somebody must grant, as files to apply. */
export interface RightsPage {
  readonly rights: readonly Right[];
  readonly files: readonly { readonly name: string; readonly language: 'yaml' | 'json'; readonly text: string; readonly applyWith: string }[];
}

/** Keys are stable names inside one connection, unique for their kind. */
export interface PoolReference {
  readonly cluster: string;
  readonly pool: string;
}

export interface NodeReference extends PoolReference {
  readonly node: string;
}

export interface ImageReference extends PoolReference {
  readonly image: string;
}

export interface Discovery {
  /** What people call this environment, where it has a name of its own. */
  readonly name?: string;
  readonly advisoryDatabase: { readonly folder: string; readonly purpose: AdvisoryDatabasePurpose };
  readonly clusters: readonly DiscoveredCluster[];
  /** What could not be read this time: what is known of it stays as it was, and none of its nodes is gone. Without `cluster` clusters may be missing. */
  readonly incomplete?: readonly { readonly cluster?: string; readonly pool?: string; readonly detail: string }[];
}

export interface DiscoveredCluster {
  readonly name: string;
  /** Of the control plane, without a leading `v`. */
  readonly kubernetesVersion?: string;
  /** Versions that the control plane can move to now, oldest first: never past the next minor. */
  readonly controlPlaneUpgrades?: readonly string[];
  readonly autoUpgrade?: AutoUpgrade;
  readonly region?: string;
  /** The cloud's own word (`Succeeded`, `Updating`, `Failed`, …): an open set. */
  readonly provisioningState?: string;
  readonly pools: readonly DiscoveredPool[];
}

/** How the cloud upgrades by itself; the channels are AKS's own words and are not translated. */
export interface AutoUpgrade {
  readonly clusterChannel: ClusterChannel;
  readonly nodeImageChannel: NodeImageChannel;
  /** Undefined: at any time. */
  readonly clusterWindow?: MaintenanceWindow;
  readonly nodeImageWindow?: MaintenanceWindow;
}

export const clusterChannels = ['none', 'patch', 'stable', 'rapid', 'node-image'] as const;
export type ClusterChannel = (typeof clusterChannels)[number];

export const nodeImageChannels = ['None', 'Unmanaged', 'SecurityPatch', 'NodeImage'] as const;
export type NodeImageChannel = (typeof nodeImageChannels)[number];

export const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
export type Weekday = (typeof weekdays)[number];

export type MaintenanceSchedule =
  | { readonly kind: 'daily'; readonly everyDays: number }
  | { readonly kind: 'weekly'; readonly everyWeeks: number; readonly day: Weekday }
  | { readonly kind: 'absolute-monthly'; readonly everyMonths: number; readonly dayOfMonth: number }
  | { readonly kind: 'relative-monthly'; readonly everyMonths: number; readonly week: 'First' | 'Second' | 'Third' | 'Fourth' | 'Last'; readonly day: Weekday };

export interface MaintenanceWindow {
  readonly schedule: MaintenanceSchedule;
  /** `22:00`, at `utcOffset`. */
  readonly startTime: string;
  /** `+09:00`. */
  readonly utcOffset: string;
  /** 4 to 24. */
  readonly durationHours: number;
}

export interface DiscoveredPool {
  readonly name: string;
  /** The node image that new nodes of the pool boot from. */
  readonly image: string;
  readonly kubernetesVersion?: string;
  /** Newer images the pool could move to, oldest first. */
  readonly newerImages: readonly string[];
  /** Kubernetes versions that this pool can move to, oldest first, each with the newest image that it would get. */
  readonly kubernetesUpgrades?: readonly KubernetesUpgrade[];
  readonly operatingSystem?: 'linux' | 'windows';
  /** `ephemeral`: there is no disk that could be snapshotted. */
  readonly osDisk?: 'managed' | 'ephemeral';
  /** When the pool's image was published, RFC 3339. */
  readonly imagePublishedAt?: string;
  readonly nodes: readonly DiscoveredNode[];
  /** As the cluster's. */
  readonly provisioningState?: string;
  /** What the writer can do to this pool; empty where there is none. */
  readonly operations: readonly OperationKind[];
  /** Whose pool it is: the tools that change it follow from that. */
  readonly manager?: PoolManager;
  /** Names by which those tools find it: `resourceGroup`, `cluster`, `pool`, `subscription`, `region`, `project`, `namespace`, … */
  readonly coordinates?: Readonly<Record<string, string>>;
}

export const poolManagers = ['aks', 'eks', 'gke', 'karpenter', 'cluster-api', 'kops', 'rancher', 'none'] as const;
export type PoolManager = (typeof poolManagers)[number];

export interface KubernetesUpgrade {
  readonly version: string;
  readonly image: string;
}

export interface DiscoveredNode {
  readonly name: string;
  readonly image: string;
  /** As the Node object reports them; absent where no Node object is known. */
  readonly kernelRelease?: string;
  /** Or as the manager of its pool says that all of its nodes run. */
  readonly kubeletVersion?: string;
  /** `containerd://1.7.5-1`. */
  readonly containerRuntimeVersion?: string;
  readonly operatingSystem?: 'linux' | 'windows';
  /** `Ubuntu 22.04.5 LTS`. */
  readonly osImage?: string;
  readonly architecture?: string;
  /** `spec.providerID`: the same machine seen through two connections is joined by it. */
  readonly providerId?: string;
  /** Security patches up to this time were applied on top of the image: `20260814T000000Z`. */
  readonly securityPatch?: string;
  /**
   * Changes whenever the node's disk may hold something new (image file replaced, rebooted):
   * the server reassesses when it does.
   */
  readonly evidenceToken: string;
}

/** Why a node or an image has no evidence; the server's causes of NotEvaluated follow from it. */
export const refusalCauses = ['unreachable', 'unsupported', 'image-not-published', 'not-found'] as const;
export type RefusalCause = (typeof refusalCauses)[number];

export type Evidence =
  /**
   * Bytes of a disk image; the reader decides by content what it is. `content` is equal for equal bytes: what one reading
   * found holds for all of them, and nothing is made before `open`. Absent: nobody knows. `open` throws a `DiskRefusedError`
   * where the disk cannot be had.
   */
  | {
      readonly kind: 'disk';
      readonly grade: EvidenceGrade;
      readonly content?: string;
      open(): Promise<EvidenceDisk>;
      /** What there is in place of a disk that was taken away while it was read. */
      instead?(refusal: DiskRefusal, signal: AbortSignal): Promise<Evidence>;
    }
  /** An inventory without a disk (a published list). */
  | { readonly kind: 'inventory'; readonly grade: EvidenceGrade; readonly inventory: Inventory; readonly coverage: readonly InventoryCoverage[]; readonly origin: string; readonly facts?: ListFacts }
  | { readonly kind: 'refused'; readonly cause: RefusalCause; readonly reason?: CoverageReason; readonly detail: string; readonly coverage?: readonly InventoryCoverage[] };

/** Why a disk is not read; the detail is the environment's word, never a sentence of ours. */
export interface DiskRefusal {
  readonly reason: CoverageReason;
  readonly detail: string;
}

export interface EvidenceDisk extends DiskSource {
  /** Why its bytes ended before they were read, where that is a refusal. */
  readonly refusal?: DiskRefusal | undefined;
}

/** What a list tells of its nodes beside the inventory; classes without a path of their own have `origin`. */
export type ListFacts = Partial<Pick<NodeFacts, 'componentFiles' | 'evidencePaths'>>;

export interface InventoryCoverage {
  readonly subject: string;
  readonly state: CoverageState;
  readonly reason: CoverageReason;
  readonly detail?: string;
}

/** `control-plane` is the cluster's; the others are a pool's. `kubernetes` moves the pool's image too. */
export const operationKinds = ['node-image', 'kubernetes', 'reboot', 'control-plane'] as const;
export type OperationKind = (typeof operationKinds)[number];

export interface OperationRequest {
  /** The same key never starts a second operation: the first one's reference comes back. */
  readonly idempotencyKey: string;
  readonly kind: OperationKind;
  readonly cluster: string;
  /** Absent for the control plane. */
  readonly pool?: string;
  /** Image name, or Kubernetes version; absent for a reboot. */
  readonly target?: string;
}

export interface ClusterWriter {
  start(request: OperationRequest, signal: AbortSignal): Promise<OperationReference>;
  status(operation: OperationReference, signal: AbortSignal): Promise<OperationStatus>;
  /** Idempotent. Absent where the environment knows no such settings. */
  setAutoUpgrade?(cluster: string, settings: AutoUpgrade, signal: AbortSignal): Promise<void>;
}

export interface OperationReference {
  readonly id: string;
}

export const nodePhases = ['waiting', 'surge', 'cordon', 'drain', 'reimage', 'reboot', 'ready', 'failed'] as const;
export type NodePhase = (typeof nodePhases)[number];

export interface OperationStatus {
  readonly state: 'running' | 'succeeded' | 'failed';
  /** RFC 3339. */
  readonly startedAt: string;
  readonly finishedAt?: string;
  /** A stable code, for example `DrainTimeout`; set when failed. */
  readonly failure?: { readonly code: string; readonly node?: string; readonly detail: string };
  readonly nodes: readonly { readonly node: string; readonly phase: NodePhase; readonly startedAt?: string; readonly finishedAt?: string }[];
}
