import type { Evidence } from '@nodeward/providers';
import { sql } from 'kysely';
import type { Dependencies } from '../dependencies.ts';
import { type AssessmentOutcome, conclude, concludeFailed, needSubject, nodeEvidence, publish, readSubject } from './assess-node.ts';
import { cancelAssessments, markReading, saveReading } from './store.ts';

/** What the read step leaves in the workflow's record. */
export type GroupOutcome = AssessmentOutcome | { readonly kind: 'each' };

/**
 * Assessments of nodes that agree in everything that decides their evidence: pool, image, security patch, running kernel,
 * kubelet. Returns the open ones; those of nodes that are gone, or that nobody wants any more, are cancelled.
 */
export async function beginGroup(deps: Dependencies, groupId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ readonly id: string; readonly plan_on: boolean; readonly wanted: boolean }>`
    select a.id, exists (select from plan where agentless_scanning) as plan_on, n.gone_at is null and not k.paused as wanted
    from assessment a join node n on n.id = a.node_id join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id join connection k on k.id = c.connection_id
    where a.group_id = ${groupId} and a.finished_at is null order by a.id`.execute(deps.db);
  const stopped = rows.filter(({ plan_on: planOn, wanted }) => !planOn || !wanted);
  if (stopped.length > 0) {
    await cancelAssessments(deps.db, stopped.filter(({ plan_on: planOn }) => !planOn).map(({ id }) => id), 'plan-off', deps.clock());
    await cancelAssessments(deps.db, stopped.filter(({ plan_on: planOn }) => planOn).map(({ id }) => id), null, deps.clock());
  }
  return markReading(deps.db, rows.filter((row) => !stopped.includes(row)).map(({ id }) => id));
}

/** Reads once for all of them; `each` where it turns out that the evidence is one node's own. */
export async function readGroup(deps: Dependencies, ids: readonly string[]): Promise<GroupOutcome> {
  const subject = await needSubject(deps, ids[0] ?? '');
  await deps.failpoint('assess:before-read');
  const at = deps.clock();
  const evidence = await nodeEvidence(deps, subject);
  if (!isShared(evidence)) return { kind: 'each' };
  const result = await readSubject(deps, subject, evidence);
  await deps.failpoint('assess:after-read');
  if (result.kind === 'refused') return result;
  await deps.failpoint('assess:before-store');
  await saveReading(deps.db, ids, result.reading, at);
  await deps.failpoint('assess:after-store');
  publish(deps, subject);
  return { kind: 'read', inventoryId: result.reading.inventory?.id ?? null };
}

/** A list, a disk whose content the provider vouches for, and a refusal that names the image as its reason. */
function isShared(evidence: Evidence): boolean {
  switch (evidence.kind) {
    case 'inventory':
      return true;
    case 'disk':
      return evidence.content !== undefined;
    case 'refused':
      return evidence.reason !== undefined;
  }
}

export async function concludeGroup(deps: Dependencies, ids: readonly string[], outcome: AssessmentOutcome): Promise<void> {
  const subject = await needSubject(deps, ids[0] ?? '');
  await deps.failpoint('assess:before-conclude');
  await conclude(deps, subject, ids, outcome);
  await deps.failpoint('assess:after-conclude');
  publish(deps, subject);
}

/** From here on each has its own workflow. */
export async function dissolveGroup(deps: Dependencies, ids: readonly string[]): Promise<void> {
  await deps.failpoint('assess:before-dissolve');
  await sql`update assessment set group_id = null, state = 'queued' where id = any(${ids}::text[]) and finished_at is null`.execute(deps.db);
  await deps.failpoint('assess:after-dissolve');
}

/** Something of ours broke: none of those that are open is evaluated. */
export async function failGroup(deps: Dependencies, groupId: string, detail: string): Promise<void> {
  const open = await deps.db.selectFrom('assessment').select('id').where('group_id', '=', groupId).where('finished_at', 'is', null).orderBy('id').execute();
  await concludeFailed(deps, open.map(({ id }) => id), detail);
}
