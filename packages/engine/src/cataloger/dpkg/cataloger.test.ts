import { describe, expect, it } from 'vitest';
import { Coverage } from '../../base/coverage.ts';
import { createMemoryTree, type MemoryFile } from '../../filesystem/memory-tree-for-tests.ts';
import { dpkgCataloger } from './cataloger.ts';

const bash = 'Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.1-6ubuntu1\n';

async function read(files: Readonly<Record<string, MemoryFile>>): Promise<{ packages: readonly string[] | undefined; coverage: readonly string[] }> {
  const coverage = new Coverage();
  const found = await dpkgCataloger.catalog(createMemoryTree(files), coverage);
  return {
    packages: found?.packages?.map((entry) => `${entry.name} ${entry.version} ${entry.architecture} ${entry.source} ${entry.sourceVersion}`),
    coverage: coverage.entries.map(({ subject, state, reason, detail }) => [subject, state, reason, detail].filter(Boolean).join(' ')),
  };
}

const status = (text: string) => read({ '/var/lib/dpkg/status': text });

describe('a dpkg stanza', () => {
  it.each([
    ['without Source', bash, ['bash 5.1-6ubuntu1 amd64 bash 5.1-6ubuntu1']],
    ['with a source name', `${bash}Source: shells\n`, ['bash 5.1-6ubuntu1 amd64 shells 5.1-6ubuntu1']],
    ['with a source version', `${bash}Source: shells (1:2-3)\n`, ['bash 5.1-6ubuntu1 amd64 shells 1:2-3']],
    ['with CRLF', bash.replaceAll('\n', '\r\n'), ['bash 5.1-6ubuntu1 amd64 bash 5.1-6ubuntu1']],
    ['with field names in any case', bash.replace('Version', 'VERSION'), ['bash 5.1-6ubuntu1 amd64 bash 5.1-6ubuntu1']],
    ['with folded fields that look like others', `${bash}Conffiles:\n Version: 9\n\tPackage: x\n`, ['bash 5.1-6ubuntu1 amd64 bash 5.1-6ubuntu1']],
    ['on hold', bash.replace('install ok', 'hold ok'), ['bash 5.1-6ubuntu1 amd64 bash 5.1-6ubuntu1']],
    ['waiting for triggers', bash.replace('ok installed', 'ok triggers-pending'), ['bash 5.1-6ubuntu1 amd64 bash 5.1-6ubuntu1']],
    ['for two architectures', `${bash}\n${bash.replace('amd64', 'i386')}`, ['bash 5.1-6ubuntu1 amd64 bash 5.1-6ubuntu1', 'bash 5.1-6ubuntu1 i386 bash 5.1-6ubuntu1']],
    ['beside one of which only the configuration is left', `${bash}\nPackage: old\nStatus: deinstall ok config-files\nVersion: 1\n`, ['bash 5.1-6ubuntu1 amd64 bash 5.1-6ubuntu1']],
    ['with a description of a megabyte', `${bash}Description: x\n${' y'.repeat(600_000)}\n`, ['bash 5.1-6ubuntu1 amd64 bash 5.1-6ubuntu1']],
  ])('%s is read', async (_, text, packages) => {
    expect(await status(text)).toEqual({ packages, coverage: ['os-packages read read'] });
  });

  it.each([
    ['no Version', 'Package: odd\nStatus: install ok installed\n', 'package odd unreadable corrupt-structure Version'],
    ['no Package', 'Status: install ok installed\nVersion: 1\n', 'package unreadable corrupt-structure Package'],
    ['no Status', 'Package: odd\nVersion: 1\n', 'package odd unreadable corrupt-structure Status'],
    ['a half-done upgrade', 'Package: odd\nStatus: install ok half-installed\nVersion: 1\n', 'package odd unreadable corrupt-structure Status half-installed'],
    ['a source that is none', 'Package: odd\nStatus: install ok installed\nVersion: 1\nSource: a b (c\n', 'package odd unreadable corrupt-structure Source'],
  ])('with %s is named and leaves the class open', async (_, text, line) => {
    const { packages, coverage } = await status(`${bash}\n${text}`);

    expect(packages).toEqual(['bash 5.1-6ubuntu1 amd64 bash 5.1-6ubuntu1']);
    expect(coverage).toEqual([line, 'os-packages unreadable corrupt-structure /var/lib/dpkg/status']);
  });

  it('with control characters in its name does not carry them on', async () => {
    const { coverage } = await status(`${bash}\nPackage: \u001b[2Jx\nStatus: install ok installed\nVersion: 1\n`);

    expect(coverage[0]).toBe('package ?[2Jx unreadable corrupt-structure Package');
  });
});

describe('a damaged dpkg database', () => {
  it.each([
    ['cut in the middle of a line', `${bash}\nPackage: perl\nStatus: install ok installed\nVersion: 5.3`, 'truncated'],
    ['with zeros in it', `${bash}\n${'\0'.repeat(512)}\n\n${bash}`, 'corrupt-structure'],
    ['with a line that is no field', `${bash}\nthis is no field\n`, 'corrupt-structure'],
    ['with zeros that begin and end in folded text', `${bash}Description: x\n y${'\0'.repeat(512)}z\n\n${bash.replace('bash', 'perl')}`, 'corrupt-structure'],
    ['with a stanza that runs into another one', `${bash}${bash.replace('bash', 'perl')}`, 'corrupt-structure'],
    ['with a field twice that nobody asks for', `${bash}Priority: required\nPriority: optional\n`, 'corrupt-structure'],
    ['with a package twice', `${bash}\n${bash.replace('5.1-6', '5.1-7')}`, 'corrupt-structure'],
    ['that begins with a continuation', ` x\n${bash}`, 'corrupt-structure'],
  ])('%s is never complete', async (_, text, reason) => {
    expect((await status(text)).coverage).toContain(`os-packages unreadable ${reason} /var/lib/dpkg/status`);
  });

  it.each([['empty', ''], ['blank', '\n\n\n'], ['without installed packages', 'Package: x\nStatus: deinstall ok config-files\nVersion: 1\n']])(
    '%s is unreadable, never a disk without packages',
    async (_, text) => {
      const { packages, coverage } = await status(text);

      expect(packages).toBeUndefined();
      expect(coverage).toEqual(['os-packages unreadable corrupt-structure /var/lib/dpkg/status']);
    },
  );

  it('with more packages than any disk has is over the limit', async () => {
    const text = Array.from({ length: 50_002 }, (_, index) => `Package: p${index}\nStatus: install ok installed\nVersion: 1\n`).join('\n');

    await expect(status(text)).rejects.toThrow('packages');
  });
});

describe('the places of a dpkg database', () => {
  it('changes that were not merged yet override the status file', async () => {
    const { packages } = await read({
      '/var/lib/dpkg/status': bash,
      '/var/lib/dpkg/updates/0001': bash.replace('5.1-6', '5.1-8'),
      '/var/lib/dpkg/updates/0000': bash.replace('5.1-6', '5.1-7'),
      '/var/lib/dpkg/updates/tmp.i': 'half',
    });

    expect(packages).toEqual(['bash 5.1-8ubuntu1 amd64 bash 5.1-8ubuntu1']);
  });

  it('status.d is read, with and without Status', async () => {
    const { packages, coverage } = await read({
      '/var/lib/dpkg/status.d/bash': bash.replace(/Status.*\n/, ''),
      '/var/lib/dpkg/status.d/bash.md5sums': 'd41d8cd9 x',
    });

    expect(packages).toEqual(['bash 5.1-6ubuntu1 amd64 bash 5.1-6ubuntu1']);
    expect(coverage).toEqual(['os-packages read read']);
  });

  it('no database at all is left to others', async () => {
    expect(await read({ '/etc/os-release': 'ID=x' })).toEqual({ packages: undefined, coverage: [] });
  });
});
