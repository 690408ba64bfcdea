import { checkRange } from './check-range.ts';
import type { DiskSource, SourceStatistics } from './disk-source.ts';

export interface BlockCacheOptions {
  /** Bytes. */
  readonly blockSize?: number;
  /** Bytes kept; at least one block stays. */
  readonly capacity?: number;
  /** Bytes asked for in one request at most, read-ahead included. */
  readonly requestSize?: number;
}

/**
 * Keeps aligned blocks of a slower source. Neighbouring blocks come in one request, sequential
 * access reads ahead in doubling steps, and a block on its way is never asked for twice.
 * What it returns may share bytes with the cache: do not write into it.
 */
export function createBlockCache(source: DiskSource, options: BlockCacheOptions = {}): DiskSource & { readonly statistics: SourceStatistics } {
  return new BlockCache(source, options);
}

class BlockCache implements DiskSource {
  readonly size: number;
  readonly #source: DiskSource;
  readonly #blockSize: number;
  readonly #maxBlocks: number;
  readonly #maxRun: number;
  /** Least recently used first: a Map keeps the order of insertion. */
  readonly #blocks = new Map<number, Uint8Array>();
  readonly #inFlight = new Map<number, Promise<Uint8Array>>();
  #nextSequential = -1;
  #ahead = 0;
  #bytes = 0;
  #requests = 0;

  constructor(source: DiskSource, { blockSize = 256 * 1024, capacity = 24 * 1024 * 1024, requestSize = 4 * 1024 * 1024 }: BlockCacheOptions) {
    this.#source = source;
    this.size = source.size;
    this.#blockSize = blockSize;
    this.#maxBlocks = Math.max(1, Math.floor(capacity / blockSize));
    this.#maxRun = Math.max(1, Math.min(Math.floor(requestSize / blockSize), this.#maxBlocks));
  }

  get statistics(): SourceStatistics {
    return { bytes: this.#bytes, requests: this.#requests };
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this.size, offset, length);
    const first = Math.floor(offset / this.#blockSize);
    const last = Math.floor(Math.max(offset, offset + length - 1) / this.#blockSize);
    if (length === 0) return new Uint8Array(0);
    if (first === last) {
      const block = await this.#block(first, last);
      return block.subarray(offset - first * this.#blockSize, offset - first * this.#blockSize + length);
    }
    return this.#gather(offset, length, first, last);
  }

  close(): Promise<void> {
    this.#blocks.clear();
    return this.#source.close();
  }

  async #gather(offset: number, length: number, first: number, last: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let index = first; index <= last; index++) {
      const block = await this.#block(index, last);
      const start = index * this.#blockSize;
      const from = Math.max(offset, start) - start;
      const to = Math.min(offset + length, start + block.length) - start;
      bytes.set(block.subarray(from, to), start + from - offset);
    }
    return bytes;
  }

  /** The block `index`; on a miss also the missing blocks behind it up to `wanted`, and read-ahead. */
  async #block(index: number, wanted: number): Promise<Uint8Array> {
    const kept = this.#blocks.get(index);
    if (kept !== undefined) {
      this.#keep(index, kept);
      return kept;
    }
    return this.#inFlight.get(index) ?? this.#request(index, wanted);
  }

  #request(index: number, wanted: number): Promise<Uint8Array> {
    const count = this.#runLength(index, wanted);
    const start = index * this.#blockSize;
    const length = Math.min(count * this.#blockSize, this.size - start);
    this.#requests++;
    this.#bytes += length;
    const run = this.#source.read(start, length);
    const blocks = Array.from({ length: count }, (_, nth) => this.#arrive(run, index + nth, nth * this.#blockSize, count > 1));
    // A failed run rejects every block of it; only the first is awaited here, the others by whoever wants them.
    for (const block of blocks.slice(1)) block.catch(() => undefined);
    return blocks[0] ?? run;
  }

  #runLength(index: number, wanted: number): number {
    this.#ahead = index === this.#nextSequential ? Math.min(Math.max(1, this.#ahead * 2), this.#maxRun) : 0;
    const lastBlock = Math.ceil(this.size / this.#blockSize) - 1;
    const end = Math.min(Math.max(wanted, index + this.#ahead), index + this.#maxRun - 1, lastBlock);
    let count = 1;
    while (index + count <= end && !this.#blocks.has(index + count) && !this.#inFlight.has(index + count)) count++;
    this.#nextSequential = index + count;
    return count;
  }

  #arrive(run: Promise<Uint8Array>, index: number, from: number, copy: boolean): Promise<Uint8Array> {
    const arriving = run.then(
      (bytes) => {
        const part = bytes.subarray(from, Math.min(from + this.#blockSize, bytes.length));
        // A copy, or one kept block would hold on to the whole run.
        const block = copy ? new Uint8Array(part) : part;
        this.#inFlight.delete(index);
        this.#keep(index, block);
        return block;
      },
      (error: unknown) => {
        this.#inFlight.delete(index);
        throw error;
      },
    );
    this.#inFlight.set(index, arriving);
    return arriving;
  }

  #keep(index: number, block: Uint8Array): void {
    this.#blocks.delete(index);
    this.#blocks.set(index, block);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= this.#maxBlocks) return;
      this.#blocks.delete(oldest);
    }
  }
}
