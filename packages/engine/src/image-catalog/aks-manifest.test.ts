import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../base/errors.ts';
import { createMemoryLookup, osvRecords } from '../advisory-db/memory-lookup-for-tests.ts';
import { type AksManifestOptions, isAksManifest, parseAksManifest } from './aks-manifest.ts';
import { parseSourceNames } from './source-names.ts';

const osRelease = ['=== os-release Begin', 'PRETTY_NAME="Ubuntu 22.04.3 LTS"', 'VERSION_ID="22.04"', 'VERSION_CODENAME=jammy', 'ID=ubuntu', '=== os-release End'];
const image = 'linux-image-5.15.0-1041-azure/jammy-updates,jammy-security,now 5.15.0-1041.48 amd64 [installed,automatic]';
const packages = [
  'Listing...',
  'bash/jammy-updates,jammy-security,now 5.1-6ubuntu1 amd64 [installed]',
  'libssl3/jammy-updates,now 3.0.2-0ubuntu1.10 amd64 [installed,upgradable to: 3.0.2-0ubuntu1.12]',
  image,
  'moby-runc/jammy,now 1.1.7+azure-ubuntu22.04u1 amd64 [installed]',
];
const names = parseSourceNames('{"jammy": {"bash": "bash", "libssl3": "openssl", "linux-image-5.15.0-1041-azure": "linux-azure", "moby-runc": "moby-runc"}}', 'names');

function list(lines: readonly string[], after: readonly string[] = osRelease): Uint8Array {
  return Buffer.from(['Starting build', '=== Installed Packages Begin', ...lines, '=== Installed Packages End', ...after, ''].join('\n'));
}

function read(bytes: Uint8Array, options: Partial<AksManifestOptions> = {}): ReturnType<typeof parseAksManifest> {
  return parseAksManifest(bytes, { name: '202309.06.0.txt', sourceNames: names, ...options });
}

describe('a published node-image list', () => {
  it('becomes an inventory with its sources', () => {
    const { inventory, facts, coverage } = read(list(packages));

    expect(inventory?.operatingSystem).toEqual({ id: 'ubuntu', versionId: '22.04', codename: 'jammy', prettyName: 'Ubuntu 22.04.3 LTS' });
    expect(inventory?.packages.map(({ name, version, source, sourceVersion, sourceKnown }) => [name, version, source, sourceVersion, sourceKnown])).toEqual([
      ['bash', '5.1-6ubuntu1', 'bash', '5.1-6ubuntu1', true],
      ['libssl3', '3.0.2-0ubuntu1.10', 'openssl', '3.0.2-0ubuntu1.10', true],
      ['linux-image-5.15.0-1041-azure', '5.15.0-1041.48', 'linux-azure', '5.15.0-1041.48', true],
      ['moby-runc', '1.1.7+azure-ubuntu22.04u1', 'moby-runc', '1.1.7+azure-ubuntu22.04u1', true],
    ]);
    expect(facts).toEqual({
      grade: 'manifest',
      runningKernel: { release: '5.15.0-1041-azure', from: 'only-kernel-image' },
      evidencePaths: { 'os-packages': '202309.06.0.txt', kernel: '202309.06.0.txt', 'node-components': '202309.06.0.txt' },
    });
    expect(coverage.map(({ subject, state }) => `${subject}: ${state}`)).toEqual([
      'os-packages: read', 'component kubelet: out-of-scope', 'node-components: out-of-scope', 'go-modules: out-of-scope', 'container images: out-of-scope', 'kernel: read',
    ]);
  });

  it('of January 2023 has no os-release: the version line and the archives say it', () => {
    const { inventory } = read(list(packages, ['Ubuntu version: 22.04']));

    expect(inventory?.operatingSystem).toEqual({ id: 'ubuntu', versionId: '22.04', codename: 'jammy', prettyName: 'Ubuntu 22.04' });
    expect(inventory?.packages.every((found) => found.sourceKnown)).toBe(true);
  });

  it('holds no packages that were removed', () => {
    const { inventory } = read(list([...packages, 'zsh/now 5.8-1 amd64 [residual-config]']));

    expect(inventory?.packages.map((found) => found.name)).not.toContain('zsh');
  });

  it('counts the lines that it cannot read, and is not complete then', () => {
    const { inventory, coverage } = read(list([...packages, 'a line of another shape']));

    expect(inventory?.packages).toHaveLength(4);
    expect(coverage).toContainEqual({ subject: 'os-packages', state: 'unreadable', reason: 'list-format-unknown', detail: '1 of 5 lines: a line of another shape' });
  });

  it('counts packages of unknown source, without those of other vendors', () => {
    const { inventory, coverage } = read(list(packages), { sourceNames: undefined });

    expect(inventory?.packages.map((found) => [found.source, found.sourceKnown])).toContainEqual(['libssl3', false]);
    expect(coverage).toContainEqual({ subject: 'os-packages', state: 'unknown-source', reason: 'source-package-unknown', detail: '3 of 4 packages' });
    expect(coverage).toContainEqual({ subject: 'package libssl3', state: 'unknown-source', reason: 'source-package-unknown' });
    expect(coverage.map((entry) => entry.subject)).not.toContain('package moby-runc');
  });

  it('takes sources from the feed\'s lists of binaries, and believes them where they name nothing', () => {
    const advisories = createMemoryLookup(osvRecords([{ cve: 'CVE-2025-15467', source: 'openssl', fixed: '4', binaries: ['libssl3'] }]));
    const { inventory, coverage } = read(list(packages), { sourceNames: undefined, advisories });

    expect(inventory?.packages.map((found) => [found.name, found.source])).toContainEqual(['libssl3', 'openssl']);
    expect(coverage).toContainEqual(expect.objectContaining({ subject: 'os-packages', state: 'read' }));
  });

  it('tells no running kernel from several images, whatever the machine that built it ran', () => {
    const second = 'linux-image-5.15.0-1049-azure/jammy,now 5.15.0-1049.56 amd64 [installed]';

    expect(read(list([...packages, second], [...osRelease, 'Linux version 5.15.0-1041-azure (buildd@x)'])).facts).not.toHaveProperty('runningKernel');
  });

  it('says that there is no kernel image', () => {
    expect(read(list(packages.filter((line) => line !== image))).coverage).toContainEqual({ subject: 'kernel', state: 'unreadable', reason: 'kernel-image-missing' });
  });

  it.each([
    ['nothing', '', 'operating-system-unknown'],
    ['no system', '=== Installed Packages Begin\n=== Installed Packages End\n', 'operating-system-unknown'],
    ['a system and no packages', osRelease.join('\n'), 'truncated'],
    ['an empty list', Buffer.from(list([])).toString(), 'list-format-unknown'],
    ['names of another system only', Buffer.from(list(['bash-5.2.15-3.azl3.x86_64'])).toString(), 'list-format-unknown'],
    ['a list that was cut', Buffer.from(list(packages)).toString().slice(0, 200) + `\n${osRelease.join('\n')}`, 'truncated'],
    ['a line without end', `${osRelease.join('\n')}\n=== Installed Packages Begin\n${'a/'.repeat(100_000)}\n=== Installed Packages End`, 'list-format-unknown'],
  ])('is never taken for clean with %s', (_what, text, reason) => {
    const { inventory, coverage } = read(Buffer.from(text));

    expect(inventory).toBeUndefined();
    expect(coverage).toContainEqual(expect.objectContaining({ subject: 'os-packages', reason }));
    expect(coverage.find((entry) => entry.subject === 'os-packages')?.state).not.toBe('read');
  });

  it('is over the limit with a million packages', () => {
    const many = Array.from({ length: 60_000 }, (_, index) => `p${index}/jammy,now 1 amd64 [installed]`);

    expect(read(list(many)).coverage).toContainEqual({ subject: 'os-packages', state: 'over-limit', reason: 'limit-exceeded', detail: '60000 packages' });
  });

  it('is known by its content', () => {
    expect(isAksManifest(list(packages))).toBe(true);
    expect(isAksManifest(Buffer.from('hello'))).toBe(false);
    expect(isAksManifest(Buffer.concat([Buffer.alloc(4096), list(packages)]))).toBe(false);
    expect(isAksManifest(new Uint8Array())).toBe(false);
  });
});

describe('a published list of Azure Linux', () => {
  const azureLinux = ['=== os-release Begin', 'NAME="Microsoft Azure Linux"', 'ID=azurelinux', 'VERSION_ID="3.0"', 'PRETTY_NAME="Microsoft Azure Linux 3.0"', '=== os-release End'];
  const lines = ['gpg-pubkey-3135ce90-5e6fda74', 'kernel-6.6.57.1-6.azl3.x86_64', 'kernel-devel-6.6.57.1-6.azl3.x86_64', 'openssl-libs-3.3.2-1.azl3.x86_64', 'libgcc-13.2.0-7.azl3.x86_64'];
  const rpmNames = parseSourceNames('{"azurelinux-3.0": {"kernel": "kernel", "openssl-libs": "openssl", "libgcc": {"source": "gcc"}}}', 'names');

  it('becomes an inventory with its sources and its kernel', () => {
    const { inventory, facts, coverage } = read(list(lines, azureLinux), { sourceNames: rpmNames });

    expect(inventory?.operatingSystem).toEqual({ id: 'azurelinux', versionId: '3.0', prettyName: 'Microsoft Azure Linux 3.0' });
    expect(inventory?.packages.map(({ name, version, architecture, source, sourceVersion, sourceKnown }) => [name, version, architecture, source, sourceVersion, sourceKnown])).toEqual([
      ['kernel', '6.6.57.1-6.azl3', 'x86_64', 'kernel', '6.6.57.1-6.azl3', true], ['kernel-devel', '6.6.57.1-6.azl3', 'x86_64', 'kernel', '6.6.57.1-6.azl3', true],
      ['libgcc', '13.2.0-7.azl3', 'x86_64', 'gcc', '13.2.0-7.azl3', true], ['openssl-libs', '3.3.2-1.azl3', 'x86_64', 'openssl', '3.3.2-1.azl3', true],
    ]);
    expect(facts.runningKernel).toEqual({ release: '6.6.57.1-6.azl3', from: 'only-kernel-image' });
    expect(coverage).toContainEqual({ subject: 'os-packages', state: 'read', reason: 'read', detail: '4 packages' });
  });

  it('is not complete where nobody names a source, and guesses it all the same', () => {
    const { inventory, coverage } = read(list(lines, azureLinux), { sourceNames: undefined });

    expect(inventory?.packages.map(({ source, sourceKnown }) => [source, sourceKnown])).toEqual([['kernel', false], ['kernel', false], ['libgcc', false], ['openssl', false]]);
    expect(coverage).toContainEqual({ subject: 'os-packages', state: 'unknown-source', reason: 'source-package-unknown', detail: '4 of 4 packages' });
    expect(coverage).toContainEqual({ subject: 'package libgcc', state: 'unknown-source', reason: 'source-package-unknown' });
    expect(coverage).toContainEqual({ subject: 'kernel', state: 'read', reason: 'read' });
  });

  it.each([
    ['a line of another system', 'bash/jammy-updates,now 5.1-6ubuntu1 amd64 [installed]'], ['a package that was cut', 'systemd-255'],
  ])('is not complete with %s', (_what, line) => {
    const { coverage } = read(list([...lines, line], azureLinux), { sourceNames: rpmNames });

    expect(coverage).toContainEqual({ subject: 'os-packages', state: 'unreadable', reason: 'list-format-unknown', detail: `1 of 5 lines: ${line}` });
  });
});

describe('a file of source names', () => {
  it.each(['', '[]', '{"jammy": 3}', '{"jammy": {"bash": 3}}', '{"jammy": {"bash": ""}}',
    '{"jammy": {"bash": {}}}', '{"jammy": {"bash": {"source": "bash", "versions": []}}}', '{"jammy": {"bash": {"source": "bash", "versions": {"1": 1}}}}'])('is refused in one line: %s', (text) => {
    expect(() => parseSourceNames(text, 'names.json')).toThrow(InvalidInputError);
    expect(() => parseSourceNames(text, 'names.json')).toThrow(/^names\.json [^\n]+$/);
  });

  it('holds names that mean something to JavaScript', () => {
    expect(parseSourceNames('{"jammy": {"__proto__": "x", "constructor": "y"}}', 'names').get('jammy')?.get('__proto__')).toEqual({ source: 'x' });
  });
});
