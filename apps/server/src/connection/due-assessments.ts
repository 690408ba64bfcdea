import { sql } from 'kysely';
import type { Database } from '../database/schema.ts';

export interface DueNode {
  readonly nodeId: string;
  readonly trigger: 'first' | 'changed' | 'scheduled';
  /** When the node's last assessment was queued, in milliseconds, or 0: names the next one, the same for two callers that meet. */
  readonly lastQueuedAt: number;
}

/** Publishers are behind with their lists by hours, not by days. */
const listMayCome = sql`('image-list-not-published', 'image-list-unreachable')`;

/**
 * Nodes of a connection that must be read: never assessed, another disk or kubelet than the assessed one, or older than the
 * freshness interval. Not those that wait already, nor those of a pool under upgrade, whose job verifies them itself.
 */
export async function dueNodes(db: Database, connectionId: string, olderThan: Date, noListSince: Date = olderThan): Promise<readonly DueNode[]> {
  const { rows } = await sql<DueNode>`
    select n.id as "nodeId",
      case when n.assessment_id is null then 'first' when n.assessed_token is distinct from n.evidence_token or a.kubelet_version is distinct from n.kubelet_version then 'changed' else 'scheduled' end as trigger,
      coalesce((select extract(epoch from max(b.queued_at)) * 1000 from assessment b where b.node_id = n.id), 0)::double precision as "lastQueuedAt"
    from node n join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id join connection k on k.id = c.connection_id and not k.paused
    left join assessment a on a.id = n.assessment_id
    where c.connection_id = ${connectionId} and n.gone_at is null
      and (n.assessment_id is null or n.assessed_token is distinct from n.evidence_token or a.kubelet_version is distinct from n.kubelet_version or a.evidence_at < ${olderThan}::timestamptz
        or (a.reason in ${listMayCome} and a.evidence_at < ${noListSince}::timestamptz))
      and not exists (select from assessment w where w.node_id = n.id and w.state in ('queued', 'reading', 'matching'))
      and not exists (select from upgrade_job j where j.pool_id = n.pool_id and j.state in ('running', 'verifying'))
      and exists (select from plan where agentless_scanning)
    order by n.id`.execute(db);
  return rows;
}
