import type { DiskFormat } from './disk-format.ts';
import { rawFormat } from './raw/format.ts';
import { vhdFormat } from './vhd/format.ts';

/** One line per folder, in the order in which they are asked: raw claims everything and stays last. */
export const diskFormats: readonly DiskFormat[] = [vhdFormat, rawFormat];
