import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isIncomplete } from '../base/coverage.ts';
import { createBufferSource } from '../source/buffer-source.ts';
import { loadFixture } from '../source/load-fixture-for-tests.ts';
import { readDisk } from './read-disk.ts';

const load = (): Uint8Array => loadFixture(new URL('fixtures/azurelinux/disk.img.zst', import.meta.url));
/** What rpm itself says of the same database. */
const expected = readFileSync(new URL('../cataloger/rpm/fixtures/dirty.txt', import.meta.url), 'utf8').trimEnd().split('\n').toSorted();

describe('the disk of an Azure Linux node that was copied while rpm was at work', () => {
  it('is read to the packages that only the log of its database has', async () => {
    const reading = await readDisk(createBufferSource(load()));

    expect(reading.inventory?.operatingSystem).toEqual({ id: 'azurelinux', versionId: '3.0', prettyName: 'Microsoft Azure Linux 3.0' });
    const packages = reading.inventory?.packages.map((entry) => [entry.name, entry.version, entry.architecture, `${entry.source}-${entry.sourceVersion}.src.rpm`].join('\t'));
    expect(packages?.toSorted()).toEqual(expected);
    expect(reading.facts.evidencePaths).toMatchObject({ 'os-packages': '/var/lib/rpm/rpmdb.sqlite', kernel: '/var/lib/rpm/rpmdb.sqlite' });
    expect(reading.coverage).toContainEqual({ subject: 'kernel', state: 'read', reason: 'read' });
    expect(reading.coverage.some(isIncomplete)).toBe(false);
  });

  it('does not guess which of its two kernels runs, and believes a witness', async () => {
    expect((await readDisk(createBufferSource(load()))).facts.runningKernel).toBeUndefined();

    const runningKernel = { release: '6.6.92.2-2.azl3', from: 'node-object' } as const;
    const reading = await readDisk(createBufferSource(load()), { runningKernel });

    expect(reading.facts.runningKernel).toEqual(runningKernel);
    expect(reading.coverage).toContainEqual({ subject: 'kernel', state: 'read', reason: 'read' });
  });
});
