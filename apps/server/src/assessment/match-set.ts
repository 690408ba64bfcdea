import { createHash } from 'node:crypto';
import {
  AdvisoryDatabaseError,
  type AdvisoryLookup,
  assessReading,
  type CoverageEntry,
  type Inventory,
  newestKernelRelease,
  type NodeMatch,
  type NotMatchedReason,
  openAdvisoryDatabase,
} from '@nodeward/engine';
import type { ProviderKind } from '@nodeward/providers';
import { sql } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database } from '../database/schema.ts';
import { loadInventory } from './inventory-store.ts';

/** An inventory as it stands under one running kernel: equal ones share their rows. */
export interface MatchSubject {
  readonly inventoryId: string;
  /** `uname -r`; empty where nothing says which kernel runs. */
  readonly runningKernel: string;
}

export type MatchOutcome =
  | { readonly kind: 'matched'; readonly matchSetId: string; readonly revision: string; readonly complete: boolean; readonly coverage: readonly CoverageEntry[] }
  /** `reason`: of the engine, or of a database that cannot be used (absent, damaged, …). */
  | { readonly kind: 'not-matched'; readonly reason: string; readonly revision: string | null };

export interface AdvisorySource {
  readonly kind: ProviderKind;
  readonly folder: string | null;
}

/** Opens the connection's advisory database for `work`; a database that cannot be used is an outcome. */
export async function withAdvisories<T>(source: AdvisorySource, work: (advisories: AdvisoryLookup) => Promise<T>): Promise<T | Extract<MatchOutcome, { kind: 'not-matched' }>> {
  if (source.folder === null) return { kind: 'not-matched', reason: 'absent', revision: null };
  try {
    using advisories = await openAdvisoryDatabase(source.folder, { purpose: source.kind === 'sample' ? 'sample' : 'production' });
    return await work(advisories);
  } catch (error) {
    if (!(error instanceof AdvisoryDatabaseError)) throw error;
    return { kind: 'not-matched', reason: error.reason, revision: null };
  }
}

/** The rows of one inventory × revision × running kernel: made at first use, shared afterwards. */
export async function ensureMatchSet(db: Database, subject: MatchSubject, advisories: AdvisoryLookup, isSample: boolean, at: Date): Promise<MatchOutcome> {
  const id = matchSetId(subject, advisories.revision);
  const known = await db.selectFrom('match_set').select(['complete', 'coverage']).where('id', '=', id).executeTakeFirst();
  if (known !== undefined) return { kind: 'matched', matchSetId: id, revision: advisories.revision, ...known };
  const inventory = await loadInventory(db, subject.inventoryId);
  if (inventory === undefined) return notMatched('no-inventory', advisories);
  const { matches, coverage, complete, notMatched: reason } = matchSubject(inventory, subject.runningKernel, advisories, isSample);
  if (reason !== undefined) return notMatched(reason, advisories);
  await saveMatchSet(db, { id, subject, revision: advisories.revision, complete, coverage, matches, newestKernel: newestKernelRelease(inventory.packages), at });
  return { kind: 'matched', matchSetId: id, revision: advisories.revision, complete, coverage };
}

function matchSetId({ inventoryId, runningKernel }: MatchSubject, revision: string): string {
  return createHash('sha256').update(`${inventoryId}\n${revision}\n${runningKernel}`).digest('hex');
}

function notMatched(reason: NotMatchedReason, advisories: AdvisoryLookup): MatchOutcome {
  return { kind: 'not-matched', reason, revision: advisories.revision };
}

/** Without the reading's own coverage, which differs between nodes of one inventory and is kept with the assessment. */
function matchSubject(inventory: Inventory, runningKernel: string, advisories: AdvisoryLookup, isSample: boolean): ReturnType<typeof assessReading> {
  const facts = { grade: 'disk' as const, ...(runningKernel === '' ? {} : { runningKernel: { release: runningKernel, from: 'node-object' as const } }), evidencePaths: {} };
  return assessReading({ inventory, facts, coverage: [], bytesRead: 0, requests: 0 }, inventory.id, advisories, { isSample });
}

interface NewMatchSet {
  readonly id: string;
  readonly subject: MatchSubject;
  readonly revision: string;
  readonly complete: boolean;
  readonly coverage: readonly CoverageEntry[];
  readonly matches: readonly NodeMatch[];
  readonly newestKernel: string | undefined;
  readonly at: Date;
}

async function saveMatchSet(db: Database, set: NewMatchSet): Promise<void> {
  await inTransaction(db, async (transaction) => {
    const { numInsertedOrUpdatedRows: inserted } = await transaction
      .insertInto('match_set')
      .values({
        id: set.id,
        inventory_id: set.subject.inventoryId,
        revision: set.revision,
        running_kernel: set.subject.runningKernel,
        matched_at: set.at,
        complete: set.complete,
        coverage: JSON.stringify(set.coverage),
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (inserted === 0n) return;
    await sql`
      insert into match (match_set_id, vulnerability, package_family, source_package, installed_version, kernel_release, kernel, fixed_version,
        state, reason, severity, severity_source, cvss, reboot_fixes, advisory, rule, packages, fact_class)
      select ${set.id}::text, r.* from jsonb_to_recordset(${JSON.stringify(rowsOf(set))}::jsonb) as r (vulnerability text, package_family text,
        source_package text, installed_version text, kernel_release text, kernel text, fixed_version text, state text, reason text, severity text,
        severity_source text, cvss jsonb, reboot_fixes boolean, advisory text, rule text, packages jsonb, fact_class text)
      on conflict do nothing`.execute(transaction);
  });
}

function rowsOf({ matches, newestKernel }: NewMatchSet): readonly object[] {
  const afterBoot = new Set(matches.filter((match) => match.kernelRelease === newestKernel).map(keyOf));
  return matches.map((match) => ({
    vulnerability: match.vulnerability,
    package_family: match.packageFamily,
    source_package: match.sourcePackage,
    installed_version: match.installedVersion,
    kernel_release: match.kernelRelease ?? '',
    kernel: match.kernel,
    fixed_version: match.fixedVersion,
    state: match.state,
    reason: match.reason ?? null,
    severity: match.severity,
    severity_source: match.severitySource,
    cvss: match.cvss,
    // the next boot runs the newest kernel: it must be another than this one, and free of the vulnerability
    reboot_fixes: match.kernel === 'running' && newestKernel !== undefined && newestKernel !== match.kernelRelease && !afterBoot.has(keyOf(match)),
    advisory: match.advisory,
    rule: match.rule,
    packages: match.packages,
    fact_class: match.kernelRelease === null ? 'os-packages' : 'kernel',
  }));
}

function keyOf(match: NodeMatch): string {
  return `${match.packageFamily}\n${match.vulnerability}`;
}
