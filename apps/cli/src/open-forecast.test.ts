import { type Assessment, type CoverageState, createInventory, type NodeMatch } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import { openForecast } from './open-forecast.ts';

const jammy = { id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04.3 LTS' };
const states = ['affected-fix-available'] as const;

function row(vulnerability: string, sourcePackage: string, kernelRelease: string | null = null): NodeMatch {
  return {
    vulnerability,
    sourcePackage,
    packageFamily: sourcePackage,
    packages: [{ name: sourcePackage, version: '1' }],
    installedVersion: '1',
    fixedVersion: '2',
    state: 'affected-fix-available',
    severity: 'high',
    severitySource: 'vendor',
    cvss: [],
    kernelRelease,
    advisory: vulnerability,
    component: null,
    componentState: null,
    factClass: kernelRelease === null ? 'os-packages' : 'kernel',
    exploited: null,
    epss: null,
    rule: 'source-older-than-fixed',
    kernel: kernelRelease === null ? null : 'running',
    evidence: '/var/lib/dpkg/status',
  };
}

function assessment(matches: readonly NodeMatch[], coverage: { packages: CoverageState; kernel?: CoverageState }, known: readonly string[] = []): Assessment {
  const packages = known.map((source) => ({ name: source, version: '1', architecture: 'amd64', source, sourceVersion: '1', sourceKnown: true }));
  return {
    target: 'disk',
    inventory: createInventory(jammy, packages),
    facts: { grade: 'disk', evidencePaths: {} },
    coverage: [
      { subject: 'os-packages', state: coverage.packages, reason: 'read' },
      { subject: 'kernel', state: coverage.kernel ?? 'read', reason: 'read' },
    ],
    bytesRead: 0,
    requests: 0,
    advisoryDatabaseRevision: '0',
    matches,
    complete: true,
  };
}

const affected = assessment([row('CVE-1', 'openssl'), row('CVE-2', 'linux-azure', '5.15.0-1041-azure')], { packages: 'read' }, ['openssl']);

describe('a forecast between two assessments', () => {
  it('calls fixed what the other side has read and does not have', () => {
    const { fixed, undetermined, counts } = openForecast(affected, assessment([], { packages: 'read' }), states);

    expect(fixed.map((match) => match.vulnerability)).toEqual(['CVE-1', 'CVE-2']);
    expect([undetermined, counts.fixed]).toEqual([[], 2]);
  });

  it.each([
    ['packages could not be read', { packages: 'unreadable' }, [], ['CVE-2'], ['CVE-1']],
    ['the kernel could not be told', { packages: 'read', kernel: 'unreadable' }, [], ['CVE-1'], ['CVE-2']],
    ['some sources are unknown', { packages: 'unknown-source' }, [], ['CVE-2'], ['CVE-1']],
    ['other sources are unknown, this one is not', { packages: 'unknown-source' }, ['openssl'], ['CVE-1', 'CVE-2'], []],
  ] as const)('does not call fixed what rests on a target of which %s', (_, coverage, known, fixed, undetermined) => {
    const forecast = openForecast(affected, assessment([], coverage, known), states);

    expect(forecast.fixed.map((match) => match.vulnerability)).toEqual(fixed);
    expect(forecast.undetermined.map((match) => match.vulnerability)).toEqual(undetermined);
    expect(forecast.undetermined.every((match) => match.state === 'undetermined')).toBe(true);
  });

  it('does not call introduced what today could not be read', () => {
    const forecast = openForecast(assessment([], { packages: 'unreadable' }), affected, states);

    expect(forecast.introduced.map((match) => match.vulnerability)).toEqual(['CVE-2']);
    expect(forecast.undetermined.map((match) => match.vulnerability)).toEqual(['CVE-1']);
  });
});
