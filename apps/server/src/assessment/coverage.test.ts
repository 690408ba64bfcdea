import { type CoverageEntry, joinCoverage } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import { toldClasses, withKnownKubelet } from './coverage.ts';

const read = (subject: string): CoverageEntry => ({ subject, state: 'read', reason: 'read' });
const chosen = (subject: string): CoverageEntry => ({ subject, state: 'out-of-scope', reason: 'component-chosen-by-cluster' });
const reported = { subject: 'node-components', state: 'out-of-scope', reason: 'component-version-unknown' } as const;
const broken: CoverageEntry = { subject: 'node-components', state: 'unreadable', reason: 'component-configuration-unreadable' };

describe('what a reading tells of the classes', () => {
  it.each<[string, readonly CoverageEntry[], readonly [string, string, boolean][]]>([
    ['a class that was read is told whole', [read('os-packages'), read('node-components')], [['os-packages', '', false], ['node-components', '', false], ['go-modules', '*', true]]],
    ['a list tells of all components but the kubelet', [chosen('component kubelet'), chosen('node-components')], [['node-components', 'kubelet', false], ['go-modules', '*', true]]],
    ['a node without a list tells of the components that its cluster reports', [{ ...reported, detail: 'runc cni-plugins' }, chosen('component kubelet')], [['node-components', 'kubelet runc cni-plugins', false], ['go-modules', '*', true]]],
    ['of a runtime that nobody reports nothing is told', [{ ...reported, detail: 'containerd runc cni-plugins' }, chosen('component kubelet')], [['node-components', '*', true], ['go-modules', '*', true]]],
    ['a list that leaves out a component tells of the others', [{ ...reported, detail: 'runc' }, read('component kubelet')], [['node-components', 'runc', false], ['go-modules', '*', true]]],
    ['versions that are unknown of something without a name tell of nothing', [{ ...reported, detail: '/opt/x' }], [['node-components', '*', true], ['go-modules', '*', true]]],
    ['components that were read in part prove what was found', [broken], [['node-components', '*', true], ['go-modules', '*', true]]],
    ['a kernel that only the cluster reports is told, and not as a class that was read', [{ subject: 'kernel', state: 'read', reason: 'node-status-only' }], [['kernel', 'installed-kernels', false], ['node-components', '*', true], ['go-modules', '*', true]]],
    ['a kernel that the cluster reports and nobody judged is not told', [{ subject: 'kernel', state: 'out-of-scope', reason: 'node-status-only' }], [['node-components', '*', true], ['go-modules', '*', true]]],
    ['packages that were read in part tell nothing', [{ subject: 'os-packages', state: 'unreadable', reason: 'truncated' }], [['node-components', '*', true], ['go-modules', '*', true]]],
  ])('%s', (_, coverage, expected) => {
    expect(toldClasses(coverage).map(({ factClass, untold, onlyWithRows }) => [factClass, untold.join(' '), onlyWithRows])).toEqual(expected);
  });

  it('lets the Node object name the kubelet of a list', () => {
    const list = [chosen('component kubelet'), chosen('node-components')];

    expect(toldClasses(withKnownKubelet(list, 'v1.26.6'))[0]).toEqual({ factClass: 'node-components', untold: [], onlyWithRows: false });
    expect(withKnownKubelet(list, null)).toEqual(list);
  });

  it('believes the match over the reading, subject by subject', () => {
    expect(joinCoverage([read('kernel'), read('os-packages')], [{ ...broken, subject: 'kernel' }])).toEqual([read('os-packages'), { ...broken, subject: 'kernel' }]);
  });
});

describe('a list of which not every source is known', () => {
  const entry = (state: CoverageEntry['state'], reason: CoverageEntry['reason']): CoverageEntry => ({ subject: 'os-packages', state, reason });

  it.each<[string, readonly CoverageEntry[], readonly string[]]>([
    ['tells what it has, and closes nothing', [entry('unknown-source', 'source-package-unknown')], ['os-packages *']],
    ['likewise under patches that nobody has published', [entry('unreadable', 'security-patch-unknown')], ['os-packages *']],
    ['tells nothing where it could not be read', [entry('unreadable', 'truncated')], []],
    ['tells all where every source is known', [entry('read', 'read')], ['os-packages ']],
  ])('%s', (_what, coverage, expected) => {
    expect(toldClasses(coverage).map(({ factClass, untold }) => `${factClass} ${untold.join(' ')}`).filter((told) => told.startsWith('os-packages'))).toEqual(expected);
  });
});
