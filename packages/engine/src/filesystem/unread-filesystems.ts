import { ByteReader } from '../base/byte-reader.ts';
import { notRead } from '../base/not-read.ts';
import type { UnreadFilesystem } from './filesystem-reader.ts';
import { formatUuid } from './format-uuid.ts';

interface Signature {
  readonly name: string;
  readonly at: number;
  /** Latin-1. */
  readonly bytes: string;
  readonly label?: readonly [at: number, length: number];
  readonly uuid?: (reader: ByteReader) => string;
}

/**
 * Filesystems that are told by name. Sources: the kernel's xfs_format.h, btrfs_tree.h, squashfs_fs.h,
 * erofs_fs.h, f2fs_fs.h; "Microsoft Extensible Firmware Initiative FAT32 File System Specification";
 * ntfs-3g layout.h; ECMA-119.
 */
const signatures: readonly Signature[] = [
  { name: 'xfs', at: 0, bytes: 'XFSB', label: [108, 12], uuid: (reader) => uuidAt(reader, 32) },
  { name: 'btrfs', at: 0x10040, bytes: '_BHRfS_M', label: [0x1012b, 256], uuid: (reader) => uuidAt(reader, 0x10020) },
  { name: 'squashfs', at: 0, bytes: 'hsqs' },
  { name: 'erofs', at: 1024, bytes: '\xe2\xe1\xf5\xe0', uuid: (reader) => uuidAt(reader, 1024 + 48) },
  { name: 'f2fs', at: 1024, bytes: '\x10\x20\xf5\xf2' },
  { name: 'ntfs', at: 3, bytes: 'NTFS    ' },
  { name: 'vfat', at: 82, bytes: 'FAT32   ', label: [71, 11], uuid: (reader) => volumeId(reader, 67) },
  { name: 'vfat', at: 54, bytes: 'FAT1', label: [43, 11], uuid: (reader) => volumeId(reader, 39) },
  { name: 'iso9660', at: 0x8001, bytes: 'CD001' },
  { name: 'exfat', at: 3, bytes: 'EXFAT   ' },
];

/** The filesystem that is there but not read yet; undefined where nothing is recognised. */
export function recogniseUnread(head: Uint8Array): UnreadFilesystem | undefined {
  const reader = new ByteReader(head, 'filesystem signature');
  const found = signatures.find(({ at, bytes }) => at + bytes.length <= head.length && reader.latin1(at, bytes.length) === bytes);
  if (found === undefined) return undefined;
  const complete = head.length >= 0x10300;
  return {
    ...notRead('unsupported', 'filesystem-not-read-yet', found.name),
    ...(complete && found.label !== undefined ? { label: trimmed(reader.latin1(...found.label)) } : {}),
    ...(complete && found.uuid !== undefined ? { uuid: found.uuid(reader) } : {}),
  };
}

function trimmed(text: string): string {
  return text.split('\0', 1)[0]?.trim() ?? '';
}

/** As blkid and fstab write it. */
function volumeId(reader: ByteReader, at: number): string {
  const hex = reader.u32(at).toString(16).padStart(8, '0');
  return `${hex.slice(0, 4)}-${hex.slice(4)}`;
}

function uuidAt(reader: ByteReader, at: number): string {
  return formatUuid(reader.bytes(at, 16));
}
