const base = 65_521;
/** RFC 1950, §9: so many bytes fit before a sum needs its remainder; ours are doubles, which hold far more. */
const stride = 5552;

/** Adler-32 of RFC 1950: ndb keeps it behind every blob, and Node's zlib does not give it out. */
export function adler32(bytes: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (let start = 0; start < bytes.length; start += stride) {
    for (const byte of bytes.subarray(start, start + stride)) {
      low += byte;
      high += low;
    }
    low %= base;
    high %= base;
  }
  return high * 65_536 + low;
}
