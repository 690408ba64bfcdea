import type { NodeEvidence } from '@nodeward/api';
import { type ComponentFile, type CoverageEntry, type FactClass, factClasses, joinCoverage } from '@nodeward/engine';
import { type Selectable, sql } from 'kysely';
import { withKnownKubelet } from '../assessment/coverage.ts';
import type { Database, NodeClassTable } from '../database/schema.ts';
import { findFleetNode } from './node-list.ts';
import { type AssessmentRow, assessmentsBehind, type NodeReading, readingOf } from './read-facts.ts';

type ClassRow = Selectable<NodeClassTable> & { readonly open: number; readonly set_coverage: readonly CoverageEntry[] };

/** What is known of one node, and how; undefined where there is no such live node. */
export async function nodeEvidence(db: Database, nodeId: string): Promise<NodeEvidence | undefined> {
  const node = await findFleetNode(db, nodeId);
  if (node === undefined) return undefined;
  const [classes, assessments, newestId] = await Promise.all([classRows(db, nodeId), assessmentsBehind(db, nodeId), newestAssessment(db, nodeId)]);
  const byClass = new Map(classes.map((row) => [row.fact_class, row]));
  const newest = assessments.get(newestId ?? '');
  const behind = (factClass: FactClass): AssessmentRow | undefined => assessments.get(byClass.get(factClass)?.assessment_id ?? '') ?? newest;
  const [packages, components] = await Promise.all([readOptional(db, behind('os-packages')), readOptional(db, behind('node-components'))]);
  const kernel = behind('kernel');
  const coverage = newest === undefined ? [] : coverageOf(newest, await setCoverage(db, newest.match_set_id));
  return {
    node,
    factClasses: factClasses.map((factClass) => describeClass(factClass, byClass.get(factClass), assessments, coverage)),
    runningKernel: kernel?.running_kernel == null || kernel.running_kernel_from === null ? null : { release: kernel.running_kernel, from: kernel.running_kernel_from },
    operatingSystem: packages?.inventory.operatingSystem.prettyName ?? null,
    components: components === undefined ? [] : describeComponents(components),
    coverage,
  };
}

async function classRows(db: Database, nodeId: string): Promise<readonly ClassRow[]> {
  const { rows } = await sql<ClassRow>`
    select c.*, s.coverage as set_coverage, (select count(distinct m.vulnerability)::int from match m where m.match_set_id = c.match_set_id and m.fact_class = c.fact_class
        and m.state = 'affected-fix-available' and (m.kernel is null or m.kernel = 'running')) as open
    from node_class c join match_set s on s.id = c.match_set_id where c.node_id = ${nodeId}`.execute(db);
  return rows;
}

async function newestAssessment(db: Database, nodeId: string): Promise<string | null> {
  const { assessment_id: id } = await db.selectFrom('node').select('assessment_id').where('id', '=', nodeId).executeTakeFirstOrThrow();
  return id;
}

async function readOptional(db: Database, assessment: AssessmentRow | undefined): Promise<NodeReading | undefined> {
  return assessment === undefined ? undefined : readingOf(db, assessment);
}

async function setCoverage(db: Database, matchSetId: string | null): Promise<readonly CoverageEntry[]> {
  if (matchSetId === null) return [];
  const set = await db.selectFrom('match_set').select('coverage').where('id', '=', matchSetId).executeTakeFirst();
  return set?.coverage ?? [];
}

function describeClass(factClass: FactClass, row: ClassRow | undefined, assessments: ReadonlyMap<string, AssessmentRow>, newest: NodeEvidence['coverage']): NodeEvidence['factClasses'][number] {
  const assessment = assessments.get(row?.assessment_id ?? '');
  const coverage = assessment === undefined || row === undefined ? newest : coverageOf(assessment, row.set_coverage);
  return {
    factClass,
    grade: row?.grade ?? null,
    assessedAt: row?.assessed_at.toISOString() ?? null,
    path: assessment?.evidence_paths[factClass] ?? null,
    openVulnerabilities: row === undefined || (row.open === 0 && row.untold.length > 0) ? null : row.open,
    coverage: coverage.filter(({ subject }) => subject === factClass),
  };
}

/** What was opened or is known by name, then what only lies there. */
function describeComponents({ inventory, facts }: NodeReading): NodeEvidence['components'] {
  const files = new Map((facts.componentFiles ?? []).map((file): [string, ComponentFile] => [file.path, file]));
  const opened = inventory.components.map((component) => ({
    family: component.family,
    name: component.name,
    path: component.path,
    version: component.version ?? null,
    versionFrom: component.versionFrom ?? null,
    state: files.get(component.path)?.state ?? ('active' as const),
    modules: component.modules?.length ?? null,
  }));
  const known = new Set(opened.map(({ path }) => path));
  const unopened = [...files.values()].filter(({ path }) => !known.has(path));
  return [...opened, ...unopened.map(({ family, name, path, state }) => ({ family, name, path, version: null, versionFrom: null, state, modules: null }))];
}

function coverageOf({ coverage, kubelet_version: kubelet }: AssessmentRow, set: readonly CoverageEntry[]): NodeEvidence['coverage'] {
  const entries = joinCoverage(withKnownKubelet(coverage, kubelet), set);
  return entries.map(({ subject, state, reason, detail }) => ({ subject, state, reason, ...(detail === undefined ? {} : { detail }) }));
}
