import { describe, expect, it } from 'vitest';
import type { ComponentState } from '../model/component.ts';
import type { KernelState, MatchState, NodeMatch } from '../model/match.ts';
import { forecast } from './forecast.ts';
import { type Candidate, verdictsOf } from './verdict.ts';

interface Row {
  readonly cve: string;
  readonly source?: string;
  readonly family?: string;
  readonly state?: MatchState;
  readonly kernel?: KernelState | null;
  readonly componentState?: ComponentState | null;
}

function row({ cve, source = 'p', family = source, state = 'affected-fix-available', kernel = null, componentState = null }: Row): NodeMatch {
  return {
    vulnerability: cve, sourcePackage: source, packageFamily: family, packages: [], installedVersion: '1', fixedVersion: '2', state,
    severity: 'medium', severitySource: 'vendor', cvss: [], kernelRelease: null, component: componentState === null ? null : 'opt/bin/x', componentState, factClass: 'os-packages', exploited: null, epss: null, advisory: `UBUNTU-${cve}`, rule: 'source-older-than-fixed', kernel, evidence: 'x',
  };
}

function keys(rows: readonly NodeMatch[]): string[] {
  return rows.map((found) => `${found.vulnerability} ${found.packageFamily}`);
}

function shape(from: readonly Row[], to: readonly Row[]): unknown {
  const { fixed, remaining, introduced, undetermined, counts } = forecast(from.map(row), to.map(row));
  return [keys(fixed), keys(remaining), keys(introduced), keys(undetermined), [counts.now, counts.after, counts.fixed, counts.remaining, counts.introduced, counts.undetermined]];
}

const [a, b] = [{ cve: 'CVE-A' }, { cve: 'CVE-B' }];

describe('a forecast', () => {
  it.each<[string, readonly Row[], readonly Row[], unknown]>([
    ['of the same contents changes nothing', [a], [a], [[], ['CVE-A p'], [], [], [1, 1, 0, 1, 0, 0]]],
    ['fixes what is gone', [a, b], [b], [['CVE-A p'], ['CVE-B p'], [], [], [2, 1, 1, 1, 0, 0]]],
    ['introduces what is new', [a], [a, b], [[], ['CVE-A p'], ['CVE-B p'], [], [1, 2, 0, 1, 1, 0]]],
    ['of nothing is nothing', [], [], [[], [], [], [], [0, 0, 0, 0, 0, 0]]],
    ['takes all sources of a kernel line as one',
      [{ ...a, source: 'linux-azure', family: 'linux-azure', kernel: 'running' }], [{ ...a, source: 'linux-azure-6.2', family: 'linux-azure', kernel: 'running' }],
      [[], ['CVE-A linux-azure'], [], [], [1, 1, 0, 1, 0, 0]]],
    ['fixes a row, but not the vulnerability that another family still has',
      [a, { ...a, source: 'q' }], [{ ...a, source: 'q' }], [['CVE-A p'], ['CVE-A q'], [], [], [1, 1, 0, 1, 0, 0]]],
    ['neither fixes nor introduces a vulnerability that moves to another family',
      [a], [{ ...a, source: 'q' }], [['CVE-A p'], [], ['CVE-A q'], [], [1, 1, 0, 1, 0, 0]]],
    ['leaves kernels out that do not run',
      [{ ...a, kernel: 'running' }, { ...b, kernel: 'stale' }], [{ ...a, kernel: 'stale' }, { ...b, kernel: 'standby' }], [['CVE-A p'], [], [], [], [1, 0, 1, 0, 0, 0]]],
    ['leaves staged binaries out', [{ ...a, componentState: 'staged' }, { ...b, componentState: 'active' }], [{ ...b, componentState: 'staged' }], [['CVE-B p'], [], [], [], [1, 0, 1, 0, 0, 0]]],
    ['never calls fixed what could not be told in the target', [a], [{ ...a, state: 'undetermined' }], [[], [], [], ['CVE-A p'], [1, 0, 0, 0, 0, 1]]],
    ['never calls introduced what could not be told before', [{ ...a, state: 'undetermined' }], [a], [[], [], [], ['CVE-A p'], [0, 1, 0, 0, 0, 1]]],
    ['looks at what has a fix only', [{ ...a, state: 'affected-no-fix' }], [{ ...b, state: 'affected-no-fix' }], [[], [], [], [], [0, 0, 0, 0, 0, 0]]],
  ])('%s', (_what, from, to, expected) => {
    expect(shape(from, to)).toEqual(expected);
  });

  it('looks at other states when it is told to', () => {
    const result = forecast([row({ ...a, state: 'affected-no-fix' })], [], { states: ['affected-fix-available', 'affected-no-fix'] });

    expect(result.counts.fixed).toBe(1);
  });
});

describe('the verdict on a vulnerability', () => {
  const image = (version: string, ...rows: readonly Row[]): Candidate => ({ kind: 'image', version, matches: rows.map(row) });
  const kubernetes = (version: string, ...rows: readonly Row[]): Candidate => ({ kind: 'kubernetes', version, image: '9', matches: rows.map(row) });
  const kubelet = { ...a, family: 'kubelet', source: 'k8s.io/kubelet', componentState: 'active' } as const;
  const unknownImage: Candidate = { kind: 'image', version: '9', matches: undefined };

  it.each<[string, Row, readonly Candidate[], object]>([
    ['is a reboot where a fixed kernel waits', { ...a, kernel: 'running' }, [{ kind: 'reboot', matches: [row({ ...a, kernel: 'stale' })] }, image('1')], { verdict: 'fixed-by-reboot' }],
    ['is the first image that is free of it', a, [{ kind: 'reboot', matches: [row(a)] }, image('1', a), image('2'), image('3')], { verdict: 'fixed-by-image', image: '2' }],
    ['is not an image in which another family has it', a, [image('1', { ...a, source: 'q' })], { verdict: 'no-image-yet' }],
    ['is no image yet', a, [image('1', a)], { verdict: 'no-image-yet' }],
    ['is no image yet without any candidate', a, [], { verdict: 'no-image-yet' }],
    ['is no vendor fix', { ...a, state: 'affected-no-fix' }, [image('1', { ...a, state: 'affected-no-fix' })], { verdict: 'no-vendor-fix' }],
    ['is an image even without a vendor fix, where the package is gone', { ...a, state: 'affected-no-fix' }, [image('1')], { verdict: 'fixed-by-image', image: '1' }],
    ['is not fixable here without the subscription', { ...a, state: 'affected-fix-with-subscription' }, [], { verdict: 'not-fixable-here' }],
    ['is unknown where an image\'s contents are', a, [image('1', a), unknownImage], { verdict: 'unknown' }],
    ['is a known image behind an unknown one', a, [unknownImage, image('10')], { verdict: 'fixed-by-image', image: '10' }],
    ['is unknown where the target could not be told', a, [image('1', { ...a, state: 'undetermined' })], { verdict: 'unknown' }],
    ['is a Kubernetes version where no image helps', kubelet, [image('1', kubelet), kubernetes('1.27.1', kubelet), kubernetes('1.27.3')], { verdict: 'fixed-by-kubernetes', kubernetes: '1.27.3' }],
    ['is an image before a Kubernetes version', a, [image('1'), kubernetes('1.27.3')], { verdict: 'fixed-by-image', image: '1' }],
    ['is a reboot before everything', { ...a, kernel: 'running' }, [{ kind: 'reboot', matches: [] }, image('1'), kubernetes('1.27.3')], { verdict: 'fixed-by-reboot' }],
    ['is not fixable here where no Kubernetes version in reach helps', kubelet, [image('1', kubelet), kubernetes('1.27.1', kubelet)], { verdict: 'not-fixable-here' }],
    ['is never "no image yet" for the kubelet, of which no image brings another', kubelet, [image('1', kubelet)], { verdict: 'unknown' }],
    ['is no image yet where Kubernetes versions do not help either', a, [image('1', a), kubernetes('1.27.3', a)], { verdict: 'no-image-yet' }],
    ['is unknown where a Kubernetes version\'s contents are', kubelet, [{ kind: 'kubernetes', version: '1.27.3', image: '9', matches: undefined }], { verdict: 'unknown' }],
    ['carries the confidence of what fixes it', a, [{ ...image('1', a), confidence: 'low' }, { ...image('2'), confidence: 'medium' }], { verdict: 'fixed-by-image', image: '2', confidence: 'medium' }],
    ['is unknown where the present could not be told', { ...a, state: 'undetermined' }, [image('1')], { verdict: 'unknown' }],
  ])('%s', (_what, now, candidates, expected) => {
    expect(verdictsOf([row(now)], candidates)).toEqual([{ vulnerability: 'CVE-A', ...expected }]);
  });

  it('is given for what the node suffers from only', () => {
    expect(verdictsOf([row({ ...a, kernel: 'standby' }), row({ ...b, state: 'not-affected' }), row({ ...b, componentState: 'staged' })], [])).toEqual([]);
  });
});
