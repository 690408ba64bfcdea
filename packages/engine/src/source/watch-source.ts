import type { DiskSource, SourceStatistics } from './disk-source.ts';

export type OnReadProgress = (progress: SourceStatistics) => void;

export interface WatchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after every request that reached the source. */
  readonly onProgress?: OnReadProgress | undefined;
}

/** The same source, which stops with the signal's reason and tells how far it has come. */
export function watchSource(source: DiskSource, { signal, onProgress }: WatchOptions): DiskSource {
  let bytes = 0;
  let requests = 0;
  return {
    size: source.size,
    read: async (offset, length) => {
      signal?.throwIfAborted();
      const read = await source.read(offset, length);
      bytes += length;
      requests++;
      onProgress?.({ bytes, requests });
      return read;
    },
    close: () => source.close(),
  };
}
