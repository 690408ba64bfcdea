import { type NotRead, notRead, notReadBecause } from '../base/not-read.ts';
import type { DiskSource } from '../source/disk-source.ts';
import type { Filesystem } from './filesystem.ts';
import type { UnreadFilesystem } from './filesystem-reader.ts';
import { filesystemReaders } from './registry.ts';
import { recogniseUnread } from './unread-filesystems.ts';

/** The farthest signature is btrfs' superblock at 64 KiB. */
const headSize = 128 * 1024;

export interface OpenedFilesystem {
  readonly kind: 'filesystem';
  readonly filesystem: Filesystem;
}

/** Tells by content which filesystem a volume holds and opens it, or says why not. */
export async function openFilesystem(volume: DiskSource): Promise<OpenedFilesystem | UnreadFilesystem> {
  try {
    return await open(volume);
  } catch (error) {
    const why = notReadBecause(error);
    if (why === undefined) throw error;
    return why;
  }
}

async function open(volume: DiskSource): Promise<OpenedFilesystem | UnreadFilesystem> {
  const head = await volume.read(0, Math.min(headSize, volume.size));
  const reader = filesystemReaders.find((candidate) => candidate.recognises(head));
  if (reader === undefined) return recogniseUnread(head) ?? unknown(head);
  const opened = await reader.open(volume);
  return 'state' in opened ? opened : { kind: 'filesystem', filesystem: opened };
}

function unknown(head: Uint8Array): NotRead {
  const empty = head.every((byte) => byte === 0);
  return notRead('unsupported', 'filesystem-unknown', empty ? 'zeros' : undefined);
}
