import { ext4Reader } from './ext4/reader.ts';
import type { FilesystemReader } from './filesystem-reader.ts';

/** One line per folder, in alphabetical order. The test beside this file keeps it complete. */
export const filesystemReaders: readonly FilesystemReader[] = [ext4Reader];
