import type { ImageEnds } from './disk-format.ts';

interface Signature {
  readonly name: string;
  /** Bytes from the start of the head. */
  readonly at: number;
  readonly bytes: string;
}

/**
 * Formats that are told by name so that they are never taken for an empty or unknown raw disk.
 * Sources: MS-VHDX 2.2.1; QEMU's qcow2 page; VMware's "Virtual Disk Format" 5.0; VirtualBox's
 * VDICore.h; RFC 1952, RFC 8878 and the .xz file format.
 */
const signatures: readonly Signature[] = [
  { name: 'VHDX', at: 0, bytes: 'vhdxfile' },
  { name: 'qcow2', at: 0, bytes: 'QFI\xfb' },
  { name: 'VMDK', at: 0, bytes: 'KDMV' },
  { name: 'VMDK', at: 0, bytes: 'COWD' },
  { name: 'VMDK', at: 0, bytes: '# Disk DescriptorFile' },
  { name: 'VDI', at: 0x40, bytes: '\x7f\x10\xda\xbe' },
  { name: 'gzip', at: 0, bytes: '\x1f\x8b\x08' },
  { name: 'zstd', at: 0, bytes: '\x28\xb5\x2f\xfd' },
  { name: 'xz', at: 0, bytes: '\xfd7zXZ\x00' },
];

export function unreadFormat({ head }: ImageEnds): string | undefined {
  return signatures.find((signature) => matches(head, signature))?.name;
}

function matches(head: Uint8Array, { at, bytes }: Signature): boolean {
  return Buffer.from(head.subarray(at, at + bytes.length)).toString('latin1') === bytes;
}
