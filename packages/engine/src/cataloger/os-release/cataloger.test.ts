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
