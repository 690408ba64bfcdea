import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMemoryLookup } from '../advisory-db/memory-lookup-for-tests.ts';
import { sharedData } from '../advisory-db/shared-database-for-tests.ts';
import { ovalDocument } from '../advisory/oval/oval-document-for-tests.ts';
import { OvalDefinition, readOvalDocument } from '../advisory/oval/document.ts';
import { createInventory } from '../model/inventory.ts';
import { parseListedPackages } from './listed-package.ts';
import { resolveRpmSources } from './rpm-sources.ts';
import { joinSourceNames, parseSourceNames, type SourceNames, sourceNamesOf } from './source-names.ts';

const operatingSystem = { id: 'azurelinux', versionId: '3.0', prettyName: 'Microsoft Azure Linux 3.0' };

function namedByFeed(...sources: readonly string[]): ReturnType<typeof createMemoryLookup> {
  const document = ovalDocument(sources.map((source) => ({ cve: 'CVE-2025-1000', source, bounds: [['less than', '0:99-1.azl3']] })));
  return createMemoryLookup(readOvalDocument(document, 'feed').filter((record) => record instanceof OvalDefinition));
}

interface Case {
  readonly feed?: readonly string[];
  readonly names?: object;
}

/** `source version` of each, with a question mark where it is a guess. */
function sourcesOf(lines: readonly string[], { feed = [], names }: Case = {}): string[] {
  const sourceNames = names === undefined ? undefined : parseSourceNames(JSON.stringify({ 'azurelinux-3.0': names }), 'names');
  const resolved = resolveRpmSources(parseListedPackages(lines, 'rpm').packages, { operatingSystem, sourceNames, advisories: namedByFeed(...feed) });
  return resolved.map(({ source, sourceVersion, sourceKnown }) => `${source} ${sourceVersion}${sourceKnown ? '' : '?'}`);
}

describe('a line of a list of rpms', () => {
  it.each([
    ['bash-5.2.15-3.azl3.x86_64', ['bash', '5.2.15-3.azl3', 'x86_64']],
    ['libpcre2-8-0-10.42-3.azl3.x86_64', ['libpcre2-8-0', '10.42-3.azl3', 'x86_64']],
    ['perl-Text-Tabs+Wrap-2021.0814-506.azl3.noarch', ['perl-Text-Tabs+Wrap', '2021.0814-506.azl3', 'noarch']],
    ['openssh-9.8p1-2.azl3.x86_64', ['openssh', '9.8p1-2.azl3', 'x86_64']],
    ['libstdc++-13.2.0-7.azl3.x86_64', ['libstdc++', '13.2.0-7.azl3', 'x86_64']],
  ])('%s is a package', (line, [name, version, architecture]) => {
    expect(parseListedPackages([line], 'rpm')).toEqual({ format: 'rpm', packages: [{ name, version, architecture }], unparsed: [] });
  });

  it.each(['gpg-pubkey-3135ce90-5e6fda74', 'gpg-pubkey-3135ce90-5e6fda74.(none)', ''])('%j is none', (line) => {
    expect(parseListedPackages([line], 'rpm')).toEqual({ format: 'rpm', packages: [], unparsed: [] });
  });

  it.each(['bash', 'bash-5.2.15.x86_64', '-5.2-3.x86_64', 'bash-5.2-3', 'bash/jammy,now 5.1 amd64 [installed]', 'a-'.repeat(100_000)])('%.40s is not understood', (line) => {
    expect(parseListedPackages([line], 'rpm')).toEqual({ format: 'rpm', packages: [], unparsed: [line] });
  });
});

describe('the source of a listed rpm', () => {
  it('is its own name where the advisories name such a source', () => {
    expect(sourcesOf(['libxml2-2.11.5-2.azl3.x86_64'], { feed: ['libxml2'] })).toEqual(['libxml2 2.11.5-2.azl3']);
  });

  it('is a guess where nobody names it', () => {
    expect(sourcesOf(['libxml2-2.11.5-2.azl3.x86_64'])).toEqual(['libxml2 2.11.5-2.azl3?']);
  });

  it('is the advisories\' source of which it is a conventional part', () => {
    expect(sourcesOf(['postgresql-libs-16.5-1.azl3.x86_64'], { feed: ['postgresql'] })).toEqual(['postgresql 16.5-1.azl3']);
  });

  it('is no source that is installed in another version', () => {
    expect(sourcesOf(['nss-3.98-1.azl3.x86_64', 'nss-libs-3.101-1.azl3.x86_64'], { feed: ['nss'] })).toEqual(['nss 3.98-1.azl3', 'nss-libs 3.101-1.azl3?']);
  });

  it('is no source of which it is another part', () => {
    expect(sourcesOf(['python3-six-1.16.0-3.azl3.noarch'], { feed: ['python3'] })).toEqual(['python3-six 1.16.0-3.azl3?']);
  });

  it('is that of the package whose name it continues, in exactly that version', () => {
    const lines = ['systemd-255-19.azl3.x86_64', 'systemd-networkd-255-19.azl3.x86_64', 'systemd-other-255-20.azl3.x86_64'];

    expect(sourcesOf(lines, { feed: ['systemd'] })).toEqual(['systemd 255-19.azl3', 'systemd 255-19.azl3', 'systemd-other 255-20.azl3?']);
  });

  it('goes through parts of parts', () => {
    const lines = ['device-mapper-event-libs-2.03.23-1.azl3.x86_64', 'device-mapper-event-2.03.23-1.azl3.x86_64', 'device-mapper-2.03.23-1.azl3.x86_64'];

    expect(sourcesOf(lines, { names: { 'device-mapper': 'lvm2' } })).toEqual(['lvm2 2.03.23-1.azl3', 'lvm2 2.03.23-1.azl3', 'lvm2 2.03.23-1.azl3']);
    expect(sourcesOf(lines)).toEqual(lines.map(() => 'device-mapper 2.03.23-1.azl3?'));
  });

  it('is what a disk or the user says', () => {
    expect(sourcesOf(['libgcc-13.2.0-7.azl3.x86_64'], { names: { libgcc: 'gcc' } })).toEqual(['gcc 13.2.0-7.azl3']);
  });
});

describe('the version of the source of a listed rpm', () => {
  const perl = ['perl-libs-5.38.2-506.azl3.x86_64', 'perl-Socket-2.036-506.azl3.x86_64'];

  it('is that of the part with the source\'s version and the same release', () => {
    expect(sourcesOf(perl, { feed: ['perl'], names: { 'perl-Socket': 'perl' } })).toEqual(['perl 5.38.2-506.azl3', 'perl 5.38.2-506.azl3']);
  });

  it('is not known where the release is another', () => {
    expect(sourcesOf(['perl-libs-5.38.2-506.azl3.x86_64', 'perl-Socket-2.036-509.azl3.x86_64'], { feed: ['perl'], names: { 'perl-Socket': 'perl' } })).toEqual(['perl 5.38.2-506.azl3', 'perl ?']);
  });

  it('is not known where only a part with a version of its own is there', () => {
    expect(sourcesOf(perl.slice(1), { names: { 'perl-Socket': 'perl' } })).toEqual(['perl ?']);
  });

  it('is not known where two parts disagree', () => {
    expect(sourcesOf(['one-1-1.x86_64', 'two-2-1.x86_64'], { names: { one: 'x', two: 'x' } })).toEqual(['x ?', 'x ?']);
  });

  it('is known where a disk had the binary in this version, and not in another', () => {
    const names = { 'perl-Socket': { source: 'perl', versions: { '2.036-506.azl3': '5.38.2-506.azl3' } } };

    expect(sourcesOf(perl.slice(1), { names })).toEqual(['perl 5.38.2-506.azl3']);
    expect(sourcesOf(['perl-Socket-2.036-509.azl3.x86_64'], { names })).toEqual(['perl ?']);
  });

  it('is each image\'s own where several kernels are installed', () => {
    const lines = ['kernel-6.6.57.1-5.azl3.x86_64', 'kernel-6.6.57.1-6.azl3.x86_64', 'kernel-devel-6.6.57.1-6.azl3.x86_64'];

    expect(sourcesOf(lines, { feed: ['kernel'] })).toEqual(['kernel 6.6.57.1-5.azl3', 'kernel 6.6.57.1-6.azl3', 'kernel 6.6.57.1-6.azl3']);
  });
});

describe('source names from a disk that was read', () => {
  const rpm = (name: string, version: string, source: string, sourceVersion: string, sourceKnown = true) => ({ name, version, architecture: 'x86_64', source, sourceVersion, sourceKnown });

  it('hold the sources, and the versions where they differ, without epochs', () => {
    const read = createInventory(operatingSystem, [
      rpm('perl-libs', '4:5.38.2-506.azl3', 'perl', '5.38.2-506.azl3'), rpm('perl-Socket', '4:2.036-506.azl3', 'perl', '5.38.2-506.azl3'), rpm('strange', '1-1', 'strange', '1-1', false),
    ]);

    expect(sourceNamesOf(read)).toEqual(new Map([['azurelinux-3.0', new Map<string, object>([
      ['perl-Socket', { source: 'perl', versions: new Map([['2.036-506.azl3', '5.38.2-506.azl3']]) }], ['perl-libs', { source: 'perl' }],
    ])]]));
  });

  it('of Ubuntu stand under its codename and keep epochs', () => {
    const read = createInventory({ id: 'ubuntu', versionId: '22.04', codename: 'jammy', prettyName: '' }, [rpm('libc6', '2:1', 'glibc', '1')]);

    expect(sourceNamesOf(read).get('jammy')?.get('libc6')).toEqual({ source: 'glibc', versions: new Map([['2:1', '1']]) });
  });

  it('join, and the first is right', () => {
    const names = (source: string, version: string): SourceNames => new Map([['azurelinux-3.0', new Map([['p', { source, versions: new Map([[version, 's']]) }]])]]);

    expect(joinSourceNames(names('a', '1'), names('a', '2')).get('azurelinux-3.0')?.get('p')?.versions).toEqual(new Map([['2', 's'], ['1', 's']]));
    expect(joinSourceNames(names('a', '1'), names('b', '2')).get('azurelinux-3.0')?.get('p')).toEqual({ source: 'a', versions: new Map([['1', 's']]) });
    expect([...joinSourceNames(names('a', '1'), new Map([['jammy', new Map()]])).keys()]).toEqual(['azurelinux-3.0', 'jammy']);
  });
});

/** Name, version and source of each package, by rpm itself. */
function askRpm(file: string): { name: string; version: string; source: string }[] | undefined {
  if (!existsSync(file) || spawnSync('rpm', ['--version']).status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-rpmdb-'));
  try {
    copyFileSync(file, join(folder, 'rpmdb.sqlite'));
    const result = spawnSync('rpm', ['--define', '_db_backend sqlite', '--dbpath', folder, '-qa', '--qf', '%{NAME} %{VERSION}-%{RELEASE} %{SOURCERPM}\\n'], { encoding: 'utf8' });
    return result.stdout.trim().split('\n').map((line) => {
      const [name = '', version = '', source = ''] = line.split(' ');
      return { name, version, source: source.replace(/-[^-]+-[^-]+$/, '') };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('by rpm\'s own word', () => {
  it('no source is wrong that is called known, whether all sources are named or every second one', (context) => {
    const truth = askRpm(join(sharedData, 'rpmdb/cbl-mariner-2.0.rpmdb.sqlite')) ?? [];
    if (truth.length === 0) {
      console.log('SKIPPED (no data, or no rpm): sources of CBL-Mariner\'s packages');
      context.skip();
    }
    const sources = [...new Set(truth.map(({ source }) => source))];
    const lines = truth.map(({ name, version }) => `${name}-${version}.x86_64`);
    const resolve = (feed: readonly string[]) => resolveRpmSources(parseListedPackages(lines, 'rpm').packages, { operatingSystem, sourceNames: undefined, advisories: namedByFeed(...feed) });
    const wrong = (packages: ReturnType<typeof resolve>): string[] =>
      packages.filter(({ source, sourceKnown }, index) => sourceKnown && source !== truth[index]?.source).map(({ name, source }) => `${name}: ${source}`);
    const [all, half] = [resolve(sources), resolve(sources.filter((_source, index) => index % 2 === 0))];

    expect(truth).toHaveLength(129);
    expect(wrong(all)).toEqual([]);
    expect(wrong(half)).toEqual([]);
    expect(all.filter(({ sourceKnown }) => sourceKnown).length).toBeGreaterThan(110);
    expect(all.filter(({ sourceVersion }, index) => sourceVersion !== truth[index]?.version)).toEqual([]);
  });
});
