import { describe, expect, it } from 'vitest';
import { CorruptStructureError, LimitExceededError } from '../base/errors.ts';
import { createMemoryFilesystem, createMemoryTree } from './memory-tree-for-tests.ts';
import { joinRootTree } from './root-tree.ts';

const tree = joinRootTree([
  {
    path: '/',
    filesystem: createMemoryFilesystem({
      '/etc/os-release': { link: '../usr/lib/os-release' },
      '/etc/absolute': { link: '/usr/lib/os-release' },
      '/etc/escape': { link: '../../../../usr/lib/os-release' },
      '/etc/dangling': { link: '/nothing' },
      '/etc/loop': { link: 'loop' },
      '/etc/ping': { link: '/etc/pong' },
      '/etc/pong': { link: '/etc/ping' },
      '/lib': { link: 'usr/lib' },
      '/usr/lib/hidden': 'under the mount',
      '/var/data': { link: '/usr/lib' },
    }),
  },
  { path: '/usr', filesystem: createMemoryFilesystem({ '/lib/os-release': 'ID=ubuntu', '/lib/up': { link: '../../etc' }, '/lib/up-file': { link: '/lib/os-release' } }) },
]);

describe('the root tree', () => {
  it.each([
    ['/etc/absolute', '/usr/lib/os-release'],
    ['/lib/up/os-release', '/usr/lib/os-release'],
    ['/etc/dangling', '/nothing'],
    ['/etc/dangling/and/more', '/nothing/and/more'],
    ['/var/data/nothing', '/usr/lib/nothing'],
    ['/etc/os-release/below', '/usr/lib/os-release/below'],
    ['/../usr//lib/.', '/usr/lib'],
    ['/', '/'],
  ])('names %s after all links', async (path, real) => {
    expect(await tree.realPath(path)).toBe(real);
  });

  it('names no path in a circle of links', async () => {
    await expect(tree.realPath('/etc/loop')).rejects.toThrow(CorruptStructureError);
  });

  it.each([
    '/usr/lib/os-release',
    '/etc/os-release',
    '/etc/absolute',
    '/etc/escape',
    '/lib/os-release',
    '/lib/up/os-release',
    '/var/data/os-release',
    '/usr/lib/up-file',
    '/../../usr/./lib//os-release',
    '/usr/lib/up/../usr/lib/os-release',
  ])('finds the file at %s', async (path) => {
    expect(Buffer.from((await tree.readFile(path)) ?? '').toString()).toBe('ID=ubuntu');
  });

  it.each(['/etc/dangling', '/usr/lib/hidden', '/etc/os-release/below', '/nothing', '/usr/lib/os-release/../os-release'])(
    'knows no %s',
    async (path) => {
      expect(await tree.readFile(path)).toBeUndefined();
      expect(await tree.status(path)).toBeUndefined();
    },
  );

  it.each(['/etc/loop', '/etc/ping'])('ends where links go round: %s', async (path) => {
    await expect(tree.readFile(path)).rejects.toBeInstanceOf(CorruptStructureError);
  });

  it('ends where links grow the path without end', async () => {
    const growing = createMemoryTree({ '/a': { link: `a/${'b/'.repeat(250)}` } });

    await expect(growing.readFile('/a')).rejects.toBeInstanceOf(LimitExceededError);
  });

  it('lists a folder through links and mounts', async () => {
    expect((await tree.readDirectory('/var/data'))?.map((entry) => entry.name)).toEqual(['os-release', 'up', 'up-file']);
  });

  it('reads a range of a file', async () => {
    expect(Buffer.from((await tree.readRange('/etc/os-release', 3, 3)) ?? '').toString()).toBe('ubu');
  });
});
