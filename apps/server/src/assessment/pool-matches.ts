import type { CoverageEntry, EvidenceGrade, NodeMatch } from '@nodeward/engine';
import { isIncomplete } from '@nodeward/engine';
import { sql, type Selectable } from 'kysely';
import type { Database, MatchTable } from '../database/schema.ts';
import { toNodeMatch } from './stored-match.ts';

/** A row as it stands on `nodes` nodes of a pool that share it. */
export interface PoolMatch extends NodeMatch {
  readonly nodes: number;
  /** A boot into the newest kernel on the disk ends it. */
  readonly rebootFixes: boolean;
}

/** The rows that the live nodes of a pool carry, kernels that do not run included; one per match set and row. */
export async function poolMatches(db: Database, poolId: string): Promise<readonly PoolMatch[]> {
  const { rows } = await sql<Selectable<MatchTable> & { readonly nodes: number; readonly evidence: string }>`
    with standing as (
      select c.match_set_id, c.fact_class, count(*)::int as nodes, coalesce(min(a.evidence_paths->>c.fact_class), '') as evidence
      from node n join node_class c on c.node_id = n.id join assessment a on a.id = c.assessment_id
      where n.pool_id = ${poolId} and n.gone_at is null
      group by c.match_set_id, c.fact_class
    )
    select m.*, s.nodes, s.evidence from standing s join match m on m.match_set_id = s.match_set_id and m.fact_class = s.fact_class
    order by m.vulnerability, m.source_package, m.installed_version, m.kernel_release, m.match_set_id`.execute(db);
  return rows.map((row) => ({ ...toNodeMatch(row, row.evidence), nodes: row.nodes, rebootFixes: row.reboot_fixes }));
}

export type ImageMatches =
  | { readonly kind: 'known'; readonly matches: readonly NodeMatch[]; readonly coverage: readonly CoverageEntry[]; readonly grade: EvidenceGrade; readonly complete: boolean; readonly revision: string }
  | { readonly kind: 'unknown'; readonly code: 'image-not-published' | 'unreadable' | 'no-advisories'; readonly detail: string };

/** What `ensureImageReadings` found out about one image of the pool. */
export async function imageMatches(db: Database, poolId: string, image: string): Promise<ImageMatches> {
  const reading = await db
    .selectFrom('image_reading as i')
    .leftJoin('match_set as s', 's.id', 'i.match_set_id')
    .select(['i.grade', 'i.coverage', 'i.evidence_paths', 'i.unknown_code', 'i.unknown_detail', 'i.match_set_id', 's.complete', 's.revision'])
    .where('i.pool_id', '=', poolId)
    .where('i.image', '=', image)
    .executeTakeFirst();
  if (reading === undefined) return { kind: 'unknown', code: 'unreadable', detail: 'not read yet' };
  const { grade, match_set_id: setId, revision } = reading;
  if (setId === null || grade === null || revision === null) {
    return { kind: 'unknown', code: reading.unknown_code ?? 'unreadable', detail: reading.unknown_detail ?? '' };
  }
  const rows = await db.selectFrom('match').selectAll().where('match_set_id', '=', setId).orderBy('vulnerability').orderBy('source_package').orderBy('kernel_release').execute();
  const coverage: readonly CoverageEntry[] = reading.coverage;
  const matches = rows.map((row) => toNodeMatch(row, reading.evidence_paths[row.fact_class] ?? ''));
  return { kind: 'known', matches, coverage, grade, complete: reading.complete === true && !coverage.some(isIncomplete), revision };
}
