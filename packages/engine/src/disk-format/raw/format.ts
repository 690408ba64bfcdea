import type { DiskFormat } from '../disk-format.ts';

/** The image file is the disk, byte for byte: what no other format claims. */
export const rawFormat: DiskFormat = {
  id: 'raw',
  recognises: () => true,
  open: (source) => Promise.resolve(source),
};
