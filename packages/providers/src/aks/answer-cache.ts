import { ProviderBusyError } from '../errors.ts';
import { ArmError } from './arm-error.ts';

/** Throttled calls of AKS leave room for one look an hour (`throttle-budget.ts`). */
const freshMilliseconds = 60 * 60 * 1000;

export interface Cached<Value> {
  /** Of an hour ago, or older where Azure does not answer; undefined where it never did. */
  readonly value?: Value;
  /** One line: why there is no newer value. */
  readonly failure?: string;
}

/** Answers that rarely change. Whoever asks for the same at the same time waits for one request. */
export interface AnswerCache<Value> {
  get(key: string, load: () => Promise<Value>): Promise<Cached<Value>>;
}

export function openAnswerCache<Value>(now: () => number): AnswerCache<Value> {
  const kept = new Map<string, { readonly value: Value; readonly at: number }>();
  const running = new Map<string, Promise<Cached<Value>>>();
  const renew = async (key: string, load: () => Promise<Value>): Promise<Cached<Value>> => {
    const old = kept.get(key);
    const loaded = await tolerated(load);
    if ('failure' in loaded) return { ...(old === undefined ? {} : { value: old.value }), failure: loaded.failure };
    kept.set(key, { value: loaded.value, at: now() });
    return { value: loaded.value };
  };
  return {
    async get(key, load) {
      const old = kept.get(key);
      if (old !== undefined && now() - old.at < freshMilliseconds) return { value: old.value };
      const pending = running.get(key) ?? renew(key, load).finally(() => running.delete(key));
      running.set(key, pending);
      return pending;
    },
  };
}

/** What Azure refuses becomes a line; a broken promise or an aborted signal stays an exception. */
export async function tolerated<Value>(load: () => Promise<Value>): Promise<{ readonly value: Value } | { readonly failure: string; readonly error: ArmError | ProviderBusyError }> {
  try {
    return { value: await load() };
  } catch (error) {
    if (error instanceof ArmError || error instanceof ProviderBusyError) return { failure: error.message, error };
    throw error;
  }
}
