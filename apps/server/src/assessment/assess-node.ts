import { type CoverageEntry, DomainError, type RunningKernel } from '@nodeward/engine';
import { type Evidence, ProviderBusyError } from '@nodeward/providers';
import type { Dependencies } from '../dependencies.ts';
import { causeOfReading, causeOfRefusal } from './cause.ts';
import { ensureMatchSet, type MatchOutcome, withAdvisories } from './match-set.ts';
import { type EvidenceReading, readEvidence } from './read-evidence.ts';
import { type AssessmentSubject, cancelAssessment, concludeAssessment, findAssessmentSubject, markReading, saveReading } from './store.ts';

/** What the read step leaves in the workflow's record; the reading itself is in the database. */
export type AssessmentOutcome =
  | { readonly kind: 'read'; readonly inventoryId: string | null }
  | { readonly kind: 'refused'; readonly cause: Extract<EvidenceReading, { kind: 'refused' }>['cause']; readonly detail: string };

/** False where there is nothing (more) to do: cancelled, finished, the node gone, scanning switched off. */
export async function beginAssessment(deps: Dependencies, id: string): Promise<boolean> {
  const subject = await findAssessmentSubject(deps.db, id);
  if (subject === undefined) return false;
  if (subject.isGone || !subject.isPlanOn) {
    await cancelAssessment(deps.db, id, subject.isPlanOn ? null : 'plan-off', deps.clock());
    publish(deps, subject);
    return false;
  }
  const isOpen = await markReading(deps.db, id);
  if (isOpen) publish(deps, subject);
  return isOpen;
}

export async function readAssessment(deps: Dependencies, id: string): Promise<AssessmentOutcome> {
  const subject = await needSubject(deps, id);
  await deps.failpoint('assess:before-read');
  const at = deps.clock();
  const evidence = await nodeEvidence(deps, subject);
  const result = await readEvidence(evidence, kernelOf(subject), deps.reader, deps.log);
  await deps.failpoint('assess:after-read');
  if (result.kind === 'refused') return result;
  await deps.failpoint('assess:before-store');
  await saveReading(deps.db, id, result.reading, at);
  await deps.failpoint('assess:after-store');
  publish(deps, subject);
  return { kind: 'read', inventoryId: result.reading.inventory?.id ?? null };
}

async function nodeEvidence(deps: Dependencies, subject: AssessmentSubject): Promise<Evidence> {
  const connection = deps.providers.get(subject.connectionId);
  if (connection === undefined) return { kind: 'refused', cause: 'unreachable', detail: 'the connection is not configured any more' };
  try {
    const provider = await connection.open();
    return await provider.reader.nodeEvidence(subject.reference, AbortSignal.timeout(deps.reader.deadline));
  } catch (error) {
    if (error instanceof DomainError && !(error instanceof ProviderBusyError)) return { kind: 'refused', cause: 'unreachable', detail: error.message };
    throw error;
  }
}

/** The Node object knows the running kernel better than the disk does. */
function kernelOf({ kernelRelease }: AssessmentSubject): RunningKernel | undefined {
  return kernelRelease === null ? undefined : { release: kernelRelease, from: 'node-object' };
}

/** Idempotent and shared: the first assessment of an inventory makes the rows, the others find them. */
export async function matchAssessment(deps: Dependencies, id: string): Promise<void> {
  await deps.failpoint('assess:before-match');
  await matchOf(deps, await needSubject(deps, id));
  await deps.failpoint('assess:after-match');
}

interface StoredReading {
  readonly match: MatchOutcome | undefined;
  readonly coverage: readonly CoverageEntry[];
  readonly hasInventory: boolean;
}

async function matchOf(deps: Dependencies, subject: AssessmentSubject): Promise<StoredReading> {
  const reading = await deps.db.selectFrom('assessment').select(['inventory_id', 'running_kernel', 'coverage']).where('id', '=', subject.id).executeTakeFirstOrThrow();
  const { inventory_id: inventoryId, running_kernel: kernel, coverage } = reading;
  if (inventoryId === null) return { match: undefined, coverage, hasInventory: false };
  const source = { kind: subject.connectionKind, folder: subject.advisoryFolder };
  const match = await withAdvisories(source, (advisories) =>
    ensureMatchSet(deps.db, { inventoryId, runningKernel: kernel ?? '' }, advisories, source.kind === 'sample', deps.clock()),
  );
  return { match, coverage: [...coverage, ...(match.kind === 'matched' ? match.coverage : [])], hasInventory: true };
}

export async function concludeRead(deps: Dependencies, id: string, outcome: AssessmentOutcome): Promise<void> {
  const subject = await needSubject(deps, id);
  const base = { id, nodeId: subject.nodeId, poolId: subject.poolId };
  await deps.failpoint('assess:before-conclude');
  if (outcome.kind === 'refused') {
    const cause = causeOfRefusal(outcome.cause);
    await concludeAssessment(deps.db, { ...base, cause, detail: outcome.detail, match: undefined, coverage: [] }, deps.clock());
  } else {
    const { match, coverage, hasInventory } = await matchOf(deps, subject);
    const detail = match?.kind === 'not-matched' ? match.reason : null;
    await concludeAssessment(deps.db, { ...base, cause: causeOfReading({ coverage, hasInventory }, match), detail, match, coverage }, deps.clock());
  }
  await deps.failpoint('assess:after-conclude');
  publish(deps, subject);
}

/** Something of ours broke: the node is not evaluated, and what was known of it stays. */
export async function concludeFailed(deps: Dependencies, id: string, detail: string): Promise<void> {
  const subject = await findAssessmentSubject(deps.db, id);
  if (subject === undefined) return;
  const conclusion = { id, nodeId: subject.nodeId, poolId: subject.poolId, cause: 'failed', detail, match: undefined, coverage: [] } as const;
  await concludeAssessment(deps.db, conclusion, deps.clock());
  publish(deps, subject);
}

async function needSubject(deps: Dependencies, id: string): Promise<AssessmentSubject> {
  const subject = await findAssessmentSubject(deps.db, id);
  if (subject === undefined) throw new Error(`the assessment ${id} has gone from the database`);
  return subject;
}

function publish(deps: Dependencies, subject: AssessmentSubject): void {
  deps.events.publish({ type: 'assessment', nodeId: subject.nodeId, poolId: subject.poolId });
  deps.events.publish({ type: 'pool', poolId: subject.poolId });
  if (subject.reassessmentId !== null) deps.events.publish({ type: 'reassessment', reassessmentId: subject.reassessmentId });
}
