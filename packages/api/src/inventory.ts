import * as z from 'zod';
import { autoUpgradeInsight, clusterChannel, nodeImageChannel } from './auto-upgrade.ts';
import { connection } from './connection.ts';
import { coverageEntry, node } from './fleet.ts';
import { count, coverageReason, evidenceGrade, factClass, identifier, instant, nodeState, notEvaluatedCause, recommendationState, severity } from './vocabulary.ts';

/** One row of the inventory's second level. */
export const inventoryPool = z.object({
  poolId: identifier,
  pool: z.string(),
  clusterId: identifier,
  cluster: z.string(),
  state: recommendationState,
  cause: notEvaluatedCause.nullable(),
  operatingSystem: z.enum(['linux', 'windows']).nullable(),
  osDisk: z.enum(['managed', 'ephemeral']).nullable(),
  image: z.string(),
  imagePublishedAt: instant.nullable(),
  /** The newest image on offer; null where the current one is the newest. */
  latestImage: z.string().nullable(),
  kubernetesVersion: z.string().nullable(),
  /** Minors behind the control plane; null where a version is unknown. */
  skew: count.nullable(),
  grade: evidenceGrade.nullable(),
  nodes: count,
  unhealthyNodes: count,
  notAssessedNodes: count,
  openVulnerabilities: count.nullable(),
  activeJobId: identifier.nullable(),
  lastAssessedAt: instant.nullable(),
  /** Of the nodes behind `cause`, where all of them have the same one. */
  reason: coverageReason.nullable().optional(),
});
export type InventoryPool = z.infer<typeof inventoryPool>;

export const inventoryCluster = z.object({
  clusterId: identifier,
  cluster: z.string(),
  connectionId: identifier,
  connection: z.string(),
  connectionKind: connection.shape.kind,
  region: z.string().nullable(),
  kubernetesVersion: z.string().nullable(),
  controlPlaneUpgrades: z.array(z.string()),
  clusterChannel: clusterChannel.nullable(),
  nodeImageChannel: nodeImageChannel.nullable(),
  insights: z.array(autoUpgradeInsight),
  pools: z.array(inventoryPool),
});
export type InventoryCluster = z.infer<typeof inventoryCluster>;

export const inventoryTree = z.object({
  clusters: z.array(inventoryCluster),
  counts: z.object({ clusters: count, nodePools: count, nodes: count, unhealthyNodes: count, healthyNodes: count, notAssessedNodes: count }),
  asOf: instant,
});
export type InventoryTree = z.infer<typeof inventoryTree>;

/** A node with where it stands, for lists over the whole fleet. */
export const fleetNode = node.omit({ assessment: true }).extend({
  pool: z.string(),
  clusterId: identifier,
  cluster: z.string(),
  grade: evidenceGrade.nullable(),
  lastAssessedAt: instant.nullable(),
  /** The sentence behind the cause, and what the provider or reader said, as in the newest assessment. */
  reason: coverageReason.nullable().optional(),
  detail: z.string().nullable().optional(),
});
export type FleetNode = z.infer<typeof fleetNode>;

export const nodeQuery = z.object({
  state: nodeState.optional(),
  cause: notEvaluatedCause.optional(),
  grade: evidenceGrade.or(z.literal('none')).optional().meta({ description: 'none: no evidence at all' }),
  poolId: identifier.optional(),
  clusterId: identifier.optional(),
  connectionId: identifier.optional(),
  region: z.string().max(100).optional(),
  /** Of the pool's image, in days; the bands of the overview. */
  imageAge: z.enum(['under-30', '30-to-89', '90-and-over', 'unknown']).optional(),
  search: z.string().max(200).optional(),
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});

export const nodeList = z.object({ nodes: z.array(fleetNode), total: count, nextCursor: z.string().nullable() });
export type NodeList = z.infer<typeof nodeList>;

/** What is known of one node, per fact class, and how. */
export const nodeEvidence = z.object({
  node: fleetNode,
  factClasses: z.array(
    z.object({
      factClass,
      /** Null where nothing of the class was ever read. */
      grade: evidenceGrade.nullable(),
      assessedAt: instant.nullable(),
      path: z.string().nullable(),
      openVulnerabilities: count.nullable(),
      coverage: z.array(coverageEntry),
    }),
  ),
  runningKernel: z.object({ release: z.string(), from: z.string() }).nullable(),
  operatingSystem: z.string().nullable(),
  components: z.array(z.object({ family: z.string(), name: z.string(), path: z.string(), version: z.string().nullable(), versionFrom: z.string().nullable(), state: z.enum(['active', 'staged']), modules: count.nullable() })),
  /** Of the newest reading, whatever its subject. */
  coverage: z.array(coverageEntry),
});
export type NodeEvidence = z.infer<typeof nodeEvidence>;

export const installedPackage = z.object({
  name: z.string(),
  version: z.string(),
  architecture: z.string(),
  source: z.string(),
  sourceVersion: z.string(),
  /** CVEs with a published fix; null where they were not matched. */
  openVulnerabilities: count.nullable(),
  worstSeverity: severity.nullable(),
});
export const packageQuery = z.object({
  search: z.string().max(200).optional(),
  vulnerable: z.stringbool().optional(),
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});
export const packageList = z.object({ packages: z.array(installedPackage), total: count, nextCursor: z.string().nullable() });
export type PackageList = z.infer<typeof packageList>;

/** One name and version over the fleet. */
export const fleetPackage = z.object({
  name: z.string(),
  version: z.string(),
  source: z.string(),
  nodes: count,
  pools: z.array(z.object({ poolId: identifier, pool: z.string(), cluster: z.string(), nodes: count })),
});
export const fleetPackageList = z.object({ packages: z.array(fleetPackage), total: count, nextCursor: z.string().nullable() });

export const searchHit = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('cluster'), clusterId: identifier, name: z.string(), nodePools: count }),
  z.object({ kind: z.literal('node-pool'), poolId: identifier, name: z.string(), cluster: z.string(), state: recommendationState }),
  z.object({ kind: z.literal('node'), nodeId: identifier, poolId: identifier, name: z.string(), pool: z.string(), cluster: z.string() }),
  z.object({ kind: z.literal('vulnerability'), vulnerability: z.string(), severity, pools: count }),
  z.object({ kind: z.literal('package'), name: z.string(), versions: count, nodes: count }),
]);
export type SearchHit = z.infer<typeof searchHit>;
