import { ByteReader } from '../../base/byte-reader.ts';
import { CorruptStructureError, LimitExceededError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';

/** At most `length` bytes of a file from `offset`; fewer where the file ends. */
export type ReadFileRange = (offset: number, length: number) => Promise<Uint8Array>;

/** A run of bytes in the file and where it stands in memory. */
export interface ElfRange {
  readonly offset: number;
  readonly size: number;
  readonly address: number;
}

export interface ElfSection extends ElfRange {
  readonly name: string;
}

export interface ElfSegment extends ElfRange {
  readonly writable: boolean;
  readonly executable: boolean;
}

/** Byte order and word size of one ELF file, for every number in it. */
export interface ElfEncoding {
  readonly bigEndian: boolean;
  readonly wordSize: 4 | 8;
}

export interface ElfFile extends ElfEncoding {
  /** Sections that have bytes in the file; none where the section table was stripped. */
  readonly sections: readonly ElfSection[];
  /** What is loaded into memory (PT_LOAD). */
  readonly segments: readonly ElfSegment[];
}

/** Where the fields stand: System V ABI, "ELF Header", "Section Header", "Program Header". */
const layouts = {
  4: { header: 52, phoff: 28, shoff: 32, phentsize: 42, section: 40, segment: 32, sh: { address: 12, offset: 16, size: 20, link: 24 }, ph: { flags: 24, offset: 4, address: 8, size: 16 } },
  8: { header: 64, phoff: 32, shoff: 40, phentsize: 54, section: 64, segment: 56, sh: { address: 16, offset: 24, size: 32, link: 40 }, ph: { flags: 4, offset: 8, address: 16, size: 32 } },
} as const;
type Layout = (typeof layouts)[4 | 8];

const sectionWithoutBytes = 8;
const loadedSegment = 1;
/** SHN_XINDEX: the true index stands in the first section header. */
const indexElsewhere = 0xffff;
/** The longest name that is looked at. */
const nameLength = 64;

/** Undefined where the file is no ELF file at all; damage throws. Reads headers and names only. */
export async function readElf(read: ReadFileRange): Promise<ElfFile | undefined> {
  const identity = await read(0, 16);
  if (Buffer.from(identity.subarray(0, 4)).toString('latin1') !== '\x7fELF') return undefined;
  const encoding = readEncoding(new ByteReader(identity, 'ELF identification'));
  const layout = layouts[encoding.wordSize];
  const header = new ElfNumbers(await read(0, layout.header), 'ELF header', encoding);
  return { ...encoding, segments: await readSegments(read, header, layout), sections: await readSections(read, header, layout) };
}

function readEncoding(identity: ByteReader): ElfEncoding {
  const [size, order] = [identity.u8(4), identity.u8(5)];
  if ((size !== 1 && size !== 2) || (order !== 1 && order !== 2)) throw new CorruptStructureError('ELF identification: unknown class or byte order', 4);
  return { wordSize: size === 1 ? 4 : 8, bigEndian: order === 2 };
}

/** The checked byte reader in one file's byte order and word size. */
export class ElfNumbers {
  readonly encoding: ElfEncoding;
  readonly #reader: ByteReader;

  constructor(bytes: Uint8Array, what: string, encoding: ElfEncoding) {
    this.#reader = new ByteReader(bytes, what);
    this.encoding = encoding;
  }

  u16(offset: number): number {
    return this.encoding.bigEndian ? this.#reader.u16be(offset) : this.#reader.u16(offset);
  }

  u32(offset: number): number {
    return this.encoding.bigEndian ? this.#reader.u32be(offset) : this.#reader.u32(offset);
  }

  /** Address, offset or size: 4 or 8 bytes. */
  word(offset: number): number {
    if (this.encoding.wordSize === 4) return this.u32(offset);
    if (!this.encoding.bigEndian) return this.#reader.u64(offset);
    const value = this.#reader.u32be(offset) * 2 ** 32 + this.#reader.u32be(offset + 4);
    if (!Number.isSafeInteger(value)) throw new CorruptStructureError('ELF: number out of range', offset);
    return value;
  }
}

async function readSegments(read: ReadFileRange, header: ElfNumbers, layout: Layout): Promise<readonly ElfSegment[]> {
  const [offset, size, count] = [header.word(layout.phoff), header.u16(layout.phentsize), header.u16(layout.phentsize + 2)];
  const table = await readTable(read, header, { offset, size, count, least: layout.segment, what: 'ELF program headers' });
  return entries(count, size).flatMap((at) => {
    if (table.u32(at) !== loadedSegment) return [];
    const flags = table.u32(at + layout.ph.flags);
    const range = { offset: table.word(at + layout.ph.offset), size: table.word(at + layout.ph.size), address: table.word(at + layout.ph.address) };
    return [{ ...range, executable: (flags & 1) !== 0, writable: (flags & 2) !== 0 }];
  });
}

async function readSections(read: ReadFileRange, header: ElfNumbers, layout: Layout): Promise<readonly ElfSection[]> {
  const offset = header.word(layout.shoff);
  if (offset === 0) return [];
  const size = header.u16(layout.phentsize + 4);
  const first = await readTable(read, header, { offset, size, count: 1, least: layout.section, what: 'ELF section header' });
  const [plainCount, plainNames] = [header.u16(layout.phentsize + 6), header.u16(layout.phentsize + 8)];
  const count = plainCount === 0 ? first.word(layout.sh.size) : plainCount;
  const namesIndex = plainNames === indexElsewhere ? first.u32(layout.sh.link) : plainNames;
  const table = await readTable(read, header, { offset, size, count, least: layout.section, what: 'ELF section headers' });
  const rangeAt = (at: number): ElfRange => ({ offset: table.word(at + layout.sh.offset), size: table.word(at + layout.sh.size), address: table.word(at + layout.sh.address) });
  if (namesIndex >= count) throw new CorruptStructureError('ELF: section names outside of the sections', offset);
  const names = await readNames(read, rangeAt(namesIndex * size));
  return entries(count, size).flatMap((at) => (table.u32(at + 4) === sectionWithoutBytes ? [] : [{ name: nameAt(names, table.u32(at)), ...rangeAt(at) }]));
}

interface Table {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
  readonly least: number;
  readonly what: string;
}

async function readTable(read: ReadFileRange, { encoding }: ElfNumbers, { offset, size, count, least, what }: Table): Promise<ElfNumbers> {
  if (count > limits.elfHeaders) throw new LimitExceededError(`${what}: ${count}`);
  if (count > 0 && (size < least || size > 1024)) throw new CorruptStructureError(`${what}: entries of ${size} bytes`, offset);
  return new ElfNumbers(await readAll(read, offset, size * count, what), what, encoding);
}

async function readNames(read: ReadFileRange, { offset, size }: ElfRange): Promise<Uint8Array> {
  if (size > limits.goBuildInfoBytes) throw new LimitExceededError(`ELF section names: ${size} bytes`);
  return readAll(read, offset, size, 'ELF section names');
}

function nameAt(names: Uint8Array, start: number): string {
  const text = Buffer.from(names.subarray(start, start + nameLength)).toString('latin1');
  return text.split('\0', 1)[0] ?? '';
}

/** Exactly `length` bytes; a file that ends before is damage of that file. */
export async function readAll(read: ReadFileRange, offset: number, length: number, what: string): Promise<Uint8Array> {
  const bytes = await read(offset, length);
  if (bytes.length < length) throw new CorruptStructureError(`${what}: ${length} bytes past the end`, offset);
  return bytes;
}

function entries(count: number, size: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index * size);
}
