import { type NotRead, notReadBecause } from '../base/not-read.ts';
import type { Filesystem } from '../filesystem/filesystem.ts';
import { openFilesystem } from '../filesystem/open-filesystem.ts';
import type { Partition } from '../partition/partition.ts';
import { openVolume } from '../volume/open-volume.ts';
import type { MountEntry } from './mount-table.ts';

/** One partition with what is in it: a filesystem, or why there is none to read. */
export interface PartitionContent {
  readonly partition: Partition;
  readonly filesystem?: Filesystem;
  readonly unread?: NotRead;
  readonly label: string;
  readonly uuid: string;
  /** Whether an operating system says its name here. */
  readonly holdsRoot: boolean;
}

/** Opens volume and filesystem; damage becomes `unread`, and so does a partition that the disk cuts short. */
export async function openContent(partition: Partition): Promise<PartitionContent> {
  try {
    const volume = await openVolume(partition.source);
    if (volume.kind === 'not-read') return { partition, unread: volume, label: '', uuid: volume.uuid ?? '', holdsRoot: false };
    const opened = await openFilesystem(volume.source);
    if (opened.kind === 'not-read') return { partition, unread: opened, label: opened.label ?? '', uuid: opened.uuid ?? '', holdsRoot: false };
    const { filesystem } = opened;
    return { partition, filesystem, label: filesystem.label, uuid: filesystem.uuid, holdsRoot: await holdsRoot(filesystem) };
  } catch (error) {
    const unread = notReadBecause(error);
    if (unread === undefined) throw error;
    return { partition, unread, label: '', uuid: '', holdsRoot: false };
  }
}

/** A link counts too: its target may lie on a separate /usr. */
async function holdsRoot(filesystem: Filesystem): Promise<boolean> {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    if ((await filesystem.status(path)) !== undefined) return true;
  }
  return false;
}

/** How coverage calls a partition; without a table the disk is its own. */
export function subjectOf(partition: Partition): string {
  return partition.number === 0 ? 'disk' : `partition ${partition.number}`;
}

/** A first disk under one of the names that Linux gives it, with a partition number. */
const firstDisk = /^\/dev\/(?:sda|vda|xvda|hda|nvme0n1p|mmcblk0p)(\d+)$/;
const byFolder = /^\/dev\/disk\/by-(uuid|label|partuuid|partlabel)\/(.+)$/;
const tag = /^(UUID|LABEL|PARTUUID|PARTLABEL)="?(.*?)"?$/;

/** Whether `entry` speaks of this partition. */
export function isNamedBy(content: PartitionContent, { what }: MountEntry): boolean {
  const number = firstDisk.exec(what)?.[1];
  if (number !== undefined) return Number(number) === content.partition.number;
  const [, kind = '', value = ''] = tag.exec(what) ?? byFolder.exec(what) ?? [];
  switch (kind.toLowerCase()) {
    case 'uuid':
      return content.uuid !== '' && content.uuid.toLowerCase() === value.toLowerCase();
    case 'label':
      return content.label !== '' && content.label === value;
    case 'partuuid':
      return content.partition.uuid !== '' && content.partition.uuid === value.toLowerCase();
    case 'partlabel':
      return content.partition.name !== '' && content.partition.name === value;
    default:
      return false;
  }
}
