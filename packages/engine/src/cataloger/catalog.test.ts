import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Coverage } from '../base/coverage.ts';
import { ChecksumMismatchError, LimitExceededError } from '../base/errors.ts';
import { createMemoryTree, type MemoryFile } from '../filesystem/memory-tree-for-tests.ts';
import { loadFixture } from '../source/load-fixture-for-tests.ts';
import { catalog } from './catalog.ts';
import type { Cataloger } from './cataloger.ts';
import { catalogers } from './registry.ts';

const tree = createMemoryTree({
  '/etc/os-release': 'ID=ubuntu\nVERSION_ID=22.04\n',
  '/var/lib/dpkg/status': 'Package: linux-image-5.15.0-1-azure\nStatus: install ok installed\nVersion: 1\n',
});

function failing(error: unknown): Cataloger {
  return { id: 'failing', subject: 'something', catalog: () => Promise.reject(error instanceof Error ? error : new Error('not an error')) };
}

describe('the catalogers together', () => {
  it.each([
    [new ChecksumMismatchError('inode', 5), { state: 'unreadable', reason: 'checksum-mismatch', detail: 'inode at byte 5' }],
    [new LimitExceededError('much'), { state: 'over-limit', reason: 'limit-exceeded', detail: 'much' }],
    [new TypeError('a bug'), { state: 'unreadable', reason: 'cataloger-failed', detail: 'failing TypeError' }],
  ])('go on when one fails with %s', async (error, entry) => {
    const coverage = new Coverage();

    const found = await catalog(tree, [failing(error), ...catalogers], coverage);

    expect(found.packages?.length).toBe(1);
    expect(found.operatingSystem?.id).toBe('ubuntu');
    expect(coverage.entries).toContainEqual({ subject: 'something', ...entry });
  });

  it('stop when the work was called off', async () => {
    const signal = AbortSignal.abort(new Error('enough'));

    await expect(catalog(tree, [failing(new Error('aborted'))], new Coverage(), { signal })).rejects.toThrow('enough');
  });

  it('say what is left out, always', async () => {
    const coverage = new Coverage();

    await catalog(createMemoryTree({ '/etc/x': '' }), catalogers, coverage);

    expect(coverage.entries).toContainEqual({ subject: 'container images', state: 'out-of-scope', reason: 'container-images', detail: '/var/lib/containerd' });
    expect(coverage.entries.some((entry) => entry.subject === 'kernel')).toBe(false);
  });

  it('leave both classes of components open when their search fails', async () => {
    const coverage = new Coverage();

    await catalog(tree, [{ ...failing(new LimitExceededError('much')), subject: 'node-components' }], coverage);

    expect(coverage.entries.map(({ subject, state }) => `${subject} ${state}`)).toEqual(['node-components over-limit', 'go-modules over-limit', 'container images out-of-scope']);
  });
});

describe('the package database of a system', () => {
  const debian = { '/var/lib/dpkg/status': 'Package: bash\nStatus: install ok installed\nVersion: 1\n' };
  const rpm = { '/var/lib/rpm/rpmdb.sqlite': loadFixture(new URL('rpm/fixtures/clean.sqlite.zst', import.meta.url)) };
  const emptyRpm = { '/var/lib/rpm/rpmdb.sqlite': new Uint8Array(0) };
  const system = (id: string) => ({ '/etc/os-release': `ID=${id}\nVERSION_ID=1\n` });

  async function read(files: Readonly<Record<string, MemoryFile>>): Promise<readonly (string | number | undefined)[]> {
    const coverage = new Coverage();
    const { packages } = await catalog(createMemoryTree(files), catalogers, coverage);
    const told = coverage.entries.filter(({ subject }) => subject === 'os-packages' || subject.startsWith('database '));
    return [packages?.length, ...told.map(({ subject, state, reason, detail }) => [subject, state, reason, detail].filter(Boolean).join(' '))];
  }

  it.each([
    ['dpkg on Ubuntu', { ...system('ubuntu'), ...debian }, [1, 'os-packages read read']],
    ['rpm on Azure Linux', { ...system('azurelinux'), ...rpm }, [39, 'os-packages read read']],
    ['rpm on a system that nobody knows', { ...system('other'), ...rpm }, [39, 'os-packages read read']],
    ['dpkg on Ubuntu with an empty database of rpm', { ...system('ubuntu'), ...debian, ...emptyRpm }, [1, 'os-packages read read', 'database rpm out-of-scope not-needed-by-root']],
    ['dpkg on Ubuntu with packages of rpm', { ...system('ubuntu'), ...debian, ...rpm }, [1, 'os-packages read read', 'database rpm no-feed vendor-publishes-no-feed 39 packages']],
    ['rpm on Azure Linux with an empty status of dpkg', { ...system('azurelinux'), ...rpm, '/var/lib/dpkg/status': '' }, [39, 'os-packages read read', 'database dpkg out-of-scope not-needed-by-root']],
  ])('is that of %s', async (_, files, expected) => {
    expect(await read(files)).toEqual(expected);
  });

  it.each([
    ['the system wants dpkg and only rpm is there', { ...system('ubuntu'), ...rpm }, [undefined, 'os-packages unreadable package-database-missing', 'database rpm no-feed vendor-publishes-no-feed 39 packages']],
    ['two are there and the system is not known', { ...system('other'), ...debian, ...rpm }, [1, 'os-packages read read', 'os-packages read read', 'os-packages unsupported package-database-unsupported dpkg rpm']],
    ['it is that of apk', { ...system('alpine'), '/lib/apk/db/installed': 'x' }, [undefined, 'os-packages unsupported package-database-unsupported apk']],
    ['there is none', system('ubuntu'), [undefined, 'os-packages unreadable package-database-missing']],
  ])('stays open where %s', async (_, files: Readonly<Record<string, MemoryFile>>, expected) => {
    expect(await read(files)).toEqual(expected);
  });

  it('of rpm says which package owns a component', async () => {
    const owner = '/usr/bin/containerd';
    const files = {
      ...system('azurelinux'),
      ...rpm,
      '/bin': { link: 'usr/bin' },
      [owner]: 'no Go binary',
      '/etc/systemd/system/containerd.service': '[Service]\nExecStart=/bin/containerd\n',
      '/etc/systemd/system/multi-user.target.wants/containerd.service': { link: '/etc/systemd/system/containerd.service' },
    };

    const { components } = await catalog(createMemoryTree(files), catalogers, new Coverage());

    expect(components).toMatchObject([{ path: 'usr/bin/containerd', package: 'containerd2', version: '2.0.0-14.azl3', versionFrom: 'package' }]);
  });
});

it('the registry names every folder of a cataloger', () => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true }).filter((entry) => entry.isDirectory());

  expect(catalogers.map((cataloger) => cataloger.id)).toEqual(folders.map((folder) => folder.name).toSorted());
});
