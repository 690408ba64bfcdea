import * as z from 'zod';
import { count, evidenceGrade, factClass, findingState, identifier, instant, kernelState, matchRule, matchState, severity, severitySource, verdict } from './vocabulary.ts';

/** 0 to 100, with what it is made of. A part that nobody knows is null and adds nothing: it is not zero. */
export const riskScore = z.object({
  value: z.number().min(0).max(100),
  parts: z.array(z.object({ part: z.enum(['severity', 'exploited', 'epss', 'fix']), points: z.number().nullable(), max: z.number() })),
  /** True where a part is unknown: the value is a lower bound. */
  isLowerBound: z.boolean(),
});
export type RiskScore = z.infer<typeof riskScore>;

/** The life of one (node pool, package family, vulnerability). */
export const finding = z.object({
  id: identifier,
  vulnerability: z.string(),
  packageFamily: z.string(),
  sourcePackage: z.string(),
  severity,
  severitySource,
  /** Base score of the best CVSS vector; null where none is given (missing is not zero). */
  cvssScore: z.number().min(0).max(10).nullable(),
  /** In CISA's catalogue of known exploited vulnerabilities; null where no such feed is in the database. */
  exploited: z.boolean().nullable(),
  /** EPSS probability, 0 to 1; null where no feed gives one. */
  epss: z.number().min(0).max(1).nullable(),
  riskScore: riskScore,
  factClass,
  /** Path of the component's binary; null for packages. */
  component: z.string().nullable(),
  installedVersions: z.array(z.string()),
  fixedVersion: z.string().nullable(),
  matchState,
  state: findingState,
  /** What the best candidate of this pool does to it. */
  verdict,
  /** First node image of the pool's candidates that carries the fix; null where none is known. */
  fixedInImage: z.string().nullable(),
  /** First Kubernetes version that carries the fix, where the verdict is `fixed-by-kubernetes`. */
  fixedInKubernetes: z.string().nullable(),
  nodes: count,
  firstSeenAt: instant,
  lastSeenAt: instant,
  resolvedAt: instant.nullable(),
});
export type Finding = z.infer<typeof finding>;

export const findingList = z.object({
  findings: z.array(finding),
  /** Distinct CVEs in the whole filtered list, not only in this page. */
  vulnerabilities: count,
  total: count,
  nextCursor: z.string().nullable(),
});
export type FindingList = z.infer<typeof findingList>;

export const findingQuery = z.object({
  state: z.enum(['active', 'no-fix', 'undetermined', 'resolved', 'all']).default('active').meta({ description: 'active: open, reboot-required, remediating, awaiting-verification' }),
  search: z.string().max(200).optional(),
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(500),
});

const occurrence = z.object({
  nodeId: identifier,
  node: z.string(),
  poolId: identifier,
  pool: z.string(),
  cluster: z.string(),
  image: z.string(),
  installedVersion: z.string(),
  kernel: kernelState.nullable(),
  grade: evidenceGrade,
  assessedAt: instant,
});
export type Occurrence = z.infer<typeof occurrence>;

/** Why a finding changed where neither a job nor new evidence did it. */
export const findingChangeReason = z.enum(['advisory-changed', 'advisory-withdrawn']);
export type FindingChangeReason = z.infer<typeof findingChangeReason>;

const findingChange = z.object({
  at: instant,
  from: findingState.nullable(),
  to: findingState,
  reason: findingChangeReason.nullable(),
  /** Of the upgrade job that changed it. */
  jobId: identifier.nullable(),
});

/** Everything the CVE pane shows for one vulnerability in one pool. */
export const vulnerabilityDetails = z.object({
  vulnerability: z.string(),
  severity,
  severitySource,
  vendorSeverity: z.string().nullable(),
  cvss: z.array(z.object({ version: z.string(), vector: z.string(), score: z.number().nullable() })),
  details: z.string(),
  published: z.string().nullable(),
  modified: z.string().nullable(),
  references: z.array(z.string()),
  /** One per package family of this pool that has it. */
  findings: z.array(
    finding.extend({
      advisory: z.string(),
      rule: matchRule,
      related: z.array(z.string()),
      packages: z.array(z.object({ name: z.string(), version: z.string() })),
      evidencePath: z.string(),
      grade: evidenceGrade,
      advisoryDatabaseRevision: z.string(),
      /** Its changes, newest first. */
      history: z.array(findingChange).optional(),
    }),
  ),
  /** ノード プール インスタンス: the nodes of this pool that the remediation touches. */
  nodePoolInstances: z.array(occurrence),
  /** その他の影響を受けるリソース: the other nodes with the same CVE. */
  moreAffectedResources: z.array(occurrence),
});
export type VulnerabilityDetails = z.infer<typeof vulnerabilityDetails>;
