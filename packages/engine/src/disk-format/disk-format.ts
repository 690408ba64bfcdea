import type { NotRead } from '../base/not-read.ts';
import type { DiskSource } from '../source/disk-source.ts';

/** The two ends of an image file: all that is looked at to tell its format. */
export interface ImageEnds {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

/** One kind of image file. `open` gives the flat disk inside it. */
export interface DiskFormat {
  readonly id: string;
  recognises(ends: ImageEnds): boolean;
  open(source: DiskSource): Promise<DiskSource | NotRead>;
}

export interface Disk {
  readonly kind: 'disk';
  readonly format: string;
  readonly source: DiskSource;
}
