import { ByteReader } from '../base/byte-reader.ts';
import { CorruptStructureError } from '../base/errors.ts';
import type { DiskSource } from '../source/disk-source.ts';
import { readLogicalPartitions } from './logical-partitions.ts';
import { isExtended, type MbrEntry, mbrEntries, mbrSectorSize } from './mbr-entry.ts';
import { type Partition, type PartitionTable, partitionWindow } from './partition.ts';
import { partitionTypeOfByte } from './partition-types.ts';

const gptProtective = 0xee;
/** Linux counts logical partitions from here, however many primary ones there are. */
const firstLogical = 5;
/** Where Windows and Linux keep the disk's 32-bit identifier. */
const identifierAt = 440;

/** An entry with its number; `start` counts from the start of the disk. */
interface Numbered extends MbrEntry {
  readonly number: number;
}

/**
 * What the first sector says about partitions. A boot sector of a filesystem ends with the same
 * signature: only with four plausible entries, one of them used, it is a table.
 */
export function recogniseMbr(sector: Uint8Array): 'mbr' | 'protective' | undefined {
  const entries = mbrEntries(sector, 'MBR') ?? [];
  const used = entries.filter((entry) => entry.sectors !== 0);
  const plausible = entries.every((entry) => entry.status === 0 || entry.status === 0x80);
  if (!plausible || used.length === 0 || used.some((entry) => entry.start === 0)) return undefined;
  return used.some((entry) => entry.type === gptProtective) ? 'protective' : 'mbr';
}

/** The table in `sector`, which is the first of `disk`. Its sectors have 512 bytes: it cannot say otherwise. */
export async function readMbr(disk: DiskSource, sector: Uint8Array): Promise<PartitionTable> {
  const entries = mbrEntries(sector, 'MBR') ?? [];
  const top = entries.map((entry, index) => ({ ...entry, number: index + 1 })).filter((entry) => entry.sectors !== 0);
  const chains = [];
  for (const extended of top.filter(isExtended)) chains.push(await readLogicalPartitions(disk, extended));
  const logical = chains.flatMap((chain) => chain.entries).map((entry, index) => ({ ...entry, number: firstLogical + index }));
  refuseOverlaps(top);
  refuseOverlaps(logical);
  const identifier = new ByteReader(sector, 'MBR').u32(identifierAt);
  const beyond = top.some(({ start, sectors }) => (start + sectors) * mbrSectorSize > disk.size);
  return {
    kind: 'mbr',
    partitions: [...top.filter((entry) => !isExtended(entry)), ...logical].map((entry) => toPartition(disk, entry, identifier)),
    truncated: beyond || chains.some((chain) => chain.truncated),
  };
}

function refuseOverlaps(entries: readonly Numbered[]): void {
  const ascending = entries.toSorted((one, other) => one.start - other.start);
  for (const [index, entry] of ascending.entries()) {
    const next = ascending[index + 1];
    if (next === undefined || next.start >= entry.start + entry.sectors) continue;
    throw new CorruptStructureError(`MBR: partitions ${entry.number} and ${next.number} overlap`, next.start * mbrSectorSize);
  }
}

function toPartition(disk: DiskSource, { number, type, start, sectors }: Numbered, identifier: number): Partition {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  return {
    number,
    type: partitionTypeOfByte(type),
    // As Linux makes a PARTUUID where the table has none (block/partitions/msdos.c).
    uuid: `${hex(identifier, 8)}-${hex(number, 2)}`,
    name: '',
    source: partitionWindow(disk, start * mbrSectorSize, (start + sectors) * mbrSectorSize),
  };
}
