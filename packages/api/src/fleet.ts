import * as z from 'zod';
import { count, coverageReason, coverageState, evidenceGrade, identifier, instant, nodeState, notEvaluatedCause } from './vocabulary.ts';

export const connection = z.object({
  id: identifier,
  kind: z.enum(['images', 'sample']),
  name: z.string(),
  /** Folder of the images provider; absent for the sample fleet. */
  location: z.string().optional(),
  state: z.enum(['ok', 'failed', 'discovering']),
  /** Set when `failed`: one line, with file and line number where a file is wrong. */
  failure: z.object({ code: z.string(), detail: z.string() }).optional(),
  canUpgrade: z.boolean(),
  clusters: count,
  nodePools: count,
  nodes: count,
  lastDiscoveredAt: instant.nullable(),
  advisoryDatabase: z.object({
    purpose: z.enum(['production', 'sample']),
    state: z.enum(['ok', 'failed']),
    /** SHA-256 of the manifest; null where it cannot be read. */
    revision: z.string().nullable(),
    /** A stable code where `failed`: absent, damaged, foreign, … */
    failure: z.string().optional(),
    feeds: z.array(z.object({ name: z.string(), records: count, rows: count, newest: z.string().nullable(), ecosystems: z.array(z.string()), sha256: z.string() })),
  }),
});
export type Connection = z.infer<typeof connection>;

export const coverageEntry = z.object({ subject: z.string(), state: coverageState, reason: coverageReason, detail: z.string().optional() });
export type CoverageEntry = z.infer<typeof coverageEntry>;

export const assessmentSummary = z.object({
  id: identifier,
  state: z.enum(['queued', 'reading', 'matching', 'succeeded', 'partial', 'failed', 'cancelled']),
  trigger: z.enum(['first', 'changed', 'scheduled', 'manual', 'verification', 'advisories']),
  /** Null where none could be had; then `cause` says why. */
  grade: evidenceGrade.nullable(),
  cause: notEvaluatedCause.nullable(),
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
  state: nodeState,
  cause: notEvaluatedCause.nullable(),
  /** The newest assessment that gave an answer or a reason; null before the first. */
  assessment: assessmentSummary.nullable(),
  openVulnerabilities: count.nullable().meta({ description: 'CVEs; null where unknown' }),
});
export type Node = z.infer<typeof node>;
