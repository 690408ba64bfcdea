/** Random-access bytes of one disk. */
export interface DiskSource {
  /** Bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`. Rejects with `SourceReadError` where the source cannot
   * give them; never returns fewer.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** What was asked of the source so far: bytes and requests. */
  readonly statistics?: SourceStatistics;
  close(): Promise<void>;
}

export interface SourceStatistics {
  readonly bytes: number;
  readonly requests: number;
}
