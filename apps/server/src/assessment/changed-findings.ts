import { sql } from 'kysely';
import type { Database } from '../database/schema.ts';
import type { FindingKey } from '../finding/reconcile.ts';

/** Live nodes of a pool that carry one match set for one fact class. */
interface Standing {
  readonly poolId: string;
  readonly factClass: string;
  readonly setId: string;
  /** Everything that a finding takes from the nodes themselves, and which evidence it is. */
  readonly evidence: string;
  readonly nodes: string;
}

/** A set that has taken the place of another one, on the same evidence. */
interface Move extends Pick<Standing, 'poolId' | 'factClass'> {
  readonly from: string;
  readonly to: string;
}

export interface ChangedFindings {
  /** Pools of which more than the rows has changed, or too many of them. */
  readonly whole: readonly string[];
  readonly partly: readonly string[];
  /** Findings of the pools in `partly` that may differ. */
  readonly keys: readonly FindingKey[];
}

/** Beyond these, looking at every finding costs less than naming them. */
const maxChangedRows = 5_000;
const maxChangedFindings = 30_000;

export async function currentStandings(db: Database, poolIds: readonly string[]): Promise<readonly Standing[]> {
  const { rows } = await sql<Standing>`
    select t.pool_id as "poolId", t.fact_class as "factClass", t.match_set_id as "setId",
      concat_ws(' ', s.inventory_id, s.running_kernel, s.kubelet_version, t.untold) as evidence, concat_ws(' ', t.nodes, t.seen) as nodes
    from (
      select n.pool_id, c.fact_class, c.match_set_id, c.untold, count(*) as nodes, max(c.assessed_at) as seen
      from node n join node_class c on c.node_id = n.id
      where n.pool_id = any(${poolIds}::text[]) and n.gone_at is null
      group by n.pool_id, c.fact_class, c.match_set_id, c.untold
    ) t join match_set s on s.id = t.match_set_id`.execute(db);
  return rows;
}

/**
 * Which findings may differ since `before`. Where the nodes of a pool stand as they stood, on the same evidence, only rows
 * that one revision has and the other has not can change a finding.
 */
export async function changedFindings(db: Database, poolIds: readonly string[], before: readonly Standing[]): Promise<ChangedFindings> {
  const [was, is] = [Map.groupBy(before, poolOf), Map.groupBy(await currentStandings(db, poolIds), poolOf)];
  const moves = new Map(poolIds.map((poolId) => [poolId, movesBetween(was.get(poolId) ?? [], is.get(poolId) ?? [])]));
  const keys = await changedKeys(db, [...moves.values()].flatMap((known) => known ?? []));
  if (keys === undefined) return { whole: poolIds, partly: [], keys: [] };
  return { whole: poolIds.filter((poolId) => moves.get(poolId) === undefined), partly: poolIds.filter((poolId) => moves.get(poolId) !== undefined), keys };
}

function poolOf({ poolId }: Standing): string {
  return poolId;
}

/** Undefined where more has changed than the sets. */
function movesBetween(before: readonly Standing[], after: readonly Standing[]): readonly Move[] | undefined {
  const [was, is] = [byEvidence(before), byEvidence(after)];
  if (is === undefined || was?.size !== is.size) return undefined;
  const moves: Move[] = [];
  for (const [key, { poolId, factClass, setId: from, nodes }] of was) {
    const now = is.get(key);
    if (now?.nodes !== nodes) return undefined;
    if (now.setId !== from) moves.push({ poolId, factClass, from, to: now.setId });
  }
  return moves;
}

/** Undefined where two sets of one evidence stand beside each other. */
function byEvidence(standings: readonly Standing[]): ReadonlyMap<string, Standing> | undefined {
  const known = new Map(standings.map((standing) => [`${standing.factClass}\n${standing.evidence}`, standing]));
  return known.size === standings.length ? known : undefined;
}

/** Undefined where they are too many. */
async function changedKeys(db: Database, moves: readonly Move[]): Promise<readonly FindingKey[] | undefined> {
  const distinct = [...new Map(moves.map((move) => [idOf(move), move])).values()];
  const { rows } = await sql<Omit<Move, 'poolId'> & Omit<FindingKey, 'poolId'>>`
    select x.fact_class as "factClass", x.before as "from", x.after as "to", k.package_family as "packageFamily", k.vulnerability
    from unnest(${distinct.map(({ factClass }) => factClass)}::text[], ${distinct.map(({ from }) => from)}::text[], ${distinct.map(({ to }) => to)}::text[]) as x (fact_class, before, after)
    cross join lateral (
      select package_family, vulnerability from (select * from match m where m.match_set_id = x.before and m.fact_class = x.fact_class) a
      full join (select * from match m where m.match_set_id = x.after and m.fact_class = x.fact_class) b
        using (package_family, vulnerability, source_package, installed_version, kernel_release, component)
      where (a.kernel, a.fixed_version, a.state, a.severity, a.severity_source, a.cvss, a.reboot_fixes, a.advisory, a.rule, a.packages, a.exploited, a.epss)
        is distinct from (b.kernel, b.fixed_version, b.state, b.severity, b.severity_source, b.cvss, b.reboot_fixes, b.advisory, b.rule, b.packages, b.exploited, b.epss)
    ) k limit ${maxChangedRows + 1}`.execute(db);
  if (rows.length > maxChangedRows) return undefined;
  const changed = Map.groupBy(rows, idOf);
  const keys = new Map<string, FindingKey>();
  for (const move of moves) {
    for (const { packageFamily, vulnerability } of changed.get(idOf(move)) ?? []) keys.set([move.poolId, packageFamily, vulnerability].join('\n'), { poolId: move.poolId, packageFamily, vulnerability });
    if (keys.size > maxChangedFindings) return undefined;
  }
  return [...keys.values()];
}

function idOf({ factClass, from, to }: Omit<Move, 'poolId'>): string {
  return `${factClass} ${from} ${to}`;
}
