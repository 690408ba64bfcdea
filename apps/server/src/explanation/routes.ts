import { explain, resolveSources, withReportedKernel } from '@nodeward/engine';
import type { ProviderKind } from '@nodeward/providers';
import { sql } from 'kysely';
import { withAdvisories } from '../assessment/match-set.ts';
import { liveNodes } from '../database/live-fleet.ts';
import type { Database } from '../database/schema.ts';
import type { Dependencies } from '../dependencies.ts';
import { ConflictError, NotFoundError } from '../http/errors.ts';
import type { Handlers } from '../http/handlers.ts';
import { assessmentsBehind, type AssessmentRow, type NodeReading, readingOf } from '../inventory/read-facts.ts';

export function explanationHandlers(deps: Dependencies): Pick<Handlers, 'explainVulnerability'> {
  return {
    async explainVulnerability({ parameters: { poolId, vulnerability }, query }) {
      const subject = await findSubject(deps.db, poolId, vulnerability, query.nodeId);
      const readings = await readingsOf(deps.db, subject.nodeId);
      if (readings.length === 0) throw new ConflictError('nothing has been read of this node');
      const told = await withAdvisories({ kind: subject.connectionKind, folder: subject.advisoryFolder }, (advisories) => {
        const entries = readings.flatMap(({ inventory, facts }) =>
          explain(withReportedKernel(resolveSources(inventory, advisories).inventory, facts, advisories).inventory, facts, advisories, vulnerability, query.package).map((entry) => ({ ...entry, grade: facts.grade })),
        );
        return Promise.resolve({ revision: advisories.revision, entries });
      });
      if ('kind' in told) throw new ConflictError(`the advisory database cannot be used: ${told.reason}`);
      return { target: subject.node, vulnerability, package: query.package ?? null, advisoryDatabaseRevision: told.revision, entries: told.entries };
    },
  };
}

interface Subject {
  readonly nodeId: string;
  readonly node: string;
  readonly connectionKind: ProviderKind;
  readonly advisoryFolder: string | null;
}

/** The node that was asked for; otherwise one that carries the vulnerability, otherwise the one that was read last. */
async function findSubject(db: Database, poolId: string, vulnerability: string, nodeId: string | undefined): Promise<Subject> {
  const { rows } = await sql<Subject>`
    select n.id as "nodeId", n.name as node, k.kind as "connectionKind", k.advisory_folder as "advisoryFolder"
    from ${liveNodes} left join assessment a on a.id = n.assessment_id
    where p.id = ${poolId} ${nodeId === undefined ? sql`` : sql`and n.id = ${nodeId}`}
    order by exists (select from node_class c join match m on m.match_set_id = c.match_set_id and m.fact_class = c.fact_class
        where c.node_id = n.id and m.vulnerability = ${vulnerability} and m.state <> 'not-affected' and (m.kernel is null or m.kernel = 'running')) desc,
      a.inventory_id is not null desc, a.evidence_at desc nulls last, n.name limit 1`.execute(db);
  const subject = rows[0];
  if (subject === undefined) throw nodeId === undefined ? new NotFoundError('node pool', poolId) : new NotFoundError('node', nodeId);
  return subject;
}

/** Fact classes may rest on different readings: each distinct inventory is explained once. */
async function readingsOf(db: Database, nodeId: string): Promise<readonly NodeReading[]> {
  const byInventory = new Map<string, AssessmentRow>();
  for (const assessment of (await assessmentsBehind(db, nodeId)).values()) {
    const known = byInventory.get(assessment.inventory_id ?? '');
    const isNewer = known === undefined || (assessment.evidence_at ?? assessment.queued_at) > (known.evidence_at ?? known.queued_at);
    if (assessment.inventory_id !== null && isNewer) byInventory.set(assessment.inventory_id, assessment);
  }
  const readings = await Promise.all([...byInventory.values()].map((assessment) => readingOf(db, assessment)));
  return readings.flatMap((reading) => reading ?? []);
}
