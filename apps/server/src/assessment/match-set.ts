import { createHash } from 'node:crypto';
import {
  AdvisoryDatabaseError,
  type AdvisoryLookup,
  assessReading,
  type CoverageEntry,
  type Inventory,
  newestKernelRelease,
  type NodeFacts,
  type NodeMatch,
  type NotMatchedReason,
  openAdvisoryDatabase,
} from '@nodeward/engine';
import type { ProviderKind } from '@nodeward/providers';
import { sql } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database } from '../database/schema.ts';
import { bareVersion } from './image-targets.ts';
import { loadInventories, loadInventory } from './inventory-store.ts';

/** An inventory as it stands under one running kernel and one kubelet: equal ones share their rows. */
export interface MatchSubject {
  readonly inventoryId: string;
  /** `uname -r`; empty where nothing says which kernel runs. */
  readonly runningKernel: string;
  /** As the Node object reports it; empty where none does. With or without a leading `v`. */
  readonly kubeletVersion: string;
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

/** The rows of one inventory × revision × running kernel × kubelet: made at first use, shared afterwards. */
export async function ensureMatchSet(db: Database, subject: MatchSubject, advisories: AdvisoryLookup, isSample: boolean, at: Date): Promise<MatchOutcome> {
  const id = matchSetId(subject, advisories.revision);
  if ((await wantedRows(db, [id], at)).has(id)) {
    const known = await db.selectFrom('match_set').select(['complete', 'coverage']).where('id', '=', id).executeTakeFirstOrThrow();
    return { kind: 'matched', matchSetId: id, revision: advisories.revision, ...known };
  }
  const inventory = await loadInventory(db, subject.inventoryId);
  if (inventory === undefined) return notMatched('no-inventory', advisories);
  const made = matchSubject(inventory, subject, advisories, isSample);
  if (typeof made === 'string') return notMatched(made, advisories);
  await saveMatchSets(db, [made], at);
  return { kind: 'matched', matchSetId: id, revision: advisories.revision, complete: made.complete, coverage: made.coverage };
}

/** Inventories in memory at once. */
const matchedAtOnce = 10;

/** The same for many, in a few statements. One whose inventory cannot be matched has no rows afterwards. */
export async function ensureMatchSets(db: Database, subjects: readonly MatchSubject[], advisories: AdvisoryLookup, isSample: boolean, at: Date): Promise<void> {
  const wanted = new Map(subjects.map((subject) => [matchSetId(subject, advisories.revision), subject]));
  const known = await wantedRows(db, [...wanted.keys()], at);
  const missing = [...wanted].flatMap(([id, subject]) => (known.has(id) ? [] : [subject]));
  let made: readonly NewMatchSet[] = [];
  for (let first = 0; first < missing.length; first += matchedAtOnce) {
    // the database writes what has been matched while the next ones are matched
    const [next] = await Promise.all([matchSubjects(db, missing.slice(first, first + matchedAtOnce), advisories, isSample), saveMatchSets(db, made, at)]);
    made = next;
  }
  await saveMatchSets(db, made, at);
}

async function matchSubjects(db: Database, subjects: readonly MatchSubject[], advisories: AdvisoryLookup, isSample: boolean): Promise<readonly NewMatchSet[]> {
  const inventories = await loadInventories(db, [...new Set(subjects.map(({ inventoryId }) => inventoryId))]);
  return subjects.flatMap((subject): readonly NewMatchSet[] => {
    const inventory = inventories.get(subject.inventoryId);
    const set = inventory === undefined ? 'no-inventory' : matchSubject(inventory, subject, advisories, isSample);
    return typeof set === 'string' ? [] : [set];
  });
}

/** Rows that were wanted more lately are not noted again. */
const noteAfterMs = 3_600_000;

/** Sets whose rows are stored; from now on they stay for a while, whether or not somebody stands on them yet. */
async function wantedRows(db: Database, ids: readonly string[], at: Date): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom('match_rows').selectAll().where(sql<boolean>`match_set_id = any(${ids}::text[])`).execute();
  const isNoted = (wantedAt: Date): boolean => wantedAt.getTime() > at.getTime() - noteAfterMs;
  const old = rows.flatMap(({ match_set_id: id, wanted_at: wantedAt }) => (isNoted(wantedAt) ? [] : [id]));
  const noted = rows.flatMap(({ match_set_id: id, wanted_at: wantedAt }) => (isNoted(wantedAt) ? [id] : []));
  if (old.length === 0) return new Set(noted);
  // those that are removed at this moment are waited for, and are not there any more
  const { rows: kept } = await sql<{ id: string }>`
    with held as (select match_set_id from match_rows where match_set_id = any(${old}::text[]) order by match_set_id for no key update)
    update match_rows r set wanted_at = greatest(r.wanted_at, ${at}::timestamptz) from held h where r.match_set_id = h.match_set_id returning r.match_set_id as id`.execute(db);
  return new Set([...noted, ...kept.map(({ id }) => id)]);
}

function matchSetId({ inventoryId, runningKernel, kubeletVersion }: MatchSubject, revision: string): string {
  return createHash('sha256').update(`${inventoryId}\n${revision}\n${runningKernel}\n${bareVersion(kubeletVersion)}`).digest('hex');
}

function notMatched(reason: NotMatchedReason, advisories: AdvisoryLookup): MatchOutcome {
  return { kind: 'not-matched', reason, revision: advisories.revision };
}

interface NewMatchSet {
  readonly id: string;
  readonly subject: MatchSubject;
  readonly revision: string;
  readonly complete: boolean;
  readonly coverage: readonly CoverageEntry[];
  readonly matches: readonly NodeMatch[];
  readonly newestKernel: string | undefined;
}

/** Without the reading's own coverage, which differs between nodes of one inventory and is kept with the assessment. A reason where nothing can be told. */
function matchSubject(inventory: Inventory, given: MatchSubject, advisories: AdvisoryLookup, isSample: boolean): NewMatchSet | NotMatchedReason {
  const subject = { ...given, kubeletVersion: bareVersion(given.kubeletVersion) };
  const { runningKernel, kubeletVersion } = subject;
  const facts: NodeFacts = {
    grade: 'disk',
    ...(runningKernel === '' ? {} : { runningKernel: { release: runningKernel, from: 'node-object' } }),
    ...(kubeletVersion === '' ? {} : { kubeletVersion }),
    evidencePaths: {},
  };
  const { matches, coverage, complete, notMatched: reason } = assessReading({ inventory, facts, coverage: [], bytesRead: 0, requests: 0 }, inventory.id, advisories, { isSample });
  if (reason !== undefined && reason !== 'no-advisories-for-operating-system') return reason;
  const { revision } = advisories;
  return { id: matchSetId(subject, revision), subject, revision, complete, coverage, matches, newestKernel: newestKernelRelease(inventory.packages) };
}

/** A set that is remembered without its rows is given them again. */
async function saveMatchSets(db: Database, given: readonly NewMatchSet[], at: Date): Promise<void> {
  if (given.length === 0) return;
  // in one order, whoever else writes the same ones
  const sets = given.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await inTransaction(db, async (transaction) => {
    await transaction
      .insertInto('match_set')
      .values(sets.map(({ id, subject, revision, complete, coverage }) => ({
        id,
        inventory_id: subject.inventoryId,
        revision,
        running_kernel: subject.runningKernel,
        kubelet_version: subject.kubeletVersion,
        matched_at: at,
        complete,
        coverage: JSON.stringify(coverage),
      })))
      // one that nobody remembers may be removed at this moment: it is waited for, and written again
      .onConflict((conflict) => conflict.column('id').doUpdateSet((eb) => ({ matched_at: eb.ref('excluded.matched_at') })))
      .execute();
    const stored = await transaction
      .insertInto('match_rows')
      .values(sets.map(({ id }) => ({ match_set_id: id, wanted_at: at })))
      .onConflict((conflict) => conflict.doNothing())
      .returning('match_set_id as id')
      .execute();
    const ours = new Set(stored.map(({ id }) => id));
    await insertMatches(transaction, sets.filter(({ id }) => ours.has(id)));
  });
}

async function insertMatches(db: Database, sets: readonly NewMatchSet[]): Promise<void> {
  if (sets.length === 0) return;
  await sql`
    insert into match (match_set_id, vulnerability, package_family, source_package, installed_version, kernel_release, kernel, fixed_version,
      state, reason, severity, severity_source, cvss, reboot_fixes, advisory, rule, packages, fact_class, component, exploited, epss)
    select s.id, r.* from unnest(${sets.map(({ id }) => id)}::text[], ${sets.map((set) => JSON.stringify(rowsOf(set)))}::jsonb[]) as s (id, rows)
    cross join lateral jsonb_to_recordset(s.rows) as r (vulnerability text, package_family text,
      source_package text, installed_version text, kernel_release text, kernel text, fixed_version text, state text, reason text, severity text,
      severity_source text, cvss jsonb, reboot_fixes boolean, advisory text, rule text, packages jsonb, fact_class text, component text,
      exploited boolean, epss double precision)
    on conflict do nothing`.execute(db);
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
    fact_class: match.factClass,
    component: match.component ?? '',
    exploited: match.exploited,
    epss: match.epss,
  }));
}

function keyOf(match: NodeMatch): string {
  return `${match.packageFamily}\n${match.vulnerability}`;
}
