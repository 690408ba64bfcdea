import type { Recommendation } from '@nodeward/api';

export interface Evidence {
  /** Of the node whose evidence is the oldest; null where nothing was ever read. */
  readonly oldest: Date | null;
  /** Nodes of which nothing was ever read. */
  readonly unreadNodes: number;
}

/** ux.md §6.1: fresh up to one interval, stale up to three, unknown beyond and where a node was never read. */
export function freshnessOf({ oldest, unreadNodes }: Evidence, intervalHours: number, now: Date): Recommendation['freshness'] {
  if (oldest === null || unreadNodes > 0) return 'unknown';
  const intervals = (now.getTime() - oldest.getTime()) / (intervalHours * 3_600_000);
  if (intervals <= 1) return 'fresh';
  return intervals <= 3 ? 'stale' : 'unknown';
}
