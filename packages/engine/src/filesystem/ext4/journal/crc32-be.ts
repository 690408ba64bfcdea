const polynomial = 0x04c11db7;
const table = Uint32Array.from({ length: 256 }, (_, byte) => remainderOf(byte));

function remainderOf(byte: number): number {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ polynomial : value << 1;
  return value;
}

/** CRC-32 with the highest bit first and without inversions: the kernel's crc32_be, which the oldest journal checksums use. */
export function crc32be(remainder: number, bytes: Uint8Array): number {
  let crc = remainder;
  for (const byte of bytes) crc = (crc << 8) ^ (table[((crc >>> 24) ^ byte) & 0xff] ?? 0);
  return crc >>> 0;
}
