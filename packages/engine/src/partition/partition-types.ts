/** What a partition is for, as its type says. */
export type PartitionRole = 'out-of-scope' | 'root' | 'usr' | 'var' | 'boot' | 'swap' | 'any';

export interface PartitionType {
  readonly name: string;
  readonly role: PartitionRole;
}

/**
 * Sources: UEFI specification 5.3.3; UAPI.2 "Discoverable Partitions Specification"; Microsoft's
 * PARTITION_INFORMATION_GPT. The partition's name is never looked at.
 */
const typesByGuid: Readonly<Record<string, PartitionType>> = {
  'c12a7328-f81f-11d2-ba4b-00a0c93ec93b': { name: 'EFI system', role: 'out-of-scope' },
  '21686148-6449-6e6f-744e-656564454649': { name: 'BIOS boot', role: 'out-of-scope' },
  '9e1a2d38-c612-4316-aa26-8b49521e5a8b': { name: 'PowerPC PReP boot', role: 'out-of-scope' },
  'e3c9e316-0b5c-4db8-817d-f92df00215ae': { name: 'Microsoft reserved', role: 'out-of-scope' },
  '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f': { name: 'swap', role: 'swap' },
  '4f68bce3-e8cd-4db1-96e7-fbcaf984b709': { name: 'Linux root (x86-64)', role: 'root' },
  'b921b045-1df0-41c3-af44-4c6f280d3fae': { name: 'Linux root (arm64)', role: 'root' },
  '8484680c-9521-48c6-9c11-b0720656f69e': { name: 'Linux /usr (x86-64)', role: 'usr' },
  'b0e01050-ee5f-4390-949a-9101b17104e9': { name: 'Linux /usr (arm64)', role: 'usr' },
  '4d21b016-b534-45c2-a9fb-5c16e091fd2d': { name: 'Linux /var', role: 'var' },
  'bc13c2ff-59e6-4262-a352-b275fd6f7172': { name: 'Linux extended boot', role: 'boot' },
  '0fc63daf-8483-4772-8e79-3d69d8477de4': { name: 'Linux filesystem', role: 'any' },
  'e6d6d379-f507-44c2-a23c-238f2a3df928': { name: 'Linux LVM', role: 'any' },
  'ca7d7ccb-63ed-4c53-861c-1742536059cc': { name: 'Linux LUKS', role: 'any' },
  'a19d880f-05fc-4d3b-a006-743f0f84911e': { name: 'Linux RAID', role: 'any' },
  'ebd0a0a2-b9e5-4433-87c0-68b6b72699c7': { name: 'Microsoft basic data', role: 'any' },
};

export function partitionType(guid: string): PartitionType {
  return typesByGuid[guid] ?? { name: guid, role: 'any' };
}

/** Sources: util-linux' include/pt-mbr-partnames.h; UAPI.1 "Boot Loader Specification" for 0xea. */
const typesByByte: Readonly<Record<number, PartitionType>> = {
  0x01: { name: 'FAT12', role: 'any' },
  0x04: { name: 'FAT16', role: 'any' },
  0x06: { name: 'FAT16', role: 'any' },
  0x07: { name: 'NTFS or exFAT', role: 'any' },
  0x0b: { name: 'FAT32', role: 'any' },
  0x0c: { name: 'FAT32', role: 'any' },
  0x0e: { name: 'FAT16', role: 'any' },
  0x41: { name: 'PowerPC PReP boot', role: 'out-of-scope' },
  0x82: { name: 'swap', role: 'swap' },
  0x83: { name: 'Linux filesystem', role: 'any' },
  0x8e: { name: 'Linux LVM', role: 'any' },
  0xe8: { name: 'Linux LUKS', role: 'any' },
  0xea: { name: 'Linux extended boot', role: 'boot' },
  0xef: { name: 'EFI system', role: 'out-of-scope' },
  0xfd: { name: 'Linux RAID', role: 'any' },
};

export function partitionTypeOfByte(type: number): PartitionType {
  return typesByByte[type] ?? { name: `0x${type.toString(16).padStart(2, '0')}`, role: 'any' };
}
