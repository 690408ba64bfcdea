import { describe, expect, it } from 'vitest';
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

it('an MBR is told by name', async () => {
  expect(await summary(load('mbr'))).toEqual(['unsupported partition-table-not-read-yet mbr']);
});

it.each([
  ['nothing', new Uint8Array(4096)],
  ['half a sector', new Uint8Array(100)],
  ['a boot sector without entries', new Uint8Array(512).fill(0x55, 510, 511).fill(0xaa, 511)],
])('%s is a disk without a table', async (_, bytes) => {
  const table = await read(bytes);

  expect(table).toMatchObject({ kind: 'none', truncated: false });
});
