import type { NotEvaluatedCause } from '@nodeward/api';
import { type CoverageEntry, type CoverageReason, isIncomplete } from '@nodeward/engine';
import type { RefusalCause } from '@nodeward/providers';
import type { MatchOutcome } from './match-set.ts';

export interface ReadOutcome {
  readonly coverage: readonly CoverageEntry[];
  readonly hasInventory: boolean;
}

/** What a node without a package list is told by: the first that an entry of its packages names. */
const causeOfMissingList: ReadonlyMap<CoverageReason, NotEvaluatedCause> = new Map([
  ['image-list-not-published', 'image-not-published'],
  ['image-publisher-without-lists', 'image-not-published'],
  ['node-image-unknown', 'image-not-published'],
  ['image-list-without-packages', 'unsupported'],
  ['windows-node', 'unsupported'],
  ['image-list-unreachable', 'unreachable'],
  ['disk-ephemeral', 'unreachable'],
  ['disk-encrypted-by-guest-extension', 'unreachable'],
  ['disk-confidential', 'unreachable'],
  ['disk-access-denied', 'unreachable'],
  ['disk-locked-down', 'unreachable'],
  ['disk-refused-by-policy', 'unreachable'],
  ['disk-key-unavailable', 'unreachable'],
  ['disk-not-found', 'unreachable'],
  ['disk-network-refused', 'unreachable'],
  ['disk-access-expired', 'unreachable'],
]);

const readerDeaths: ReadonlySet<string> = new Set(['reader-killed-memory', 'reader-killed-deadline', 'reader-died', 'cataloger-failed']);

/** A reason that says more than the provider's cause decides. */
export function causeOfRefusal(cause: RefusalCause, reason?: CoverageReason): NotEvaluatedCause {
  const exact = reason === undefined ? undefined : causeOfMissingList.get(reason);
  if (exact !== undefined) return exact;
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
  if (hasInventory && match?.kind === 'matched') return causeOfMatched(coverage, match.complete);
  const open = coverage.filter(isIncomplete);
  if (open.some(({ reason }) => readerDeaths.has(reason))) return 'failed';
  if (open.some(({ state }) => state === 'encrypted')) return 'encrypted';
  const missing = missingList(coverage);
  if (missing !== undefined) return missing.cause;
  if (hasInventory) return 'no-advisories';
  return open.some(({ state }) => state === 'unsupported') ? 'unsupported' : 'failed';
}

/** The same, once the inventory has been matched; `complete`: no row is undetermined. */
export function causeOfMatched(coverage: readonly CoverageEntry[], complete: boolean): NotEvaluatedCause | null {
  const open = coverage.filter(isIncomplete);
  if (open.some(({ reason }) => readerDeaths.has(reason))) return 'failed';
  if (open.some(({ state }) => state === 'encrypted')) return 'encrypted';
  const missing = missingList(coverage);
  if (missing !== undefined) return missing.cause;
  if (open.some(({ reason }) => reason === 'no-advisories-for-system')) return 'no-advisories';
  // a kernel or components without advisories leave the rest of the node evaluated
  if (open.some(({ state, reason }) => state === 'unsupported' && reason !== 'no-advisories-for-components' && reason !== 'no-advisories-for-kernel')) return 'unsupported';
  return open.length > 0 || !complete ? 'incomplete' : null;
}

/** Why nobody knows the packages of a node of which there is no list and no disk. */
function missingList(coverage: readonly CoverageEntry[]): { readonly cause: NotEvaluatedCause; readonly reason: CoverageReason } | undefined {
  for (const entry of coverage) {
    const cause = entry.subject === 'os-packages' && isIncomplete(entry) ? causeOfMissingList.get(entry.reason) : undefined;
    if (cause !== undefined) return { cause, reason: entry.reason };
  }
  return undefined;
}

const stateOfCause: Partial<Record<NotEvaluatedCause, CoverageEntry['state']>> = { encrypted: 'encrypted', unsupported: 'unsupported' };

/** The sentence behind the cause, where one entry carries it; what is only incomplete has too many to name one. */
export function reasonOfReading(coverage: readonly CoverageEntry[], cause: NotEvaluatedCause | null): CoverageReason | null {
  if (cause === null || cause === 'incomplete' || cause === 'no-advisories') return null;
  const missing = missingList(coverage);
  if (missing?.cause === cause) return missing.reason;
  const state = stateOfCause[cause];
  const open = coverage.filter(isIncomplete);
  const behind = cause === 'failed' ? open.find(({ reason }) => readerDeaths.has(reason)) : open.find((entry) => entry.state === state && entry.reason !== 'no-advisories-for-components');
  return behind?.reason ?? null;
}
