import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Coverage } from '../base/coverage.ts';
import { ChecksumMismatchError, LimitExceededError } from '../base/errors.ts';
import { createMemoryTree } from '../filesystem/memory-tree-for-tests.ts';
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

  it('say what this version leaves out, always', async () => {
    const coverage = new Coverage();

    await catalog(createMemoryTree({ '/etc/x': '' }), catalogers, coverage);

    expect(coverage.entries).toContainEqual({ subject: 'node components and Go modules', state: 'out-of-scope', reason: 'not-read-in-this-version' });
    expect(coverage.entries.some((entry) => entry.subject === 'kernel')).toBe(false);
  });
});

it('the registry names every folder of a cataloger', () => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true }).filter((entry) => entry.isDirectory());

  expect(catalogers.map((cataloger) => cataloger.id)).toEqual(folders.map((folder) => folder.name).toSorted());
});
