import { LimitExceededError, SourceTruncatedError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { RootTree } from '../../filesystem/filesystem.ts';

/** Bytes of one request to the tree, aligned. */
const windowSize = 256 * 1024;
/** Windows kept: a chain of pages runs forward, a b-tree comes back to its inner pages. */
const keptWindows = 8;

/** One file of the tree at any offset. */
export interface RandomFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Exactly `length` bytes; `SourceTruncatedError` where the file ends before. Do not write into them. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Undefined where no file lies there. */
export async function openRandomFile(root: RootTree, path: string): Promise<RandomFile | undefined> {
  // Resolved once: every window would follow the links again.
  const real = await root.realPath(path);
  const status = await root.status(real);
  if (status?.kind !== 'file') return undefined;
  const { size } = status;
  if (size > limits.rpmDatabaseBytes) throw new LimitExceededError(`${path}: ${size} bytes`);
  const windows = createWindows(root, real, size);
  return {
    path,
    size,
    read: async (offset, length) => {
      if (offset < 0 || offset + length > size) throw new SourceTruncatedError(`${path}: ${length} bytes at ${offset} of ${size}`);
      const first = Math.floor(offset / windowSize);
      const start = offset - first * windowSize;
      if (start + length <= windowSize) return (await windows(first)).subarray(start, start + length);
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const index = Math.floor((offset + at) / windowSize);
        const part = (await windows(index)).subarray(offset + at - index * windowSize).subarray(0, length - at);
        bytes.set(part, at);
        at += part.length;
      }
      return bytes;
    },
  };
}

function createWindows(root: RootTree, path: string, size: number): (index: number) => Promise<Uint8Array> {
  /** Least recently used first: a Map keeps the order of insertion. */
  const kept = new Map<number, Uint8Array>();
  return async (index) => {
    const expected = Math.min(windowSize, size - index * windowSize);
    const bytes = kept.get(index) ?? (await root.readRange(path, index * windowSize, expected));
    if (bytes?.length !== expected) throw new SourceTruncatedError(`${path}: window ${index}`);
    kept.delete(index);
    kept.set(index, bytes);
    const [oldest] = kept.keys();
    if (kept.size > keptWindows && oldest !== undefined) kept.delete(oldest);
    return bytes;
  };
}
