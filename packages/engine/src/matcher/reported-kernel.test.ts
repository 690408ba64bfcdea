import { describe, expect, it } from 'vitest';
import { createMemoryLookup, osvRecords, type RecordFacts } from '../advisory-db/memory-lookup-for-tests.ts';
import { OvalDefinition, readOvalDocument } from '../advisory/oval/document.ts';
import { ovalDocument } from '../advisory/oval/oval-document-for-tests.ts';
import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import { createInventory, type Package } from '../model/inventory.ts';
import { explain } from './explain.ts';
import { matchInventory } from './match.ts';
import { withReportedKernel } from './reported-kernel.ts';

const jammy = { id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04.3 LTS' };
const focal = { id: 'ubuntu', versionId: '20.04', prettyName: 'Ubuntu 20.04.6 LTS' };
const azureLinux = { id: 'azurelinux', versionId: '3.0', prettyName: 'Microsoft Azure Linux 3.0' };
const mariner = { id: 'mariner', versionId: '2.0', prettyName: 'CBL-Mariner/Linux' };
const facts = (release: string) => ({ runningKernel: { release, from: 'node-object' } as const });

/** One advisory per source, so that a release finds its source by the line of versions alone. */
const named = (ecosystem: string, fixes: Readonly<Record<string, string>>): readonly RecordFacts[] =>
  Object.entries(fixes).map(([source, fixed]) => ({ cve: `CVE-2024-${source}`, source, fixed, ecosystem }));
const ubuntu = createMemoryLookup(osvRecords([
  ...named('Ubuntu:22.04:LTS', {
    linux: '5.15.0-91.101', 'linux-hwe-5.19': '5.19.0-50.50', 'linux-hwe-6.5': '6.5.0-17.17~22.04.1', 'linux-aws': '5.15.0-1050.55', 'linux-aws-6.2': '6.2.0-1017.17~22.04.1',
    'linux-azure': '5.15.0-1041.48', 'linux-azure-6.2': '6.2.0-1014.14~22.04.1', 'linux-azure-fde': '5.15.0-1041.48.1', 'linux-gcp': '5.15.0-1044.52', 'linux-gke': '5.15.0-1044.49', 'linux-gkeop': '5.15.0-1030.35',
    'linux-lowlatency': '5.15.0-83.92', 'linux-lowlatency-hwe-6.2': '6.2.0-1011.11~22.04.1', 'linux-nvidia': '5.15.0-1040.40', 'linux-oem-6.1': '6.1.0-1021.21',
  }),
  ...named('Ubuntu:20.04:LTS', { linux: '5.4.0-162.179', 'linux-aws-5.15': '5.15.0-1044.49~20.04.1', 'linux-gke': '5.4.0-1105.112', 'linux-hwe-5.15': '5.15.0-83.92~20.04.1' }),
  ...named('Ubuntu:18.04:LTS', { 'linux-azure': '5.0.0-1036.38', 'linux-azure-edge': '5.0.0-1012.12' }),
  ...named('Ubuntu:Pro:FIPS-updates:22.04:LTS', { 'linux-azure-fips': '5.15.0-1053.61+fips1' }),
]));
const oval = createMemoryLookup([
  ['3.0', 'kernel', '6.6.64.2-1'], ['3.0', 'kernel-hwe', '6.12.40.1-1'], ['3.0', 'kernel-64k', '6.6.64.2-1'], ['2.0', 'kernel', '5.15.135.1-2'], ['2.0', 'kernel-mshv', '5.15.126.mshv3-1'],
].flatMap(([release, source, fixed], index) => osvRecords([{ cve: `CVE-2025-000${index}`, source: source ?? '', fixed: fixed ?? '', ecosystem: `Azure Linux:${release?.slice(0, 1) ?? ''}` }])));

function sourceOf(system: typeof jammy, release: string, advisories: AdvisoryLookup): string {
  const { inventory, coverage } = withReportedKernel(createInventory(system, []), facts(release), advisories);
  const [image] = inventory.packages;
  expect(coverage).toEqual([image === undefined ? { subject: 'kernel', state: 'unsupported', reason: 'no-advisories-for-kernel', detail: release } : { subject: 'kernel', state: 'read', reason: 'node-status-only', detail: release }]);
  return image === undefined ? 'unknown' : `${image.source} ${image.version}`;
}

describe('the source of a kernel whose release a Node object names', () => {
  it.each([
    [jammy, '5.15.0-91-generic', 'linux 5.15.0-91'],
    [jammy, '5.15.0-91-generic-64k', 'linux 5.15.0-91'],
    [jammy, '5.19.0-46-generic', 'linux-hwe-5.19 5.19.0-46'],
    [jammy, '6.5.0-14-generic', 'linux-hwe-6.5 6.5.0-14'],
    [jammy, '5.15.0-1041-aws', 'linux-aws 5.15.0-1041'],
    [jammy, '6.2.0-1017-aws', 'linux-aws-6.2 6.2.0-1017'],
    [jammy, '5.15.0-1041-azure', 'linux-azure 5.15.0-1041'],
    [jammy, '6.2.0-1014-azure', 'linux-azure-6.2 6.2.0-1014'],
    [jammy, '5.15.0-1041-azure-fde', 'linux-azure-fde 5.15.0-1041'],
    [jammy, '5.15.0-1044-gcp', 'linux-gcp 5.15.0-1044'],
    [jammy, '5.15.0-1044-gke', 'linux-gke 5.15.0-1044'],
    [jammy, '5.15.0-1030-gkeop', 'linux-gkeop 5.15.0-1030'],
    [jammy, '5.15.0-83-lowlatency', 'linux-lowlatency 5.15.0-83'],
    [jammy, '6.2.0-1011-lowlatency', 'linux-lowlatency-hwe-6.2 6.2.0-1011'],
    [jammy, '5.15.0-1040-nvidia', 'linux-nvidia 5.15.0-1040'],
    [jammy, '6.1.0-1021-oem', 'linux-oem-6.1 6.1.0-1021'],
    [jammy, '5.15.0-1053-azure-fips', 'linux-azure-fips 5.15.0-1053'],
    [focal, '5.4.0-162-generic', 'linux 5.4.0-162'],
    [focal, '5.15.0-83-generic', 'linux-hwe-5.15 5.15.0-83'],
    [focal, '5.15.0-1044-aws', 'linux-aws-5.15 5.15.0-1044'],
    [focal, '5.4.0-1105-gke', 'linux-gke 5.4.0-1105'],
  ])('is told by release and flavour: %o %s', (system, release, expected) => {
    expect(sourceOf(system, release, ubuntu)).toBe(expected);
  });

  it.each([
    ['a line that no advisory names', jammy, '6.8.0-1021-azure'],
    ['a flavour that we do not know', jammy, '5.15.0-1041-acme'],
    ['the main line under a number of RISC-V', jammy, '5.15.0-1028-generic'],
    ['the mainline archive', jammy, '6.5.0-060500-generic'],
    ['no flavour', jammy, '5.15.0-91'],
    ['a kernel that somebody built', jammy, '5.15.0'],
    ['two sources of one line', { ...jammy, versionId: '18.04' }, '5.0.0-1036-azure'],
    ['another distribution', jammy, '6.6.57.1-7.azl3'],
    ['nothing', jammy, ''],
  ])('is not guessed for %s', (_, system, release) => {
    expect(sourceOf(system, release, ubuntu)).toBe('unknown');
  });

  it.each([
    [azureLinux, '6.6.57.1-7.azl3', 'kernel 6.6.57.1-7.azl3'],
    [azureLinux, '6.12.35.1-1.azl3', 'kernel-hwe 6.12.35.1-1.azl3'],
    [mariner, '5.15.131.1-2.cm2', 'kernel 5.15.131.1-2.cm2'],
    [mariner, '5.15.110.mshv2-3.cm2', 'kernel-mshv 5.15.110.mshv2-3.cm2'],
    [azureLinux, '5.15.131.1-2.cm2', 'unknown'],
    [azureLinux, '5.15.131.1-2.azl3', 'unknown'],
    [azureLinux, '6.6.57.1-rt7-7.azl3', 'unknown'],
    [azureLinux, '6.6.57', 'unknown'],
    [azureLinux, '5.15.0-1041-azure', 'unknown'],
  ])('of Azure Linux is told by its line: %o %s', (system, release, expected) => {
    expect(sourceOf(system, release, oval)).toBe(expected);
  });

  it('is not asked for where packages were read, where no kernel is named, and where the system has no advisories', () => {
    const bash: Package = { name: 'bash', version: '5.1-1', architecture: 'amd64', source: 'bash', sourceVersion: '5.1-1', sourceKnown: true };
    const noble = { ...jammy, versionId: '24.04' };
    const flatcar = { id: 'flatcar', versionId: '4230.2.1', prettyName: 'Flatcar' };

    for (const [inventory, known] of [[createInventory(jammy, [bash]), facts('5.15.0-1041-aws')], [createInventory(jammy, []), {}], [createInventory(noble, []), facts('6.8.0-1021-azure')], [createInventory(flatcar, []), facts('6.6.100-flatcar')]] as const) {
      expect(withReportedKernel(inventory, known, ubuntu)).toEqual({ inventory, coverage: [] });
    }
  });
});

describe('a kernel of which only the release is known', () => {
  const rowsOf = (advisories: AdvisoryLookup, system = jammy, release = '5.15.0-1041-azure'): unknown =>
    matchInventory(withReportedKernel(createInventory(system, []), facts(release), advisories).inventory, advisories).matches
      .filter(({ vulnerability }) => vulnerability === 'CVE-2023-1001').map(({ state, reason }) => [state, reason]);
  /** Knows the line whatever is asked of it. */
  const line: RecordFacts = { cve: 'CVE-2000-1', source: 'linux-azure', fixed: '5.15.0-1001.1' };
  const against = (range: object): AdvisoryLookup => createMemoryLookup([
    ...osvRecords([line]),
    { id: 'UBUNTU-CVE-2023-1001', upstream: ['CVE-2023-1001'], details: 'About it.', severity: [{ type: 'Ubuntu', score: 'high' }], affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'linux-azure' }, ranges: [{ type: 'ECOSYSTEM', events: range }] }] },
  ]);
  const affected = [['affected-fix-available', undefined]];
  const open = [['undetermined', 'kernel-build-unknown']];

  it.each([
    ['a fix of a later ABI is missing', [{ introduced: '0' }, { fixed: '5.15.0-1042.49' }], affected],
    ['a fix of the last ABI with one more digit is missing', [{ introduced: '0' }, { fixed: '5.15.0-10410.1' }], affected],
    ['a fix of an earlier ABI is there', [{ introduced: '0' }, { fixed: '5.15.0-1040.47' }], []],
    ['a fix of an ABI that it begins with is there', [{ introduced: '0' }, { fixed: '5.15.0-104.114' }], []],
    ['of a fix of its own ABI nobody can tell', [{ introduced: '0' }, { fixed: '5.15.0-1041.48' }], open],
    ['of a fix of its own ABI that was built again nobody can tell', [{ introduced: '0' }, { fixed: '5.15.0-1041.48~22.04.1' }], open],
    ['without a fix it is affected', [{ introduced: '0' }], [['affected-no-fix', undefined]]],
    ['what came with a later ABI is not there', [{ introduced: '5.15.0-1042.49' }, { fixed: '5.15.0-1050.57' }], []],
    ['of what came with its own ABI nobody can tell', [{ introduced: '5.15.0-1041.48' }, { fixed: '5.15.0-1050.57' }], open],
    ['of what came and went with its own ABI nobody can tell', [{ introduced: '5.15.0-1041.47' }, { fixed: '5.15.0-1041.48' }], open],
    ['what reaches up to an earlier ABI is not there', [{ introduced: '0' }, { last_affected: '5.15.0-1040.47' }], []],
    ['of what reaches up to its own ABI nobody can tell', [{ introduced: '0' }, { last_affected: '5.15.0-1041.48' }], open],
    ['a version that nobody can read leaves it open', [{ introduced: '0' }, { fixed: 'a b' }], [['undetermined', 'advisory-version-unparsable']]],
  ])('%s', (_, range, expected) => {
    expect(rowsOf(against(range))).toEqual(expected);
  });

  it('has rows that are those of the running kernel, with the release that was named', () => {
    const advisories = against([{ introduced: '0' }, { fixed: '5.15.0-1042.49' }]);
    const { inventory } = withReportedKernel(createInventory(jammy, []), facts('5.15.0-1041-azure'), advisories);

    expect(matchInventory(inventory, advisories).matches).toMatchObject([{ sourcePackage: 'linux-azure', packageFamily: 'linux-azure', installedVersion: '5.15.0-1041', kernelRelease: '5.15.0-1041-azure', factClass: 'kernel', fixedVersion: '5.15.0-1042.49' }]);
    expect(inventory.id).toBe(createInventory(jammy, []).id);
  });

  it.each([
    ['5.15.0-1042.49', 'match', 'affected-fix-available', null], ['5.15.0-1041.48', 'match', 'undetermined', 'version-not-comparable'], ['5.15.0-1040.47', 'no-match', null, 'fixed'],
  ])('is explained beside a fix in %s', (fixed, outcome, state, reason) => {
    const advisories = against([{ introduced: '0' }, { fixed }]);
    const { inventory } = withReportedKernel(createInventory(jammy, []), facts('5.15.0-1041-azure'), advisories);

    expect(explain(inventory, { grade: 'node-status', ...facts('5.15.0-1041-azure'), evidencePaths: {} }, advisories, 'CVE-2023-1001')).toMatchObject([{ outcome, state, reason, sourcePackage: 'linux-azure' }]);
  });

  it.each([
    ['6.6.57.1-7.azl3', '6.6.57.1-7.azl3', []], ['6.6.57.1-6.azl3', '6.6.57.1-7.azl3', affected], ['6.6.64.2-1.azl3', '6.6.57.1-7.azl3', []],
  ])('is compared exactly on Azure Linux, where it is the version: %s beside a fix in %s', (release, fixed, expected) => {
    const [record] = readOvalDocument(ovalDocument([{ cve: 'CVE-2023-1001', source: 'kernel', bounds: [['less than', fixed]] }]), 'feed').filter((found) => found instanceof OvalDefinition);

    expect(rowsOf(createMemoryLookup([record]), azureLinux, release)).toEqual(expected);
  });
});
