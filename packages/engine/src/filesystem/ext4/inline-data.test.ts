import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../base/byte-reader.ts';
import { CorruptStructureError } from '../../base/errors.ts';
import { loadFixture } from '../../source/load-fixture-for-tests.ts';
import { openForTest } from '../filesystem.contract.ts';
import { readInlineData } from './inline-data.ts';
import { ext4Reader } from './reader.ts';

const load = (name: string): Uint8Array => loadFixture(new URL(`fixtures/${name}/volume.img.zst`, import.meta.url));

interface Attribute {
  readonly index?: number;
  readonly name?: string;
  readonly value?: string;
  readonly valueOffset?: number;
  readonly valueSize?: number;
  readonly valueInode?: number;
  readonly nameLength?: number;
}

const inodeSize = 256;
const extra = 32;
const first = 128 + extra + 4;

/** An inode with these attributes, laid out as "ext4 Data Structures and Algorithms", Extended Attributes, says. */
function inode(attributes: readonly Attribute[], change?: (view: DataView) => void): ByteReader {
  const bytes = new Uint8Array(inodeSize);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from('x'.repeat(60)), 0x28);
  view.setUint16(128, extra, true);
  view.setUint32(128 + extra, 0xea020000, true);
  let at = first;
  let valueEnd = inodeSize;
  for (const { index = 7, name = 'data', value = '', valueInode = 0, ...given } of attributes) {
    valueEnd -= Math.ceil(value.length / 4) * 4;
    bytes.set(Buffer.from(value), valueEnd);
    view.setUint8(at, given.nameLength ?? name.length);
    view.setUint8(at + 1, index);
    view.setUint16(at + 2, given.valueOffset ?? valueEnd - first, true);
    view.setUint32(at + 4, valueInode, true);
    view.setUint32(at + 8, given.valueSize ?? value.length, true);
    bytes.set(Buffer.from(name), at + 16);
    at += 16 + Math.ceil(name.length / 4) * 4;
  }
  change?.(view);
  return new ByteReader(bytes, 'inode');
}

const read = (reader: ByteReader): string => Buffer.from(readInlineData(reader, 12)).toString();

describe('inline data', () => {
  it.each([
    ['alone', [{ value: 'and more' }], 'and more'],
    ['without a value', [{}], ''],
    ['behind another attribute', [{ index: 6, name: 'selinux', value: 'label' }, { value: 'and more' }], 'and more'],
    ['behind one of the same name and another prefix', [{ index: 1, name: 'data', value: 'user' }, { value: 'and more' }], 'and more'],
    ['before another', [{ value: 'and more' }, { index: 1, name: 'other', value: 'user' }], 'and more'],
  ])('with its attribute %s is the block area and its value', (_, attributes, value) => {
    expect(read(inode(attributes))).toBe('x'.repeat(60) + value);
  });

  it.each([
    ['no attributes', inode([], (view) => view.setUint32(128 + extra, 0, true))],
    ['other attributes only', inode([{ index: 1, value: 'user' }])],
    ['a value in another inode', inode([{ valueInode: 13 }])],
    ['a value behind the end', inode([{ valueOffset: 80, valueSize: 1000 }])],
    ['a value of 4 GB', inode([{ valueOffset: 0, valueSize: 0xffffffff }])],
    ['a name behind the end', inode([{ index: 1, name: 'x', nameLength: 255 }, {}])],
    ['an extra size behind the end', inode([{}], (view) => view.setUint16(128, 0xffff, true))],
    ['an extra size up to the end', inode([{}], (view) => view.setUint16(128, 124, true))],
    ['room for no attributes', new ByteReader(new Uint8Array(128), 'inode')],
  ])('with %s is damage', (_, reader) => {
    expect(() => readInlineData(reader, 12)).toThrow(CorruptStructureError);
  });
});

describe('inline data as Linux writes it', () => {
  it.each([
    [1, 'in its block area', ['name-1']],
    [3, 'up to the end of its block area', ['name-1', 'name-2', 'name-3']],
    [4, 'in its attribute too', ['name-1', 'name-2', 'name-3', 'name-4']],
    [6, 'in its attribute too', ['name-1', 'name-2', 'name-3', 'name-4', 'name-5', 'name-6']],
    [7, 'with gaps', ['name-1', 'name-3', 'name-4', 'name-5', 'name-7']],
    [8, 'that has outgrown its inode', ['name-1', 'name-2', 'name-3', 'name-4', 'name-5', 'name-6', 'name-7', 'name-8']],
  ])('is the directory of %i entries, %s', async (count, _, names) => {
    const filesystem = await openForTest(ext4Reader, load('inline-kernel'));

    const entries = (await filesystem.readDirectory(`/${count}`)) ?? [];

    expect(entries.map(({ name }) => name).toSorted()).toEqual(names);
    expect(new Set(entries.map(({ kind }) => kind))).toEqual(new Set(['symbolic-link']));
    for (const name of names) expect(await filesystem.readLink(`/${count}/${name}`)).toBe('target');
  });

  it.each([
    ['longer', Buffer.concat([Buffer.from('short'), Buffer.alloc(4995)])],
    ['shorter', Buffer.from('0'.repeat(70))],
  ])('is the file that was made %s', async (name, bytes) => {
    expect(Buffer.from((await (await openForTest(ext4Reader, load('inline-kernel'))).readFile(`/${name}`)) ?? []).equals(bytes)).toBe(true);
  });

  it('reads as zeros behind what is kept, as Linux reads it', async () => {
    const image = load('tiny-inline');
    const at = Buffer.from(image.buffer).indexOf('0'.repeat(60)) - 0x28;
    new DataView(image.buffer).setUint32(at + 4, 3000, true);

    const bytes = await (await openForTest(ext4Reader, image)).readFile('/100');

    expect(Buffer.from(bytes ?? []).equals(Buffer.concat([Buffer.from('0'.repeat(97) + '100'), Buffer.alloc(2900)]))).toBe(true);
  });

  it('on a filesystem without the feature is damage', async () => {
    const image = load('tiny-inline');
    const features = new DataView(image.buffer, 1024 + 0x60, 4);
    features.setUint32(0, features.getUint32(0, true) & ~0x8000, true);

    await expect((await openForTest(ext4Reader, image)).readFile('/100')).rejects.toBeInstanceOf(CorruptStructureError);
  });
});
