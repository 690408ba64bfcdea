import { CorruptStructureError, LimitExceededError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { DiskSource } from '../source/disk-source.ts';
import { isExtended, type MbrEntry, mbrEntries, mbrSectorSize } from './mbr-entry.ts';

export interface LogicalPartitions {
  /** In the order of the chain; `start` counts from the start of the disk. */
  readonly entries: readonly MbrEntry[];
  /** True where the chain goes on behind the end of the disk. */
  readonly truncated: boolean;
}

/**
 * The partitions inside an extended one: a chain of boot records, each with one partition (counted
 * from the record itself) and one link (counted from the start of the extended partition). Records
 * need not lie in ascending order: a list of those that were met ends a cycle.
 */
export async function readLogicalPartitions(disk: DiskSource, extended: MbrEntry): Promise<LogicalPartitions> {
  const found: MbrEntry[] = [];
  const met = new Set<number>();
  for (let at: number | undefined = extended.start; at !== undefined; ) {
    if (met.has(at)) throw bad('chain leads back to itself', at);
    if (met.size >= limits.logicalPartitions) throw new LimitExceededError(`MBR: more than ${met.size} logical partitions`);
    met.add(at);
    if ((at + 1) * mbrSectorSize > disk.size) return { entries: found, truncated: true };
    const entries = mbrEntries(await disk.read(at * mbrSectorSize, mbrSectorSize), 'extended boot record');
    if (entries === undefined) throw bad('signature', at);
    found.push(...partitionsOf(entries, at, extended));
    at = nextRecord(entries, at, extended);
  }
  return { entries: found, truncated: false };
}

function partitionsOf(entries: readonly MbrEntry[], record: number, extended: MbrEntry): readonly MbrEntry[] {
  const used = entries.filter((entry) => entry.sectors !== 0 && !isExtended(entry));
  return used.map((entry) => {
    const start = record + entry.start;
    if (entry.start === 0 || start + entry.sectors > extended.start + extended.sectors) throw bad('partition outside of the extended one', record);
    return { ...entry, start };
  });
}

function nextRecord(entries: readonly MbrEntry[], record: number, extended: MbrEntry): number | undefined {
  const [link, second] = entries.filter((entry) => entry.sectors !== 0 && isExtended(entry));
  if (second !== undefined) throw bad('two links', record);
  if (link === undefined) return undefined;
  if (link.start >= extended.sectors) throw bad('link outside of the extended partition', record);
  return extended.start + link.start;
}

function bad(what: string, sector: number): CorruptStructureError {
  return new CorruptStructureError(`extended boot record: ${what}`, sector * mbrSectorSize);
}
