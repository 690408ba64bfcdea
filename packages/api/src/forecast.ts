import * as z from 'zod';
import { autoUpgrade } from './auto-upgrade.ts';
import { severityCounts } from './recommendation.ts';
import { count, evidenceGrade, identifier, instant, operationKind, severity, stepKind, verdict } from './vocabulary.ts';

export const forecastRow = z.object({
  vulnerability: z.string(),
  packageFamily: z.string(),
  sourcePackage: z.string(),
  severity,
  cvssScore: z.number().nullable(),
  installedVersion: z.string().meta({ description: 'before, or after for introduced rows' }),
  fixedVersion: z.string().nullable(),
  /** Why a remaining row remains, or whether an introduced one had been fixed before. */
  reason: z.enum(['no-image-yet', 'reboot-needed', 'fixed-in-later-image', 'kubernetes-needed', 'new', 'returned', 'undetermined', 'none']),
  /** Image that first carries the fix, for `fixed-in-later-image`. */
  fixedInImage: z.string().nullable(),
  /** Kubernetes version that first carries the fix, for `kubernetes-needed`. */
  fixedInKubernetes: z.string().nullable(),
});
export type ForecastRow = z.infer<typeof forecastRow>;

/** One step of an upgrade plan. */
export const planStep = z.object({ kind: stepKind, target: z.string().nullable() });
export type PlanStep = z.infer<typeof planStep>;

/** What carries out one step with somebody's own tools and rights. */
export const printedCommand = z.object({
  tool: z.enum(['az', 'bicep', 'terraform', 'kubectl', 'cluster-api', 'eksctl', 'gcloud', 'kops']),
  /** Index into `steps`. */
  step: count,
  language: z.enum(['shell', 'bicep', 'hcl', 'yaml']),
  text: z.string(),
  /** Names between angle brackets in the text that only the user knows. */
  placeholders: z.array(z.string()),
});
export type PrintedCommand = z.infer<typeof printedCommand>;

/** One thing that could be done to the pool, with what it would do. */
export const candidate = z.object({
  kind: operationKind,
  target: z.string().nullable().meta({ description: 'image name or Kubernetes version; null for a reboot' }),
  /** Image that the pool ends with: the target of an image update, the newest one for a Kubernetes version; null for a reboot. */
  image: z.string().nullable(),
  newest: z.boolean(),
  /** In order: control plane first, one minor at a time. Empty where the plan is refused. */
  steps: z.array(planStep),
  /** Why no safe order of steps leads there. */
  refusal: z.object({ code: z.enum(['skips-minor', 'control-plane-not-offered', 'version-skew', 'downgrade', 'not-offered']), detail: z.string() }).nullable(),
  /** Whether this connection can carry it out from here. */
  executable: z.boolean(),
  /** Where it cannot: the same with the tools of whoever runs the pool, step by step. */
  commands: z.array(printedCommand),
  /** Why nothing can be told about the target; then the lists are empty and mean nothing. */
  unknown: z.object({ code: z.enum(['not-read-yet', 'image-not-published', 'unreadable', 'no-advisories', 'not-assessed']), detail: z.string() }).nullable(),
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
  controlPlaneVersion: z.string().nullable(),
  autoUpgrade: autoUpgrade.nullable(),
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
