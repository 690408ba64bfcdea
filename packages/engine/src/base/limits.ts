/**
 * Bounds of every loop and allocation that on-disk numbers steer. Each is far above what real
 * disks hold and far below what would hurt; passing one ends in `LimitExceededError`.
 */
export const limits = {
  /** GPT allows 128 by convention; some tools write more. */
  partitionEntries: 1024,
  /** ext4 extent trees are at most five levels deep (ext4 disk layout, "Extent Tree"). */
  extentDepth: 5,
  /** Extents of one file: a fragmented 1 GB package database has a few thousand. */
  extentsPerFile: 200_000,
  directoryEntries: 500_000,
  directoryBytes: 64 * 1024 * 1024,
  /** Linux gives up at 40 (path_resolution(7)). */
  symbolicLinks: 40,
  pathComponents: 256,
  /** The largest file that is read whole: package databases are some 10 MB. */
  fileBytes: 128 * 1024 * 1024,
  packages: 50_000,
  fieldBytes: 1024 * 1024,
  /** Feed archives. */
  feedBytes: 2 * 1024 * 1024 * 1024,
  feedEntries: 1_000_000,
  feedEntryBytes: 64 * 1024 * 1024,
} as const;
