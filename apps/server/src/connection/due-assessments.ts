import { sql } from 'kysely';
import type { Database } from '../database/schema.ts';

export interface DueNode {
  readonly nodeId: string;
  readonly trigger: 'first' | 'changed' | 'scheduled';
  /** Assessments that the node has had: the next one's number, the same for two callers that meet. */
  readonly assessments: number;
}

/**
 * Nodes of a connection that must be read: never assessed, another disk than the assessed one, or older than the
 * freshness interval. Not those that wait already, nor those of a pool under upgrade, whose job verifies them itself.
 */
export async function dueNodes(db: Database, connectionId: string, olderThan: Date): Promise<readonly DueNode[]> {
  const { rows } = await sql<DueNode>`
    select n.id as "nodeId",
      case when n.assessment_id is null then 'first' when n.assessed_token is distinct from n.evidence_token then 'changed' else 'scheduled' end as trigger,
      (select count(*)::int from assessment b where b.node_id = n.id) as assessments
    from node n join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id
    left join assessment a on a.id = n.assessment_id
    where c.connection_id = ${connectionId} and n.gone_at is null
      and (n.assessment_id is null or n.assessed_token is distinct from n.evidence_token or a.evidence_at < ${olderThan}::timestamptz)
      and not exists (select from assessment w where w.node_id = n.id and w.state in ('queued', 'reading', 'matching'))
      and not exists (select from upgrade_job j where j.pool_id = n.pool_id and j.state in ('running', 'verifying'))
      and exists (select from plan where agentless_scanning)
    order by n.id`.execute(db);
  return rows;
}
