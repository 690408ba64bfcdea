import { sql, type Selectable } from 'kysely';
import type { Database, MatchTable } from '../database/schema.ts';

export type MatchRow = Selectable<MatchTable>;
export type RowsBySet = ReadonlyMap<string, readonly MatchRow[]>;

/** The rows of match sets, which never change once they are written. */
export interface MatchRows {
  ofSets(setIds: readonly string[]): Promise<RowsBySet>;
}

export async function matchRowsOfSets(db: Database, setIds: readonly string[]): Promise<RowsBySet> {
  if (setIds.length === 0) return new Map();
  const { rows } = await sql<MatchRow>`
    select * from match where match_set_id = any(${setIds}::text[])
    order by vulnerability, source_package, installed_version, kernel_release, component, match_set_id`.execute(db);
  return new Map([...new Map(setIds.map((id): [string, MatchRow[]] => [id, []])), ...Map.groupBy(rows, (row) => row.match_set_id)]);
}

/** Keeps what it has loaded, up to so many rows, the least recently used sets first to go. */
export function createMatchRows(db: Database, maxRows = 100_000): MatchRows {
  const kept = new Map<string, readonly MatchRow[]>();
  let count = 0;
  const keep = (id: string, rows: readonly MatchRow[]): void => {
    count += rows.length - (kept.get(id)?.length ?? 0);
    kept.delete(id);
    kept.set(id, rows);
    for (const [oldest, gone] of kept) {
      if (count <= maxRows) break;
      kept.delete(oldest);
      count -= gone.length;
    }
  };
  return {
    async ofSets(setIds) {
      const known = new Map(setIds.flatMap((id) => {
        const rows = kept.get(id);
        return rows === undefined ? [] : [[id, rows] as const];
      }));
      const loaded = await matchRowsOfSets(db, [...new Set(setIds)].filter((id) => !known.has(id)));
      const all = new Map([...known, ...loaded]);
      for (const [id, rows] of all) keep(id, rows);
      return all;
    },
  };
}
