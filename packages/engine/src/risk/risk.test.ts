import { describe, expect, it } from 'vitest';
import type { Severity } from '../model/severity.ts';
import { compareByRisk, type Ranked, riskLevelOf } from './risk.ts';

const plain: Ranked = { vulnerability: 'CVE-0', severity: 'high', exploited: null, epss: null, state: 'affected-fix-available' };

function order(rows: readonly Ranked[]): string[] {
  return rows.toSorted(compareByRisk).map((row) => row.vulnerability);
}

describe('the risk of a pool', () => {
  it.each<[readonly Severity[], string | undefined]>([
    [[], undefined], [['negligible'], 'low'], [['low', 'negligible'], 'low'], [['unknown', 'low'], 'medium'], [['medium'], 'medium'],
    [['low', 'high', 'medium'], 'high'], [['critical', 'low'], 'critical'],
  ])('of %j is %s', (severities, level) => {
    expect(riskLevelOf(severities.map((severity) => ({ severity, state: 'affected-fix-available' })))).toBe(level);
  });

  it('does not come from what has no fix', () => {
    expect(riskLevelOf([{ severity: 'critical', state: 'affected-no-fix' }, { severity: 'low', state: 'affected-fix-available' }])).toBe('low');
  });

  it('orders the worst first, then the newest', () => {
    const rows = [['low', 'CVE-2023-9'], ['high', 'CVE-2023-999'], ['high', 'CVE-2023-10000'], ['unknown', 'CVE-2023-1']] as const;

    expect(order(rows.map(([severity, vulnerability]) => ({ ...plain, severity, vulnerability })))).toEqual(['CVE-2023-10000', 'CVE-2023-999', 'CVE-2023-1', 'CVE-2023-9']);
  });

  it('puts what is exploited first, then what is likely to be, whatever else is unknown', () => {
    const rows = [
      { ...plain, vulnerability: 'CVE-1' }, { ...plain, vulnerability: 'CVE-2', epss: 0.9 }, { ...plain, vulnerability: 'CVE-3', exploited: true },
      { ...plain, vulnerability: 'CVE-4', state: 'affected-no-fix' as const },
    ];

    expect(order(rows)).toEqual(['CVE-3', 'CVE-2', 'CVE-1', 'CVE-4']);
  });
});
