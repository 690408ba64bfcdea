import type { NotRead } from '../base/not-read.ts';
import type { DiskSource } from '../source/disk-source.ts';
import type { Filesystem } from './filesystem.ts';

/** One on-disk format. */
export interface FilesystemReader {
  readonly id: string;
  /** By the first bytes of the volume alone, at least 128 KiB where it has them. */
  recognises(head: Uint8Array): boolean;
  /** What is valid but not read is a value; damage throws, as in `Filesystem`. */
  open(volume: DiskSource): Promise<Filesystem | UnreadFilesystem>;
}

/** A recognised filesystem that is not read: `label` and `uuid` are what an fstab line may call it. */
export interface UnreadFilesystem extends NotRead {
  readonly label?: string;
  readonly uuid?: string;
}
