import type { NotEvaluatedCause } from '@nodeward/api';
import { type CoverageEntry, isIncomplete } from '@nodeward/engine';
import type { RefusalCause } from '@nodeward/providers';
import type { MatchOutcome } from './match-set.ts';

export interface ReadOutcome {
  readonly coverage: readonly CoverageEntry[];
  readonly hasInventory: boolean;
}

const readerDeaths: ReadonlySet<string> = new Set(['reader-killed-memory', 'reader-killed-deadline', 'reader-died', 'cataloger-failed']);

export function causeOfRefusal(cause: RefusalCause): NotEvaluatedCause {
  switch (cause) {
    case 'unsupported':
    case 'image-not-published':
      return cause;
    case 'unreachable':
    case 'not-found':
      return 'unreachable';
  }
}

/** Why a node that was read is nevertheless not evaluated; null where nothing is left open. */
export function causeOfReading({ coverage, hasInventory }: ReadOutcome, match: MatchOutcome | undefined): NotEvaluatedCause | null {
  const open = coverage.filter(isIncomplete);
  if (open.some(({ reason }) => readerDeaths.has(reason))) return 'failed';
  if (open.some(({ state }) => state === 'encrypted')) return 'encrypted';
  if (!hasInventory) return open.some(({ state }) => state === 'unsupported') ? 'unsupported' : 'failed';
  if (match?.kind !== 'matched') return 'no-advisories';
  if (open.some(({ state }) => state === 'unsupported')) return 'unsupported';
  return open.length > 0 || !match.complete ? 'incomplete' : null;
}
