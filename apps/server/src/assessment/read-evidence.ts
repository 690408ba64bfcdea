import { type CoverageEntry, DomainError, type Inventory, type Reading, type RunningKernel } from '@nodeward/engine';
import type { Evidence, InventoryCoverage, RefusalCause } from '@nodeward/providers';
import type { DiskReaderOptions, Log } from '../dependencies.ts';
import { readDiskInChild } from './disk-reader.ts';

export type EvidenceReading = { readonly kind: 'read'; readonly reading: Reading } | { readonly kind: 'refused'; readonly cause: RefusalCause; readonly detail: string };

/** Evidence of a node or an image → what it says; a disk is parsed in the child process, never here. */
export async function readEvidence(evidence: Evidence, runningKernel: RunningKernel | undefined, options: DiskReaderOptions, log: Log): Promise<EvidenceReading> {
  switch (evidence.kind) {
    case 'refused':
      return { kind: 'refused', cause: evidence.cause, detail: evidence.detail };
    case 'inventory':
      return { kind: 'read', reading: readList(evidence, runningKernel) };
    case 'disk':
      return readDisk(evidence, runningKernel, options, log);
  }
}

async function readDisk(evidence: Extract<Evidence, { kind: 'disk' }>, runningKernel: RunningKernel | undefined, options: DiskReaderOptions, log: Log): Promise<EvidenceReading> {
  const source = await openSource(evidence);
  if ('kind' in source) return source;
  try {
    const disk = { source, grade: evidence.grade, ...(runningKernel === undefined ? {} : { runningKernel }) };
    return { kind: 'read', reading: await readDiskInChild(disk, options, log) };
  } finally {
    await source.close();
  }
}

/** A disk that cannot be opened is out of reach, which is an answer. */
async function openSource(evidence: Extract<Evidence, { kind: 'disk' }>): Promise<Awaited<ReturnType<typeof evidence.open>> | Extract<EvidenceReading, { kind: 'refused' }>> {
  try {
    return await evidence.open();
  } catch (error) {
    if (error instanceof DomainError) return { kind: 'refused', cause: 'unreachable', detail: error.message };
    throw error;
  }
}

function readList(evidence: { readonly grade: Reading['facts']['grade']; readonly inventory: Inventory; readonly coverage: readonly InventoryCoverage[]; readonly origin: string }, runningKernel: RunningKernel | undefined): Reading {
  const coverage: readonly CoverageEntry[] = evidence.coverage;
  return {
    inventory: evidence.inventory,
    facts: { grade: evidence.grade, ...(runningKernel === undefined ? {} : { runningKernel }), evidencePaths: { 'os-packages': evidence.origin, kernel: evidence.origin } },
    coverage,
    bytesRead: 0,
    requests: 0,
  };
}
