import { crc32 } from 'node:zlib';
import { ByteReader } from '../base/byte-reader.ts';
import { ChecksumMismatchError, CorruptStructureError, DomainError, LimitExceededError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { DiskSource } from '../source/disk-source.ts';
import { type Partition, type PartitionTable, partitionWindow } from './partition.ts';
import { partitionType } from './partition-types.ts';

// UEFI specification 2.10, section 5.3: a header of at least 92 bytes in the second sector, its copy in the last.
const signature = 'EFI PART';
const sectorSizes = [512, 4096] as const;
const headerSize = 92;
const smallestEntry = 128;
const unused = '00000000-0000-0000-0000-000000000000';

interface Header {
  readonly sectorSize: number;
  readonly alternate: number;
  readonly lastUsable: number;
  readonly entries: Uint8Array;
  readonly entrySize: number;
}

/** Undefined where neither end of the disk carries a GPT; throws where every one that is there is damaged. */
export async function readGpt(disk: DiskSource): Promise<PartitionTable | undefined> {
  let damage: DomainError | undefined;
  for (const { sectorSize, sector } of headerPlaces(disk)) {
    try {
      const header = await readHeader(disk, sectorSize, sector);
      if (header !== undefined) return toTable(disk, header);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      damage ??= error;
    }
  }
  if (damage !== undefined) throw damage;
  return undefined;
}

/** Both primary places before both backups: a stale backup of another sector size must not win. */
function headerPlaces(disk: DiskSource): readonly { sectorSize: number; sector: number }[] {
  const primary = sectorSizes.map((sectorSize) => ({ sectorSize, sector: 1 }));
  const backup = sectorSizes.map((sectorSize) => ({ sectorSize, sector: Math.floor(disk.size / sectorSize) - 1 }));
  return [...primary, ...backup].filter(({ sectorSize, sector }) => sector > 0 && (sector + 1) * sectorSize <= disk.size);
}

async function readHeader(disk: DiskSource, sectorSize: number, sector: number): Promise<Header | undefined> {
  const bytes = await disk.read(sector * sectorSize, sectorSize);
  const reader = new ByteReader(bytes, 'GPT header');
  if (reader.latin1(0, signature.length) !== signature) return undefined;
  checkHeader(bytes, reader, sector * sectorSize);
  if (reader.u64(24) !== sector) throw new CorruptStructureError('GPT header: names another sector as its own', sector * sectorSize);
  const entrySize = reader.u32(84);
  const entries = await readEntries(disk, reader, sectorSize, entrySize);
  return { sectorSize, alternate: reader.u64(32), lastUsable: reader.u64(48), entries, entrySize };
}

function checkHeader(bytes: Uint8Array, reader: ByteReader, offset: number): void {
  const size = reader.u32(12);
  if (size < headerSize || size > bytes.length) throw new CorruptStructureError(`GPT header: size ${size}`, offset);
  const copy = new Uint8Array(reader.bytes(0, size));
  copy.fill(0, 16, 20);
  if (crc32(copy) !== reader.u32(16)) throw new ChecksumMismatchError('GPT header: checksum', offset);
}

async function readEntries(disk: DiskSource, header: ByteReader, sectorSize: number, entrySize: number): Promise<Uint8Array> {
  const start = header.u64(72) * sectorSize;
  const count = header.u32(80);
  if (count > limits.partitionEntries) throw new LimitExceededError(`GPT: ${count} partition entries`);
  if (entrySize < smallestEntry || entrySize > 4096 || entrySize % 8 !== 0) {
    throw new CorruptStructureError(`GPT header: entry size ${entrySize}`, start);
  }
  const entries = await disk.read(start, count * entrySize);
  if (crc32(entries) !== header.u32(88)) throw new ChecksumMismatchError('GPT partition entries: checksum', start);
  return entries;
}

function toTable(disk: DiskSource, header: Header): PartitionTable {
  const reader = new ByteReader(header.entries, 'GPT partition entries');
  const partitions: Partition[] = [];
  let end = Math.max(header.alternate, header.lastUsable) + 1;
  for (let index = 0; (index + 1) * header.entrySize <= reader.length; index++) {
    const at = index * header.entrySize;
    const type = guid(reader, at);
    if (type === unused) continue;
    const [first, last] = [reader.u64(at + 32), reader.u64(at + 40)];
    if (last < first) throw new CorruptStructureError(`GPT partition ${index + 1}: ends before it starts`, at);
    end = Math.max(end, last + 1);
    partitions.push({
      number: index + 1,
      type: partitionType(type),
      uuid: guid(reader, at + 16),
      name: name(reader, at + 56),
      source: partitionWindow(disk, first * header.sectorSize, (last + 1) * header.sectorSize),
    });
  }
  return { kind: 'gpt', partitions, truncated: end > Math.floor(disk.size / header.sectorSize) };
}

/** The first three groups are little-endian (UEFI specification, appendix A). */
function guid(reader: ByteReader, at: number): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  const rest = Buffer.from(reader.bytes(at + 8, 8)).toString('hex');
  return `${hex(reader.u32(at), 8)}-${hex(reader.u16(at + 4), 4)}-${hex(reader.u16(at + 6), 4)}-${rest.slice(0, 4)}-${rest.slice(4)}`;
}

function name(reader: ByteReader, at: number): string {
  const text = Buffer.from(reader.bytes(at, 72)).toString('utf16le');
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
