import type { KernelState, NodeMatch } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import { afterReboot, isRebootUseful } from './after-reboot.ts';

function row(vulnerability: string, kernel: KernelState | null, rebootFixes = false): NodeMatch & { readonly rebootFixes: boolean } {
  return {
    vulnerability,
    packageFamily: kernel === null ? 'curl' : 'linux-azure',
    sourcePackage: kernel === null ? 'curl' : 'linux-azure',
    packages: [],
    installedVersion: '1',
    fixedVersion: '2',
    state: 'affected-fix-available',
    severity: 'high',
    severitySource: 'vendor',
    cvss: [],
    kernelRelease: kernel === null ? null : '5.15.0-1',
    component: null,
    componentState: null,
    factClass: 'os-packages',
    exploited: null,
    epss: null,
    advisory: 'A',
    rule: 'source-older-than-fixed',
    kernel,
    evidence: 'var/lib/dpkg/status',
    rebootFixes,
  };
}

describe('a reboot', () => {
  it('takes away what the newer kernel fixes, keeps what it does not, and leaves packages alone', () => {
    const rows = [row('CVE-1', 'running', true), row('CVE-2', 'running'), row('CVE-2', 'standby'), row('CVE-3', null), row('CVE-4', 'stale')];

    expect(afterReboot(rows).map(({ vulnerability, kernel }) => [vulnerability, kernel])).toEqual([
      ['CVE-2', 'running'],
      ['CVE-2', 'running'],
      ['CVE-3', null],
    ]);
  });

  it('brings what only the newer kernel has', () => {
    expect(afterReboot([row('CVE-5', 'standby')])).toMatchObject([{ vulnerability: 'CVE-5', kernel: 'running' }]);
  });

  it.each([
    ['a running kernel whose fix waits on the disk', [row('CVE-1', 'running', true)], true],
    ['a running kernel without a newer one', [row('CVE-1', 'running')], false],
    ['packages alone', [row('CVE-1', null)], false],
    ['nothing', [], false],
  ])('is worth offering for %s: %s', (_, rows, useful) => {
    expect(isRebootUseful(rows)).toBe(useful);
  });
});
