import { describe, expect, it } from 'vitest';
import type { CoverageEntry } from '../base/coverage.ts';
import type { NodeMatch } from '../model/match.ts';
import { forecast } from './forecast.ts';
import { notToldBy } from './not-told.ts';
import { verdictsOf } from './verdict.ts';

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
  component: null,
  componentState: null,
  factClass: kernelRelease === null ? 'os-packages' : 'kernel',
  exploited: null,
  epss: null,
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
    ['is not said to fix a kernel where only a Node object was there to tell', '5.15.0-1041-azure', [entry('os-packages', 'unsupported'), { ...entry('kernel', 'out-of-scope'), reason: 'node-status-only' }], [], 0, 1],
    ['is not said to fix a kernel of whose line no advisory speaks', '5.15.0-1041-azure', [entry('os-packages', 'read'), { ...entry('kernel', 'unsupported'), reason: 'no-advisories-for-kernel' }], [], 0, 1],
    ['is not said to fix it where its source may be one of the unknown', null, [entry('os-packages', 'unknown-source')], [], 0, 1],
    ['fixes it where others are unknown and this source is not', null, [entry('os-packages', 'unknown-source')], [glibc], 1, 0],
  ] as const)('%s', (_, kernelRelease, coverage, packages, fixed, undetermined) => {
    const now = [row(kernelRelease)];

    const after = notToldBy({ matches: [], coverage, packages }, now, ['affected-fix-available']);

    expect(forecast(now, after).counts).toMatchObject({ fixed, undetermined });
  });

  const component = { ...row(null), component: 'usr/bin/x', componentState: 'active', factClass: 'node-components' } as const;
  const kubelet = { ...component, sourcePackage: 'k8s.io/kubelet', packageFamily: 'kubelet' };
  const containerd = { ...component, sourcePackage: 'github.com/containerd/containerd', packageFamily: 'containerd' };
  const module = { ...component, sourcePackage: 'golang.org/x/net', packageFamily: 'kubelet', factClass: 'go-modules' } as const;
  const chosen = (subject: string): CoverageEntry => ({ subject, state: 'out-of-scope', reason: 'component-chosen-by-cluster' });
  const list = [entry('os-packages', 'read'), chosen('node-components'), chosen('component kubelet'), entry('go-modules', 'out-of-scope')];

  it.each<[string, NodeMatch, readonly CoverageEntry[], string | undefined, boolean]>([
    ['tells of a component where the class was read', containerd, [entry('node-components', 'read')], undefined, true],
    ['tells of every component but the kubelet where the cluster chooses that', containerd, list, undefined, true],
    ['does not tell of a kubelet that the cluster chooses', kubelet, list, undefined, false],
    ['tells of a kubelet whose version somebody names', kubelet, list, '1.27.3', true],
    ['tells of a kubelet that was read', kubelet, [entry('node-components', 'read')], undefined, true],
    ['does not tell of a kubelet that nothing speaks of', kubelet, [], undefined, false],
    ['does not tell of a named kubelet without advisories for it', kubelet, [{ subject: 'node-components', state: 'unsupported', reason: 'no-advisories-for-components' }], '1.27.3', false],
    ['does not tell of a component whose class could not be read', containerd, [entry('node-components', 'unreadable')], undefined, false],
    ['does not tell of packages by having read components', row(null), [entry('node-components', 'read')], undefined, false],
    ['does not tell of the modules of a kubelet by its version', module, list, '1.27.3', false],
    ['tells of modules that were read', module, [entry('go-modules', 'read')], undefined, true],
  ])('%s', (_what, other, coverage, kubeletVersion, isTold) => {
    expect(notToldBy({ matches: [], coverage, kubeletVersion }, [other], ['affected-fix-available'])).toHaveLength(isTold ? 0 : 1);
  });

  it('neither fixes nor brings a vulnerability of a kubelet that the node does not report, whatever Kubernetes version it moves to', () => {
    const target = { matches: [], coverage: list, kubeletVersion: '1.34.1' };
    const unversioned = { ...kubelet, state: 'undetermined', reason: 'component-version-unknown' } as const;

    // a binary of which nobody knows the version
    const [before, after] = [[unversioned], notToldBy(target, [unversioned], ['affected-fix-available'])];
    expect(forecast(before, after).counts).toMatchObject({ fixed: 0, introduced: 0, undetermined: 1 });
    expect(verdictsOf(before, [{ kind: 'kubernetes', version: '1.34.1', image: 'i', matches: after }])).toMatchObject([{ verdict: 'unknown' }]);

    // a list, which names no kubelet, and a target that has it
    const unread = notToldBy({ matches: [], coverage: list }, [kubelet], ['affected-fix-available']);
    expect(forecast(unread, [kubelet]).counts).toMatchObject({ fixed: 0, introduced: 0, undetermined: 1 });
    expect(verdictsOf(unread, [{ kind: 'kubernetes', version: '1.34.1', image: 'i', matches: [kubelet] }])).toMatchObject([{ verdict: 'unknown' }]);
  });

  it('answers for the rows that it has itself', () => {
    expect(notToldBy({ matches: [row(null)], coverage: [] }, [row(null)], ['affected-fix-available'])).toEqual([]);
  });
});
