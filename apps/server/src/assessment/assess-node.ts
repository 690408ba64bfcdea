import { type CoverageEntry, DomainError, joinCoverage, type RunningKernel } from '@nodeward/engine';
import { type Evidence, ProviderBusyError } from '@nodeward/providers';
import type { Dependencies } from '../dependencies.ts';
import { causeOfReading, causeOfRefusal, reasonOfReading } from './cause.ts';
import { withKnownKubelet } from './coverage.ts';
import { settleObservedUpgrade } from '../ledger/observed-upgrade.ts';
import { ensureMatchSet, type MatchOutcome, withAdvisories } from './match-set.ts';
import { type EvidenceReading, readEvidence } from './read-evidence.ts';
import { rematchIfOlder } from './rematch.ts';
import { type AssessmentSubject, cancelAssessments, concludeAssessments, findAssessmentSubject, markReading, saveReading } from './store.ts';

/** What the read step leaves in the workflow's record; the reading itself is in the database. */
export type AssessmentOutcome =
  | { readonly kind: 'read'; readonly inventoryId: string | null }
  | Extract<EvidenceReading, { kind: 'refused' }>;

/** False where there is nothing (more) to do: cancelled, finished, the node gone, scanning switched off, the connection paused. */
export async function beginAssessment(deps: Dependencies, id: string): Promise<boolean> {
  const subject = await findAssessmentSubject(deps.db, id);
  if (subject === undefined) return false;
  if (subject.isGone || subject.isPaused || !subject.isPlanOn) {
    await cancelAssessments(deps.db, [id], subject.isPlanOn ? null : 'plan-off', deps.clock());
    publish(deps, subject);
    return false;
  }
  const isOpen = (await markReading(deps.db, [id])).length > 0;
  if (isOpen) publish(deps, subject);
  return isOpen;
}

export async function readAssessment(deps: Dependencies, id: string): Promise<AssessmentOutcome> {
  const subject = await needSubject(deps, id);
  await deps.failpoint('assess:before-read');
  const at = deps.clock();
  const result = await readSubject(deps, subject, await nodeEvidence(deps, subject));
  await deps.failpoint('assess:after-read');
  if (result.kind === 'refused') return result;
  await deps.failpoint('assess:before-store');
  await saveReading(deps.db, [id], result.reading, at);
  await deps.failpoint('assess:after-store');
  publish(deps, subject);
  return { kind: 'read', inventoryId: result.reading.inventory?.id ?? null };
}

export function readSubject(deps: Dependencies, subject: AssessmentSubject, evidence: Evidence): Promise<EvidenceReading> {
  return readEvidence(evidence, { connectionId: subject.connectionId, runningKernel: kernelOf(subject) }, deps.reader, deps.log);
}

export async function nodeEvidence(deps: Dependencies, subject: AssessmentSubject): Promise<Evidence> {
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
  const reading = await deps.db.selectFrom('assessment').select(['inventory_id', 'running_kernel', 'kubelet_version', 'coverage']).where('id', '=', subject.id).executeTakeFirstOrThrow();
  const { inventory_id: inventoryId, running_kernel: kernel, kubelet_version: kubelet } = reading;
  const coverage = withKnownKubelet(reading.coverage, kubelet);
  if (inventoryId === null) return { match: undefined, coverage, hasInventory: false };
  const source = { kind: subject.connectionKind, folder: subject.advisoryFolder };
  const match = await withAdvisories(source, (advisories) =>
    ensureMatchSet(deps.db, { inventoryId, runningKernel: kernel ?? '', kubeletVersion: kubelet ?? '' }, advisories, source.kind === 'sample', deps.clock()),
  );
  return { match, coverage: match.kind === 'matched' ? joinCoverage(coverage, match.coverage) : coverage, hasInventory: true };
}

export async function concludeRead(deps: Dependencies, id: string, outcome: AssessmentOutcome): Promise<void> {
  const subject = await needSubject(deps, id);
  await deps.failpoint('assess:before-conclude');
  await conclude(deps, subject, [id], outcome);
  await deps.failpoint('assess:after-conclude');
  publish(deps, subject);
}

/** `ids`: the subject's assessment, and those of nodes with the same evidence. */
export async function conclude(deps: Dependencies, subject: AssessmentSubject, ids: readonly string[], outcome: AssessmentOutcome): Promise<void> {
  const base = { ids, poolId: subject.poolId };
  if (outcome.kind === 'refused') {
    const cause = causeOfRefusal(outcome.cause, outcome.reason);
    await concludeAssessments(deps.db, { ...base, cause, reason: outcome.reason ?? null, detail: outcome.detail, match: undefined, coverage: [], refusals: outcome.coverage }, deps.clock());
  } else {
    const { match, coverage, hasInventory } = await matchOf(deps, subject);
    const detail = match?.kind === 'not-matched' ? match.reason : null;
    const cause = causeOfReading({ coverage, hasInventory }, match);
    await concludeAssessments(deps.db, { ...base, cause, reason: reasonOfReading(coverage, cause), detail, match, coverage }, deps.clock());
    await rematchIfOlder(deps, subject.connectionId, subject.id);
  }
  await settleObservedUpgrade(deps, subject.poolId);
}

/** Something of ours broke: the node is not evaluated, and what was known of it stays. */
export async function concludeFailed(deps: Dependencies, ids: readonly string[], detail: string): Promise<void> {
  const [id] = ids;
  const subject = id === undefined ? undefined : await findAssessmentSubject(deps.db, id);
  if (subject === undefined) return;
  const conclusion = { ids, poolId: subject.poolId, cause: 'failed', reason: null, detail, match: undefined, coverage: [] } as const;
  await concludeAssessments(deps.db, conclusion, deps.clock());
  publish(deps, subject);
}

export async function needSubject(deps: Dependencies, id: string): Promise<AssessmentSubject> {
  const subject = await findAssessmentSubject(deps.db, id);
  if (subject === undefined) throw new Error(`the assessment ${id} has gone from the database`);
  return subject;
}

export function publish(deps: Dependencies, subject: AssessmentSubject): void {
  deps.events.publish({ type: 'assessment', nodeId: subject.nodeId, poolId: subject.poolId });
  deps.events.publish({ type: 'pool', poolId: subject.poolId });
  if (subject.reassessmentId !== null) deps.events.publish({ type: 'reassessment', reassessmentId: subject.reassessmentId });
}
