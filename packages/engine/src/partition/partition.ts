import type { DiskSource } from '../source/disk-source.ts';
import { createWindow } from '../source/window-source.ts';
import type { PartitionType } from './partition-types.ts';

export interface Partition {
  /** As tools count them: from 1, gaps included. */
  readonly number: number;
  readonly type: PartitionType;
  /** PARTUUID, lower case. */
  readonly uuid: string;
  /** PARTLABEL: only for an fstab line that names it, never to decide what the partition is. */
  readonly name: string;
  /** The bytes of the partition, as far as the disk has them. */
  readonly source: DiskSource;
}

export interface PartitionTable {
  readonly kind: 'gpt' | 'mbr' | 'none';
  readonly partitions: readonly Partition[];
  /** True where the table speaks of sectors that the disk does not have. */
  readonly truncated: boolean;
}

/** The bytes from `start` to `end`, as far as the disk has them. */
export function partitionWindow(disk: DiskSource, start: number, end: number): DiskSource {
  const from = Math.min(start, disk.size);
  return createWindow(disk, from, Math.min(end, disk.size) - from);
}
