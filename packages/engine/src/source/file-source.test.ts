import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InvalidInputError, SourceTruncatedError } from '../base/errors.ts';
import { openFileSource } from './file-source.ts';
import { createWindow } from './window-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'nodeward-file-source-'));
const path = join(folder, 'image');
afterAll(() => rmSync(folder, { recursive: true }));

describe('a file as a disk', () => {
  it('gives exactly the bytes asked for and counts them', async () => {
    writeFileSync(path, 'abcdefghij');
    const source = await openFileSource(path);

    expect(source.size).toBe(10);
    expect(Buffer.from(await source.read(2, 3)).toString()).toBe('cde');
    expect(source.statistics).toEqual({ bytes: 3, requests: 1 });
    await expect(source.read(8, 3)).rejects.toBeInstanceOf(SourceTruncatedError);
    await source.close();
  });

  it('says so where the file has shrunk since it was opened', async () => {
    writeFileSync(path, 'abcdefghij');
    const source = await openFileSource(path);
    truncateSync(path, 4);

    await expect(source.read(2, 6)).rejects.toBeInstanceOf(SourceTruncatedError);
    await source.close();
  });

  it.each([['missing', join(folder, 'nothing')], ['a folder', folder], ['a device', '/dev/null']])('refuses what is %s', async (_, place) => {
    await expect(openFileSource(place)).rejects.toBeInstanceOf(InvalidInputError);
  });

  it('a window reads its own part and nothing outside', async () => {
    writeFileSync(path, 'abcdefghij');
    const source = await openFileSource(path);
    const window = createWindow(source, 2, 4);

    expect(Buffer.from(await window.read(1, 3)).toString()).toBe('def');
    await expect(window.read(2, 3)).rejects.toBeInstanceOf(SourceTruncatedError);
    await expect(window.read(-1, 1)).rejects.toThrow();
    await window.close();
    expect(Buffer.from(await source.read(0, 1)).toString()).toBe('a');
    await source.close();
  });
});
