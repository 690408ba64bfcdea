import { describe, expect, it } from 'vitest';
import type { CoverageEntry } from '../base/coverage.ts';
import type { NodeMatch } from '../model/match.ts';
import { forecast } from './forecast.ts';
import { notToldBy } from './not-told.ts';

const row = (kernelRelease: string | null): NodeMatch => ({
  vulnerability: 'CVE-2023-4911',
  sourcePackage: kernelRelease === null ? 'glibc' : 'linux-azure',
  packageFamily: kernelRelease === null ? 'glibc' : 'linux-azure',
  packages: [],
  installedVersion: '2.35-0ubuntu3.1',
  fixedVersion: '2.35-0ubuntu3.4',
  state: 'affected-fix-available',
  severity: 'high',
  severitySource: 'vendor',
  cvss: [],
  kernelRelease,
  advisory: 'UBUNTU-CVE-2023-4911',
  rule: 'source-older-than-fixed',
  kernel: kernelRelease === null ? null : 'running',
  evidence: '/var/lib/dpkg/status',
});
const entry = (subject: string, state: CoverageEntry['state']): CoverageEntry => ({ subject, state, reason: state === 'read' ? 'read' : 'corrupt-structure' });
const glibc = { name: 'libc6', version: '2.35-0ubuntu3.4', architecture: 'amd64', source: 'glibc', sourceVersion: '2.35-0ubuntu3.4', sourceKnown: true };

describe('a target that lacks a row', () => {
  it.each([
    ['fixes it where its packages were read', null, [entry('os-packages', 'read')], [], 1, 0],
    ['is not said to fix it where its packages could not be read', null, [entry('os-packages', 'unreadable')], [], 0, 1],
    ['is not said to fix it where nothing speaks of its packages', null, [], [], 0, 1],
    ['is not said to fix a kernel whose class could not be read', '5.15.0-1041-azure', [entry('os-packages', 'read'), entry('kernel', 'unreadable')], [], 0, 1],
    ['is not said to fix it where its source may be one of the unknown', null, [entry('os-packages', 'unknown-source')], [], 0, 1],
    ['fixes it where others are unknown and this source is not', null, [entry('os-packages', 'unknown-source')], [glibc], 1, 0],
  ] as const)('%s', (_, kernelRelease, coverage, packages, fixed, undetermined) => {
    const now = [row(kernelRelease)];

    const after = notToldBy({ matches: [], coverage, packages }, now, ['affected-fix-available']);

    expect(forecast(now, after).counts).toMatchObject({ fixed, undetermined });
  });

  it('answers for the rows that it has itself', () => {
    expect(notToldBy({ matches: [row(null)], coverage: [] }, [row(null)], ['affected-fix-available'])).toEqual([]);
  });
});
