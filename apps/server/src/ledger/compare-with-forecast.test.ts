import type { NodeMatch } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import { compareWithForecast } from './compare-with-forecast.ts';

function row(vulnerability: string, packageFamily: string): NodeMatch {
  return {
    vulnerability,
    packageFamily,
    sourcePackage: packageFamily,
    packages: [],
    installedVersion: '1',
    fixedVersion: '2',
    state: 'affected-fix-available',
    severity: 'high',
    severitySource: 'vendor',
    cvss: [],
    kernelRelease: null,
    component: null,
    componentState: null,
    factClass: 'os-packages',
    exploited: null,
    epss: null,
    advisory: 'A',
    rule: 'source-older-than-fixed',
    kernel: null,
    evidence: 'var/lib/dpkg/status',
  };
}

const counts = { fixed: 2, remaining: 1, introduced: 0 };
const before = [row('CVE-1', 'curl'), row('CVE-2', 'curl'), row('CVE-3', 'openssl')];
const predicted = { before, counts, fixed: before.slice(0, 2), remaining: before.slice(2), introduced: [] };

describe('a forecast beside the result', () => {
  it.each([
    ['is met', [row('CVE-3', 'openssl')], { fixed: 2, remaining: 1, introduced: 0 }, [], 1],
    ['leaves one that was to be fixed', [row('CVE-2', 'curl'), row('CVE-3', 'openssl')], { fixed: 1, remaining: 2, introduced: 0 }, [['CVE-2', 'curl', 'fixed', 'remaining']], 0.5],
    ['fixes one that was to remain', [], { fixed: 3, remaining: 0, introduced: 0 }, [['CVE-3', 'openssl', 'remaining', 'fixed']], 1],
    ['brings one that nobody foretold', [row('CVE-3', 'openssl'), row('CVE-9', 'vim')], { fixed: 2, remaining: 1, introduced: 1 }, [['CVE-9', 'vim', 'absent', 'introduced']], 1],
    [
      'moves one into another package family: not fixed',
      [row('CVE-2', 'wget'), row('CVE-3', 'openssl')],
      { fixed: 1, remaining: 2, introduced: 0 },
      [['CVE-2', 'wget', 'absent', 'introduced']],
      0.5,
    ],
  ])('%s', (_, after, actual, missed, precision) => {
    const comparison = compareWithForecast(predicted, after, true);

    expect(comparison.predicted).toEqual(counts);
    expect(comparison.actual).toEqual(actual);
    expect(comparison.missed.map((entry) => [entry.vulnerability, entry.packageFamily, entry.predicted, entry.actual])).toEqual(missed);
    expect(comparison.precision).toBe(precision);
  });

  it('has no precision where nothing was to be fixed', () => {
    expect(compareWithForecast({ before, counts, fixed: [], remaining: before, introduced: [] }, before, true).precision).toBeNull();
  });

  it('has no precision where the result rests on what the forecast was made of', () => {
    const comparison = compareWithForecast(predicted, [row('CVE-3', 'openssl')], false);

    expect(comparison).toMatchObject({ independent: false, precision: null, missed: [], actual: { fixed: 2, remaining: 1, introduced: 0 } });
  });
});
