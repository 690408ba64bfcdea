import { type NotRead, notRead, notReadBecause } from '../base/not-read.ts';
import type { DiskSource } from '../source/disk-source.ts';
import { readGpt } from './gpt.ts';
import { readMbr, recogniseMbr } from './mbr.ts';
import type { PartitionTable } from './partition.ts';
import { partitionType } from './partition-types.ts';

/** The partitions of a flat disk; without any table the disk itself is the only one (`kind: 'none'`). */
export async function readPartitions(disk: DiskSource): Promise<PartitionTable | NotRead> {
  try {
    return await read(disk);
  } catch (error) {
    const why = notReadBecause(error);
    if (why === undefined) throw error;
    return why;
  }
}

/** As Linux does: an MBR without a protective entry outweighs a GPT, which is then a leftover. */
async function read(disk: DiskSource): Promise<PartitionTable | NotRead> {
  const sector = await disk.read(0, Math.min(512, disk.size));
  const mbr = recogniseMbr(sector);
  if (mbr === 'mbr') return readMbr(disk, sector);
  const gpt = await readGpt(disk);
  if (gpt !== undefined) return gpt;
  if (mbr === 'protective') return notRead('unreadable', 'corrupt-structure', 'GPT');
  const whole = { number: 0, type: partitionType(''), uuid: '', name: '', source: disk };
  return { kind: 'none', partitions: [whole], truncated: false };
}
