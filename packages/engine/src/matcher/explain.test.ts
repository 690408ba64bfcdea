import { describe, expect, it } from 'vitest';
import { createMemoryLookup, osvRecords } from '../advisory-db/memory-lookup-for-tests.ts';
import type { Component, ComponentFile } from '../model/component.ts';
import { createInventory, type Inventory, type Package } from '../model/inventory.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { withNodeObject } from '../model/node-object.ts';
import { goRecord, kubeletRecords } from './component-records-for-tests.ts';
import { explain } from './explain.ts';
import { matchInventory } from './match.ts';

const jammy = { id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04 LTS' };
const pro = 'Ubuntu:Pro:22.04:LTS';

function deb(name: string, version: string, source = name): Package {
  return { name, version, architecture: 'amd64', source, sourceVersion: version, sourceKnown: true };
}

const image = (release: string, version: string): Package => deb(`linux-image-${release}`, version, 'linux-signed-azure');
const kubelet: Component = { family: 'kubelet', name: 'kubelet', path: 'usr/local/bin/kubelet', version: '1.27.1', modules: [], goVersion: 'go1.20.6' };
const cached: ComponentFile = { family: 'kubelet', name: 'kubelet', path: 'opt/bin/kubelet-1.26.0', size: 1, state: 'staged' };
const active: ComponentFile = { family: 'kubelet', name: 'kubelet', path: kubelet.path, size: 1, state: 'active' };

const packages = [
  deb('libc6', '2.35-0ubuntu3.1', 'glibc'), deb('libssl-doc', '3.0.2-0ubuntu1.10', 'openssl'), deb('moby-runc', '1.1.9'),
  deb('linux-headers-5.15.0-1041-azure', '5.15.0-1041.48', 'linux-azure'), deb('p', '1.0-1'), deb('esm', '1'), deb('broken', 'a:b'),
  image('5.15.0-1041-azure', '5.15.0-1041.48'), image('5.15.0-1040-azure', '5.15.0-1040.47'), deb('linux-headers-6.2.0-1014-aws', '6.2.0-1014.14', 'linux-aws-6.2'),
];
const inventory = createInventory(jammy, packages, [kubelet]);
const facts: NodeFacts = {
  grade: 'disk', runningKernel: { release: '5.15.0-1041-azure', from: 'journal' }, componentFiles: [active, cached], evidencePaths: { 'os-packages': '/var/lib/dpkg/status' },
};
const withdrawn = Object.assign({}, osvRecords([{ cve: 'CVE-2023-9999', source: 'glibc', fixed: '9' }])[0], { withdrawn: '2024-01-01T00:00:00Z' });
const lookup = createMemoryLookup([
  ...osvRecords([
    { cve: 'CVE-2023-4911', source: 'glibc', fixed: '2.35-0ubuntu3.4' },
    { cve: 'CVE-2023-1000', source: 'glibc', fixed: '2.35-0ubuntu3.1' },
    { cve: 'CVE-2023-1001', source: 'openssl', fixed: '9', binaries: ['libssl3'] },
    { cve: 'CVE-2023-1002', source: 'moby-runc', fixed: '9' },
    { cve: 'CVE-2023-1003', source: 'linux-azure', fixed: '5.15.0-1041.49' },
    { cve: 'CVE-2023-1004', source: 'zlib', fixed: '9' },
    { cve: 'CVE-2023-1005', source: 'esm', fixed: null }, { cve: 'CVE-2023-1005', source: 'esm', fixed: '2', ecosystem: pro },
    { cve: 'CVE-2023-1006', source: 'broken', fixed: '2' },
    { cve: 'CVE-2023-1007', source: 'glibc', fixed: '9', ecosystem: 'Ubuntu:20.04:LTS' },
    { cve: 'CVE-2023-1008', source: 'linux-aws-6.2', fixed: '9' },
  ]),
  { id: 'UBUNTU-CVE-2023-2000', affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'p' }, ranges: [
    { type: 'ECOSYSTEM', events: [{ introduced: '2' }, { fixed: '3' }] }, { type: 'ECOSYSTEM', events: [{ introduced: '0' }, { last_affected: '0.9' }] }] }] },
  withdrawn,
  ...kubeletRecords,
  goRecord('GO-2023-2102', 'CVE-2023-39325', 'golang.org/x/net', [['0', '0.17.0']]),
]);

function reasons(vulnerability: string, packageName?: string, on: Inventory = inventory, under: NodeFacts = facts): unknown {
  return explain(on, under, lookup, vulnerability, packageName).map(({ outcome, sourcePackage, state, reason }) => [outcome, sourcePackage, state, reason]);
}

const fixable = 'affected-fix-available';
const list: NodeFacts = { grade: 'manifest', evidencePaths: {} };
const listed = createInventory(jammy, packages);

describe('an explanation', () => {
  it('of a match names range, versions, order and evidence', () => {
    expect(explain(inventory, facts, lookup, 'CVE-2023-4911')).toEqual([{
      outcome: 'match', sourcePackage: 'glibc', packageFamily: 'glibc', component: null, installedVersion: '2.35-0ubuntu3.1', advisory: 'UBUNTU-CVE-2023-4911',
      ecosystem: 'Ubuntu:22.04:LTS', range: { introduced: null, above: null, fixed: '2.35-0ubuntu3.4', lastAffected: null }, state: fixable,
      rule: 'source-older-than-fixed', reason: null, evidence: '/var/lib/dpkg/status', versionOrder: 'deb',
    }]);
  });

  it.each<[string, string, string | undefined, unknown]>([
    ['says that it is fixed', 'CVE-2023-1000', undefined, [['no-match', 'glibc', null, 'fixed']]],
    ['says that it came later and that it ended before', 'CVE-2023-2000', undefined, [['no-match', 'p', null, 'before-introduced'], ['no-match', 'p', null, 'after-last-affected']]],
    ['says that other binaries are meant', 'CVE-2023-1001', undefined, [['no-match', 'openssl', null, 'binaries-not-affected']]],
    ['says that the package is another vendor\'s', 'CVE-2023-1002', undefined, [['no-match', 'moby-runc', null, 'third-party-package']]],
    ['says that headers are no kernel', 'CVE-2023-1008', undefined, [['no-match', 'linux-aws-6.2', null, 'binaries-not-affected']]],
    ['says that a kernel does not run', 'CVE-2023-1003', undefined, [['no-match', 'linux-azure', fixable, 'kernel-not-running'], ['match', 'linux-azure', fixable, null]]],
    ['says that it is not installed', 'CVE-2023-1004', undefined, [['no-match', 'zlib', null, 'not-installed']]],
    ['says that another channel decides', 'CVE-2023-1005', undefined, [['no-match', 'esm', null, 'other-channel-decides'], ['match', 'esm', 'affected-fix-with-subscription', null]]],
    ['says that versions cannot be compared', 'CVE-2023-1006', undefined, [['match', 'broken', 'undetermined', 'version-not-comparable']]],
    ['says that the advisory was withdrawn', 'CVE-2023-9999', undefined, [['no-match', '', null, 'withdrawn']]],
    ['says that nobody knows the vulnerability', 'CVE-1999-0001', undefined, [['no-match', '', null, 'no-such-vulnerability']]],
    ['says that the advisory does not speak of this release', 'CVE-2023-1007', undefined, [['no-match', '', null, 'not-in-advisory']]],
    ['says that the advisory does not speak of a package', 'CVE-2023-4911', 'p', [['no-match', 'p', null, 'not-in-advisory']]],
    ['says that a package is not there', 'CVE-2023-4911', 'nginx', [['no-match', 'nginx', null, 'not-installed']]],
    ['finds a package by a binary\'s name', 'CVE-2023-4911', 'libc6', [['match', 'glibc', fixable, null]]],
    ['finds a vulnerability by its advisory', 'UBUNTU-CVE-2023-4911', undefined, [['match', 'glibc', fixable, null]]],
    ['says that a named package is another vendor\'s', 'CVE-2023-4911', 'moby-runc', [['no-match', 'moby-runc', null, 'third-party-package']]],
    ['says that it holds on Windows only', 'CVE-2023-5528', 'usr/local/bin/kubelet', Array.from({ length: 4 }, () => ['no-match', 'k8s.io/kubelet', null, 'other-operating-system'])],
    ['says that a binary is unused', 'CVE-2023-2431', 'opt/bin/kubelet-1.26.0', [['no-match', 'k8s.io/kubelet', null, 'staged']]],
    ['says that no opened binary holds a module', 'CVE-2023-39325', undefined, [['no-match', 'golang.org/x/net', null, 'not-installed']]],
  ])('%s', (_what, vulnerability, packageName, expected) => {
    expect(reasons(vulnerability, packageName)).toEqual(expected);
  });

  it('holds every range of a component against it, and names unused binaries beside it', () => {
    expect(explain(inventory, facts, lookup, 'CVE-2023-2431', 'kubelet').map(({ outcome, range, reason, component, versionOrder }) => [outcome, range?.fixed, reason, component, versionOrder])).toEqual([
      ['no-match', '1.24.14', 'fixed', kubelet.path, 'semver'],
      ['no-match', '1.25.10', 'fixed', kubelet.path, 'semver'],
      ['no-match', '1.26.5', 'fixed', kubelet.path, 'semver'],
      ['match', '1.27.2', null, kubelet.path, 'semver'],
      ['no-match', undefined, 'staged', cached.path, null],
    ]);
  });

  it.each<[string, string, Inventory, NodeFacts, unknown]>([
    ['a kubelet that the cluster chooses', 'CVE-2023-2431', listed, list, [['no-match', 'k8s.io/kubelet', null, 'not-read']]],
    ['modules of binaries that were not opened', 'CVE-2023-39325', listed, list, [['no-match', 'golang.org/x/net', null, 'not-read']]],
    ['a kernel of several', 'CVE-2023-1003', inventory, { grade: 'disk', evidencePaths: {} }, [['match', 'linux-azure', 'undetermined', 'not-read'], ['match', 'linux-azure', 'undetermined', 'not-read']]],
  ])('never calls absent what was not read: %s', (_what, vulnerability, on, under, expected) => {
    expect(reasons(vulnerability, undefined, on, under)).toEqual(expected);
  });

  it.each<[string, string, string | undefined, unknown]>([
    ['may be of the source', 'CVE-2023-4911', undefined, [['no-match', 'glibc', null, 'not-read']]],
    ['may be of the source that is asked for', 'CVE-2023-4911', 'nginx', [['no-match', 'nginx', null, 'not-read']]],
    ['is none of those into which the source is built', 'CVE-2023-1001', undefined, [['no-match', 'openssl', null, 'not-installed']]],
  ])('never calls absent what a package without a known source may be of: it %s', (_what, vulnerability, packageName, expected) => {
    const unsourced = createInventory(jammy, [{ ...deb('libc6', '2.35-0ubuntu3.1'), sourceKnown: false }]);

    expect(reasons(vulnerability, packageName, unsourced, list)).toEqual(expected);
  });

  it('says that an opened binary is unused', () => {
    const opened = createInventory(jammy, [], [{ ...kubelet, path: cached.path }]);

    expect(reasons('CVE-2023-2431', undefined, opened, { ...facts, componentFiles: [cached] })).toContainEqual(['no-match', 'k8s.io/kubelet', fixable, 'staged']);
  });

  it('follows the Node object', () => {
    const { kubeletVersion } = { kubeletVersion: 'v1.27.3' };
    const entries = explain(withNodeObject(inventory, { kubeletVersion }), { ...facts, kubeletVersion }, lookup, 'CVE-2023-2431', kubelet.path);

    expect(new Set(entries.map(({ outcome, installedVersion, reason }) => [outcome, installedVersion, reason].join(' ')))).toEqual(new Set(['no-match 1.27.3 fixed']));
  });

  it('does not call a FIPS build fixed by what it sorts after', () => {
    const focal = { ...jammy, versionId: '20.04' };
    const installed = createInventory(focal, [deb('openssl', '1.1.1f-1ubuntu2.fips.7.1')]);
    const ofFocal = createMemoryLookup(osvRecords([{ cve: 'CVE-2023-1000', source: 'openssl', ecosystem: 'Ubuntu:20.04:LTS', fixed: '1.1.1f-1ubuntu2.16' }]));

    expect(explain(installed, facts, ofFocal, 'CVE-2023-1000').map(({ outcome, state, reason }) => [outcome, state, reason])).toEqual([['match', 'undetermined', 'version-not-comparable']]);
  });

  it('agrees with the matcher on everything', () => {
    const { matches } = matchInventory(inventory, lookup);

    for (const match of matches) {
      const entries = explain(inventory, facts, lookup, match.vulnerability);
      expect(entries).toContainEqual(expect.objectContaining({ sourcePackage: match.sourcePackage, advisory: match.advisory, rule: match.rule }));
    }
    expect(matches.length).toBeGreaterThan(5);
  });
});
