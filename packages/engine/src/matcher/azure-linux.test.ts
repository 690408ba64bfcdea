import { describe, expect, it } from 'vitest';
import { createMemoryLookup, osvRecords } from '../advisory-db/memory-lookup-for-tests.ts';
import { OvalDefinition, readOvalDocument } from '../advisory/oval/document.ts';
import { ovalDocument, type OvalFacts } from '../advisory/oval/oval-document-for-tests.ts';
import { verdictsOf } from '../forecast/verdict.ts';
import { createInventory, type Inventory, type Package } from '../model/inventory.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { ecosystemOf } from '../model/operating-system.ts';
import { explain } from './explain.ts';
import { matchInventory } from './match.ts';
import { factsAfterBoot, nodeMatches } from './node-matches.ts';

const azureLinux = { id: 'azurelinux', versionId: '3.0', prettyName: 'Microsoft Azure Linux 3.0' };

function rpm(name: string, version: string, source = name, sourceVersion = version.replace(/^\d+:/, '')): Package {
  return { name, version, architecture: 'x86_64', source, sourceVersion, sourceKnown: true };
}

function lookupOf(...facts: readonly OvalFacts[]): ReturnType<typeof createMemoryLookup> {
  return createMemoryLookup(readOvalDocument(ovalDocument(facts), 'feed').filter((record) => record instanceof OvalDefinition));
}

function inventory(...packages: readonly Package[]): Inventory {
  return createInventory(azureLinux, packages);
}

describe('the ecosystem of', () => {
  it.each([
    ['azurelinux', '3.0', 'Azure Linux:3'], ['mariner', '2.0', 'Azure Linux:2'], ['cbl-mariner', '2.0', 'Azure Linux:2'], ['azurelinux', '3', undefined], ['azurelinux', '', undefined],
    ['azurelinux', '0.0', undefined], ['azurecontainerlinux', '3.0', undefined], ['ubuntu', '22.04', 'Ubuntu:22.04:LTS'], ['ubuntu', '23.10', 'Ubuntu:23.10'], ['ubuntu', '3.0', undefined],
  ])('%s %s is %s', (id, versionId, expected) => {
    expect(ecosystemOf({ id, versionId, prettyName: '' })).toBe(expected);
  });
});

describe('a match on Azure Linux', () => {
  const fixed = (source: string, evr: string, cve = 'CVE-2025-1000'): OvalFacts => ({ cve, source, bounds: [['less than', evr]] });
  const states = (packages: readonly Package[], ...facts: readonly OvalFacts[]): string[] =>
    matchInventory(inventory(...packages), lookupOf(...facts)).matches.map(({ sourcePackage, installedVersion, state, fixedVersion, reason }) => [sourcePackage, installedVersion, state, fixedVersion, reason].filter((word) => word !== undefined).join(' '));

  it('finds a sub-package through its source rpm', () => {
    expect(matchInventory(inventory(rpm('postgresql-libs', '16.5-1.azl3', 'postgresql')), lookupOf(fixed('postgresql', '0:16.7-1.azl3', 'CVE-2025-1094'))).matches).toMatchObject([{
      vulnerability: 'CVE-2025-1094', sourcePackage: 'postgresql', packageFamily: 'postgresql', packages: [{ name: 'postgresql-libs', version: '16.5-1.azl3' }],
      installedVersion: '16.5-1.azl3', fixedVersion: '16.7-1.azl3', state: 'affected-fix-available', severity: 'high', severitySource: 'vendor', kernelRelease: null, rule: 'source-older-than-fixed',
    }]);
  });

  it.each([
    ['older than the fix', rpm('p', '1.2-3.azl3'), '0:1.2-4.azl3', ['p 1.2-3.azl3 affected-fix-available 1.2-4.azl3']],
    ['the fix', rpm('p', '1.2-4.azl3'), '0:1.2-4.azl3', []],
    ['a release of a fix that names none', rpm('p', '29.3-1.azl3'), '0:29.3.azl3', []],
    ['an epoch of the binary\'s own', rpm('p', '4:5.38.2-509.azl3'), '0:5.38.2-510.azl3', ['p 5.38.2-509.azl3 affected-fix-available 5.38.2-510.azl3']],
    ['an epoch that only the advisory names', rpm('p', '5.38.2-509.azl3'), '4:5.38.2-509.azl3', []],
    ['the version of the source, not its own', rpm('perl-Socket', '4:9.036-509.azl3', 'perl', '5.38.2-509.azl3'), '0:5.38.2-510.azl3', []],
    ['a fix that is no version', rpm('p', '1.2-3.azl3'), '0:null.azl3', ['p 1.2-3.azl3 undetermined null advisory-version-unparsable']],
    ['several fixes in one', rpm('p', '1.2-3.azl3'), '0:1.17.13-2,1.18.8-2.azl3', ['p 1.2-3.azl3 undetermined 1.17.13-2,1.18.8-2.azl3 advisory-version-unparsable']],
    ['a source whose version nobody knows', rpm('p', '9-1.azl3', 'p', ''), '0:1.2-4.azl3', ['p  undetermined 1.2-4.azl3 installed-version-unparsable']],
  ] as const)('is right for %s', (_what, found, evr, expected) => {
    expect(states([found], fixed('p', evr))).toEqual(expected);
  });

  it('speaks of what the distribution builds under another vendor\'s name, and not of what that vendor builds', () => {
    const fix = fixed('blobfuse2', '0:2.3.2-1.azl3');

    expect(states([rpm('blobfuse2', '2.3.0-1.azl3')], fix)).toEqual(['blobfuse2 2.3.0-1.azl3 affected-fix-available 2.3.2-1.azl3']);
    expect(states([rpm('blobfuse2', '2.3.0-1')], fix)).toEqual([]);
  });

  it('compares the source\'s version where binaries differ', () => {
    expect(states([rpm('perl-Socket', '4:2.036-509.azl3', 'perl', '5.38.2-509.azl3')], fixed('perl', '0:5.38.2-510.azl3'))).toEqual(['perl 5.38.2-509.azl3 affected-fix-available 5.38.2-510.azl3']);
  });

  it.each([
    ['up to the last affected version there is no fix', '1.2-3.azl3', [['less than or equal', '0:1.2-3.azl3']], ['affected-no-fix']],
    ['after the last affected version there is nothing', '1.2-4.azl3', [['less than or equal', '0:1.2-3.azl3']], []],
    ['above the lower bound and below the fix', '1.2-3.azl3', [['less than', '0:2-1.azl3'], ['greater than', '0:1.2-2.azl3']], ['affected-fix-available']],
    ['the lower bound itself is not affected', '1.2-2.azl3', [['less than', '0:2-1.azl3'], ['greater than', '0:1.2-2.azl3']], []],
  ] as const)('%s', (_what, version, bounds, expected) => {
    const { matches } = matchInventory(inventory(rpm('p', version)), lookupOf({ cve: 'CVE-2025-1000', source: 'p', bounds }));

    expect(matches.map(({ state }) => state)).toEqual(expected);
  });

  it('is none where the vendor has taken the advisory back', () => {
    expect(states([rpm('p', '1-1.azl3')], { ...fixed('p', '0:9-1.azl3'), patchable: 'Not Applicable' }, fixed('q', '0:9-1.azl3'))).toEqual([]);
  });

  it('is undetermined, not clean, without advisories for this release', () => {
    const other = lookupOf({ cve: 'CVE-2023-1000', source: 'p', bounds: [['less than', '0:9-1.cm2']] });

    expect(matchInventory(inventory(rpm('p', '1-1.azl3')), other)).toEqual({ matches: [], notMatched: 'no-advisories-for-operating-system' });
  });
});

const kernelFix: OvalFacts = { cve: 'CVE-2024-50066', source: 'kernel', bounds: [['less than', '0:6.6.64.2-1.azl3']] };
const kernels = [
  rpm('kernel', '6.6.57.1-6.azl3', 'kernel-signed-x86_64'), rpm('kernel', '6.6.64.2-1.azl3'), rpm('kernel-devel', '6.6.57.1-6.azl3', 'kernel'), rpm('kernel-headers', '6.6.57.1-1.azl3'),
  rpm('kernel-tools', '6.6.57.1-6.azl3', 'kernel'),
];
const running = (release: string): NodeFacts => ({ grade: 'manifest', runningKernel: { release, from: 'node-object' }, evidencePaths: { 'os-packages': 'list' } });

describe('kernels of Azure Linux', () => {
  it('match once for each vulnerability, and only as images', () => {
    const { matches } = matchInventory(inventory(...kernels), lookupOf(kernelFix));

    expect(matches).toMatchObject([{ sourcePackage: 'kernel', packageFamily: 'kernel', kernelRelease: '6.6.57.1-6.azl3', installedVersion: '6.6.57.1-6.azl3', factClass: 'kernel', packages: [{ name: 'kernel' }] }]);
    expect(matches).toHaveLength(1);
  });

  it.each([
    ['6.6.57.1-6.azl3', 'running', 'affected-fix-available'], ['6.6.64.2-1.azl3', 'stale', 'affected-fix-available'],
  ])('with %s running the row is %s', (release, kernel, state) => {
    const all = inventory(...kernels);

    expect(nodeMatches(matchInventory(all, lookupOf(kernelFix)).matches, all, running(release)).matches).toMatchObject([{ kernel, state }]);
  });

  it('are undetermined where nobody says which one runs', () => {
    const all = inventory(...kernels);

    expect(nodeMatches(matchInventory(all, lookupOf(kernelFix)).matches, all, { grade: 'manifest', evidencePaths: {} }).matches).toMatchObject([{ state: 'undetermined', reason: 'running-kernel-unknown' }]);
  });

  it('of another line do not run, and nobody says that they would', () => {
    const all = inventory(rpm('kernel', '5.15.102.1-3.azl3'), rpm('kernel-mshv', '5.15.98.mshv1-3.azl3'));

    expect(nodeMatches(matchInventory(all, lookupOf(kernelFix)).matches, all, running('5.15.98.mshv1-3.azl3')).matches).toMatchObject([{ kernel: 'stale' }]);
    expect(factsAfterBoot(all, running('5.15.98.mshv1-3.azl3'))).not.toHaveProperty('runningKernel');
  });

  it.each([
    ['Azure Linux', inventory(...kernels), lookupOf(kernelFix), '6.6.57.1-6.azl3'],
    ['Ubuntu, where a security patch brought the fixed image', createInventory({ id: 'ubuntu', versionId: '22.04', prettyName: '' }, [
      { ...rpm('linux-image-5.15.0-1114-azure', '5.15.0-1114.123', 'linux-azure'), architecture: 'amd64' }, { ...rpm('linux-image-5.15.0-1118-azure', '5.15.0-1118.127', 'linux-azure'), architecture: 'amd64' },
    ]), createMemoryLookup(osvRecords([{ cve: 'CVE-2024-50066', source: 'linux-azure', fixed: '5.15.0-1118.127' }])), '5.15.0-1114-azure'],
  ])('are fixed by a reboot on %s, as long as the Node object reports the old one', (_what, all, advisories, release) => {
    const { matches } = matchInventory(all, advisories);
    const facts = running(release);
    const now = nodeMatches(matches, all, facts).matches;
    const afterBoot = nodeMatches(matches, all, factsAfterBoot(all, facts)).matches;

    expect(now).toMatchObject([{ kernel: 'running', kernelRelease: release, state: 'affected-fix-available' }]);
    expect(verdictsOf(now, [{ kind: 'reboot', matches: afterBoot }])).toEqual([{ vulnerability: 'CVE-2024-50066', verdict: 'fixed-by-reboot' }]);
  });
});

describe('why, on Azure Linux', () => {
  const all = inventory(rpm('postgresql-libs', '16.5-1.azl3', 'postgresql'), rpm('zlib', '1.3.1-1.azl3'), ...kernels);
  const advisories = lookupOf(
    { cve: 'CVE-2025-1094', source: 'postgresql', bounds: [['less than', '0:16.7-1.azl3']] }, kernelFix,
    { cve: 'CVE-2025-1001', source: 'zlib', bounds: [['less than', '0:1.3.1-1.azl3']] }, { cve: 'CVE-2025-1002', source: 'zlib', bounds: [['less than or equal', '0:1.2-1.azl3']] },
    { cve: 'CVE-2025-1003', source: 'zlib', bounds: [['less than', '0:9-1.azl3'], ['greater than', '0:2-1.azl3']] }, { cve: 'CVE-2025-1004', source: 'curl', bounds: [['less than', '0:9-1.azl3']] },
    { cve: 'CVE-2025-1005', source: 'zlib', bounds: [['less than', '0:null.azl3']] }, { cve: 'CVE-2025-1006', source: 'zlib', bounds: [['less than', '0:9-1.azl3']], patchable: 'Not Applicable' },
  );

  it.each([
    ['CVE-2025-1094', 'postgresql-libs', ['match', 'postgresql', null]], ['CVE-2025-1001', undefined, ['no-match', 'zlib', 'fixed']], ['CVE-2025-1002', undefined, ['no-match', 'zlib', 'after-last-affected']],
    ['CVE-2025-1003', undefined, ['no-match', 'zlib', 'before-introduced']], ['CVE-2025-1004', undefined, ['no-match', 'curl', 'not-installed']], ['CVE-2025-1005', undefined, ['match', 'zlib', 'version-not-comparable']],
    ['CVE-2025-1006', undefined, ['no-match', '', 'withdrawn']], ['CVE-2024-50066', 'kernel-devel', ['no-match', 'kernel', 'binaries-not-affected']],
  ] as const)('%s %s', (cve, name, expected) => {
    const entries = explain(all, running('6.6.57.1-6.azl3'), advisories, cve, name);

    expect(entries.map(({ outcome, sourcePackage, reason }) => [outcome, sourcePackage, reason])).toEqual([expected]);
    expect(entries.filter(({ range }) => range !== null).every(({ versionOrder }) => versionOrder === 'rpm')).toBe(true);
  });

  it('of a kernel names each image', () => {
    const entries = explain(all, running('6.6.57.1-6.azl3'), advisories, 'CVE-2024-50066', 'kernel');

    expect(entries.map(({ outcome, installedVersion, reason, versionOrder }) => [outcome, installedVersion, reason, versionOrder])).toEqual([
      ['match', '6.6.57.1-6.azl3', null, 'rpm'], ['no-match', '6.6.64.2-1.azl3', 'fixed', 'rpm'],
    ]);
  });
});
