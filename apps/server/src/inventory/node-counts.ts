import type { EvidenceGrade, NodeState, NotEvaluatedCause, Overview } from '@nodeward/api';
import { sql } from 'kysely';
import { type FleetScope, within } from '../database/fleet-scope.ts';
import { liveNodes } from '../database/live-fleet.ts';
import type { Database } from '../database/schema.ts';
import { evidenceOfNodes, type ImageAgeBand, imageAgeOf } from './node-scope.ts';

interface Group {
  readonly state: NodeState;
  readonly cause: NotEvaluatedCause | null;
  readonly grade: EvidenceGrade | null;
  readonly age: ImageAgeBand;
  readonly nodes: number;
}

export type NodeCounts = Pick<Overview, 'nodes' | 'notAssessedCauses' | 'grades' | 'imageAges'>;

/** Every node that counts, once in each of the four ways of counting. */
export async function countNodes(db: Database, now: Date, scope: FleetScope): Promise<NodeCounts> {
  const { rows: groups } = await sql<Group>`
    select n.state, n.cause, e.grade, ${imageAgeOf(now)} as age, count(*)::int as nodes
    from ${liveNodes} left join ${evidenceOfNodes} e on e.node_id = n.id where ${within(scope)}
    group by 1, 2, 3, 4`.execute(db);
  const sum = (counts: (group: Group) => boolean): number => groups.filter(counts).reduce((total, { nodes }) => total + nodes, 0);
  const causes = distinct(groups.flatMap(({ state, cause }) => (state === 'not-assessed' && cause !== null ? [cause] : [])));
  const grades = distinct(groups.map(({ grade }) => grade ?? 'none'));
  return {
    nodes: {
      total: sum(() => true),
      unhealthy: sum(({ state }) => state === 'unhealthy'),
      healthy: sum(({ state }) => state === 'healthy'),
      notAssessed: sum(({ state }) => state === 'not-assessed'),
    },
    notAssessedCauses: causes.map((cause) => ({ cause, nodes: sum((group) => group.state === 'not-assessed' && group.cause === cause) })).toSorted((a, b) => b.nodes - a.nodes),
    grades: grades.map((grade) => ({ grade, nodes: sum((group) => (group.grade ?? 'none') === grade) })).toSorted((a, b) => b.nodes - a.nodes),
    imageAges: {
      under30: sum(({ age }) => age === 'under-30'),
      from30to89: sum(({ age }) => age === '30-to-89'),
      from90: sum(({ age }) => age === '90-and-over'),
      unknown: sum(({ age }) => age === 'unknown'),
    },
  };
}

function distinct<T extends string>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].toSorted();
}
