import * as z from 'zod';
import { count, coverageReason, coverageState, evidenceGrade, identifier, instant, nodeState, notEvaluatedCause } from './vocabulary.ts';

export const coverageEntry = z.object({ subject: z.string(), state: coverageState, reason: coverageReason, detail: z.string().optional() });
export type CoverageEntry = z.infer<typeof coverageEntry>;

export const assessmentSummary = z.object({
  id: identifier,
  state: z.enum(['queued', 'reading', 'matching', 'succeeded', 'partial', 'failed', 'cancelled']),
  trigger: z.enum(['first', 'changed', 'scheduled', 'manual', 'verification', 'advisories']),
  /** Null where none could be had; then `cause` says why. */
  grade: evidenceGrade.nullable(),
  cause: notEvaluatedCause.nullable(),
  /** The sentence behind the cause, where there is a more exact one. */
  reason: coverageReason.nullable(),
  /** What the provider or reader said, for people. */
  detail: z.string().nullable(),
  complete: z.boolean(),
  inventoryId: z.string().nullable(),
  packages: count.nullable(),
  advisoryDatabaseRevision: z.string().nullable(),
  bytesRead: count,
  startedAt: instant,
  finishedAt: instant.nullable(),
  coverage: z.array(coverageEntry),
});
export type AssessmentSummary = z.infer<typeof assessmentSummary>;

export const node = z.object({
  id: identifier,
  name: z.string(),
  poolId: identifier,
  image: z.string(),
  kernelRelease: z.string().nullable(),
  kubeletVersion: z.string().nullable(),
  containerRuntimeVersion: z.string().nullable(),
  state: nodeState,
  cause: notEvaluatedCause.nullable(),
  /** The newest assessment that gave an answer or a reason; null before the first. */
  assessment: assessmentSummary.nullable(),
  openVulnerabilities: count.nullable().meta({ description: 'CVEs; null where unknown' }),
});
export type Node = z.infer<typeof node>;
