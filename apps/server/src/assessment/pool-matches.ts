import { type CoverageEntry, type EvidenceGrade, type FactClass, isIncomplete, joinCoverage, type NodeMatch, type Package } from '@nodeward/engine';
import { sql } from 'kysely';
import type { Database, ImageReadingTable } from '../database/schema.ts';
import { withKnownKubelet } from './coverage.ts';
import type { ImageTarget } from './image-targets.ts';
import { matchRowsOfSets, type RowsBySet } from './match-rows.ts';
import { toNodeMatch } from './stored-match.ts';

/** A row as it stands on `nodes` nodes of a pool that share it. */
export interface PoolMatch extends NodeMatch {
  readonly nodes: number;
  /** A boot into the newest kernel on the disk ends it. */
  readonly rebootFixes: boolean;
}

/** Nodes of a pool that share one match set for one fact class. */
export interface Standing {
  readonly poolId: string;
  readonly matchSetId: string;
  readonly factClass: FactClass;
  readonly nodes: number;
  /** Nodes on which the class was read whole. */
  readonly wholeNodes: number;
  readonly evidence: string;
}

export async function standingsOf(db: Database, poolIds: readonly string[]): Promise<readonly Standing[]> {
  const { rows } = await sql<Standing>`
    select n.pool_id as "poolId", c.match_set_id as "matchSetId", c.fact_class as "factClass", count(*)::int as nodes,
      (count(*) filter (where c.untold = '{}'))::int as "wholeNodes", coalesce(min(a.evidence_paths->>c.fact_class), '') as evidence
    from node n join node_class c on c.node_id = n.id join assessment a on a.id = c.assessment_id
    where n.pool_id = any(${poolIds}::text[]) and n.gone_at is null
    group by n.pool_id, c.match_set_id, c.fact_class order by c.match_set_id, c.fact_class`.execute(db);
  return rows;
}

/** The rows that the live nodes of a pool carry, kernels that do not run included; one per match set and row. */
export async function poolMatches(db: Database, poolId: string): Promise<readonly PoolMatch[]> {
  const standings = await standingsOf(db, [poolId]);
  return matchesOfStandings(standings, await matchRowsOfSets(db, setsOf(standings)));
}

export function setsOf(standings: readonly Standing[]): readonly string[] {
  return [...new Set(standings.map(({ matchSetId }) => matchSetId))];
}

export function matchesOfStandings(standings: readonly Standing[], rows: RowsBySet): readonly PoolMatch[] {
  return standings
    .flatMap(({ matchSetId, factClass, nodes, evidence }) =>
      (rows.get(matchSetId) ?? []).filter((row) => row.fact_class === factClass).map((row) => ({ ...toNodeMatch(row, evidence), nodes, rebootFixes: row.reboot_fixes })),
    )
    .toSorted((a, b) => compareText(a.vulnerability, b.vulnerability) || compareText(a.sourcePackage, b.sourcePackage) || compareText(a.installedVersion, b.installedVersion));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export type ImageMatches =
  | {
      readonly kind: 'known';
      readonly matches: readonly NodeMatch[];
      readonly coverage: readonly CoverageEntry[];
      /** Those whose source is known, where other sources are not: they vouch for themselves. */
      readonly packages: readonly Package[];
      readonly grade: EvidenceGrade;
      readonly complete: boolean;
      readonly revision: string;
    }
  | { readonly kind: 'unknown'; readonly code: 'not-read-yet' | 'image-not-published' | 'unreadable' | 'no-advisories'; readonly detail: string };

/** What `ensureImageReadings` found out about one image of a pool under one kubelet. */
export interface StoredImage {
  readonly poolId: string;
  readonly image: string;
  readonly kubelet: string;
  readonly inventoryId: string | null;
  readonly matchSetId: string | null;
  readonly grade: EvidenceGrade | null;
  readonly coverage: readonly CoverageEntry[];
  readonly evidencePaths: Partial<Record<FactClass, string>>;
  readonly unknownCode: ImageReadingTable['unknown_code'];
  readonly unknownDetail: string | null;
  readonly setCoverage: readonly CoverageEntry[] | null;
  readonly complete: boolean | null;
  readonly revision: string | null;
}

export async function storedImages(db: Database, poolIds: readonly string[]): Promise<readonly StoredImage[]> {
  if (poolIds.length === 0) return [];
  const { rows } = await sql<StoredImage>`
    select i.pool_id as "poolId", i.image, i.kubelet_version as kubelet, i.inventory_id as "inventoryId", i.match_set_id as "matchSetId", i.grade, i.coverage,
      i.evidence_paths as "evidencePaths", i.unknown_code as "unknownCode", i.unknown_detail as "unknownDetail", s.coverage as "setCoverage", s.complete, s.revision
    from image_reading i left join match_set s on s.id = i.match_set_id where i.pool_id = any(${poolIds}::text[])`.execute(db);
  return rows;
}

export async function imageMatches(db: Database, poolId: string, target: ImageTarget): Promise<ImageMatches> {
  const image = (await storedImages(db, [poolId])).find(({ image: name, kubelet }) => name === target.image && kubelet === target.kubelet);
  const rows = await matchRowsOfSets(db, image?.matchSetId == null ? [] : [image.matchSetId]);
  return matchesOfImage(image, rows, await knownSources(db, image === undefined ? [] : [image]));
}

export function matchesOfImage(image: StoredImage | undefined, rows: RowsBySet, packages: KnownSources): ImageMatches {
  if (image === undefined) return { kind: 'unknown', code: 'not-read-yet', detail: '' };
  const { matchSetId, grade, revision } = image;
  if (matchSetId === null || grade === null || revision === null) return { kind: 'unknown', code: image.unknownCode ?? 'not-read-yet', detail: image.unknownDetail ?? '' };
  const coverage = joinCoverage(withKnownKubelet(image.coverage, image.kubelet), image.setCoverage ?? []);
  return {
    kind: 'known',
    matches: (rows.get(matchSetId) ?? []).map((row) => toNodeMatch(row, image.evidencePaths[row.fact_class] ?? '')),
    coverage,
    packages: packages.get(image.inventoryId ?? '') ?? [],
    grade,
    complete: image.complete === true && !coverage.some(isIncomplete),
    revision,
  };
}

/** By inventory. */
export type KnownSources = ReadonlyMap<string, readonly Package[]>;

/** Packages with a known source of those images whose evidence does not know the source of every package. */
export async function knownSources(db: Database, images: readonly StoredImage[]): Promise<KnownSources> {
  const ids = images.flatMap(({ inventoryId, coverage }) => (inventoryId !== null && coverage.some(({ state }) => state === 'unknown-source') ? [inventoryId] : []));
  if (ids.length === 0) return new Map();
  const { rows } = await sql<Package & { readonly inventoryId: string }>`
    select inventory_id as "inventoryId", name, version, architecture, source, source_version as "sourceVersion", source_known as "sourceKnown"
    from inventory_package where inventory_id = any(${ids}::text[]) and source_known`.execute(db);
  return Map.groupBy(rows, ({ inventoryId }) => inventoryId);
}
