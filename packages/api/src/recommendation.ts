import * as z from 'zod';
import { connectionKind } from './connection.ts';
import { node } from './fleet.ts';
import { count, coverageReason, evidenceGrade, identifier, instant, notEvaluatedCause, operationKind, recommendationState, severity } from './vocabulary.ts';

/** Vulnerabilities (CVEs), by severity. */
export const severityCounts = z.object({ critical: count, high: count, medium: count, low: count, negligible: count, unknown: count });
export type SeverityCounts = z.infer<typeof severityCounts>;

/** The single most effective next step, with the figures that the Fix page shows for it. */
export const bestAction = z.object({
  kind: operationKind,
  target: z.string().nullable(),
  fixed: count,
  remaining: count,
  introduced: count,
});
export type BestAction = z.infer<typeof bestAction>;

/** One row: the recommendation of one node pool. */
export const recommendation = z.object({
  poolId: identifier,
  pool: z.string(),
  clusterId: identifier,
  cluster: z.string(),
  connectionId: identifier,
  connectionKind: connectionKind,
  connection: z.string(),
  region: z.string().nullable().optional(),
  state: recommendationState,
  cause: notEvaluatedCause.nullable(),
  /** What the nodes behind the cause say more exactly; null where they do not say the same. */
  reason: coverageReason.nullable().optional(),
  /** "n of m nodes" behind a NotEvaluated cause. */
  causeNodes: count.nullable(),
  /** Worst severity of what makes the pool unhealthy; null where nothing does or nothing is known. */
  riskLevel: severity.nullable(),
  /** Known exploited CVEs among the open ones, fix or no fix; null where unknown. */
  exploitedVulnerabilities: count.nullable(),
  image: z.string(),
  nodes: count,
  notAssessedNodes: count,
  /** Open CVEs with a fix (or waiting for a boot); null where unknown. */
  openVulnerabilities: count.nullable(),
  /** CVEs that the vendor has not fixed, counted apart. */
  noFixVulnerabilities: count.nullable(),
  severities: severityCounts,
  bestAction: bestAction.nullable(),
  /** False while the effect of some candidate is not known: then no best action means nothing. */
  forecastKnown: z.boolean(),
  /** Running job, if any. */
  activeJobId: identifier.nullable(),
  freshness: z.enum(['fresh', 'stale', 'unknown']),
  lastAssessedAt: instant.nullable(),
  lastChangedAt: instant.nullable(),
});
export type Recommendation = z.infer<typeof recommendation>;

export const fleetSummary = z.object({
  nodePools: z.object({ total: count, unhealthy: count, healthy: count, notEvaluated: count, notApplicable: count }),
  nodes: z.object({ total: count, unhealthy: count, healthy: count, notAssessed: count }),
  /** Unhealthy pools by risk level. */
  riskLevels: severityCounts,
  mostEffective: z.object({ poolId: identifier, pool: z.string(), cluster: z.string(), action: bestAction, currentImage: z.string() }).nullable(),
  /** False while the forecast of some unhealthy pool is not known. */
  forecastsKnown: z.boolean(),
});
export type FleetSummary = z.infer<typeof fleetSummary>;

export const recommendationList = z.object({ recommendations: z.array(recommendation), summary: fleetSummary, asOf: instant });

export const recommendationDetails = z.object({
  recommendation,
  kubernetesVersion: z.string().nullable(),
  region: z.string().nullable(),
  grade: evidenceGrade.nullable(),
  /** Hours between assessments. */
  freshnessIntervalHours: z.int().positive(),
  nodes: z.array(node),
  counts: z.object({ open: count, rebootRequired: count, noFix: count, undetermined: count, resolved: count }),
});
export type RecommendationDetails = z.infer<typeof recommendationDetails>;

