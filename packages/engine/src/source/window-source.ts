import { checkRange } from './check-range.ts';
import type { DiskSource } from './disk-source.ts';

/** A part of another source, with offsets of its own. It never reads outside; closing it leaves the other open. */
export function createWindow(source: DiskSource, start: number, size: number): DiskSource {
  checkRange(Number.MAX_SAFE_INTEGER, start, size);
  return {
    size,
    read: async (offset, length) => {
      checkRange(size, offset, length);
      return source.read(start + offset, length);
    },
    close: () => Promise.resolve(),
  };
}
