import { describe, expect, it } from 'vitest';
import type { Severity } from '../model/severity.ts';
import { compareByRisk, riskLevelOf } from './risk.ts';

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

    expect(rows.map(([severity, vulnerability]) => ({ severity, vulnerability })).toSorted(compareByRisk).map((found) => found.vulnerability))
      .toEqual(['CVE-2023-10000', 'CVE-2023-999', 'CVE-2023-1', 'CVE-2023-9']);
  });
});
