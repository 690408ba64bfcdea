import { type NotRead, notRead } from '../base/not-read.ts';
import type { DiskSource } from '../source/disk-source.ts';
import type { Disk, ImageEnds } from './disk-format.ts';
import { diskFormats } from './registry.ts';
import { unreadFormat } from './unread-formats.ts';

/** Bytes at each end: the farthest thing looked for is a btrfs superblock at 64 KiB. */
const endSize = 128 * 1024;

/** Tells by content what the image file is and gives the flat disk inside it, or why not. */
export async function openDisk(source: DiskSource): Promise<Disk | NotRead> {
  if (source.size === 0) return notRead('unreadable', 'empty-disk');
  const ends = await readEnds(source);
  const unread = unreadFormat(ends);
  if (unread !== undefined) return notRead('unsupported', 'disk-format-not-read-yet', unread);
  const format = diskFormats.find((candidate) => candidate.recognises(ends));
  if (format === undefined) return notRead('unsupported', 'disk-format-not-read-yet');
  const flat = await format.open(source);
  if ('kind' in flat) return flat;
  const { head, tail } = await readEnds(flat);
  return isZero(head) && isZero(tail) ? notRead('unreadable', 'empty-disk') : { kind: 'disk', format: format.id, source: flat };
}

async function readEnds(source: DiskSource): Promise<ImageEnds> {
  const length = Math.min(endSize, source.size);
  return { head: await source.read(0, length), tail: await source.read(source.size - length, length) };
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
