import * as z from 'zod';
import { severityCounts } from './recommendation.ts';
import { count, evidenceGrade, identifier, instant, operationKind, severity, verdict } from './vocabulary.ts';

export const forecastRow = z.object({
  vulnerability: z.string(),
  packageFamily: z.string(),
  sourcePackage: z.string(),
  severity,
  cvssScore: z.number().nullable(),
  installedVersion: z.string().meta({ description: 'before, or after for introduced rows' }),
  fixedVersion: z.string().nullable(),
  /** Why a remaining row remains, or whether an introduced one had been fixed before. */
  reason: z.enum(['no-image-yet', 'reboot-needed', 'fixed-in-later-image', 'new', 'returned', 'undetermined', 'none']),
  /** Image that first carries the fix, for `fixed-in-later-image`. */
  fixedInImage: z.string().nullable(),
});
export type ForecastRow = z.infer<typeof forecastRow>;

/** One thing that could be done to the pool, with what it would do. */
export const candidate = z.object({
  kind: operationKind,
  target: z.string().nullable().meta({ description: 'image name or Kubernetes version; null for a reboot' }),
  newest: z.boolean(),
  /** Whether this connection can carry it out from here. */
  executable: z.boolean(),
  /** Why nothing can be told about the target; then the lists are empty and mean nothing. */
  unknown: z.object({ code: z.enum(['image-not-published', 'unreadable', 'no-advisories', 'not-assessed']), detail: z.string() }).nullable(),
  confidence: z.enum(['high', 'medium', 'low']),
  grade: evidenceGrade.nullable(),
  counts: z.object({ now: count, after: count, fixed: count, remaining: count, introduced: count, undetermined: count }),
  fixedSeverities: severityCounts,
  introducedSeverities: severityCounts,
  fixed: z.array(forecastRow),
  remaining: z.array(forecastRow),
  introduced: z.array(forecastRow),
  undetermined: z.array(forecastRow),
});
export type Candidate = z.infer<typeof candidate>;

/** The node pool overview behind 修正. */
export const fixOverview = z.object({
  poolId: identifier,
  pool: z.string(),
  clusterId: identifier,
  cluster: z.string(),
  currentImage: z.string(),
  kubernetesVersion: z.string().nullable(),
  nodes: count,
  notAssessedNodes: count,
  grade: evidenceGrade.nullable(),
  advisoryDatabaseRevision: z.string().nullable(),
  dataAsOf: instant.nullable(),
  activeJobId: identifier.nullable(),
  /** Verdict per open CVE over all candidates. */
  verdicts: z.array(z.object({ verdict, vulnerabilities: count })),
  candidates: z.array(candidate),
});
export type FixOverview = z.infer<typeof fixOverview>;
