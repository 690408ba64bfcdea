/**
 * Bounds of every loop and allocation that on-disk numbers steer. Each is far above what real
 * disks hold and far below what would hurt; passing one ends in `LimitExceededError`.
 */
export const limits = {
  /** GPT allows 128 by convention; some tools write more. */
  partitionEntries: 1024,
  /** Linux numbers 256 partitions of one disk; fdisk makes 60. */
  logicalPartitions: 256,
  /** ext4 extent trees are at most five levels deep (ext4 disk layout, "Extent Tree"). */
  extentDepth: 5,
  /** Extents of one file: a fragmented 1 GB package database has a few thousand. */
  extentsPerFile: 200_000,
  /** Blocks, or revoked blocks, of one journal: mke2fs gives the largest disks 262,144 blocks, and only a part of them waits to be replayed. */
  journalBlocks: 500_000,
  directoryEntries: 500_000,
  directoryBytes: 64 * 1024 * 1024,
  /** Linux gives up at 40 (path_resolution(7)). */
  symbolicLinks: 40,
  pathComponents: 256,
  /** The largest file that is read whole: package databases are some 10 MB. */
  fileBytes: 128 * 1024 * 1024,
  packages: 50_000,
  /** SQLite's own trees end at some 20 levels, however large the database. */
  bTreeDepth: 20,
  /** SQLite begins its log anew at 1,000 frames unless somebody keeps reading. */
  walFrames: 500_000,
  /** Never read whole: Red Hat's fullest machines have some 300 MB. */
  rpmDatabaseBytes: 1024 * 1024 * 1024,
  /** One rpm header: that of a package with 100,000 files has some 20 MB. */
  rpmHeaderBytes: 64 * 1024 * 1024,
  /** HEADER_TAGS_MAX of rpm's lib/header.c. */
  rpmHeaderEntries: 65_535,
  rpmTextBytes: 4096,
  bdbBuckets: 1_000_000,
  fieldBytes: 1024 * 1024,
  /** Program or section headers of one ELF file: real ones have a few dozen. */
  elfHeaders: 1024,
  /** Go's build information is some 20 KB; a kubelet's has 200 modules. */
  goBuildInfoBytes: 4 * 1024 * 1024,
  goModules: 10_000,
  /** Binaries of node components on one disk; node images cache some fifty. */
  components: 2000,
  /** Units, drop-ins, containerd and CNI configuration, start scripts. */
  configurationBytes: 1024 * 1024,
  configurationFiles: 1000,
  /** Feed archives. */
  feedBytes: 2 * 1024 * 1024 * 1024,
  feedEntries: 1_000_000,
  feedEntryBytes: 64 * 1024 * 1024,
  /** Feeds of lines (EPSS has 360,000, in 10 MB). */
  feedLines: 3_000_000,
  feedLineBytes: 4096,
} as const;
