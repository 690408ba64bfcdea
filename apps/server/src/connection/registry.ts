import type { Provider } from '@nodeward/providers';
import type { ConfiguredConnection, ConnectionProviders } from '../dependencies.ts';

/** The connections of this process: what the configuration names and what has been stored, which comes and goes. */
export interface ConnectionRegistry extends ConnectionProviders {
  add(connection: NewConnection): void;
  /** In the place of the one with the same id; what is under way through that one may end. */
  replace(connection: NewConnection): void;
  /** Resolves when its provider is closed. */
  remove(connectionId: string): Promise<void>;
  close(): Promise<void>;
}

export interface NewConnection extends Omit<ConfiguredConnection, 'open'> {
  /** Called at the first use, and again after it has failed: what was wrong may have been put right. */
  readonly opener: () => Promise<Provider>;
}

interface Entry {
  readonly connection: ConfiguredConnection;
  close(): Promise<void>;
}

/** Longer than anything that is read through a provider may take. */
const retirementMs = 600_000;

export function createConnectionRegistry(): ConnectionRegistry {
  const entries = new Map<string, Entry>();
  const retired = new Map<Entry, NodeJS.Timeout>();
  const end = async (entry: Entry): Promise<void> => {
    clearTimeout(retired.get(entry));
    retired.delete(entry);
    await entry.close();
  };
  return {
    get all() {
      return [...entries.values()].map(({ connection }) => connection);
    },
    get: (id) => entries.get(id)?.connection,
    add: (connection) => {
      if (entries.has(connection.id)) throw new Error(`there are two connections ${connection.id}`);
      entries.set(connection.id, entryOf(connection));
    },
    replace: (connection) => {
      const before = entries.get(connection.id);
      entries.set(connection.id, entryOf(connection));
      // a provider that cannot be closed has nothing more to do either
      if (before !== undefined) retired.set(before, setTimeout(() => void end(before).catch(() => undefined), retirementMs).unref());
    },
    remove: async (id) => {
      const entry = entries.get(id);
      entries.delete(id);
      await entry?.close();
    },
    close: async () => {
      for (const entry of [...entries.values(), ...retired.keys()]) await end(entry);
    },
  };
}

function entryOf({ opener, ...connection }: NewConnection): Entry {
  let current: Promise<Provider> | undefined;
  const open = (): Promise<Provider> => {
    if (current !== undefined) return current;
    const opening = opener();
    current = opening;
    opening.catch(() => {
      if (current === opening) current = undefined;
    });
    return opening;
  };
  return {
    connection: { ...connection, open },
    close: async () => {
      const [opened] = await Promise.allSettled(current === undefined ? [] : [current]);
      if (opened?.status === 'fulfilled') await opened.value.close();
    },
  };
}
