/**
 * Since when the worker has been inside one statement, shared between its thread and ours: while WebAssembly runs,
 * the worker's event loop answers nothing, so a message could not tell. Nanoseconds of the monotonic clock; a step
 * of the wall clock must not end a statement.
 */
export class StatementClock {
  readonly memory: SharedArrayBuffer;
  readonly #startedAt: BigInt64Array;

  constructor(memory = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#startedAt = new BigInt64Array(memory);
  }

  start(): void {
    Atomics.store(this.#startedAt, 0, process.hrtime.bigint());
  }

  stop(): void {
    Atomics.store(this.#startedAt, 0, 0n);
  }

  /** Zero while no statement runs. */
  runningMs(): number {
    const startedAt = Atomics.load(this.#startedAt, 0);
    return startedAt === 0n ? 0 : Number((process.hrtime.bigint() - startedAt) / 1_000_000n);
  }
}
