import type { ServerEvent } from '@nodeward/api';

export type ServerEventListener = (event: ServerEvent) => void;

/** Tells whoever listens in this process what has changed. Events are hints to read again and may be lost with the process. */
export interface EventBus {
  publish(event: ServerEvent): void;
  /** Returns the function that ends the subscription. */
  subscribe(listener: ServerEventListener): () => void;
}

export function createEventBus(): EventBus {
  const listeners = new Set<ServerEventListener>();
  return {
    publish(event) {
      for (const listener of listeners) listener(event);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
