import type { CoverageReason, DiskSource, Reading } from '@nodeward/engine';
import type { RangeSource, RangeSourceFailure } from '@nodeward/providers';
import { WrongUseError } from './exit-status.ts';
import type { Invocation } from './invocation.ts';
import { printable } from './printable.ts';

/** Told from a path by its scheme: no file system of ours has one. */
export function isAddress(target: string): boolean {
  return /^https?:\/\//i.test(target);
}

const reasons: Partial<Record<RangeSourceFailure, CoverageReason>> = {
  'access-denied': 'disk-access-denied',
  'access-expired': 'disk-access-expired',
  'not-found': 'disk-not-found',
};

/** What may be printed of an address: its query is often a signature. */
export async function addressName(address: string): Promise<string> {
  const { shownAddress } = await import('@nodeward/providers');
  return printable(shownAddress(address));
}

/**
 * Opens a disk by its address and reads it; what the server refuses, at once or in the middle, is coverage.
 * An address that must not be asked is a mistake of the command line.
 */
export async function readRemote(address: string, read: (source: DiskSource) => Promise<Reading>, { environment }: Invocation): Promise<Reading> {
  const { InvalidConfigurationError, openOutbound, openRangeSource, RangeSourceError } = await import('@nodeward/providers');
  const outbound = await openOutbound({ environment }).catch((cause: unknown) => {
    if (cause instanceof InvalidConfigurationError) throw new WrongUseError(printable(cause.message), { cause });
    throw cause;
  });
  try {
    const source = await openRangeSource(address, { outbound });
    return await readToEnd(source, read);
  } catch (error) {
    if (!(error instanceof RangeSourceError)) throw error;
    if (error.failure === 'address-refused') throw new WrongUseError(printable(error.message), { cause: error });
    return { facts: { grade: 'disk', evidencePaths: {} }, coverage: [failed(error)], bytesRead: 0, requests: 0 };
  } finally {
    await outbound.close();
  }
}

async function readToEnd(source: RangeSource, read: (source: DiskSource) => Promise<Reading>): Promise<Reading> {
  try {
    const reading = await read(source);
    const { bytes: bytesRead, requests } = source.statistics;
    const coverage = source.failure === undefined ? reading.coverage : [...reading.coverage, failed(source.failure)];
    return { ...reading, coverage, bytesRead, requests };
  } finally {
    await source.close();
  }
}

function failed({ failure, message }: { readonly failure: RangeSourceFailure; readonly message: string }): Reading['coverage'][number] {
  return { subject: 'disk', state: 'unreadable', reason: reasons[failure] ?? 'read-error', detail: printable(message) };
}
