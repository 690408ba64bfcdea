import { describe, expect, it } from 'vitest';
import { createMemoryLookup, osvRecords } from '../advisory-db/memory-lookup-for-tests.ts';
import type { Component } from '../model/component.ts';
import { createInventory, type Inventory } from '../model/inventory.ts';
import type { Match } from '../model/match.ts';
import { withNodeObject } from '../model/node-object.ts';
import { goRecord, kubeletRecords, kubernetesRecord } from './component-records-for-tests.ts';
import { matchInventory } from './match.ts';

const jammy = { id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04 LTS' };
const windows = { id: 'windows', versionId: '10.0.20348', prettyName: 'Windows Server 2022' };
const fixed = 'affected-fix-available';

const kubelet = (version?: string): Component => ({ family: 'kubelet', name: 'kubelet', path: 'usr/local/bin/kubelet', ...(version === undefined ? {} : { version }) });
const containerd = (more: Partial<Component>): Component => ({ family: 'containerd', name: 'containerd', path: 'usr/bin/containerd', ...more });
const runc = (more: Partial<Component>): Component => ({ family: 'runc', name: 'runc', path: 'usr/sbin/runc', ...more });

function matchesOf(components: readonly Component[], records: readonly unknown[], operatingSystem = jammy): readonly Match[] {
  return matchInventory(createInventory(operatingSystem, [], components), createMemoryLookup(records)).matches;
}

function shape(matches: readonly Match[]): unknown {
  return matches.map(({ vulnerability, sourcePackage, installedVersion, fixedVersion, state, factClass }) => [vulnerability, sourcePackage, installedVersion, fixedVersion, state, factClass]);
}

describe('a kubelet and the Kubernetes feed', () => {
  const windowsOnly = ['CVE-2021-25749', 'CVE-2023-3676', 'CVE-2023-3955', 'CVE-2023-5528', 'CVE-2024-5321'];

  it.each(['1.24.4', '1.27.1'])('of version %s has CVE-2023-2431 on Linux and no Windows-only one', (version) => {
    expect(matchesOf([kubelet(version)], kubeletRecords).map((match) => match.vulnerability)).toEqual(['CVE-2023-2431']);
  });

  it.each([
    ['1.24.4', windowsOnly.filter((cve) => cve !== 'CVE-2024-5321')], ['1.27.1', windowsOnly.filter((cve) => cve !== 'CVE-2021-25749')],
  ])('of version %s has four Windows-only ones on Windows', (version, expected) => {
    const { matches, notMatched } = matchInventory(createInventory(windows, [], [kubelet(version)]), createMemoryLookup(kubeletRecords));

    expect(matches.map((match) => match.vulnerability).filter((cve) => windowsOnly.includes(cve))).toEqual(expected);
    expect(matches.map((match) => match.vulnerability)).toContain('CVE-2023-2431');
    expect(notMatched).toBe('no-advisories-for-operating-system');
  });

  it.each([
    ['1.24.13', '1.24.14'], ['1.24.14', null], ['1.25.9', '1.25.10'], ['1.26.5', null], ['1.27.2', null], ['1.27.2-rc.0', '1.27.2'],
    ['1.27.1-eks-a5565ad', '1.27.2'], ['1.27.3-gke.100', null], ['1.27.1+k3s1', '1.27.2'], ['v1.27.1', '1.27.2'],
  ])('of version %s is fixed by %s', (version, fixedVersion) => {
    expect(matchesOf([kubelet(version)], kubeletRecords).map((match) => match.fixedVersion)).toEqual(fixedVersion === null ? [] : [fixedVersion]);
  });

  it('names the component, its family and what was compared', () => {
    expect(matchesOf([kubelet('1.27.1')], kubeletRecords)).toEqual([{
      vulnerability: 'CVE-2023-2431', sourcePackage: 'k8s.io/kubelet', packageFamily: 'kubelet', packages: [{ name: 'kubelet', version: '1.27.1' }],
      installedVersion: '1.27.1', fixedVersion: '1.27.2', state: fixed, severity: 'unknown', severitySource: 'none', cvss: [], kernelRelease: null,
      component: 'usr/local/bin/kubelet', factClass: 'node-components', exploited: null, epss: null, advisory: 'CVE-2023-2431', rule: 'source-older-than-fixed',
    }]);
  });

  it('is one undetermined match per vulnerability where nobody knows its version, never none', () => {
    expect(matchesOf([kubelet()], kubeletRecords)).toMatchObject([
      { vulnerability: 'CVE-2023-2431', installedVersion: '', fixedVersion: '1.27.2', state: 'undetermined', reason: 'component-version-unknown', rule: 'version-not-comparable' },
    ]);
  });

  it('is undetermined where its version cannot be read', () => {
    expect(matchesOf([kubelet('trunk')], kubeletRecords)).toMatchObject([{ installedVersion: 'trunk', state: 'undetermined', reason: 'installed-version-unparsable' }]);
  });

  it('takes its version from the Node object before anything else', () => {
    const inventory: Inventory = createInventory(jammy, [], [kubelet()]);
    const rows = (kubeletVersion: string): unknown => shape(matchInventory(withNodeObject(inventory, { kubeletVersion }), createMemoryLookup(kubeletRecords)).matches);

    expect(rows('v1.27.1')).toEqual([['CVE-2023-2431', 'k8s.io/kubelet', '1.27.1', '1.27.2', fixed, 'node-components']]);
    expect(rows('v1.27.3')).toEqual([]);
  });

  it('is never taken for Go\'s module of all of Kubernetes', () => {
    const records = [goRecord('GO-2024-1', 'CVE-2024-1001', 'k8s.io/kubernetes', [['0', '1.30.0']])];
    const component = { ...kubelet('1.27.1'), mainModule: 'k8s.io/kubernetes', modules: [{ path: 'k8s.io/kubernetes', version: 'v1.27.1' }] };

    expect(matchesOf([component], records)).toEqual([]);
  });

  it('is not what other components of Kubernetes are', () => {
    expect(matchesOf([kubelet('1.27.1')], [kubernetesRecord('CVE-2023-1001', [['0', null]], 'k8s.io/apiserver')])).toEqual([]);
  });
});

describe('a component and Go\'s database', () => {
  const v1 = goRecord('GO-2026-1', 'CVE-2026-1001', 'github.com/containerd/containerd', [['1.7.0', '1.7.33']]);
  const v2 = goRecord('GO-2026-2', 'CVE-2026-1002', 'github.com/containerd/containerd/v2', [['2.0.0', '2.0.10'], ['2.1.0', '2.1.9'], ['2.3.0', '2.3.2']]);
  const ofRunc = goRecord('GO-2024-2491', 'CVE-2024-21626', 'github.com/opencontainers/runc', [['1.0.0-rc93', '1.1.12']]);
  const net = goRecord('GO-2023-2102', 'CVE-2023-39325', 'golang.org/x/net', [['0', '0.17.0']]);
  const stdlib = goRecord('GO-2023-2102', 'CVE-2023-39325', 'stdlib', [['0', '1.20.10'], ['1.21.0-0', '1.21.3']]);

  it.each<[string, Component, readonly unknown[]]>([
    ['of major version 1 is a module of its own', containerd({ version: '1.7.5-1' }), [['CVE-2026-1001', 'github.com/containerd/containerd', '1.7.5-1', '1.7.33', fixed, 'node-components']]],
    ['of major version 2 is another', containerd({ version: '2.1.7-ubuntu24.04u2' }), [['CVE-2026-1002', 'github.com/containerd/containerd/v2', '2.1.7-ubuntu24.04u2', '2.1.9', fixed, 'node-components']]],
    ['is the module that its binary names', containerd({ version: '2.1.7', mainModule: 'github.com/containerd/containerd/v2' }), [['CVE-2026-1002', 'github.com/containerd/containerd/v2', '2.1.7', '2.1.9', fixed, 'node-components']]],
    ['of the fixed version is fixed', containerd({ version: '2.3.2' }), []],
    ['of unknown version is undetermined in either module', containerd({}), [
      ['CVE-2026-1001', 'github.com/containerd/containerd', '', '1.7.33', 'undetermined', 'node-components'],
      ['CVE-2026-1002', 'github.com/containerd/containerd/v2', '', '2.3.2', 'undetermined', 'node-components'],
    ]],
    ['is runc', runc({ version: '1.1.9' }), [['CVE-2024-21626', 'github.com/opencontainers/runc', '1.1.9', '1.1.12', fixed, 'node-components']]],
    ['is runc of a vendor', runc({ version: '1.1.9+azure-1', package: 'moby-runc' }), [['CVE-2024-21626', 'github.com/opencontainers/runc', '1.1.9+azure-1', '1.1.12', fixed, 'node-components']]],
    ['is not told by Go where the distribution packages it and backports', runc({ version: '1.1.7-0ubuntu1~22.04.2', package: 'runc' }), []],
    ['is its usual module where the linker names none', runc({ version: '1.1.9', mainModule: 'command-line-arguments' }), [['CVE-2024-21626', 'github.com/opencontainers/runc', '1.1.9', '1.1.12', fixed, 'node-components']]],
    ['is matched by its modules', runc({ version: '1.1.12', modules: [{ path: 'golang.org/x/net', version: 'v0.8.0' }] }), [['CVE-2023-39325', 'golang.org/x/net', '0.8.0', '0.17.0', fixed, 'go-modules']]],
    ['is not matched by modules that are new enough', runc({ version: '1.1.12', modules: [{ path: 'golang.org/x/net', version: 'v0.17.0' }] }), []],
    ['knows pseudo-versions', runc({ version: '1.1.12', modules: [{ path: 'golang.org/x/net', version: 'v0.0.0-20220722155237-a158d28d115b' }] }), [
      ['CVE-2023-39325', 'golang.org/x/net', '0.0.0-20220722155237-a158d28d115b', '0.17.0', fixed, 'go-modules'],
    ]],
    ['is undetermined by a module version that cannot be read', runc({ version: '1.1.12', modules: [{ path: 'golang.org/x/net', version: 'main' }] }), [
      ['CVE-2023-39325', 'golang.org/x/net', 'main', '0.17.0', 'undetermined', 'go-modules'],
    ]],
  ])('%s', (_what, component, expected) => {
    expect(shape(matchesOf([component], [v1, v2, ofRunc, net]))).toEqual(expected);
  });

  it.each<[string, string | undefined, readonly unknown[]]>([
    ['is matched by its toolchain', 'go1.20.6', [['1.20.6', '1.20.10', fixed]]],
    ['with a new enough toolchain is free of it', 'go1.21.3 X:foo', []],
    ['with a toolchain under development is undetermined', 'devel go1.21-abc', [['devel go1.21-abc', '1.21.3', 'undetermined']]],
    ['without a toolchain but with modules is undetermined', undefined, [['', '1.21.3', 'undetermined']]],
  ])('%s', (_what, goVersion, expected) => {
    const found = matchesOf([runc({ version: '1.1.12', modules: [], ...(goVersion === undefined ? {} : { goVersion }) })], [stdlib]);

    expect(found.map(({ installedVersion, fixedVersion, state }) => [installedVersion, fixedVersion, state])).toEqual(expected);
  });

  it('that was not opened is not matched by toolchain or modules', () => {
    expect(matchesOf([runc({ version: '1.1.12' })], [stdlib, net])).toEqual([]);
  });

  it('stands once for each vulnerability, however many advisories speak of it, with the later fix', () => {
    const again = goRecord('GO-2024-9999', 'CVE-2024-21626', 'github.com/opencontainers/runc', [['0', '1.1.14']]);

    expect(matchesOf([runc({ version: '1.1.9' })], [ofRunc, again])).toMatchObject([{ vulnerability: 'CVE-2024-21626', fixedVersion: '1.1.14', advisory: 'GO-2024-9999' }]);
  });

  it('stands once for each binary', () => {
    expect(matchesOf([runc({ version: '1.1.9' }), runc({ version: '1.1.9', path: 'opt/runc' })], [ofRunc]).map((match) => match.component)).toEqual(['opt/runc', 'usr/sbin/runc']);
  });

  it('carries what is known of its exploitation', () => {
    const threats = new Map([['CVE-2024-21626', { exploited: true, epss: 0.05 }]]);
    const { matches } = matchInventory(createInventory(jammy, [], [runc({ version: '1.1.9' })]), createMemoryLookup([ofRunc], 'production', threats));

    expect(matches).toMatchObject([{ exploited: true, epss: 0.05 }]);
  });

  it('is matched beside the packages', () => {
    const bash = { name: 'bash', version: '5.1-1', architecture: 'amd64', source: 'bash', sourceVersion: '5.1-1', sourceKnown: true };
    const inventory = createInventory(jammy, [bash], [runc({ version: '1.1.9' })]);
    const { matches, notMatched } = matchInventory(inventory, createMemoryLookup([...osvRecords([{ cve: 'CVE-2025-1001', source: 'bash', fixed: '5.1-2' }]), ofRunc]));

    expect([matches.map(({ vulnerability, component }) => [vulnerability, component]), notMatched]).toEqual([[['CVE-2024-21626', 'usr/sbin/runc'], ['CVE-2025-1001', null]], undefined]);
  });
});
