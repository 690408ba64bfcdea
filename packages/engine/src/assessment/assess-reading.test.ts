import { describe, expect, it } from 'vitest';
import { createMemoryLookup, osvRecords } from '../advisory-db/memory-lookup-for-tests.ts';
import type { CoverageEntry } from '../base/coverage.ts';
import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import type { Reading } from '../model/assessment.ts';
import { goRecord, kubeletRecords } from '../matcher/component-records-for-tests.ts';
import type { Component, ComponentFile, ComponentState } from '../model/component.ts';
import { createInventory, type Package } from '../model/inventory.ts';
import { assessReading } from './assess-reading.ts';

const bash: Package = { name: 'bash', version: '5.1-1', architecture: 'amd64', source: 'bash', sourceVersion: '5.1-1', sourceKnown: true };
const records = osvRecords([{ cve: 'CVE-2023-1000', source: 'bash', fixed: '5.1-2' }]);
const lookup = createMemoryLookup(records);
const withKernel = createMemoryLookup([...records, ...osvRecords([{ cve: 'CVE-2023-1001', source: 'linux-azure', fixed: '5.1-1' }])]);
const kernelRecords = osvRecords([{ cve: 'CVE-2023-1002', source: 'linux-azure', fixed: '5.15.0-1042.49' }]);
const reportable = createMemoryLookup(kernelRecords);
const nodeStatus: CoverageEntry = { subject: 'kernel', state: 'out-of-scope', reason: 'node-status-only' };
const read: CoverageEntry = { subject: 'os-packages', state: 'read', reason: 'read' };

function reading(packages: readonly Package[] | undefined, coverage: readonly CoverageEntry[] = [read], versionId = '22.04'): Reading {
  return {
    ...(packages === undefined ? {} : { inventory: createInventory({ id: 'ubuntu', versionId, prettyName: 'Ubuntu' }, packages) }),
    facts: { grade: 'disk', evidencePaths: { 'os-packages': '/var/lib/dpkg/status' } },
    coverage,
    bytesRead: 1,
    requests: 1,
  };
}

describe('an assessment', () => {
  it('joins the reading and its matches', () => {
    expect(assessReading(reading([bash]), 'node.img', lookup)).toMatchObject({
      target: 'node.img', complete: true, advisoryDatabaseRevision: lookup.revision, coverage: [read],
      matches: [{ vulnerability: 'CVE-2023-1000', evidence: '/var/lib/dpkg/status', kernel: null }],
    });
  });

  it.each([
    ['no inventory', reading(undefined), lookup, {}, 'no-inventory'],
    ['no advisories for its release', reading([bash], [read], '24.04'), lookup, {}, 'no-advisories-for-operating-system'],
    ['the sample\'s advisories', reading([bash]), createMemoryLookup(records, 'sample'), {}, 'database-made-for-sample'],
  ])('is not clean with %s', (_what, found, advisories, options, notMatched) => {
    expect(assessReading(found, 'x', advisories, options)).toMatchObject({ matches: [], notMatched, complete: false });
  });

  it('without advisories for its system judges its kubelet all the same, and reads nothing as compared', () => {
    const found = reading([bash], [read], '24.04');
    const components = createMemoryLookup([...records, ...kubeletRecords]);
    const assessment = assessReading(found, 'x', components, { facts: { kubeletVersion: 'v1.27.1' } });

    expect(assessment).toMatchObject({ notMatched: 'no-advisories-for-operating-system', complete: false });
    expect(assessment.matches.map(({ vulnerability, packageFamily }) => `${vulnerability} ${packageFamily}`)).toContain('CVE-2023-2431 kubelet');
    expect(assessment.coverage).toContainEqual({ subject: 'os-packages', state: 'unsupported', reason: 'no-advisories-for-system', detail: 'Ubuntu' });
  });

  it('that could not read the packages says why, not that nothing was there to compare them with', () => {
    const unread: CoverageEntry = { subject: 'os-packages', state: 'unsupported', reason: 'windows-node' };

    expect(assessReading(reading([], [unread], '24.04'), 'x', lookup).coverage.filter(({ subject }) => subject === 'os-packages')).toEqual([unread]);
  });

  it('uses the sample\'s advisories for the sample', () => {
    expect(assessReading(reading([bash]), 'x', createMemoryLookup(records, 'sample'), { isSample: true })).toMatchObject({ complete: true, matches: [{}] });
  });

  it.each([
    ['unreadable', false], ['unsupported', false], ['encrypted', false], ['over-limit', false], ['unknown-source', false],
    ['read', true], ['out-of-scope', true], ['no-feed', true],
  ] as const)('with coverage %s is complete: %s', (state, complete) => {
    expect(assessReading(reading([bash], [read, { subject: 'partition 2', state, reason: 'read' }]), 'x', lookup).complete).toBe(complete);
  });

  it('is incomplete with an undetermined match', () => {
    expect(assessReading(reading([{ ...bash, sourceVersion: 'a:b' }]), 'x', lookup)).toMatchObject({ complete: false, matches: [{ state: 'undetermined' }] });
  });

  it('names the packages of vendors without a feed, and stays complete', () => {
    const moby = { ...bash, name: 'moby-runc', source: 'moby-runc' };

    expect(assessReading(reading([bash, moby]), 'x', lookup)).toMatchObject({
      complete: true, coverage: [read, { subject: 'package moby-runc', state: 'no-feed', reason: 'vendor-publishes-no-feed' }],
    });
  });

  it('lets a better witness say which kernel runs, and says where it is not installed', () => {
    const image = { ...bash, name: 'linux-image-5.15.0-1041-azure', source: 'linux-azure' };
    const kernelRead: CoverageEntry = { subject: 'kernel', state: 'read', reason: 'read' };
    const facts = (release: string) => ({ facts: { runningKernel: { release, from: 'node-object' } as const } });

    expect(assessReading(reading([image], [kernelRead]), 'x', withKernel, facts('5.15.0-1041-azure'))).toMatchObject({ complete: true, coverage: [kernelRead] });
    expect(assessReading(reading([image], [kernelRead]), 'x', withKernel, facts('5.15.0-1-azure'))).toMatchObject({
      complete: false, coverage: [{ subject: 'kernel', state: 'unreadable', reason: 'running-kernel-not-installed' }],
    });
  });

  it.each<[string, CoverageEntry[], AdvisoryLookup, CoverageEntry]>([
    ['is told by its Node object', [nodeStatus], reportable, { subject: 'kernel', state: 'read', reason: 'node-status-only', detail: '5.15.0-1041-azure' }],
    ['is not read where no advisory knows its line', [nodeStatus], withKernel, { subject: 'kernel', state: 'unsupported', reason: 'no-advisories-for-kernel', detail: '5.15.0-1041-azure' }],
    ['is not read where its system has no advisories', [nodeStatus], createMemoryLookup(kubeletRecords), { subject: 'kernel', state: 'unsupported', reason: 'no-advisories-for-system', detail: 'Ubuntu' }],
    ['is not read by the advisories of the sample', [nodeStatus], createMemoryLookup(kernelRecords, 'sample'), nodeStatus],
    ['of a disk that could not be read stays unread', [{ subject: 'kernel', state: 'unreadable', reason: 'kernel-image-missing' }], reportable, { subject: 'kernel', state: 'unreadable', reason: 'kernel-image-missing' }],
  ])('of a node without packages: its kernel %s', (_what, coverage, advisories, expected) => {
    const options = { facts: { runningKernel: { release: '5.15.0-1041-azure', from: 'node-object' } as const } };
    const unread: CoverageEntry = { subject: 'os-packages', state: 'unsupported', reason: 'node-image-unknown' };
    const assessment = assessReading(reading([], [unread, ...coverage]), 'x', advisories, options);

    expect(assessment.coverage).toEqual([unread, expected]);
    expect(assessment.complete).toBe(false);
  });

  it.each<[string, string, string, readonly CoverageEntry[]]>([
    ['that the feed does not know is not clean', 'linux-signed-azure-fips', '5.15.0-2-azure-fips', [{ subject: 'kernel', state: 'unsupported', reason: 'no-advisories-for-kernel', detail: 'linux-azure-fips' }]],
    ['of no line that we know is not clean', 'linux-signed-qcom', '5.15.0-2-qcom', [{ subject: 'kernel', state: 'unsupported', reason: 'no-advisories-for-kernel', detail: 'linux-signed-qcom' }]],
    ['that does not run leaves nothing open', 'linux-signed-qcom', '5.15.0-1041-azure', []],
  ])('of a kernel %s', (_what, source, release, expected) => {
    const other = { ...bash, name: `linux-image-${source === 'linux-signed-qcom' ? '5.15.0-2-qcom' : '5.15.0-2-azure-fips'}`, source };
    const image = { ...bash, name: 'linux-image-5.15.0-1041-azure', source: 'linux-azure' };
    const { coverage, complete } = assessReading(reading([image, other], []), 'x', withKernel, { facts: { runningKernel: { release, from: 'node-object' } } });

    expect([coverage, complete]).toEqual([expected, expected.length === 0]);
  });
});

describe('an assessment of components', () => {
  const component: Component = { family: 'kubelet', name: 'kubelet', path: 'usr/local/bin/kubelet', version: '1.27.1', modules: [], goVersion: 'go1.20.6' };
  const containerd: Component = { family: 'containerd', name: 'containerd', path: 'usr/bin/containerd', version: '1.7.5', package: 'moby-containerd', modules: [{ path: 'golang.org/x/net', version: 'v0.8.0' }] };
  const goRecords = [goRecord('GO-2023-2102', 'CVE-2023-39325', 'golang.org/x/net', [['0', '0.17.0']])];
  const all = createMemoryLookup([...records, ...kubeletRecords, ...goRecords]);
  const classes: readonly CoverageEntry[] = [read, { subject: 'node-components', state: 'read', reason: 'read' }, { subject: 'go-modules', state: 'read', reason: 'read' }];

  function componentReading(components: readonly Component[], files: readonly ComponentFile[] = [], coverage = classes, packages: readonly Package[] = [bash]): Reading {
    const inventory = createInventory({ id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu' }, packages, components);
    return { inventory, facts: { grade: 'disk', componentFiles: files, evidencePaths: { 'os-packages': '/var/lib/dpkg/status' } }, coverage, bytesRead: 1, requests: 1 };
  }

  const fileOf = ({ family, name, path }: Component, state: ComponentState): ComponentFile => ({ family, name, path, size: 1, state });
  const componentRows = (reading: Reading, advisories = all, facts = {}): unknown => {
    const { matches, complete } = assessReading(reading, 'x', advisories, { facts });
    return [complete, matches.filter((match) => match.component !== null).map(({ vulnerability, state, componentState, evidence }) => [vulnerability, state, componentState, evidence])];
  };

  it('shows the active one with its path as evidence', () => {
    expect(componentRows(componentReading([component]))).toEqual([true, [['CVE-2023-2431', 'affected-fix-available', 'active', '/usr/local/bin/kubelet']]]);
  });

  it('is never incomplete by what nothing starts', () => {
    const unknown: Component = { family: 'kubelet', name: 'kubelet', path: component.path };

    expect(componentRows(componentReading([unknown], [fileOf(unknown, 'staged')]))).toEqual([true, [['CVE-2023-2431', 'undetermined', 'staged', '/usr/local/bin/kubelet']]]);
    expect(componentRows(componentReading([unknown], [fileOf(unknown, 'active')]))).toEqual([false, [['CVE-2023-2431', 'undetermined', 'active', '/usr/local/bin/kubelet']]]);
    expect(componentRows(componentReading([component], [fileOf(component, 'staged')]), lookup)).toEqual([true, []]);
  });

  it('takes the kubelet\'s version from the Node object, also where nothing else shows one', () => {
    const fromNode = [true, [['CVE-2023-2431', 'affected-fix-available', 'active', 'status.nodeInfo.kubeletVersion']]];

    expect(componentRows(componentReading([]), all, { kubeletVersion: 'v1.27.1' })).toEqual(fromNode);
    expect(componentRows(componentReading([component]), all, { kubeletVersion: 'v1.27.3' })).toEqual([true, []]);
  });

  it('tells of a kubelet that the cluster chooses only where the Node object names it', () => {
    const chosen: readonly CoverageEntry[] = ['component kubelet', 'node-components'].map((subject) => ({ subject, state: 'out-of-scope', reason: 'component-chosen-by-cluster' }));

    expect(assessReading(componentReading([], [], chosen), 'x', all).coverage).toEqual(chosen);
    expect(assessReading(componentReading([], [], chosen), 'x', all, { facts: { kubeletVersion: 'v1.27.3' } }).coverage.map(({ state }) => state)).toEqual(['read', 'read']);
  });

  it.each<[string, readonly unknown[], readonly Component[], readonly string[]]>([
    ['Kubernetes', goRecords, [component], ['node-components kubernetes']],
    ['Go', kubeletRecords, [component, containerd], ['node-components Go', 'go-modules Go']],
    ['both', [], [component, containerd], ['node-components kubernetes, Go', 'go-modules Go']],
    ['none that is needed', [...goRecords, ...kubeletRecords], [component, containerd], []],
  ])('is incomplete without the advisories of %s', (_what, more, components, expected) => {
    const { complete, coverage } = assessReading(componentReading(components), 'x', createMemoryLookup([...records, ...more]));
    const missing = coverage.filter(({ reason }) => reason === 'no-advisories-for-components');

    expect(missing.map(({ subject, detail }) => `${subject} ${detail ?? ''}`)).toEqual(expected);
    expect(missing.every(({ state }) => state === 'unsupported')).toBe(true);
    expect([complete, new Set(coverage.map(({ subject }) => subject)).size]).toEqual([expected.length === 0, coverage.length]);
  });

  it.each<[string, readonly Component[], string]>([
    ['a binary of it was opened', [containerd], 'read'],
    ['a list names it', [{ family: 'containerd', name: 'containerd', path: '', version: '1.7.5', package: 'moby-containerd' }], 'no-feed'],
    ['nothing of it was found', [], 'no-feed'],
  ])('says of another vendor\'s package, where %s, that it is %s', (_what, components, state) => {
    const moby = { ...bash, name: 'moby-containerd', source: 'moby-containerd' };
    const { coverage } = assessReading(componentReading(components, [], classes, [bash, moby]), 'x', all);

    expect(coverage.find(({ subject }) => subject === 'package moby-containerd')?.state).toBe(state);
  });
});
