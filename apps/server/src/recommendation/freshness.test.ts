import { describe, expect, it } from 'vitest';
import { freshnessOf } from './freshness.ts';

const now = new Date('2026-11-24T12:00:00Z');
const ago = (hours: number): Date => new Date(now.getTime() - hours * 3_600_000);

describe('freshness', () => {
  it.each([
    ['read now is fresh', { oldest: now, unreadNodes: 0 }, 'fresh'],
    ['one interval is still fresh', { oldest: ago(24), unreadNodes: 0 }, 'fresh'],
    ['more than one is stale', { oldest: ago(25), unreadNodes: 0 }, 'stale'],
    ['three are stale', { oldest: ago(72), unreadNodes: 0 }, 'stale'],
    ['more than three are unknown', { oldest: ago(73), unreadNodes: 0 }, 'unknown'],
    ['a node that was never read makes it unknown', { oldest: now, unreadNodes: 1 }, 'unknown'],
    ['nothing read is unknown', { oldest: null, unreadNodes: 0 }, 'unknown'],
  ] as const)('%s', (_, evidence, expected) => {
    expect(freshnessOf(evidence, 24, now)).toBe(expected);
  });
});
