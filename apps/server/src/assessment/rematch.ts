import { AdvisoryDatabaseError, type AdvisoryLookup, advisoryRevision, type CoverageEntry, joinCoverage } from '@nodeward/engine';
import { type RawBuilder, sql } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database } from '../database/schema.ts';
import type { Dependencies } from '../dependencies.ts';
import { reconcilePools } from '../finding/reconcile.ts';
import { causeOfMatched, reasonOfReading } from './cause.ts';
import { changedFindings, currentStandings } from './changed-findings.ts';
import { readClasses, toldClasses, withKnownKubelet } from './coverage.ts';
import { type AdvisorySource, ensureMatchSets, type MatchSubject, withAdvisories } from './match-set.ts';

/**
 * New advisories: matches the distinct inventories of a connection again, without reading a disk, and gives each node a
 * new assessment of its old evidence. Where the database cannot be used nothing changes here: the connection says so, and
 * its nodes are not evaluated. True where something was matched: then the pools are reconciled, as far as the advisories go.
 */
export async function rematchConnection(deps: RematchDependencies, connectionId: string): Promise<boolean> {
  const source = await advisorySourceOf(deps.db, connectionId);
  return (await withAdvisories(source, (advisories) => rematchAgainst(deps, connectionId, advisories, source.kind === 'sample'))) === true;
}

/**
 * After an assessment has ended: new advisories may have come, and everything else been matched again, between its own matching
 * and its end. Then nobody but itself knows that it stands on older ones, and the connection is matched once more.
 */
export async function rematchIfOlder(deps: RematchDependencies, connectionId: string, assessmentId: string): Promise<void> {
  const assessment = await deps.db.selectFrom('assessment').select(['inventory_id', 'revision']).where('id', '=', assessmentId).executeTakeFirst();
  if (assessment === undefined || assessment.inventory_id === null) return;
  const source = await advisorySourceOf(deps.db, connectionId);
  if (source.folder === null || isRevision(source.folder, assessment.revision)) return;
  await withAdvisories(source, async (advisories) => {
    if (advisories.revision !== assessment.revision) await rematchAgainst(deps, connectionId, advisories, source.kind === 'sample');
  });
}

/** By the manifest alone, because opening proves every byte. One that cannot be read is opened: that says what is wrong with it. */
function isRevision(folder: string, revision: string | null): boolean {
  try {
    return advisoryRevision(folder) === (revision ?? undefined);
  } catch (error) {
    if (!(error instanceof AdvisoryDatabaseError)) throw error;
    return false;
  }
}

async function advisorySourceOf(db: Database, connectionId: string): Promise<AdvisorySource> {
  const { kind, advisory_folder: folder } = await db.selectFrom('connection').select(['kind', 'advisory_folder']).where('id', '=', connectionId).executeTakeFirstOrThrow();
  return { kind, folder };
}

export type RematchDependencies = Pick<Dependencies, 'db' | 'clock'>;

export async function rematchAgainst(deps: RematchDependencies, connectionId: string, advisories: AdvisoryLookup, isSample: boolean): Promise<boolean> {
  const subjects = await subjectsOf(deps.db, connectionId);
  if (subjects.length === 0) return false;
  await ensureMatchSets(deps.db, subjects, advisories, isSample, deps.clock());
  await adoptRevision(deps.db, connectionId, advisories, deps.clock());
  return true;
}

/** As `match_set.kubelet_version` has it. */
const kubelet = sql`regexp_replace(coalesce(a.kubelet_version, ''), '^v', '')`;
/** The set of an assessment's evidence. */
const itsSet = sql`s.inventory_id = a.inventory_id and s.running_kernel = coalesce(a.running_kernel, '') and s.kubelet_version = ${kubelet}`;

async function subjectsOf(db: Database, connectionId: string): Promise<readonly MatchSubject[]> {
  const { rows } = await sql<MatchSubject>`
    with live as (
      select n.id, n.assessment_id from node n join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id
      where c.connection_id = ${connectionId} and n.gone_at is null
    )
    select a.inventory_id as "inventoryId", coalesce(a.running_kernel, '') as "runningKernel", ${kubelet} as "kubeletVersion"
    from live join assessment a on a.id = live.assessment_id where a.inventory_id is not null
    union
    select s.inventory_id, s.running_kernel, s.kubelet_version
    from (select distinct k.match_set_id from live join node_class k on k.node_id = live.id) x join match_set s on s.id = x.match_set_id`.execute(db);
  return rows;
}

async function adoptRevision(db: Database, connectionId: string, advisories: AdvisoryLookup, at: Date): Promise<void> {
  const { revision } = advisories;
  await inTransaction(db, async (transaction) => {
    const { rows: pools } = await sql<{ id: string }>`
      select p.id from node_pool p join cluster c on c.id = p.cluster_id where c.connection_id = ${connectionId} order by p.id for update of p`.execute(transaction);
    const poolIds = pools.map(({ id }) => id);
    const before = await currentStandings(transaction, poolIds);
    await assessAgain(transaction, connectionId, revision, at);
    await moveClasses(transaction, connectionId, revision);
    const { whole, partly, keys } = await changedFindings(transaction, poolIds, before);
    const reasons = { present: 'advisory-changed', absent: 'advisory-changed' } as const;
    await reconcilePools(transaction, whole, at, reasons);
    await reconcilePools(transaction, partly, at, reasons, keys);
    await nameWithdrawn(transaction, advisories, at);
  });
}

/** A finding that has closed because nobody's advisory speaks of it any more, withdrawn ones left out, says so. */
async function nameWithdrawn(db: Database, advisories: AdvisoryLookup, at: Date): Promise<void> {
  const { rows } = await sql<{ readonly id: string; readonly vulnerability: string; readonly advisory: string }>`
    select f.id, f.vulnerability, f.advisory from finding_event e join finding f on f.id = e.finding_id
    where e.at = ${at}::timestamptz and e.to_state = 'resolved' and e.reason = 'advisory-changed'`.execute(db);
  const withdrawn = rows.filter(({ advisory }) => advisories.advisory(advisory)?.withdrawn !== undefined || advisories.advisory(advisory) === undefined);
  if (withdrawn.length === 0) return;
  await sql`update finding_event set reason = 'advisory-withdrawn' where at = ${at}::timestamptz and to_state = 'resolved' and finding_id = any(${withdrawn.map(({ id }) => id)}::text[])`.execute(db);
}

/**
 * What no assessment of the new revision has taken over keeps its evidence and takes the new rows: a class of older
 * evidence, or one of which the new advisories do not tell any more, where absence then closes nothing.
 */
async function moveClasses(db: Database, connectionId: string, revision: string): Promise<void> {
  await sql`
    update node_class k set match_set_id = s.id, untold = case when newest.revision = ${revision}::text and newest.evidence_at = k.assessed_at then '{*}' else k.untold end
    from match_set o join match_set s on (s.inventory_id, s.running_kernel, s.kubelet_version) = (o.inventory_id, o.running_kernel, o.kubelet_version) and s.revision = ${revision}::text,
      node n join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id left join assessment newest on newest.id = n.assessment_id
    where o.id = k.match_set_id and o.revision <> ${revision}::text and n.id = k.node_id and c.connection_id = ${connectionId} and n.gone_at is null`.execute(db);
}

/** Of the copy of a node's assessment under a revision. */
function copyId(node: RawBuilder<unknown>, revision: string, of: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`md5(${node} || ${revision}::text || ${of})`;
}

/** What equal evidence under equal rows leaves open; nodes of one image share one of these. */
interface Judgement {
  readonly set_id: string;
  readonly kubelet: string;
  /** Of the reading's coverage. */
  readonly hash: string;
  readonly complete: boolean;
  readonly coverage: readonly CoverageEntry[];
  readonly set_coverage: readonly CoverageEntry[];
}

const coverageHash = sql`md5(a.coverage::text)`;

/** A copy of each node's newest assessment with the new revision; its id says which, so that a repetition writes it once. */
async function assessAgain(db: Database, connectionId: string, revision: string, at: Date): Promise<void> {
  const renewed = sql`
    from node n join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id
    join assessment a on a.id = n.assessment_id
    join match_set s on ${itsSet} and s.revision = ${revision}::text
    where c.connection_id = ${connectionId} and n.gone_at is null and a.match_set_id is distinct from s.id`;
  const { rows } = await sql<Judgement>`
    select distinct on (set_id, hash) * from (
      select s.id as set_id, s.kubelet_version as kubelet, ${coverageHash} as hash, s.complete, a.coverage, s.coverage as set_coverage ${renewed}
    ) e order by set_id, hash`.execute(db);
  const judged = rows.map(judge);
  await sql`
    with judged as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(judged)}::jsonb) as j (set_id text, hash text, cause text, reason text, read text[], told jsonb)
    ), renewed as materialized (
      -- by itself: the planner takes few judgements for one, and would look for the set of each node once per judgement
      select a.*, s.id as set_id, ${coverageHash} as hash ${renewed}
    ), written as (
      insert into assessment (id, node_id, state, trigger, grade, cause, reason, complete, inventory_id, match_set_id, revision, running_kernel,
        running_kernel_from, kubelet_version, evidence_paths, reading_id, coverage, read_classes, node_image, evidence_token, queued_at, evidence_at, finished_at)
      select ${copyId(sql`e.node_id`, revision, sql`e.id`)}, e.node_id, case when j.cause is null then 'succeeded' else 'partial' end, 'advisories', e.grade, j.cause, j.reason,
        j.cause is null, e.inventory_id, e.set_id, ${revision}::text, e.running_kernel, e.running_kernel_from, e.kubelet_version, e.evidence_paths,
        coalesce(e.reading_id, e.id), e.coverage, j.read, e.node_image, e.evidence_token, ${at}::timestamptz, e.evidence_at, ${at}::timestamptz
      from renewed e join judged j on j.set_id = e.set_id and j.hash = e.hash
      on conflict (id) do nothing
      returning id, node_id, match_set_id, md5(coverage::text) as hash, grade, evidence_at, cause, evidence_token
    ), said as (
      select j.set_id, j.hash, t.* from judged j, jsonb_to_recordset(j.told) as t (fact_class text, untold text, only_with_rows boolean)
    ), told as materialized (
      select set_id, hash, fact_class, untold from said where not only_with_rows
      union all
      -- the first row decides: a subquery would be answered by a look at the rows of all sets
      select t.set_id, t.hash, t.fact_class, t.untold from said t
      cross join lateral (select from match m where m.match_set_id = t.set_id and m.fact_class = t.fact_class limit 1) m where t.only_with_rows
    ), classes as (
      insert into node_class (node_id, fact_class, assessment_id, match_set_id, grade, assessed_at, untold)
      select w.node_id, t.fact_class, w.id, w.match_set_id, w.grade, w.evidence_at, string_to_array(t.untold, ' ')
      from written w join told t on t.set_id = w.match_set_id and t.hash = w.hash
      on conflict (node_id, fact_class) do update set match_set_id = excluded.match_set_id, grade = excluded.grade, assessed_at = excluded.assessed_at, untold = excluded.untold,
        -- equal evidence stays that of its first assessment: whatever else is asked of it is the same
        assessment_id = case when node_class.assessed_at = excluded.assessed_at then node_class.assessment_id else excluded.assessment_id end
      where node_class.assessed_at <= excluded.assessed_at and (excluded.untold = '{}' or node_class.untold <> '{}')
    )
    update node n set assessment_id = w.id, assessed_token = w.evidence_token, assessed_cause = w.cause from written w where n.id = w.node_id`.execute(db);
}

function judge({ set_id, kubelet: version, hash, complete, coverage, set_coverage }: Judgement): object {
  const joined = joinCoverage(withKnownKubelet(coverage, version), set_coverage);
  const cause = causeOfMatched(joined, complete);
  return {
    set_id,
    hash,
    cause,
    reason: reasonOfReading(joined, cause),
    read: readClasses(joined),
    told: toldClasses(joined).map(({ factClass, untold, onlyWithRows }) => ({ fact_class: factClass, untold: untold.join(' '), only_with_rows: onlyWithRows })),
  };
}
