import type { ImageEnds } from './disk-format.ts';

interface Signature {
  readonly name: string;
  readonly in: keyof ImageEnds;
  /** Bytes from the start of the head, or before the end of the tail. */
  readonly at: number;
  readonly bytes: string;
}

/**
 * Formats that are told by name so that they are never taken for an empty or unknown raw disk.
 * Sources: Microsoft's VHD (cookie of the footer) and MS-VHDX 2.2.1; QEMU's qcow2 page; VMware's
 * "Virtual Disk Format" 5.0; VirtualBox's VDICore.h; RFC 1952, RFC 8878 and the .xz file format.
 */
const signatures: readonly Signature[] = [
  { name: 'VHD', in: 'tail', at: 512, bytes: 'conectix' },
  { name: 'VHD', in: 'head', at: 0, bytes: 'conectix' },
  { name: 'VHDX', in: 'head', at: 0, bytes: 'vhdxfile' },
  { name: 'qcow2', in: 'head', at: 0, bytes: 'QFI\xfb' },
  { name: 'VMDK', in: 'head', at: 0, bytes: 'KDMV' },
  { name: 'VMDK', in: 'head', at: 0, bytes: 'COWD' },
  { name: 'VMDK', in: 'head', at: 0, bytes: '# Disk DescriptorFile' },
  { name: 'VDI', in: 'head', at: 0x40, bytes: '\x7f\x10\xda\xbe' },
  { name: 'gzip', in: 'head', at: 0, bytes: '\x1f\x8b\x08' },
  { name: 'zstd', in: 'head', at: 0, bytes: '\x28\xb5\x2f\xfd' },
  { name: 'xz', in: 'head', at: 0, bytes: '\xfd7zXZ\x00' },
];

export function unreadFormat(ends: ImageEnds): string | undefined {
  return signatures.find((signature) => matches(ends, signature))?.name;
}

function matches(ends: ImageEnds, signature: Signature): boolean {
  const bytes = ends[signature.in];
  const start = signature.in === 'tail' ? bytes.length - signature.at : signature.at;
  if (start < 0) return false;
  return Buffer.from(bytes.subarray(start, start + signature.bytes.length)).toString('latin1') === signature.bytes;
}
