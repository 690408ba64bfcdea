import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sharedData } from '../advisory-db/shared-database-for-tests.ts';
import { parseAksManifest } from './aks-manifest.ts';
import type { ListedPackage } from './listed-package.ts';
import { applySecurityPatches, parseSecurityPatch } from './security-patch.ts';
import { parseSourceNames } from './source-names.ts';

const head = ['Release notes for security patch 20260814T000000Z timestamp', 'Package difference between 20260720T000000Z and 20260814T000000Z'];
const ubuntu = [
  ...head, 'Reboot required',
  'Upgrade: libc6:amd64 (2.35-0ubuntu3.13, 2.35-0ubuntu3.14), tzdata:all (2025b, 2026a)',
  'Install: linux-image-5.15.0-1118-azure:amd64 (5.15.0-1118.127, automatic), linux-modules-5.15.0-1118-azure:amd64 (5.15.0-1118.127, automatic)',
  'Remove: linux-tools-5.15.0-1114-azure:amd64 (5.15.0-1114.123), linux-image-5.15.0-1114-azure:amd64 (5.15.0-1114.123)',
].join('\n');
const azureLinux = [
  ...head, '', 'Reboot required (kernel update)', '',
  '=== New Packages ===', 'kernel  6.6.144.1-1.azl3  azurelinux-official-base', '',
  '=== Package Updates ===', 'perl-podlators  1:5.01-513.azl3  azurelinux-official-base', '',
  '=== Removed Packages ===', 'kernel  6.6.139.1-1.azl3  @System', 'old  1-1.azl3  @System',
].join('\n');

function patched(format: 'deb' | 'rpm', packages: readonly (readonly [name: string, version: string, architecture?: string])[], ...notes: readonly string[]): string[] {
  const listed = packages.map(([name, version, architecture = format === 'deb' ? 'amd64' : 'x86_64']): ListedPackage => ({ name, version, architecture }));
  const patches = notes.flatMap((text) => parseSecurityPatch(text) ?? []);
  expect(patches).toHaveLength(notes.length);
  return applySecurityPatches({ format, packages: listed }, patches).packages.map(({ name, version, architecture }) => `${name} ${version} ${architecture}`);
}

describe('the notes of a security patch', () => {
  it('of Ubuntu are apt\'s history', () => {
    expect(parseSecurityPatch(ubuntu)).toEqual({
      timestamp: '20260814T000000Z', isRebootRequired: true,
      upgrades: [{ name: 'libc6', architecture: 'amd64', version: '2.35-0ubuntu3.14' }, { name: 'tzdata', architecture: 'all', version: '2026a' }],
      installs: [{ name: 'linux-image-5.15.0-1118-azure', architecture: 'amd64', version: '5.15.0-1118.127' }, { name: 'linux-modules-5.15.0-1118-azure', architecture: 'amd64', version: '5.15.0-1118.127' }],
      removals: [{ name: 'linux-tools-5.15.0-1114-azure', architecture: 'amd64', version: '5.15.0-1114.123' }, { name: 'linux-image-5.15.0-1114-azure', architecture: 'amd64', version: '5.15.0-1114.123' }],
    });
  });

  it('of Azure Linux are sections', () => {
    expect(parseSecurityPatch(azureLinux)).toEqual({
      timestamp: '20260814T000000Z', isRebootRequired: true,
      installs: [{ name: 'kernel', version: '6.6.144.1-1.azl3' }], upgrades: [{ name: 'perl-podlators', version: '1:5.01-513.azl3' }],
      removals: [{ name: 'kernel', version: '6.6.139.1-1.azl3' }, { name: 'old', version: '1-1.azl3' }],
    });
  });

  it.each([
    ['No reboot required', [...head, 'No reboot required', 'No packages found'].join('\n')], ['nothing at all', head.join('\r\n')],
  ])('may say: %s', (_what, text) => {
    expect(parseSecurityPatch(text)).toEqual({ timestamp: '20260814T000000Z', isRebootRequired: false, upgrades: [], installs: [], removals: [] });
  });

  it.each([
    ['nothing', ''], ['a page of another kind', '<html>404</html>'], ['no timestamp', 'Reboot required\nUpgrade: libc6:amd64 (1, 2)'],
    ['an upgrade without its version', [...head, 'Upgrade: libc6:amd64 (2.35-0ubuntu3.13)'].join('\n')], ['an upgrade that was cut', [...head, 'Upgrade: libc6:amd64 (2.35-0ub'].join('\n')],
    ['another verb', [...head, 'Downgrade: libc6:amd64 (2, 1)'].join('\n')], ['another section', [...head, '=== Downgraded Packages ==='].join('\n')],
    ['a package outside a section', [...head, 'kernel  6.6.144.1-1.azl3  azurelinux-official-base'].join('\n')], ['binary data', '\u0000\u0001'],
  ])('are not understood: %s', (_what, text) => {
    expect(parseSecurityPatch(text)).toBeUndefined();
  });
});

describe('a list with a security patch', () => {
  it('has the newer version of list and patch', () => {
    expect(patched('deb', [['libc6', '2.35-0ubuntu3.13'], ['tzdata', '2026b', 'all']], ubuntu)).toEqual(expect.arrayContaining(['libc6 2.35-0ubuntu3.14 amd64', 'tzdata 2026b all']));
    expect(patched('deb', [['libc6', '2.35-0ubuntu3.15']], ubuntu)[0]).toBe('libc6 2.35-0ubuntu3.15 amd64');
  });

  it('has no package more because one that it has not was upgraded', () => {
    expect(patched('deb', [['bash', '5']], ubuntu)).toEqual(['bash 5 amd64', 'linux-image-5.15.0-1118-azure 5.15.0-1118.127 amd64', 'linux-modules-5.15.0-1118-azure 5.15.0-1118.127 amd64']);
  });

  it('keeps the package of another architecture', () => {
    expect(patched('deb', [['libc6', '2.35-0ubuntu3.13', 'i386']], ubuntu)[0]).toBe('libc6 2.35-0ubuntu3.13 i386');
  });

  it('keeps kernel images, and loses what was removed in this very version', () => {
    const before = [['linux-image-5.15.0-1114-azure', '5.15.0-1114.123'], ['linux-tools-5.15.0-1114-azure', '5.15.0-1114.123']] as const;

    expect(patched('deb', before, ubuntu)).toEqual(['linux-image-5.15.0-1114-azure 5.15.0-1114.123 amd64', 'linux-image-5.15.0-1118-azure 5.15.0-1118.127 amd64', 'linux-modules-5.15.0-1118-azure 5.15.0-1118.127 amd64']);
    expect(patched('deb', [['linux-tools-5.15.0-1114-azure', '5.15.0-1114.124']], ubuntu)[0]).toBe('linux-tools-5.15.0-1114-azure 5.15.0-1114.124 amd64');
  });

  it('of Azure Linux gets the kernel beside the others, and no epochs', () => {
    expect(patched('rpm', [['kernel', '6.6.139.1-1.azl3'], ['perl-podlators', '5.01-509.azl3', 'noarch'], ['old', '1-1.azl3']], azureLinux)).toEqual([
      'kernel 6.6.139.1-1.azl3 x86_64', 'kernel 6.6.144.1-1.azl3 x86_64', 'perl-podlators 5.01-513.azl3 noarch',
    ]);
    expect(patched('rpm', [['kernel', '6.6.144.1-1.azl3']], azureLinux)).toEqual(['kernel 6.6.144.1-1.azl3 x86_64']);
  });

  it('takes patches in their own order, whatever order they come in', () => {
    const later = ubuntu.replace('20260814T000000Z timestamp', '20260901T000000Z timestamp').replace('Install: linux-image-5.15.0-1118-azure', 'Install: one');
    const removes = [...head, 'Remove: one:amd64 (5.15.0-1118.127)'].join('\n');

    expect(patched('deb', [], later, removes)).toContain('one 5.15.0-1118.127 amd64');
    expect(patched('deb', [], removes, later)).toContain('one 5.15.0-1118.127 amd64');
  });

  it('keeps a version that has no order', () => {
    expect(patched('deb', [['libc6', 'not a version']], ubuntu)[0]).toBe('libc6 not a version amd64');
  });
});

const list = [
  '=== Installed Packages Begin', 'libc6/jammy-updates,now 2.35-0ubuntu3.13 amd64 [installed]', 'linux-image-5.15.0-1114-azure/jammy,now 5.15.0-1114.123 amd64 [installed]', '=== Installed Packages End',
  '=== os-release Begin', 'ID=ubuntu', 'VERSION_ID="22.04"', 'VERSION_CODENAME=jammy', '=== os-release End',
].join('\n');
const sourceNames = parseSourceNames('{"jammy": {"libc6": "glibc", "linux-image-5.15.0-1114-azure": "linux-azure", "linux-image-5.15.0-1118-azure": "linux-azure", "linux-modules-5.15.0-1118-azure": "linux-azure"}}', 'names');

describe('the reading of a patched list', () => {
  const read = (...notes: readonly string[]) => parseAksManifest(Buffer.from(list), { name: 'list', sourceNames, securityPatches: notes.map((text, index) => ({ name: `patch-${index}`, bytes: Buffer.from(text) })) });

  it('says what is inferred, from what, and that a reboot is missing', () => {
    const { inventory, coverage, facts } = read(ubuntu);

    expect(inventory?.packages.map(({ name, source }) => `${name} ${source}`)).toEqual(['libc6 glibc', 'linux-image-5.15.0-1114-azure linux-azure', 'linux-image-5.15.0-1118-azure linux-azure', 'linux-modules-5.15.0-1118-azure linux-azure']);
    expect(coverage).toContainEqual({ subject: 'os-packages', state: 'read', reason: 'read', detail: '4 packages, 3 inferred: 20260814T000000Z' });
    expect(coverage).toContainEqual({ subject: 'kernel', state: 'read', reason: 'read', detail: 'reboot required: 20260814T000000Z' });
    expect(facts.evidencePaths['os-packages']).toBe('list + patch-0');
    expect(facts).not.toHaveProperty('runningKernel');
  });

  it('knows the source of a kernel that nobody has named, by its other builds', () => {
    const next = ubuntu.replaceAll('1118', '1130');
    const { inventory, coverage } = read(next);

    expect(inventory?.packages.find(({ name }) => name === 'linux-image-5.15.0-1130-azure')).toMatchObject({ source: 'linux-azure', sourceKnown: true });
    expect(coverage).toContainEqual(expect.objectContaining({ subject: 'kernel', state: 'read' }));
  });

  it('does not take a kernel for read whose source nobody knows', () => {
    const { inventory, coverage } = read(ubuntu.replaceAll('5.15.0-1118', '6.8.0-1118'));

    expect(inventory?.packages.find(({ name }) => name === 'linux-image-6.8.0-1118-azure')).toMatchObject({ sourceKnown: false });
    expect(coverage).toContainEqual({ subject: 'kernel', state: 'unknown-source', reason: 'source-package-unknown', detail: 'linux-image-6.8.0-1118-azure' });
  });

  it('without a patch is as it was', () => {
    expect(read()).toEqual(parseAksManifest(Buffer.from(list), { name: 'list', sourceNames }));
  });

  it('is incomplete with notes that are not understood', () => {
    expect(read('<html>404</html>').coverage).toContainEqual({ subject: 'os-packages', state: 'unreadable', reason: 'list-format-unknown', detail: 'patch-0' });
  });
});

const patchFolder = join(sharedData, 'node-images/security-patch');
const listFolder = join(sharedData, 'node-images/AKSUbuntu/gen2/2204containerd');
const hasData = existsSync(patchFolder) && existsSync(listFolder);

describe.skipIf(!hasData)('the published security patches', () => {
  const read = (path: string): Buffer => readFileSync(join(patchFolder, path));
  const notes = hasData ? readdirSync(patchFolder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.txt')) : [];

  it('are all understood but the two that are empty files', () => {
    const parsed = notes.map((path) => ({ path, bytes: read(path).length, patch: parseSecurityPatch(read(path).toString('utf8')) }));

    expect(parsed).toHaveLength(47);
    expect(parsed.filter(({ bytes }) => bytes === 0).map(({ path, patch }) => [path.slice(0, 8), patch]).toSorted()).toEqual([['20260310', undefined], ['20260421', undefined]]);
    expect(parsed.filter(({ path, bytes, patch }) => bytes > 0 && patch?.timestamp !== path.slice(0, 16))).toEqual([]);
    expect(parsed.reduce((sum, { patch }) => sum + (patch?.upgrades.length ?? 0), 0)).toBeGreaterThan(1500);
  });

  const patch = '20260814T000000Z/release_notes_delta_20260814T000000Z.txt';
  const listed = (version: string, patches: readonly string[]): Map<string, string> => {
    const { inventory } = parseAksManifest(readFileSync(join(listFolder, `${version}.txt`)), { name: version, securityPatches: patches.map((name) => ({ name, bytes: read(name) })) });
    return new Map((inventory?.packages ?? []).map((found) => [`${found.name} ${found.architecture}`, found.version]));
  };

  it.each(['202608.06.1', '202607.29.0', '202607.20.0'])('of 14 August bring %s to the versions of 202608.14.0', (version) => {
    const upgrades = parseSecurityPatch(read(patch).toString('utf8'))?.upgrades ?? [];
    const [before, after, published] = [listed(version, []), listed(version, [patch]), listed('202608.14.0', [])];
    const names = [...new Set(upgrades.map(({ name }) => name))];
    const versionsOf = (list: ReadonlyMap<string, string>, name: string): (string | undefined)[] => ['amd64', 'all'].map((architecture) => list.get(`${name} ${architecture}`)).filter((found) => found !== undefined);

    expect(upgrades).toHaveLength(107);
    expect(names).toHaveLength(68);
    expect(names.map((name) => [name, versionsOf(after, name)])).toEqual(names.map((name) => [name, versionsOf(published, name)]));
    expect(names.every((name) => versionsOf(published, name).length === 1)).toBe(true);
    expect(after.get('linux-image-5.15.0-1118-azure amd64')).toBe('5.15.0-1118.127');
    expect(names.some((name) => versionsOf(before, name)[0] !== versionsOf(after, name)[0])).toBe(true);
  });
});

it.runIf(!hasData)('the published security patches are skipped, loudly', () => {
  console.log('SKIPPED (no data): the published security patches');
  expect(hasData).toBe(false);
});
