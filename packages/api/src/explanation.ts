import * as z from 'zod';
import { evidenceGrade, identifier, matchRule, matchState } from './vocabulary.ts';

/** Why a vulnerability matches or does not, one entry for each advisory range that was looked at. */
export const explanationEntry = z.object({
  outcome: z.enum(['match', 'no-match']),
  sourcePackage: z.string(),
  packageFamily: z.string(),
  component: z.string().nullable(),
  installedVersion: z.string().nullable(),
  advisory: z.string().nullable(),
  ecosystem: z.string().nullable(),
  range: z.object({ introduced: z.string().nullable(), above: z.string().nullable(), fixed: z.string().nullable(), lastAffected: z.string().nullable() }).nullable(),
  state: matchState.nullable(),
  rule: matchRule.nullable(),
  /** Why there is no match, or what leaves it undetermined. */
  reason: z
    .enum(['not-installed', 'not-in-advisory', 'fixed', 'before-introduced', 'after-last-affected', 'binaries-not-affected', 'other-operating-system', 'withdrawn', 'other-channel-decides', 'no-such-vulnerability', 'third-party-package', 'staged', 'version-not-comparable', 'kernel-not-running', 'not-read'])
    .nullable(),
  evidence: z.string().nullable(),
});
export type ExplanationEntry = z.infer<typeof explanationEntry>;

export const explanation = z.object({
  target: z.string(),
  vulnerability: z.string(),
  package: z.string().nullable(),
  advisoryDatabaseRevision: z.string(),
  /** How versions are ordered here: `deb`, `semver`, … */
  entries: z.array(explanationEntry.extend({ versionOrder: z.string().nullable(), grade: evidenceGrade.nullable() })),
});
export type Explanation = z.infer<typeof explanation>;

export const explanationQuery = z.object({ package: identifier.optional(), nodeId: identifier.optional() });
