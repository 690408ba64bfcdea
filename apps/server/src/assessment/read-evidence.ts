import { type CoverageEntry, type CoverageReason, DomainError, factClasses, type Reading, type RunningKernel, withRunningKernel } from '@nodeward/engine';
import { type DiskRefusal, DiskRefusedError, type Evidence, ProviderBusyError, type RefusalCause } from '@nodeward/providers';
import type { DiskReaderOptions, Log } from '../dependencies.ts';
import { readDiskInChild } from './disk-reader.ts';
import { knowsPackages, withRefusal } from './disk-taken-away.ts';

export type EvidenceReading = { readonly kind: 'read'; readonly reading: Reading } | { readonly kind: 'refused'; readonly cause: RefusalCause; readonly reason?: CoverageReason; readonly detail: string; readonly coverage?: readonly CoverageEntry[] };

export interface EvidenceOrigin {
  readonly connectionId: string;
  /** As the Node object reports it. */
  readonly runningKernel: RunningKernel | undefined;
}

/** Evidence of a node or an image → what it says; a disk is parsed in the child process, never here. */
export async function readEvidence(evidence: Evidence, origin: EvidenceOrigin, options: DiskReaderOptions, log: Log): Promise<EvidenceReading> {
  switch (evidence.kind) {
    case 'refused':
      return { kind: 'refused', cause: evidence.cause, ...(evidence.reason === undefined ? {} : { reason: evidence.reason }), detail: evidence.detail, ...(evidence.coverage === undefined ? {} : { coverage: evidence.coverage }) };
    case 'inventory':
      return { kind: 'read', reading: readList(evidence, origin.runningKernel) };
    case 'disk':
      return readDisk(evidence, origin, options, log);
  }
}

type DiskEvidence = Extract<Evidence, { kind: 'disk' }>;

/** What one disk gave, and why that is not all of it. */
interface DiskAnswer {
  readonly answer: EvidenceReading;
  readonly refusal?: DiskRefusal | undefined;
}

/** What there is in place of a disk that cannot be had, or was taken away while it was read, is each node's own. */
async function readDisk(evidence: DiskEvidence, origin: EvidenceOrigin, options: DiskReaderOptions, log: Log): Promise<EvidenceReading> {
  const { answer, refusal } = evidence.content === undefined ? await readSource(evidence, origin.runningKernel, options, log) : await readOnce(evidence, evidence.content, origin, options, log);
  if (refusal === undefined) return answer;
  const reading = answer.kind === 'read' ? withRefusal(answer.reading, refusal) : undefined;
  if (evidence.instead === undefined || (reading !== undefined && knowsPackages(reading))) return reading === undefined ? answer : { kind: 'read', reading };
  const instead = await evidence.instead(refusal, AbortSignal.timeout(options.deadline));
  const other = await readEvidence(instead, origin, options, log);
  const { bytesRead, requests } = reading ?? nothingRead;
  return other.kind === 'refused' ? other : { kind: 'read', reading: { ...other.reading, bytesRead: bytesRead + other.reading.bytesRead, requests: requests + other.reading.requests } };
}

const nothingRead = { bytesRead: 0, requests: 0 } as const;

/** Readings of disks whose provider vouches for their content, by reader. */
const shared = new WeakMap<DiskReaderOptions, Map<string, Promise<DiskAnswer>>>();
const keptReadings = 32;

/** Equal disks are opened and read once: what differs between their nodes is no part of a reading but the kernel that runs. */
async function readOnce(evidence: DiskEvidence, content: string, { connectionId, runningKernel }: EvidenceOrigin, options: DiskReaderOptions, log: Log): Promise<DiskAnswer> {
  const known = shared.get(options) ?? new Map<string, Promise<DiskAnswer>>();
  shared.set(options, known);
  const key = JSON.stringify([connectionId, content, evidence.grade]);
  const earlier = known.get(key);
  const reading = earlier ?? readSource(evidence, undefined, options, log);
  if (earlier === undefined) keep(known, key, reading);
  const told = await reading;
  if (told.answer.kind === 'refused') return told;
  const onNode = withRunningKernel(told.answer.reading, runningKernel);
  return { ...told, answer: { kind: 'read', reading: earlier === undefined ? onNode : { ...onNode, ...nothingRead } } };
}

function keep(known: Map<string, Promise<DiskAnswer>>, key: string, reading: Promise<DiskAnswer>): void {
  known.set(key, reading);
  const oldest = known.keys().next();
  if (known.size > keptReadings && oldest.done !== true) known.delete(oldest.value);
  const forget = (): void => {
    if (known.get(key) === reading) known.delete(key);
  };
  // what went wrong may go better the next time
  void reading.then(({ answer, refusal }) => {
    if (refusal !== undefined || answer.kind === 'refused' || answer.reading.inventory === undefined) forget();
  }, forget);
}

async function readSource(evidence: DiskEvidence, runningKernel: RunningKernel | undefined, options: DiskReaderOptions, log: Log): Promise<DiskAnswer> {
  const source = await openSource(evidence);
  if ('answer' in source) return source;
  try {
    const disk = { source, grade: evidence.grade, ...(runningKernel === undefined ? {} : { runningKernel }) };
    const reading = await readDiskInChild(disk, options, log);
    // What the source counts is what it cost: a list of pages, a repeated request, bytes between two ranges.
    const { bytes, requests } = source.statistics ?? { bytes: reading.bytesRead, requests: reading.requests };
    return { answer: { kind: 'read', reading: { ...reading, bytesRead: bytes, requests } }, refusal: source.refusal };
  } finally {
    await source.close();
  }
}

/** A disk that cannot be opened is out of reach, which is an answer; an environment that is busy is asked again. */
async function openSource(evidence: DiskEvidence): Promise<Awaited<ReturnType<typeof evidence.open>> | DiskAnswer> {
  try {
    return await evidence.open();
  } catch (error) {
    if (error instanceof DiskRefusedError) return { answer: { kind: 'refused', cause: 'unreachable', reason: error.refusal.reason, detail: error.refusal.detail }, refusal: error.refusal };
    if (error instanceof DomainError && !(error instanceof ProviderBusyError)) return { answer: { kind: 'refused', cause: 'unreachable', detail: error.message } };
    throw error;
  }
}

function readList(evidence: Extract<Evidence, { kind: 'inventory' }>, runningKernel: RunningKernel | undefined): Reading {
  const coverage: readonly CoverageEntry[] = evidence.coverage;
  const { componentFiles, evidencePaths } = evidence.facts ?? {};
  const origin = Object.fromEntries(factClasses.map((factClass) => [factClass, evidence.origin]));
  return {
    inventory: evidence.inventory,
    facts: { grade: evidence.grade, ...(runningKernel === undefined ? {} : { runningKernel }), evidencePaths: { ...origin, ...evidencePaths }, ...(componentFiles === undefined ? {} : { componentFiles }) },
    coverage,
    bytesRead: 0,
    requests: 0,
  };
}
