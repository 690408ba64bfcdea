import { ByteReader } from '../base/byte-reader.ts';

export const mbrSectorSize = 512;
const signatureAt = 510;
const signature = 0xaa55;
const firstEntryAt = 446;
const entrySize = 16;
const entryCount = 4;

/** One entry of a master or extended boot record. */
export interface MbrEntry {
  /** 0x80 for the partition to boot from, else 0. */
  readonly status: number;
  readonly type: number;
  /** In sectors, from where the record says; in a master boot record from the start of the disk. */
  readonly start: number;
  /** 0 marks an unused entry, whatever its type says: so Linux reads it. */
  readonly sectors: number;
}

/** The four entries of a boot record; undefined where its signature is missing. */
export function mbrEntries(sector: Uint8Array, what: string): readonly MbrEntry[] | undefined {
  const reader = new ByteReader(sector, what);
  if (sector.length < mbrSectorSize || reader.u16(signatureAt) !== signature) return undefined;
  return Array.from({ length: entryCount }, (_, index) => {
    const at = firstEntryAt + index * entrySize;
    return { status: reader.u8(at), type: reader.u8(at + 4), start: reader.u32(at + 8), sectors: reader.u32(at + 12) };
  });
}

/** DOS, Windows with LBA, Linux: three types of a partition that only holds others. */
export function isExtended({ type }: MbrEntry): boolean {
  return type === 0x05 || type === 0x0f || type === 0x85;
}
