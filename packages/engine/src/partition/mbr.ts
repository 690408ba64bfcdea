import { ByteReader } from '../base/byte-reader.ts';

const gptProtective = 0xee;

/**
 * What the first sector says about partitions. A boot sector of a filesystem ends with the same
 * signature: only with four plausible entries, one of them used, it is a table.
 */
export function recogniseMbr(sector: Uint8Array): 'mbr' | 'protective' | undefined {
  const reader = new ByteReader(sector, 'MBR');
  if (sector.length < 512 || reader.u16(510) !== 0xaa55) return undefined;
  const entries = [446, 462, 478, 494].map((at) => ({
    status: reader.u8(at),
    type: reader.u8(at + 4),
    start: reader.u32(at + 8),
    sectors: reader.u32(at + 12),
  }));
  const used = entries.filter((entry) => entry.type !== 0);
  const plausible = entries.every((entry) => entry.status === 0 || entry.status === 0x80);
  if (!plausible || used.length === 0 || used.some((entry) => entry.start === 0 || entry.sectors === 0)) return undefined;
  return used.some((entry) => entry.type === gptProtective) ? 'protective' : 'mbr';
}
