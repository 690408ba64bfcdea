import { ByteReader } from '../../base/byte-reader.ts';
import { CorruptStructureError, LimitExceededError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { type ElfEncoding, type ElfFile, ElfNumbers, type ElfRange, readAll, readElf, type ReadFileRange } from './elf-sections.ts';

/** What the Go linker wrote into a binary, before its module text is looked at. */
export interface GoBuildInfo {
  /** `go1.20.6`, sometimes with more behind it. */
  readonly goVersion: string;
  /** Lines of `path`, `mod`, `dep`, `=>` and `build`; empty where the linker wrote none. */
  readonly moduleText: string;
}

/**
 * Go, src/debug/buildinfo: 14 bytes of magic, the pointer size, flags; then either two pointers to
 * Go strings, or, since Go 1.18, the two strings themselves from byte 32, each after its length.
 */
const magic = Buffer.from('\xff Go buildinf:', 'latin1');
const headerSize = 32;
const alignment = 16;
const flags = { bigEndian: 1, inlineStrings: 2 } as const;
/** The module text stands between two marks of 16 bytes, by which a running program finds it. */
const markSize = 16;
/** Without a section table it is at the start of the data segment: farther is not searched. */
const searchBytes = 1024 * 1024;
const stepBytes = 64 * 1024;
const longestVersion = 256;
const longestVarint = 5;

/** Undefined where the file is no ELF file or none that Go's linker made; damage throws. */
export async function readGoBuildInfo(read: ReadFileRange): Promise<GoBuildInfo | undefined> {
  const elf = await readElf(read);
  if (elf === undefined) return undefined;
  const at = await find(read, elf);
  if (at === undefined) return undefined;
  const head = new ByteReader(await readAll(read, at, headerSize, 'Go build information'), 'Go build information');
  if ((head.u8(15) & flags.inlineStrings) !== 0) return readInline(read, at + headerSize);
  return readPointers(read, elf, head);
}

/** File offset of the magic. */
async function find(read: ReadFileRange, { sections, segments }: ElfFile): Promise<number | undefined> {
  const section = sections.find(({ name }) => name === '.go.buildinfo');
  const places: readonly ElfRange[] = section === undefined ? segments.filter(({ writable, executable }) => writable && !executable) : [section];
  for (const place of places) {
    const found = await search(read, place);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function search(read: ReadFileRange, { offset, size }: ElfRange): Promise<number | undefined> {
  const end = offset + Math.min(size, searchBytes);
  for (let from = offset; from < end; from += stepBytes) {
    const bytes = Buffer.from(await read(from, Math.min(stepBytes + magic.length, end - from)));
    for (let at = bytes.indexOf(magic); at !== -1; at = bytes.indexOf(magic, at + 1)) {
      if ((from - offset + at) % alignment === 0) return from + at;
    }
  }
  return undefined;
}

async function readInline(read: ReadFileRange, at: number): Promise<GoBuildInfo> {
  const version = await readCounted(read, at, longestVersion, 'Go version');
  const modules = await readCounted(read, version.end, limits.goBuildInfoBytes, 'Go module text');
  return { goVersion: textOf(version.bytes), moduleText: unmark(modules.bytes) };
}

async function readCounted(read: ReadFileRange, at: number, limit: number, what: string): Promise<{ readonly bytes: Buffer; readonly end: number }> {
  const { value, length } = readVarint(new ByteReader(await read(at, longestVarint), `${what}'s length`));
  if (value > limit) throw new LimitExceededError(`${what}: ${value} bytes`);
  const start = at + length;
  return { bytes: Buffer.from(await readAll(read, start, value, what)), end: start + value };
}

/** Unsigned LEB128, as Go's encoding/binary writes it; more than 35 bits are nobody's length. */
function readVarint(reader: ByteReader): { readonly value: number; readonly length: number } {
  let value = 0;
  for (let index = 0; index < longestVarint; index++) {
    const byte = reader.u8(index);
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, length: index + 1 };
  }
  throw new CorruptStructureError('Go build information: length without end', 0);
}

/** Until Go 1.17. The pointers are addresses in memory: the segments say where those bytes lie in the file. */
async function readPointers(read: ReadFileRange, elf: ElfFile, head: ByteReader): Promise<GoBuildInfo> {
  const size = head.u8(14);
  if (size !== 4 && size !== 8) throw new CorruptStructureError(`Go build information: pointers of ${size} bytes`, 14);
  const encoding: ElfEncoding = { wordSize: size, bigEndian: (head.u8(15) & flags.bigEndian) !== 0 };
  const numbers = new ElfNumbers(head.bytes(0, headerSize), 'Go build information', encoding);
  const version = await readString(read, elf, encoding, numbers.word(16), longestVersion);
  const modules = await readString(read, elf, encoding, numbers.word(16 + size), limits.goBuildInfoBytes);
  return { goVersion: textOf(version), moduleText: unmark(modules) };
}

/** A Go string in memory: an address and a length. */
async function readString(read: ReadFileRange, elf: ElfFile, encoding: ElfEncoding, address: number, limit: number): Promise<Buffer> {
  if (address === 0) return Buffer.alloc(0);
  const what = 'Go string';
  const header = new ElfNumbers(await readMemory(read, elf, address, 2 * encoding.wordSize, what), what, encoding);
  const [start, length] = [header.word(0), header.word(encoding.wordSize)];
  if (length > limit) throw new LimitExceededError(`${what}: ${length} bytes`);
  return Buffer.from(await readMemory(read, elf, start, length, what));
}

async function readMemory(read: ReadFileRange, { segments }: ElfFile, address: number, length: number, what: string): Promise<Uint8Array> {
  if (length === 0) return new Uint8Array(0);
  const segment = segments.find((candidate) => candidate.address <= address && address + length <= candidate.address + candidate.size);
  if (segment === undefined) throw new CorruptStructureError(`${what}: ${length} bytes in no segment`, address);
  return readAll(read, segment.offset + (address - segment.address), length, what);
}

function textOf(version: Buffer): string {
  const text = version.toString('utf8');
  if (!/^[\x20-\x7e]*$/.test(text)) throw new CorruptStructureError('Go version: control characters', 0);
  return text;
}

/** As Go does: a text without its marks is no module text. */
function unmark(text: Buffer): string {
  const isMarked = text.length > 2 * markSize && text[text.length - markSize - 1] === 0x0a;
  return isMarked ? text.subarray(markSize, text.length - markSize).toString('utf8') : '';
}
