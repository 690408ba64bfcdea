import * as z from 'zod';
import { connection } from './connection.ts';
import { bestAction, fleetSummary, severityCounts } from './recommendation.ts';
import { count, evidenceGrade, identifier, instant, jobState, notEvaluatedCause, operationKind } from './vocabulary.ts';

/** What the figures are confined to; nothing named: the whole fleet. */
export const overviewQuery = z.object({ connectionId: identifier.optional(), clusterId: identifier.optional(), region: z.string().max(100).optional() });

/**
 * 概要. Every number has a list: `listNodes` with the same filter for nodes, `listFleetVulnerabilities`
 * for CVEs, `listRecommendations` for pools, `listUpgradeJobs` for jobs.
 */
export const overview = z.object({
  nodePools: fleetSummary.shape.nodePools,
  nodes: fleetSummary.shape.nodes,
  notAssessedCauses: z.array(z.object({ cause: notEvaluatedCause, nodes: count })),
  /** Nodes by the best evidence that they have; `none`: nothing was ever read. */
  grades: z.array(z.object({ grade: evidenceGrade.or(z.literal('none')), nodes: count })),
  /** Distinct CVEs over the fleet; null where no node has been matched yet. */
  vulnerabilities: z.object({ open: count, severities: severityCounts, exploited: count.nullable(), noFix: count, rebootRequired: count, undetermined: count }).nullable(),
  freshness: z.object({ fresh: count, stale: count, unknown: count }).meta({ description: 'node pools' }),
  imageAges: z.object({ under30: count, from30to89: count, from90: count, unknown: count }).meta({ description: 'nodes' }),
  /** What one action on each pool would do, best first. */
  actions: z.array(z.object({ poolId: identifier, pool: z.string(), cluster: z.string(), action: bestAction })),
  /** False while the forecast of some unhealthy pool is not known. */
  forecastsKnown: z.boolean(),
  trend: z.array(
    z.object({
      /** `2026-11-24`, UTC: the state at the end of the day, or now. */
      day: z.iso.date(),
      severities: severityCounts,
      open: count,
      noFix: count,
      nodes: z.object({ healthy: count, unhealthy: count, notAssessed: count }),
    }),
  ),
  /** CVEs of the last seven days, distinct: first seen, resolved by a new assessment, gone with their pool. */
  lastWeek: z.object({ firstSeen: count, resolved: count, gone: count }),
  jobs: z.object({ active: count, failed: count, succeeded: count }),
  recentJobs: z.array(z.object({ jobId: identifier, poolId: identifier, pool: z.string(), cluster: z.string(), kind: operationKind, target: z.string().nullable(), state: jobState, at: instant })),
  feeds: z.array(z.object({ connectionId: identifier, connection: z.string(), state: connection.shape.advisoryDatabase.shape.state, name: z.string(), newest: z.string().nullable(), checkedAt: connection.shape.advisoryDatabase.shape.feeds.element.shape.checkedAt, records: count })),
  /** What was asked for; a server that cannot confine the figures leaves it out, and `trend` and jobs are of the whole fleet. */
  scope: overviewQuery.optional(),
  asOf: instant,
});
export type Overview = z.infer<typeof overview>;

