import type { AdvisoryDatabasePurpose, CoverageReason, CoverageState, DiskSource, EvidenceGrade, Inventory } from '@nodeward/engine';

/**
 * Configured access to one environment. Reading and changing are two interfaces with two sets of
 * rights: a deployment may be given only the first, and then `writer` is absent.
 */
export interface Provider {
  readonly kind: ProviderKind;
  readonly reader: ClusterReader;
  readonly writer?: ClusterWriter;
  close(): Promise<void>;
}

export const providerKinds = ['images', 'sample'] as const;
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
}

export interface DiscoveredCluster {
  readonly name: string;
  readonly kubernetesVersion?: string;
  readonly region?: string;
  readonly pools: readonly DiscoveredPool[];
}

export interface DiscoveredPool {
  readonly name: string;
  /** The node image that new nodes of the pool boot from. */
  readonly image: string;
  readonly kubernetesVersion?: string;
  /** Newer images the pool could move to, oldest first. */
  readonly newerImages: readonly string[];
  readonly nodes: readonly DiscoveredNode[];
  /** What the writer can do here; empty where there is none. */
  readonly operations: readonly OperationKind[];
}

export interface DiscoveredNode {
  readonly name: string;
  readonly image: string;
  /** As the Node object reports them; absent where no Node object is known. */
  readonly kernelRelease?: string;
  readonly kubeletVersion?: string;
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
  /** Bytes of a disk image; the reader decides by content what it is. */
  | { readonly kind: 'disk'; readonly grade: EvidenceGrade; open(): Promise<DiskSource> }
  /** An inventory without a disk (a published list). */
  | { readonly kind: 'inventory'; readonly grade: EvidenceGrade; readonly inventory: Inventory; readonly coverage: readonly InventoryCoverage[]; readonly origin: string }
  | { readonly kind: 'refused'; readonly cause: RefusalCause; readonly detail: string };

export interface InventoryCoverage {
  readonly subject: string;
  readonly state: CoverageState;
  readonly reason: CoverageReason;
  readonly detail?: string;
}

export const operationKinds = ['node-image', 'kubernetes', 'reboot'] as const;
export type OperationKind = (typeof operationKinds)[number];

export interface OperationRequest {
  /** The same key never starts a second operation: the first one's reference comes back. */
  readonly idempotencyKey: string;
  readonly kind: OperationKind;
  readonly pool: PoolReference;
  /** Image name, or Kubernetes version; absent for a reboot. */
  readonly target?: string;
}

export interface ClusterWriter {
  start(request: OperationRequest, signal: AbortSignal): Promise<OperationReference>;
  status(operation: OperationReference, signal: AbortSignal): Promise<OperationStatus>;
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
