import { ByteReader } from '../../base/byte-reader.ts';
import { ChecksumMismatchError, CorruptStructureError } from '../../base/errors.ts';
import { type NotRead, notRead } from '../../base/not-read.ts';
import type { DiskSource } from '../../source/disk-source.ts';
import { createWindow } from '../../source/window-source.ts';
import type { DiskFormat } from '../disk-format.ts';

// Microsoft "Virtual Hard Disk Image Format Specification" 1.0, "Hard Disk Footer Format": big-endian, the last 512 bytes.
const cookie = 'conectix';
const footerSize = 512;
const sectorSize = 512;
const fixed = 2;
const unreadTypes: Readonly<Record<number, string>> = { 3: 'VHD dynamic', 4: 'VHD differencing' };

/** A VHD as Azure keeps its disks: fixed, the flat disk and a footer behind it. The other types are told by name. */
export const vhdFormat: DiskFormat = {
  id: 'vhd',
  recognises: ({ head, tail }) => hasCookie(tail.subarray(-footerSize)) || hasCookie(head),
  open: async (source) => {
    const end = source.size - footerSize;
    if (end < 0) throw new CorruptStructureError('VHD: shorter than its footer', 0);
    const last = await source.read(end, footerSize);
    if (hasCookie(last)) return openByFooter(source, last, end);
    // Only dynamic and differencing disks keep a copy of the footer at the start.
    return notRead('unreadable', 'truncated', 'VHD');
  },
};

function openByFooter(source: DiskSource, footer: Uint8Array, end: number): DiskSource | NotRead {
  const reader = new ByteReader(footer, 'VHD footer');
  if (checksum(footer) !== reader.u32be(64)) throw new ChecksumMismatchError('VHD footer: checksum', end);
  const type = reader.u32be(60);
  if (type !== fixed) return notRead('unsupported', 'disk-format-not-read-yet', unreadTypes[type] ?? `VHD type ${type}`);
  const size = reader.u32be(48) * 2 ** 32 + reader.u32be(52);
  if (size > end || size % sectorSize !== 0) throw new CorruptStructureError(`VHD footer: disk of ${size} bytes before a footer at ${end}`, end);
  return createWindow(source, 0, size);
}

/** The one's complement of the sum of all bytes but its own. */
function checksum(footer: Uint8Array): number {
  const sum = footer.reduce((total, byte, at) => (at >= 64 && at < 68 ? total : total + byte), 0);
  return ~sum >>> 0;
}

function hasCookie(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, cookie.length)).toString('latin1') === cookie;
}
