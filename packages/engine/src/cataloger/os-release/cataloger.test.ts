import { describe, expect, it } from 'vitest';
import { Coverage } from '../../base/coverage.ts';
import { createMemoryTree } from '../../filesystem/memory-tree-for-tests.ts';
import { osReleaseCataloger, parseOsRelease } from './cataloger.ts';

describe('os-release', () => {
  it.each([
    ['plain', 'ID=ubuntu\nVERSION_ID=22.04\nPRETTY_NAME=x\nVERSION_CODENAME=jammy\n'],
    ['double quotes', 'ID="ubuntu"\nVERSION_ID="22.04"\nPRETTY_NAME="x"\nVERSION_CODENAME="jammy"'],
    ['single quotes and CRLF', "ID='ubuntu'\r\nVERSION_ID='22.04'\r\nPRETTY_NAME='x'\r\nUBUNTU_CODENAME='jammy'\r\n"],
    ['noise around it', '# ID=debian\n\nnot a line\nID=ubuntu\nVERSION_ID=22.04\nPRETTY_NAME=x\nVERSION_CODENAME=jammy'],
  ])('with %s says the same', (_, text) => {
    expect(parseOsRelease(text)).toEqual({ id: 'ubuntu', versionId: '22.04', prettyName: 'x', codename: 'jammy' });
  });

  it.each([
    ['Azure Linux', 'NAME="Microsoft Azure Linux"\nID=azurelinux\nVERSION_ID="3.0"\nPRETTY_NAME="Microsoft Azure Linux 3.0"\n', { id: 'azurelinux', versionId: '3.0', prettyName: 'Microsoft Azure Linux 3.0' }],
    ['CBL-Mariner', 'NAME="Common Base Linux Mariner"\nID=mariner\nVERSION_ID="2.0"\nPRETTY_NAME="CBL-Mariner/Linux"\n', { id: 'mariner', versionId: '2.0', prettyName: 'CBL-Mariner/Linux' }],
    ['SLES', 'NAME="SLES"\nVERSION_ID="15.5"\nPRETTY_NAME="SUSE Linux Enterprise Server 15 SP5"\nID="sles"\nID_LIKE="suse"\n', { id: 'sles', versionId: '15.5', prettyName: 'SUSE Linux Enterprise Server 15 SP5' }],
    ['without a version', 'ID=opensuse-tumbleweed\n', { id: 'opensuse-tumbleweed', versionId: '', prettyName: 'opensuse-tumbleweed' }],
  ])('of %s is told apart', (_, text, expected) => {
    expect(parseOsRelease(text)).toEqual(expected);
  });

  it('unquotes as a shell does', () => {
    expect(parseOsRelease('ID=x\nPRETTY_NAME="a \\"b\\" \\$c \\d"')?.prettyName).toBe('a "b" $c \\d');
  });

  it.each(['', 'NAME=Ubuntu', 'ID=', 'ID="../x"', 'ID=UBUNTU $(id)', '\0'.repeat(100)])('%j is no operating system', (text) => {
    expect(parseOsRelease(text)).toBeUndefined();
  });

  it('is looked for in both places, and its absence is coverage', async () => {
    const coverage = new Coverage();

    const found = await osReleaseCataloger.catalog(createMemoryTree({ '/usr/lib/os-release': 'ID=debian' }), coverage);
    expect(found?.operatingSystem?.id).toBe('debian');
    expect(coverage.entries).toEqual([]);

    expect(await osReleaseCataloger.catalog(createMemoryTree({ '/etc/x': '' }), coverage)).toBeUndefined();
    expect(coverage.entries).toEqual([{ subject: 'operating-system', state: 'unreadable', reason: 'operating-system-unknown' }]);
  });
});
