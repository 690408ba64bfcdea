import { describe, expect, it } from 'vitest';
import { createMemoryLookup, osvRecords, type RecordFacts } from '../advisory-db/memory-lookup-for-tests.ts';
import { createInventory, type Inventory, type Package } from '../model/inventory.ts';
import type { Match } from '../model/match.ts';
import type { OperatingSystem } from '../model/operating-system.ts';
import { matchInventory } from './match.ts';

const jammy: OperatingSystem = { id: 'ubuntu', versionId: '22.04', codename: 'jammy', prettyName: 'Ubuntu 22.04 LTS' };
const pro = 'Ubuntu:Pro:22.04:LTS';
const fips = 'Ubuntu:Pro:FIPS-updates:22.04:LTS';

function deb(name: string, version: string, source = name, sourceVersion = version): Package {
  return { name, version, architecture: 'amd64', source, sourceVersion, sourceKnown: true };
}

function inventory(...packages: readonly Package[]): Inventory {
  return createInventory(jammy, packages);
}

function match(packages: readonly Package[], facts: readonly RecordFacts[]): readonly Match[] {
  return matchInventory(inventory(...packages), createMemoryLookup(osvRecords(facts))).matches;
}

function shape(matches: readonly Match[]): unknown {
  return matches.map(({ vulnerability, sourcePackage, state, fixedVersion, kernelRelease }) => [vulnerability, sourcePackage, state, fixedVersion, kernelRelease]);
}

describe('a match', () => {
  it('names source, versions, binaries, severity, advisory and rule', () => {
    const packages = [deb('libssl3', '3.0.2-0ubuntu1.10', 'openssl'), deb('openssl', '3.0.2-0ubuntu1.10')];

    expect(match(packages, [{ cve: 'CVE-2023-2650', source: 'openssl', fixed: '3.0.2-0ubuntu1.12', severity: 'high' }])).toEqual([{
      vulnerability: 'CVE-2023-2650',
      sourcePackage: 'openssl',
      packageFamily: 'openssl',
      packages: [{ name: 'libssl3', version: '3.0.2-0ubuntu1.10' }, { name: 'openssl', version: '3.0.2-0ubuntu1.10' }],
      installedVersion: '3.0.2-0ubuntu1.10',
      fixedVersion: '3.0.2-0ubuntu1.12',
      state: 'affected-fix-available',
      severity: 'high',
      severitySource: 'vendor',
      cvss: [],
      kernelRelease: null,
      component: null,
      factClass: 'os-packages',
      exploited: null,
      epss: null,
      advisory: 'UBUNTU-CVE-2023-2650',
      rule: 'source-older-than-fixed',
    }]);
  });

  it.each([
    ['an older version', '1.0-1', '1.0-2', [['CVE-2023-1000', 'p', 'affected-fix-available', '1.0-2', null]]],
    ['the fixed version', '1.0-2', '1.0-2', []],
    ['a newer version', '1.0-10', '1.0-9', []],
    ['any version where there is no fix', '1.0-1', null, [['CVE-2023-1000', 'p', 'affected-no-fix', null, null]]],
    ['an installed version that cannot be read', '1.0 1', '1.0-2', [['CVE-2023-1000', 'p', 'undetermined', '1.0-2', null]]],
    ['an advisory version that cannot be read', '1.0-1', '1.0-', [['CVE-2023-1000', 'p', 'undetermined', '1.0-', null]]],
  ])('of %s is right', (_what, installed, fixed, expected) => {
    expect(shape(match([deb('p', installed)], [{ cve: 'CVE-2023-1000', source: 'p', fixed }]))).toEqual(expected);
  });

  it.each([['installed-version-unparsable', '1.0 1', '1.0-2'], ['advisory-version-unparsable', '1.0-1', ':']])('gives %s as the reason', (reason, installed, fixed) => {
    expect(match([deb('p', installed)], [{ cve: 'CVE-2023-1000', source: 'p', fixed }])).toMatchObject([{ reason, rule: 'version-not-comparable' }]);
  });

  it.each([
    ['below the first affected version', '0.9', false], ['at the first affected version', '1.0', true], ['at the last affected version', '2.0', true],
    ['above the last affected version', '2.0-1', false],
  ])('sees %s', (_what, installed, isAffected) => {
    const record = {
      id: 'UBUNTU-CVE-2023-1000',
      affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'p' }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '1.0' }, { last_affected: '2.0' }] }] }],
    };
    const { matches } = matchInventory(inventory(deb('p', installed)), createMemoryLookup([record]));

    expect(matches.map(({ state, rule }) => [state, rule])).toEqual(isAffected ? [['affected-no-fix', 'source-up-to-last-affected']] : []);
  });

  it('compares the source\'s version, not the binary\'s', () => {
    const packages = [deb('libdebconfclient0', '0.261ubuntu1', 'cdebconf', '1:0.1')];

    expect(match(packages, [{ cve: 'CVE-2023-1000', source: 'cdebconf', fixed: '0.262' }])).toEqual([]);
  });

  it('is confined to the binaries that the advisory lists', () => {
    const packages = [deb('libssl3', '1', 'openssl'), deb('openssl', '1'), deb('libssl-doc', '1', 'openssl')];
    const listed = { cve: 'CVE-2025-15467', source: 'openssl', fixed: '2', binaries: ['libssl3', 'openssl'] };

    expect(match(packages, [listed])).toMatchObject([{ packages: [{ name: 'libssl3' }, { name: 'openssl' }] }]);
    expect(match([deb('libssl-doc', '1', 'openssl')], [listed])).toEqual([]);
  });

  it('waits for the later of two fixes of one vulnerability', () => {
    const [first, second] = [osvRecords([{ cve: 'CVE-2023-1000', source: 'p', fixed: '2' }])[0], osvRecords([{ cve: 'CVE-2023-1000', source: 'p', fixed: '10' }])[0]];
    const notice = { ...(typeof second === 'object' ? second : {}), id: 'UBUNTU-CVE-2023-1000-2' };
    const { matches } = matchInventory(inventory(deb('p', '1')), createMemoryLookup([first, notice]));

    expect(shape(matches)).toEqual([['CVE-2023-1000', 'p', 'affected-fix-available', '10', null]]);
  });

  it('stands once for each vulnerability of an advisory', () => {
    const [plain] = osvRecords([{ cve: 'CVE-2023-1000', source: 'p', fixed: '2' }]);
    const record = { ...(typeof plain === 'object' ? plain : {}), upstream: ['CVE-2023-1000', 'CVE-2023-1001'] };
    const { matches } = matchInventory(inventory(deb('p', '1')), createMemoryLookup([record]));

    expect(matches.map((found) => found.vulnerability)).toEqual(['CVE-2023-1000', 'CVE-2023-1001']);
  });

  it('does not take another vendor\'s package for the distribution\'s', () => {
    expect(match([deb('moby-runc', '1.1.7')], [{ cve: 'CVE-2024-21626', source: 'moby-runc', fixed: '2' }])).toEqual([]);
  });

  it.each([
    ['another release', { ...jammy, versionId: '24.04' }], ['an interim release', { ...jammy, versionId: '23.10' }],
    ['another system', { ...jammy, id: 'azurelinux', versionId: '3.0' }], ['no version', { ...jammy, versionId: '' }],
  ])('is never called absent for %s', (_what, os) => {
    const lookup = createMemoryLookup(osvRecords([{ cve: 'CVE-2023-1000', source: 'p', fixed: '2' }]));

    expect(matchInventory(createInventory(os, [deb('p', '1')]), lookup)).toEqual({ matches: [], notMatched: 'no-advisories-for-operating-system' });
  });
});

describe('Ubuntu Pro', () => {
  const open = { cve: 'CVE-2023-1000', source: 'p', fixed: null };
  it.each<[string, string, readonly RecordFacts[], unknown]>([
    ['what only a subscription fixes is a state of its own', '1', [open, { ...open, ecosystem: pro, fixed: '1+esm1' }], [['CVE-2023-1000', 'p', 'affected-fix-with-subscription', '1+esm1', null]]],
    ['what the release no longer speaks of, too', '1', [{ ...open, ecosystem: pro, fixed: '1+esm1' }, { ...open, cve: 'CVE-2023-1', source: 'q' }], [['CVE-2023-1000', 'p', 'affected-fix-with-subscription', '1+esm1', null]]],
    ['what nobody fixes has no fix', '1', [open, { ...open, ecosystem: pro }], [['CVE-2023-1000', 'p', 'affected-no-fix', null, null]]],
    ['a fix of the release comes before a subscription\'s', '1', [{ ...open, fixed: '2' }, { ...open, ecosystem: pro, fixed: '1+esm1' }], [['CVE-2023-1000', 'p', 'affected-fix-available', '2', null]]],
    ['what the release has fixed is fixed', '2', [{ ...open, fixed: '2' }, { ...open, ecosystem: pro, fixed: '2+esm1' }], []],
    ['a subscriber\'s version is compared in its channel', '1+esm1', [open, { ...open, ecosystem: pro, fixed: '1+esm1' }], []],
    ['an older one of the channel is affected', '1+esm1', [open, { ...open, ecosystem: pro, fixed: '1+esm2' }], [['CVE-2023-1000', 'p', 'affected-fix-available', '1+esm2', null]]],
    ['a FIPS build does not pass for the fixed version that it sorts after', '1.12+Fips1', [{ ...open, fixed: '1.12' }, { ...open, ecosystem: fips, fixed: '1.12+Fips2' }], [['CVE-2023-1000', 'p', 'affected-fix-available', '1.12+Fips2', null]]],
    ['a FIPS build is undetermined where its channel is not in the database', '1.11+Fips1', [{ ...open, fixed: '1.12' }], [['CVE-2023-1000', 'p', 'undetermined', '1.12', null]]],
  ])('%s', (_what, installed, facts, expected) => {
    expect(shape(match([deb('p', installed)], facts.flatMap((fact) => fact)))).toEqual(expected);
  });

  const focal = 'Ubuntu:20.04:LTS';
  const focalFips = 'Ubuntu:Pro:FIPS-updates:20.04:LTS';
  const of = (source: string, ecosystem: string, fixed: string | null): RecordFacts => ({ cve: 'CVE-2023-1000', source, ecosystem, fixed });
  it.each<[string, Package, readonly RecordFacts[], unknown]>([
    ['is compared in its channel', deb('openssl', '1.1.1f-1ubuntu2.fips.7.1'), [of('openssl', focal, '1.1.1f-1ubuntu2.16'), of('openssl', focalFips, '1.1.1f-1ubuntu2.fips.16')], [['openssl', 'affected-fix-available', '1.1.1f-1ubuntu2.fips.16']]],
    ['is fixed where its channel says so', deb('openssl', '1.1.1f-1ubuntu2.fips.16'), [of('openssl', focal, '1.1.1f-1ubuntu2.17'), of('openssl', focalFips, '1.1.1f-1ubuntu2.fips.16')], []],
    ['is not fixed by what it sorts after where no channel speaks of it', deb('openssl', '1.1.1f-1ubuntu2.fips.7.1'), [of('openssl', focal, '1.1.1f-1ubuntu2.16'), of('q', focalFips, '2')], [['openssl', 'undetermined', '1.1.1f-1ubuntu2.16']]],
    ['has what it was built on', deb('openssl', '1.1.1f-1ubuntu2.fips.7.1'), [of('openssl', focal, '1.1.1f-1ubuntu2')], []],
    ['of a kernel is told by its source', deb('linux-image-5.4.0-1012-fips', '5.4.0-1012.14', 'linux-signed-fips'), [of('q', focal, '1'), of('linux-fips', focalFips, '5.4.0-1014.17')], [['linux-fips', 'affected-fix-available', '5.4.0-1014.17']]],
    ['of a cloud\'s kernel too', deb('linux-image-5.15.0-1042-azure-fips', '5.15.0-1042.49', 'linux-signed-azure-fips'), [of('q', focal, '1'), of('linux-azure-fips', focalFips, null)], [['linux-azure-fips', 'affected-no-fix', null]]],
  ])('a FIPS build %s', (_what, installed, facts, expected) => {
    const { matches } = matchInventory(createInventory({ ...jammy, versionId: '20.04' }, [installed]), createMemoryLookup([...osvRecords(facts), ...osvRecords([{ ...of('other', focal, '1'), cve: 'CVE-2023-1' }])]));

    expect(matches.map(({ sourcePackage, state, fixedVersion }) => [sourcePackage, state, fixedVersion])).toEqual(expected);
  });
});

describe('kernels', () => {
  const image = deb('linux-image-5.15.0-1041-azure', '5.15.0-1041.48', 'linux-signed-azure', '5.15.0-1041.48');
  const fixed = { cve: 'CVE-2023-35001', source: 'linux-azure', fixed: '5.15.0-1045.52' };

  it('belong to the kernel\'s source, whatever step packaged them', () => {
    expect(shape(match([image], [fixed]))).toEqual([['CVE-2023-35001', 'linux-azure', 'affected-fix-available', '5.15.0-1045.52', '5.15.0-1041-azure']]);
  });

  it('are not held to the binaries of the fixed build', () => {
    expect(match([image], [{ ...fixed, binaries: ['linux-image-unsigned-5.15.0-1045-azure'] }])).toHaveLength(1);
  });

  it.each([
    ['a meta package', deb('linux-image-azure', '5.15.0.1041.37', 'linux-meta-azure')],
    ['headers', deb('linux-headers-5.15.0-1041-azure', '5.15.0-1041.48', 'linux-azure')],
    ['modules', deb('linux-modules-5.15.0-1041-azure', '5.15.0-1041.48', 'linux-azure')],
    ['tools', deb('linux-tools-common', '5.15.0-79.86', 'linux')],
    ['the C library\'s headers', deb('linux-libc-dev', '5.15.0-79.86', 'linux')],
    ['debug symbols', deb('linux-image-unsigned-5.15.0-1041-azure-dbgsym', '5.15.0-1041.48', 'linux-azure')],
  ])('are not found in %s', (_what, other) => {
    expect(match([other], [fixed, { ...fixed, source: 'linux', fixed: '9' }, { ...fixed, source: 'linux-meta-azure', fixed: '9' }])).toEqual([]);
  });

  it('match once for each installed image', () => {
    const newer = deb('linux-image-6.2.0-1014-azure', '6.2.0-1014.14~22.04.1', 'linux-signed-azure-6.2');
    const matches = match([image, newer], [fixed, { ...fixed, source: 'linux-azure-6.2', fixed: '6.2.0-1015.15~22.04.1' }]);

    expect(matches.map(({ sourcePackage, packageFamily, kernelRelease }) => [sourcePackage, packageFamily, kernelRelease])).toEqual([
      ['linux-azure', 'linux-azure', '5.15.0-1041-azure'], ['linux-azure-6.2', 'linux-azure', '6.2.0-1014-azure'],
    ]);
  });
});
