import { describe, expect, it } from 'vitest';
import { isIncomplete } from '../base/coverage.ts';
import { SourceReadError } from '../base/errors.ts';
import type { Reading } from '../model/assessment.ts';
import { createBufferSource } from '../source/buffer-source.ts';
import type { DiskSource } from '../source/disk-source.ts';
import { createRandom, loadFixture } from '../source/load-fixture-for-tests.ts';
import { readDisk } from './read-disk.ts';

const load = (name: string): Uint8Array => loadFixture(new URL(`fixtures/${name}/disk.img.zst`, import.meta.url));
const read = (bytes: Uint8Array): Promise<Reading> => readDisk(createBufferSource(bytes));

function lines(reading: Reading): readonly string[] {
  return reading.coverage.map(({ subject, state, reason, detail }) => [subject, state, reason, detail].filter((word) => word !== undefined).join(' | '));
}

const leftOut = [
  'node-components | read | read',
  'go-modules | read | read',
  'container images | out-of-scope | container-images | /var/lib/containerd',
];
const classesRead = ['os-packages | read | read', ...leftOut, 'kernel | read | read'];

describe('a node disk', () => {
  it('is read to its packages whatever its partitions are called', async () => {
    const reading = await read(load('node'));

    expect(reading.inventory?.operatingSystem).toEqual({ id: 'ubuntu', versionId: '22.04', codename: 'jammy', prettyName: 'Ubuntu 22.04.3 LTS' });
    expect(reading.inventory?.packages.map((entry) => `${entry.name} ${entry.version} ${entry.source}`)).toEqual([
      'libssl3 3.0.2-0ubuntu1.10 openssl',
      'linux-image-5.15.0-1041-azure 5.15.0-1041.48 linux-signed-azure',
      'linux-image-5.15.0-1047-azure 5.15.0-1047.54 linux-signed-azure',
    ]);
    expect(reading.facts).toEqual({
      grade: 'disk',
      runningKernel: { release: '5.15.0-1041-azure', from: 'kern-log' },
      evidencePaths: { 'os-packages': '/var/lib/dpkg/status', kernel: '/var/lib/dpkg/status' },
    });
    expect(lines(reading)).toEqual([
      'partition 14 | out-of-scope | partition-type-out-of-scope | BIOS boot',
      'partition 15 | out-of-scope | partition-type-out-of-scope | EFI system',
      'partition 1 | read | read | ext4 /',
      ...classesRead,
    ]);
    expect(reading.coverage.some(isIncomplete)).toBe(false);
    expect(reading.bytesRead).toBeGreaterThan(0);
    expect(reading.requests).toBeGreaterThan(0);
  });

  it('believes a better witness of the running kernel than its logs', async () => {
    const reading = await readDisk(createBufferSource(load('node')), { runningKernel: { release: '5.15.0-1047-azure', from: 'node-object' } });

    expect(reading.facts.runningKernel).toEqual({ release: '5.15.0-1047-azure', from: 'node-object' });
  });

  it('says that a running kernel without its package leaves the kernel open', async () => {
    const reading = await readDisk(createBufferSource(load('node')), { runningKernel: { release: '5.15.0-1050-azure', from: 'node-object' } });

    expect(lines(reading)).toContain('kernel | unreadable | running-kernel-not-installed | 5.15.0-1050-azure');
  });

  it('joins /usr and /var as fstab names them', async () => {
    const reading = await read(load('split'));

    expect(reading.inventory?.packages.length).toBe(3);
    expect(lines(reading)).toEqual(['partition 2 | read | read | ext4 /', 'partition 1 | read | read | ext4 /var', 'partition 3 | read | read | ext4 /usr', ...classesRead]);
  });

  it('leaves what the root does not need out of scope, unreadable or not', async () => {
    const reading = await read(load('unneeded'));

    expect(lines(reading)).toEqual([
      'partition 3 | out-of-scope | partition-type-out-of-scope | swap',
      'partition 2 | read | read | ext4 /',
      'partition 1 | out-of-scope | not-needed-by-root | LUKS1',
      ...classesRead,
    ]);
  });

  it('is read without a partition table too', async () => {
    const disk = load('node').slice(1024 * 1024, 7 * 1024 * 1024);

    const reading = await read(disk);

    expect(reading.inventory?.packages.length).toBe(3);
    expect(lines(reading)).toEqual(['disk | read | read | ext4 /', ...classesRead]);
  });

  it('of a running node is read with what is only in its journal, and says so', async () => {
    const reading = await read(loadFixture(new URL('../filesystem/ext4/fixtures/journal-ext4/volume.img.zst', import.meta.url)));

    expect(reading.inventory?.packages.find(({ name }) => name === 'openssl')?.version).toBe('3.0.2-0ubuntu1.18');
    expect(lines(reading).slice(0, 2)).toEqual(['disk | read | read | ext4 /', expect.stringMatching(/^disk \| read \| journal-replayed \| [6-9] transactions, \d+ blocks$/)]);
  });

  it('whose journal cannot be replayed is not read, and says so', async () => {
    const image = load('dirty');
    const journal = Buffer.from(image).indexOf(Buffer.from('c03b39980000000400000000', 'hex'));
    image[journal + 0x14] = 0xff;
    const reading = await read(image);

    expect(lines(reading)).toEqual([expect.stringMatching(/^partition 1 \| unsupported \| journal-not-replayed \| ext4: journal superblock/), 'disk | unreadable | no-root-found']);
    expect(reading.coverage.some(isIncomplete)).toBe(true);
  });

  it('gives equal contents equal inventories', async () => {
    expect((await read(load('split'))).inventory?.id).toBe((await read(load('node'))).inventory?.id);
  });
});

describe('a disk that is not or only partly read', () => {
  it.each([
    ['var-missing', ['mount /var | unreadable | filesystem-unknown | /dev/disk/by-label/vardata', 'os-packages | unreadable | package-database-missing']],
    ['encrypted', ['partition 1 | out-of-scope | not-needed-by-root | ext4', 'partition 2 | encrypted | encrypted-in-guest | LUKS2', 'disk | unreadable | no-root-found']],
  ])('%s: has no inventory and says why', async (name, expected) => {
    const reading = await read(load(name));

    expect(reading.inventory).toBeUndefined();
    expect(lines(reading)).toEqual(expect.arrayContaining(expected));
    expect(reading.coverage.some(isIncomplete)).toBe(true);
  });

  it.each([
    ['nothing', new Uint8Array(0), 'disk | unreadable | empty-disk'],
    ['zeros', new Uint8Array(1024 * 1024), 'disk | unreadable | empty-disk'],
    ['one byte', Uint8Array.of(1), 'disk | unsupported | partition-table-unknown'],
    ['text', Buffer.from('not a disk\n'.repeat(1000)), 'disk | unsupported | partition-table-unknown'],
  ])('%s is no clean disk', async (_, bytes, line) => {
    const reading = await read(bytes);

    expect(lines(reading)).toEqual([line]);
    expect(reading.inventory).toBeUndefined();
  });

  it.each([2048, 1024 * 1024, 3 * 1024 * 1024, 8 * 1024 * 1024])('cut after %d bytes is never complete', async (length) => {
    const reading = await read(load('node').subarray(0, length));

    expect(reading.coverage.some(isIncomplete)).toBe(true);
    expect(lines(reading)).toContain('disk | unreadable | truncated');
  });

  it('a source that fails to read becomes coverage', async () => {
    const failing: DiskSource = { size: 1024 * 1024, read: () => Promise.reject(new SourceReadError('no')), close: () => Promise.resolve() };

    expect(lines(await readDisk(failing))).toEqual(['disk | unreadable | read-error']);
  });

  it('an abort is no coverage: it throws', async () => {
    await expect(readDisk(createBufferSource(load('node')), { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });

  it('ends every round of damaged bytes in a reading, and in a clean one only with the true packages', async () => {
    const random = createRandom(7);
    const whole = await read(load('node'));
    const image = load('node');
    const outcomes = new Set<string>();

    for (let round = 0; round < 150; round++) {
      const changed: [number, number][] = [];
      for (let flips = 1 + random(40); flips > 0; flips--) {
        // Both ends of the GPT, the superblock and what follows it.
        const at = [random(2048), 1024 * 1024 + random(700 * 1024), image.length - 1 - random(20_000)][random(3)] ?? 0;
        changed.push([at, image[at] ?? 0]);
        image[at] = random(256);
      }
      const reading = await read(image);
      for (const [at, byte] of changed.reverse()) image[at] = byte;
      outcomes.add(reading.inventory === undefined ? 'none' : 'some');
      const clean = !reading.coverage.some(isIncomplete);
      if (clean) expect(reading.inventory?.packages.length).toBe(whole.inventory?.packages.length);
    }

    expect([...outcomes].toSorted()).toEqual(['none', 'some']);
  });
});

it('tells how far it has come', async () => {
  const seen: number[] = [];

  const reading = await readDisk(createBufferSource(load('node')), { onProgress: ({ bytes }) => seen.push(bytes) });

  expect(seen.at(-1)).toBe(reading.bytesRead);
  expect(seen.length).toBe(reading.requests);
});
