import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isIncomplete } from '../base/coverage.ts';
import type { Reading } from '../model/assessment.ts';
import { createBufferSource } from '../source/buffer-source.ts';
import { createRandom, loadFixture } from '../source/load-fixture-for-tests.ts';
import { readDisk } from './read-disk.ts';

const load = (name: string): Uint8Array => loadFixture(new URL(`fixtures/${name}/disk.img.zst`, import.meta.url));
const read = (bytes: Uint8Array): Promise<Reading> => readDisk(createBufferSource(bytes));
const packages = ['libssl3', 'linux-image-5.15.0-1041-azure', 'linux-image-5.15.0-1047-azure'];
const rootAt = 10_240 * 512;

const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;
if (!hasQemu) console.warn('SKIPPED (no qemu-img here): assessment of a VHD');

function toVhd(disk: Uint8Array): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-vhd-'));
  const [raw, vhd] = [join(folder, 'raw'), join(folder, 'vhd')];
  writeFileSync(raw, disk);
  const { status } = spawnSync('qemu-img', ['convert', '-f', 'raw', '-O', 'vpc', '-o', 'subformat=fixed,force_size', raw, vhd]);
  const bytes = status === 0 ? readFileSync(vhd) : new Uint8Array(0);
  rmSync(folder, { recursive: true });
  return bytes;
}

function lines(reading: Reading): readonly string[] {
  return reading.coverage.map(({ subject, state, reason, detail }) => [subject, state, reason, detail].filter((word) => word !== undefined).join(' | '));
}

describe('an MBR disk with its root on ext3 in a logical partition', () => {
  it('is read to its packages', async () => {
    const reading = await read(load('logical'));

    expect(reading.inventory?.packages.map(({ name }) => name)).toEqual(packages);
    expect(lines(reading)).toEqual(
      expect.arrayContaining([
        'partition 1 | out-of-scope | partition-type-out-of-scope | EFI system',
        'partition 5 | out-of-scope | partition-type-out-of-scope | swap',
        'partition 6 | read | read | ext3 /',
        'os-packages | read | read',
      ]),
    );
  });

  it('has the inventory of a GPT disk with the same files', async () => {
    expect((await read(load('logical'))).inventory?.id).toBe((await read(load('node'))).inventory?.id);
  });

  it('is read as a bare filesystem too', async () => {
    const reading = await read(load('logical').subarray(rootAt, rootAt + 6 * 1024 * 1024));

    expect(reading.inventory?.packages.map(({ name }) => name)).toEqual(packages);
    expect(lines(reading)[0]).toBe('disk | read | read | ext3 /');
  });

  it.each([600, 6144, 10_239, 12_000, 20_000])('cut after %d sectors is never complete', async (sectors) => {
    const reading = await read(load('logical').subarray(0, sectors * 512));

    expect(reading.coverage.some(isIncomplete)).toBe(true);
    expect(lines(reading)).toContain('disk | unreadable | truncated');
  });

  it('whose boot records are damaged ends in a reading, and in a clean one only with the true packages', async () => {
    const random = createRandom(11);
    const image = load('logical');
    const outcomes = new Set<string>();
    for (let round = 0; round < 300; round++) {
      const at = [0, 4096, 4097][random(3)] ?? 0;
      const place = at * 512 + 446 + random(66);
      const before = image[place] ?? 0;
      image[place] = random(256);
      const reading = await read(image);
      image[place] = before;
      outcomes.add(reading.inventory === undefined ? 'none' : 'some');
      if (!reading.coverage.some(isIncomplete)) expect(reading.inventory?.packages.map(({ name }) => name)).toEqual(packages);
    }

    expect([...outcomes].toSorted()).toEqual(['none', 'some']);
  });
});

describe.skipIf(!hasQemu)('a fixed VHD', () => {
  it.each(['node', 'split', 'logical'])('of the disk %s has its inventory and its coverage', async (name) => {
    const disk = load(name);

    const reading = await read(toVhd(disk));

    expect(reading.inventory?.packages.map(({ name: packageName }) => packageName)).toEqual(packages);
    expect(lines(reading)).toEqual(lines(await read(disk)));
  });
});
