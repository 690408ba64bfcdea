import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createBufferSource } from '../source/buffer-source.ts';
import { createRandom, loadFixture } from '../source/load-fixture-for-tests.ts';
import { readPartitions } from './read-partitions.ts';

const load = (name: string): Uint8Array => loadFixture(new URL(`fixtures/${name}/disk.img.zst`, import.meta.url));
const read = (bytes: Uint8Array) => readPartitions(createBufferSource(bytes));

async function summary(bytes: Uint8Array): Promise<readonly string[]> {
  const table = await read(bytes);
  if (table.kind === 'not-read') return [`${table.state} ${table.reason} ${table.detail ?? ''}`.trim()];
  const partitions = table.partitions.map((entry) => `${entry.number} ${entry.type.name} ${entry.name} ${entry.source.size}`);
  return table.truncated ? [...partitions, 'truncated'] : partitions;
}

function flip(bytes: Uint8Array, ...places: readonly number[]): Uint8Array {
  for (const at of places) bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

const expected512 = ['1 Linux filesystem rootfs 1048576', '14 BIOS boot  1048576', '15 EFI system  1048576'];

describe('a GPT', () => {
  it('with sectors of 512 bytes is read', async () => {
    expect(await summary(load('gpt-512'))).toEqual(expected512);
  });

  it('with sectors of 4096 bytes is read', async () => {
    expect(await summary(load('gpt-4096'))).toEqual(['1 Linux root (x86-64) rootfs 1048576']);
  });

  it('gives the PARTUUID that fstab uses', async () => {
    const table = await read(load('gpt-512'));

    expect(table.kind === 'not-read' ? [] : table.partitions.map((entry) => entry.uuid)).toContain('6e6f6465-7761-4264-8001-000000000002');
  });

  it.each([
    ['header', 512 + 40],
    ['header checksum', 512 + 16],
    ['entries', 1024 + 32],
  ])('whose primary %s is damaged is read from its backup', async (_, place) => {
    expect(await summary(flip(load('gpt-512'), place))).toEqual(expected512);
  });

  it('damaged at both ends is unreadable, never a disk without partitions', async () => {
    const image = load('gpt-512');

    expect(await summary(flip(image, 512 + 40, image.length - 512 + 40))).toEqual([
      'unreadable checksum-mismatch GPT header: checksum at byte 512',
    ]);
  });

  it('wiped but for the protective MBR is unreadable', async () => {
    const image = load('gpt-512').fill(0, 512, 34 * 512);

    expect(await summary(image.fill(0, image.length - 33 * 512))).toEqual(['unreadable corrupt-structure GPT']);
  });

  it.each([2 * 1024 * 1024, 8 * 1024 * 1024 - 512])('on a disk cut after %d bytes says so', async (length) => {
    expect(await summary(load('gpt-512').subarray(0, length))).toContain('truncated');
  });

  it('on a disk that has grown is whole', async () => {
    const grown = new Uint8Array(12 * 1024 * 1024);
    grown.set(load('gpt-512'));

    expect(await summary(grown)).toEqual(expected512);
  });

  it('ends every round of damaged bytes in a value', async () => {
    const random = createRandom(3);
    const answers = new Set<string>();

    for (let round = 0; round < 300; round++) {
      const image = load('gpt-512');
      for (let flips = 1 + random(8); flips > 0; flips--) image[random(2) === 0 ? random(2048) : image.length - 1 - random(17_000)] = random(256);
      answers.add((await summary(image)).join());
    }

    expect(answers.size).toBeGreaterThan(1);
  });
});

const logicalTable = [
  '1 EFI system  1048576',
  '4 Linux filesystem  1048576',
  '5 Linux filesystem  1048576',
  '6 swap  1048576',
  '7 Linux LVM  1048576',
  '8 Linux RAID  524288',
];
/** The sector of the first boot record of the chain in that fixture; sfdisk put the others at 6145, 10240 and 14336. */
const extendedAt = 6144;

function put(image: Uint8Array, sector: number, entry: number, field: { type?: number; start?: number; sectors?: number }): Uint8Array {
  const view = new DataView(image.buffer, image.byteOffset + sector * 512 + 446 + entry * 16, 16);
  if (field.type !== undefined) view.setUint8(4, field.type);
  if (field.start !== undefined) view.setUint32(8, field.start, true);
  if (field.sectors !== undefined) view.setUint32(12, field.sectors, true);
  return image;
}

describe('an MBR', () => {
  it('with primary partitions is read', async () => {
    expect(await summary(load('mbr'))).toEqual(['1 Linux filesystem  1048576']);
  });

  it('with logical partitions is read, numbered as the chain goes', async () => {
    expect(await summary(load('logical'))).toEqual(logicalTable);
  });

  it('gives the PARTUUID that Linux makes of its identifier', async () => {
    const table = await read(load('logical'));

    expect(table.kind === 'not-read' ? [] : table.partitions.map((entry) => entry.uuid)).toEqual(['01', '04', '05', '06', '07', '08'].map((number) => `6e6f6465-${number}`));
  });

  it('with an extended partition that holds nothing is read', async () => {
    expect(await summary(load('extended-empty'))).toEqual(['1 Linux filesystem  1048576']);
  });

  it('beside a GPT (hybrid) is not what counts', async () => {
    expect(await summary(load('hybrid'))).toEqual(['1 Linux filesystem rootfs 1048576', '2 Linux filesystem  1048576']);
  });

  it('without a protective entry makes a GPT a leftover', async () => {
    const image = load('gpt-512');
    put(image, 0, 0, { type: 0x83, start: 4096, sectors: 100 });

    expect(await summary(image)).toEqual(['1 Linux filesystem  51200']);
  });

  it.each([0x05, 0x0f, 0x85])('takes type %i for an extended partition', async (type) => {
    expect(await summary(put(load('logical'), 0, 1, { type }))).toEqual(logicalTable);
  });

  it.each([
    [0x07, 'NTFS or exFAT'],
    [0x0c, 'FAT32'],
    [0xea, 'Linux extended boot'],
    [0xe8, 'Linux LUKS'],
    [0x00, '0x00'],
    [0xa5, '0xa5'],
  ])('calls type %i %s', async (type, name) => {
    expect(await summary(put(load('mbr'), 0, 0, { type }))).toEqual([`1 ${name}  1048576`]);
  });

  it.each([
    ['EFI system', 'out-of-scope'],
    ['swap', 'swap'],
    ['Linux LVM', 'any'],
  ])('puts %s in the role %s', async (name, role) => {
    const table = await read(load('logical'));

    expect(table.kind === 'not-read' ? [] : table.partitions.filter((entry) => entry.type.name === name).map((entry) => entry.type.role)).toEqual([role]);
  });
});

describe('a hostile MBR', () => {
  it.each([
    ['an extended partition that starts with no boot record', (image: Uint8Array) => image.fill(0, extendedAt * 512, extendedAt * 512 + 512), 'extended boot record: signature at byte 3145728'],
    ['a chain that leads to its own start', (image: Uint8Array) => put(image, extendedAt, 1, { type: 5, start: 0, sectors: 1 }), 'extended boot record: chain leads back to itself at byte 3145728'],
    ['a link out of the extended partition', (image: Uint8Array) => put(image, extendedAt, 1, { start: 20480 }), 'extended boot record: link outside of the extended partition at byte 3145728'],
    ['two links in one record', (image: Uint8Array) => put(image, extendedAt, 2, { type: 5, start: 100, sectors: 1 }), 'extended boot record: two links at byte 3145728'],
    ['a logical partition behind the end of the extended one', (image: Uint8Array) => put(image, extendedAt, 0, { sectors: 0xffffffff }), 'extended boot record: partition outside of the extended one at byte 3145728'],
    ['a logical partition on its own boot record', (image: Uint8Array) => put(image, extendedAt, 0, { start: 0 }), 'extended boot record: partition outside of the extended one at byte 3145728'],
    ['primary partitions that overlap', (image: Uint8Array) => put(image, 0, 3, { start: 3000 }), 'MBR: partitions 1 and 4 overlap at byte 1536000'],
    ['a primary partition inside the extended one', (image: Uint8Array) => put(image, 0, 3, { start: 8192 }), 'MBR: partitions 2 and 4 overlap at byte 4194304'],
    ['logical partitions that overlap', (image: Uint8Array) => put(image, extendedAt, 0, { start: 2048, sectors: 20000 - 2048 - extendedAt + 2048 }), /^MBR: partitions \d and \d overlap/],
  ])('with %s is damage', async (_, change, detail) => {
    const table = await read(change(load('logical')));

    expect(table).toMatchObject({ kind: 'not-read', state: 'unreadable', reason: 'corrupt-structure' });
    expect(table.kind === 'not-read' ? table.detail : '').toMatch(detail);
  });

  it('with a chain of records without end is over the limit', async () => {
    const image = new Uint8Array(2 * 1024 * 1024);
    const sectors = image.length / 512;
    for (let sector = 0; sector < sectors; sector++) image.set([0x55, 0xaa], sector * 512 + 510);
    put(image, 0, 0, { type: 5, start: 1, sectors: sectors - 1 });
    for (let sector = 1; sector < sectors; sector++) put(image, sector, 0, { type: 5, start: sector, sectors: 1 });

    expect(await summary(image)).toEqual(['over-limit limit-exceeded MBR: more than 256 logical partitions']);
  });

  it.each([
    ['a primary partition', 29_000, ['1 EFI system  1048576', '4 Linux filesystem  167936', ...logicalTable.slice(2), 'truncated']],
    ['a logical partition', 21_000, ['1 EFI system  1048576', '4 Linux filesystem  0', '5 Linux filesystem  266240', ...logicalTable.slice(3), 'truncated']],
    ['a boot record', 10_000, ['1 EFI system  1048576', '4 Linux filesystem  0', '5 Linux filesystem  0', '6 swap  925696', 'truncated']],
    ['the extended partition', 6000, ['1 EFI system  1048576', '4 Linux filesystem  0', 'truncated']],
  ])('on a disk cut inside %s says so', async (_, sectors, expected) => {
    expect(await summary(load('logical').subarray(0, sectors * 512))).toEqual(expected);
  });

  it('with any byte of any of its records changed ends in a value', async () => {
    const image = load('logical');
    const records = Array.from({ length: image.length / 512 }, (_, sector) => sector * 512).filter((at) => image[at + 510] === 0x55 && image[at + 511] === 0xaa);
    const answers = new Set<string>();
    for (const record of records) {
      for (let at = record + 446; at < record + 512; at++) {
        const before = image[at] ?? 0;
        for (const byte of [0, 0xff, before ^ 1]) {
          image[at] = byte;
          answers.add((await summary(image)).join());
        }
        image[at] = before;
      }
    }

    expect(records).toHaveLength(5);
    expect(answers.size).toBeGreaterThan(50);
  });
});

const sfdiskTable = z.object({ partitiontable: z.object({ partitions: z.array(z.object({ node: z.string(), size: z.number(), type: z.string() })) }) });
const sfdisk = ['/usr/sbin/sfdisk', '/sbin/sfdisk'].find((tool) => spawnSync(tool, ['--version']).status === 0);
if (sfdisk === undefined) console.warn('SKIPPED (no sfdisk here): MBR beside sfdisk');

describe.skipIf(sfdisk === undefined)('beside sfdisk', () => {
  it.each(['mbr', 'logical', 'extended-empty'])('%s is read alike', async (name) => {
    const folder = mkdtempSync(join(tmpdir(), 'nodeward-mbr-'));
    const image = join(folder, 'disk');
    writeFileSync(image, load(name));
    const { stdout } = spawnSync(sfdisk ?? '', ['--json', image], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    const { partitions } = sfdiskTable.parse(JSON.parse(stdout)).partitiontable;

    const table = await read(load(name));

    const theirs = partitions.filter(({ type }) => !['5', 'f', '85'].includes(type)).map(({ node, size }) => [node.replace(image, ''), size * 512]);
    expect(table.kind === 'not-read' ? [] : table.partitions.map((entry) => [String(entry.number), entry.source.size])).toEqual(theirs);
  });
});

it.each([
  ['nothing', new Uint8Array(4096)],
  ['half a sector', new Uint8Array(100)],
  ['a boot sector without entries', new Uint8Array(512).fill(0x55, 510, 511).fill(0xaa, 511)],
])('%s is a disk without a table', async (_, bytes) => {
  const table = await read(bytes);

  expect(table).toMatchObject({ kind: 'none', truncated: false });
});
