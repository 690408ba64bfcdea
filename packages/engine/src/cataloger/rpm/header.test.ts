import { describe, expect, it } from 'vitest';
import { CorruptStructureError, LimitExceededError } from '../../base/errors.ts';
import { openHeader } from './header.ts';
import { packageOf } from './package-of.ts';

interface Tag {
  readonly tag: number;
  readonly type: number;
  readonly value: Buffer;
  readonly count?: number;
}

const text = (tag: number, value: string | Buffer): Tag => ({ tag, type: 6, value: Buffer.concat([Buffer.from(value), Buffer.alloc(1)]) });
const numbers = (tag: number, ...values: readonly number[]): Tag => {
  const value = Buffer.alloc(values.length * 4);
  values.forEach((number, index) => value.writeUInt32BE(number, index * 4));
  return { tag, type: 4, value, count: values.length };
};
const texts = (tag: number, ...values: readonly string[]): Tag => ({ tag, type: 8, value: Buffer.from(values.map((value) => `${value}\0`).join('')), count: values.length });

/** Laid out as rpm does; what is wrong with the hostile ones is put in by hand. */
function header(tags: readonly Tag[]): Buffer {
  const index = Buffer.alloc(8 + tags.length * 16);
  const data = Buffer.concat(tags.map(({ value }) => value));
  index.writeUInt32BE(tags.length, 0);
  index.writeUInt32BE(data.length, 4);
  let offset = 0;
  tags.forEach(({ tag, type, value, count = 1 }, nth) => {
    [tag, type, offset, count].forEach((number, field) => index.writeUInt32BE(number, 8 + nth * 16 + field * 4));
    offset += value.length;
  });
  return Buffer.concat([index, data]);
}

const payload = (bytes: Uint8Array) => ({
  length: bytes.length,
  read: (count: number) => (count > bytes.length ? Promise.reject(new CorruptStructureError('end', count)) : Promise.resolve(bytes.subarray(0, count))),
});

const bash = [text(1000, 'bash'), text(1001, '5.2.15'), text(1002, '3.azl3'), text(1022, 'x86_64'), text(1044, 'bash-5.2.15-3.azl3.src.rpm')];
const without = (tag: number): readonly Tag[] => bash.filter((entry) => entry.tag !== tag);
const replaced = (entry: Tag): readonly Tag[] => [...without(entry.tag), entry];

async function read(bytes: Uint8Array): Promise<string> {
  const parsed = await packageOf(await openHeader(payload(bytes)));
  if (parsed.kind === 'no-package') return parsed.kind;
  if (parsed.kind === 'unreadable') return `unreadable ${parsed.name} ${parsed.missing}`;
  const { name, version, architecture, source, sourceVersion, sourceKnown } = parsed.package;
  return `${name} ${version} ${architecture} ${source} ${sourceVersion} ${sourceKnown}`;
}

describe('an rpm header', () => {
  it.each([
    ['a plain package', bash, 'bash 5.2.15-3.azl3 x86_64 bash 5.2.15-3.azl3 true'],
    ['an epoch', [...bash, numbers(1003, 4)], 'bash 4:5.2.15-3.azl3 x86_64 bash 5.2.15-3.azl3 true'],
    ['an epoch of 0', [...bash, numbers(1003, 0)], 'bash 5.2.15-3.azl3 x86_64 bash 5.2.15-3.azl3 true'],
    ['a tilde and a caret', replaced(text(1001, '1.0~rc1^git2')), 'bash 1.0~rc1^git2-3.azl3 x86_64 bash 5.2.15-3.azl3 true'],
    ['a source of another name and version', replaced(text(1044, 'a-b-c-2.0-1.src.rpm')), 'bash 5.2.15-3.azl3 x86_64 a-b-c 2.0-1 true'],
    ['a source that may not be given out', replaced(text(1044, 'mlnx-24.1-1.nosrc.rpm')), 'bash 5.2.15-3.azl3 x86_64 mlnx 24.1-1 true'],
    ['no source', without(1044), 'bash 5.2.15-3.azl3 x86_64 bash 5.2.15-3.azl3 false'],
    ['a key', replaced(text(1000, 'gpg-pubkey')), 'no-package'],
    ['a tag given twice: the later one holds', [...bash, text(1000, 'dash')], 'dash 5.2.15-3.azl3 x86_64 bash 5.2.15-3.azl3 true'],
    ['tags of no interest before and behind', [text(269, 'x'.repeat(5000)), ...bash, numbers(1008, 1)], 'bash 5.2.15-3.azl3 x86_64 bash 5.2.15-3.azl3 true'],
  ])('with %s is read', async (_, tags, expected) => {
    expect(await read(header(tags))).toBe(expected);
  });

  it.each([
    ['no name', without(1000), 'unreadable  Name'],
    ['a name of bytes that are no UTF-8', replaced(text(1000, Buffer.from([0x62, 0xff, 0xfe]))), 'unreadable b?? Name'],
    ['a name with an escape sequence', replaced(text(1000, 'a\u001b[2J')), 'unreadable a?[2J Name'],
    ['no version', without(1001), 'unreadable bash Version'],
    ['a dash in its version', replaced(text(1001, '1-2')), 'unreadable bash Version'],
    ['a colon in its release', replaced(text(1002, '1:2')), 'unreadable bash Release'],
    ['no architecture', without(1022), 'unreadable bash Arch'],
    ['a source that is none', replaced(text(1044, 'bash.rpm')), 'unreadable bash Sourcerpm'],
  ])('with %s is named and not guessed', async (_, tags, expected) => {
    expect(await read(header(tags))).toBe(expected);
  });

  it('gives its files with their folders', async () => {
    const files = [numbers(1116, 0, 1, 0), texts(1117, 'containerd', 'ä', 'ctr'), texts(1118, '/usr/bin/', '/usr/share/doc/')];

    expect(await (await openHeader(payload(header([...bash, ...files])))).files()).toEqual(['/usr/bin/containerd', '/usr/share/doc/ä', '/usr/bin/ctr']);
    expect(await (await openHeader(payload(header(bash)))).files()).toEqual([]);
  });
});

describe('a hostile rpm header', () => {
  const changed = (at: number, value: number): Buffer => {
    const bytes = header(bash);
    bytes.writeUInt32BE(value, at);
    return bytes;
  };

  it.each([
    ['more entries than any has', changed(0, 0x7fffffff), LimitExceededError],
    ['one entry too many', changed(0, 6), CorruptStructureError],
    ['data of two gigabytes', changed(4, 0x7fffffff), CorruptStructureError],
    ['data that end before the header does', changed(4, 3), CorruptStructureError],
    ['a string beyond its data', changed(8 + 8, 10_000), CorruptStructureError],
    ['a negative offset', changed(8 + 8, 0xffffffff), CorruptStructureError],
    ['a name that is a number', changed(8 + 4, 4), CorruptStructureError],
    ['a name of no values', changed(8 + 12, 0), CorruptStructureError],
    ['a string without end', Buffer.concat([header(bash).subarray(0, -1), Buffer.from('x')]), CorruptStructureError],
    ['a name of a megabyte', header(replaced(text(1000, 'x'.repeat(1024 * 1024)))), LimitExceededError],
    ['an epoch beyond its data', header([...bash, { tag: 1003, type: 4, value: Buffer.alloc(2) }]), CorruptStructureError],
    ['nothing but zeros', Buffer.alloc(100), CorruptStructureError],
    ['five bytes', Buffer.alloc(5), CorruptStructureError],
  ])('with %s is refused', async (_, bytes, error) => {
    await expect(read(bytes)).rejects.toThrow(error);
  });

  it.each([
    ['more names than bytes', [numbers(1116, 0), { ...texts(1117, 'a'), count: 100_000 }, texts(1118, '/')]],
    ['more names than any package has', [numbers(1116, 0), { ...texts(1117, 'a'), count: 0x7fffffff }, texts(1118, '/')]],
    ['a folder that is not there', [numbers(1116, 1), texts(1117, 'a'), texts(1118, '/')]],
    ['fewer folders than names', [numbers(1116, 0), texts(1117, 'a', 'b'), texts(1118, '/')]],
  ])('with %s gives no files', async (_, files) => {
    const opened = await openHeader(payload(header([...bash, ...files])));

    await expect(opened.files()).rejects.toThrow(/rpm header/);
  });
});
