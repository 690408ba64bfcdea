import { describe, expect, it } from 'vitest';
import { type MatchState, matchStates } from '../model/match.ts';
import { severities, severityRank } from '../model/severity.ts';
import { riskScore, type RiskSignals } from './risk-score.ts';

const high: RiskSignals = { severity: 'high', cvssScore: null, exploited: false, epss: 0.25, state: 'affected-fix-available' };

function points(signals: RiskSignals): unknown {
  return riskScore(signals).parts.map((part) => part.points);
}

describe('a risk score', () => {
  it.each<[string, Partial<RiskSignals>, number, readonly (number | null)[]]>([
    ['is the sum of its parts', {}, 47.5, [30, 0, 7.5, 10]],
    ['is 100 for the worst', { severity: 'critical', exploited: true, epss: 1 }, 100, [40, 35, 15, 10]],
    ['takes half of the fix behind a subscription', { state: 'affected-fix-with-subscription' }, 42.5, [30, 0, 7.5, 5]],
    ['knows that there is no fix', { state: 'affected-no-fix' }, 37.5, [30, 0, 7.5, 0]],
    ['takes CVSS where no word is given', { severity: 'unknown', cvssScore: 9.8 }, 56.7, [39.2, 0, 7.5, 10]],
    ['takes the vendor\'s word before CVSS', { severity: 'low', cvssScore: 9.8 }, 27.5, [10, 0, 7.5, 10]],
  ])('%s', (_what, change, value, parts) => {
    const score = riskScore({ ...high, ...change });

    expect([score.value, score.isLowerBound, points({ ...high, ...change })]).toEqual([value, false, parts]);
  });

  it.each<[string, Partial<RiskSignals>, number]>([
    ['the severity', { severity: 'unknown' }, 0], ['the exploitation', { exploited: null }, 1], ['EPSS', { epss: null }, 2], ['the fix', { state: 'undetermined' }, 3],
  ])('is a lower bound without %s, which is null and not zero', (_what, change, index) => {
    const score = riskScore({ ...high, ...change });

    expect(score.isLowerBound).toBe(true);
    expect(score.parts[index]?.points).toBeNull();
    expect(score.value).toBeLessThan(riskScore({ ...high, exploited: true }).value);
  });

  it('never reaches over the maximum of a part, and the maxima make 100', () => {
    const { parts } = riskScore({ severity: 'critical', cvssScore: 10, exploited: true, epss: 1, state: 'affected-fix-available' });

    expect(parts.every(({ points: given, max }) => given === max)).toBe(true);
    expect(parts.reduce((sum, { max }) => sum + max, 0)).toBe(100);
  });

  it('grows with every signal', () => {
    const bySeverity = severities.filter((severity) => severity !== 'unknown').toSorted((a, b) => severityRank(a) - severityRank(b))
      .map((severity) => riskScore({ ...high, severity }).value);
    const byEpss = [0, 0.001, 0.01, 0.1, 0.5, 1].map((epss) => riskScore({ ...high, epss }).value);
    const byCvss = [0, 3.9, 4, 7, 10].map((cvssScore) => riskScore({ ...high, severity: 'unknown', cvssScore }).value);

    for (const values of [bySeverity, byEpss, byCvss]) {
      expect(values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0))).toBe(true);
    }
  });

  it.each(severities)('puts what is exploited before everything that is not, at severity %s', (severity) => {
    const exploited = matchStates.map((state: MatchState) => riskScore({ severity, cvssScore: null, exploited: true, epss: null, state }).value);
    const others = [false, null].map((known) => riskScore({ severity, cvssScore: null, exploited: known, epss: 1, state: 'affected-fix-available' }).value);

    expect(Math.min(...exploited)).toBeGreaterThan(Math.max(...others));
  });
});
