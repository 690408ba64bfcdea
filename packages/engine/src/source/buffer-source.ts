import { checkRange } from './check-range.ts';
import type { DiskSource } from './disk-source.ts';

/** A disk that lies in memory. What is read shares its bytes: do not write into it. */
export function createBufferSource(bytes: Uint8Array): DiskSource {
  return {
    size: bytes.length,
    read: (offset, length) =>
      Promise.resolve().then(() => {
        checkRange(bytes.length, offset, length);
        return bytes.subarray(offset, offset + length);
      }),
    close: () => Promise.resolve(),
  };
}
