/** Several callers who want the same thing wait for one run of it. The run is aborted when the last of them has gone. */
export class SharedWork<Result> {
  readonly #running = new Map<string, { readonly result: Promise<Result>; readonly abort: AbortController; waiting: number }>();

  async run(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    signal.throwIfAborted();
    const run = this.#running.get(key) ?? this.#start(key, work);
    run.waiting += 1;
    try {
      return await untilAborted(run.result, signal);
    } finally {
      run.waiting -= 1;
      if (run.waiting === 0) {
        run.abort.abort();
        if (this.#running.get(key) === run) this.#running.delete(key);
      }
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<Result>): { result: Promise<Result>; abort: AbortController; waiting: number } {
    const abort = new AbortController();
    const run = { result: work(abort.signal), abort, waiting: 0 };
    // Whoever waits hears of it; an aborted run has nobody who does.
    run.result.catch(() => undefined);
    this.#running.set(key, run);
    return run;
  }
}

function untilAborted<Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason instanceof Error ? signal.reason : new DOMException('aborted', 'AbortError'));
    signal.addEventListener('abort', onAbort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
