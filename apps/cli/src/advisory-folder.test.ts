import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { advisoryFolder, makeAdvisoryFolder } from './advisory-folder.ts';

describe('the folder of the advisory database', () => {
  it.each([
    ['the option', 'given', { NODEWARD_DB: 'named', XDG_DATA_HOME: '/data', HOME: '/h' }, 'given'],
    ['NODEWARD_DB', undefined, { NODEWARD_DB: 'named', XDG_DATA_HOME: '/data', HOME: '/h' }, 'named'],
    ['the XDG data folder', undefined, { NODEWARD_DB: '', XDG_DATA_HOME: '/data', HOME: '/h' }, '/data/nodeward/advisories'],
    ['its default', undefined, { XDG_DATA_HOME: '', HOME: '/h' }, '/h/.local/share/nodeward/advisories'],
  ])('is %s', (_, option, environment, expected) => {
    expect(advisoryFolder(option, environment)).toBe(expected);
  });

  it('is made with the folders above it, and may be there already', async () => {
    const root = mkdtempSync(join(tmpdir(), 'nodeward-folder-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const folder = join(root, 'a/b/c');

    await Promise.all([makeAdvisoryFolder(folder), makeAdvisoryFolder(folder)]);
    await makeAdvisoryFolder(folder);

    expect(statSync(folder).isDirectory()).toBe(true);
  });

  // there Node's own recursive mkdir never comes back
  it.skipIf(!existsSync('/proc/self'))('is refused in one line where the system makes none', async () => {
    await expect(makeAdvisoryFolder('/proc/nodeward/advisories')).rejects.toThrow(/^cannot write to the folder \/proc\/nodeward\/advisories: ENOENT$/);
  });
});
