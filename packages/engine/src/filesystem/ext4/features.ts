/** Feature bits by the names of ext4(5); sources: the kernel's fs/ext4/ext4.h and e2fsprogs' e2p/feature.c. */
export const compatible = { journal: 0x4 } as const;

export const incompatible = {
  fileType: 0x2,
  needsRecovery: 0x4,
  extents: 0x40,
  wideBlockNumbers: 0x80,
  checksumSeed: 0x2000,
  largeDirectory: 0x4000,
  inlineData: 0x8000,
} as const;

export const readOnlyCompatible = { groupChecksum: 0x10, metadataChecksum: 0x400 } as const;

/** Bits that change nothing for reading files, or that are read: mmp guards writers, ea_inode concerns attributes. */
const readIncompatible = 0x2 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000;

const incompatibleNames: Readonly<Record<number, string>> = {
  0x1: 'compression',
  0x8: 'journal_dev',
  0x10: 'meta_bg',
  0x1000: 'dirdata',
  0x10000: 'encrypt',
  0x20000: 'casefold',
};

const bigalloc = 0x200;

/** Names of features that must be understood and are not, without `needs_recovery`; empty where all are read. */
export function unreadFeatures(incompatibleBits: number, readOnlyBits: number): readonly string[] {
  const names: string[] = [];
  for (let bit = 0; bit < 32; bit++) {
    const mask = 2 ** bit;
    const set = ((incompatibleBits & ~(readIncompatible | incompatible.needsRecovery)) >>> bit) & 1;
    if (set === 1) names.push(incompatibleNames[mask] ?? `incompat_0x${mask.toString(16)}`);
  }
  if ((readOnlyBits & bigalloc) !== 0) names.push('bigalloc');
  return names;
}
