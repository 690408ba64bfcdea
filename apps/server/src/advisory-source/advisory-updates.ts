import type { AdvisorySource, AdvisorySourceList } from '@nodeward/api';
import { setTimeout as delay } from 'node:timers/promises';
import type { Dependencies } from '../dependencies.ts';
import { sourcesNeeded } from './sources-needed.ts';

/** As the sources stand on disk: whether one is being fetched only the updater knows. */
export type SourceState = Omit<AdvisorySource, 'state'> & { readonly state: Exclude<AdvisorySource['state'], 'updating'> };

/** The way to the publishers; real in compose.ts. */
export interface AdvisoryFeeds {
  /** Fetches what has changed; a source that fails keeps its last data and is said in its state. */
  update(names: readonly AdvisorySource['name'][], onProgress: (name: AdvisorySource['name'], done: boolean) => void, signal: AbortSignal): Promise<{ readonly revision: string | null }>;
  read(): Promise<readonly SourceState[]>;
  revision(): Promise<string | null>;
}

export interface AdvisoryUpdateOptions {
  readonly feeds: AdvisoryFeeds;
  /** The database that the feeds make. */
  readonly folder: string;
  /** Null: only when somebody asks. */
  readonly everyHours: number | null;
  /** Lets a connection see the advisories of now: matches again what has been read, and assesses what is due. */
  readonly follow: (connectionId: string) => Promise<unknown>;
}

/** Keeps the server's own advisory database fresh, one update at a time. */
export interface AdvisoryUpdates {
  list(): Promise<AdvisorySourceList>;
  /** Begins an update, or joins the one that runs; `done` settles when its connections have been matched again. */
  begin(): { readonly done: Promise<void> };
  /** Updates whenever it is time to. */
  start(): { stop(): Promise<void> };
}

const pollMs = 60_000;
const hourMs = 3_600_000;
/** After the first attempt that failed; doubled with each further one, up to the interval. */
const retryMs = 120_000;

interface Attempts {
  readonly last: Date | undefined;
  /** How many of them failed since one went well. */
  readonly failed: number;
}

type UpdateDependencies = Pick<Dependencies, 'db' | 'clock' | 'events' | 'log'> & AdvisoryUpdateOptions;

export function createAdvisoryUpdates(deps: UpdateDependencies): AdvisoryUpdates {
  let running: Promise<void> | undefined;
  let attempts: Attempts = { last: undefined, failed: 0 };
  const pending = new Set<AdvisorySource['name']>();
  const stopping = new AbortController();
  const neededOf = async (sources: readonly SourceState[]): Promise<readonly SourceState[]> => {
    const needed = await sourcesNeeded(deps.db, await usersOf(deps));
    return sources.filter(({ name }) => needed.includes(name));
  };
  const attempt = async (): Promise<void> => {
    let failed = true;
    try {
      await updateOnce(deps, pending, stopping.signal);
      failed = (await neededOf(await deps.feeds.read())).some(({ state }) => state === 'failed');
    } finally {
      attempts = { last: deps.clock(), failed: failed ? attempts.failed + 1 : 0 };
    }
  };
  const begin = (): { readonly done: Promise<void> } => {
    attempts = { ...attempts, last: deps.clock() };
    running ??= attempt().finally(() => {
      running = undefined;
      pending.clear();
      deps.events.publish({ type: 'advisory-sources' });
    });
    return { done: running };
  };
  const nextAt = async (sources: readonly SourceState[]): Promise<Date | null> => nextUpdateAt(deps.everyHours, await neededOf(sources), attempts);
  return {
    begin,
    list: async () => {
      const sources = await deps.feeds.read();
      return {
        sources: sources.map((source) => ({ ...source, state: pending.has(source.name) ? 'updating' : source.state })),
        revision: await deps.feeds.revision(),
        everyHours: deps.everyHours,
        nextUpdateAt: (await nextAt(sources))?.toISOString() ?? null,
        updating: running !== undefined,
      };
    },
    start: () => {
      const done = poll(deps, nextAt, begin, stopping.signal);
      return {
        stop: async () => {
          stopping.abort();
          await done;
          await running?.catch(() => undefined);
        },
      };
    },
  };
}

/** Of the sources that are needed: after the oldest answer, and never sooner than the interval after the last attempt; where one failed, soon, and then later and later: it is not hammered. */
function nextUpdateAt(everyHours: number | null, sources: readonly SourceState[], { last, failed }: Attempts): Date | null {
  if (everyHours === null) return null;
  if (last !== undefined && failed > 0) return new Date(last.getTime() + Math.min(everyHours * hourMs, retryMs * 2 ** (failed - 1)));
  const answered = sources.map(({ checkedAt }) => (checkedAt === null ? 0 : Date.parse(checkedAt)));
  const oldest = answered.length === 0 ? 0 : Math.min(...answered);
  return new Date(Math.max(oldest, last?.getTime() ?? 0) + everyHours * hourMs);
}

async function poll(deps: UpdateDependencies, nextAt: (sources: readonly SourceState[]) => Promise<Date | null>, begin: AdvisoryUpdates['begin'], signal: AbortSignal): Promise<void> {
  const isStopped = (): boolean => signal.aborted;
  while (!isStopped()) {
    try {
      const next = await nextAt(await deps.feeds.read());
      if (next !== null && next <= deps.clock() && (await usersOf(deps)).length > 0) await begin().done;
    } catch (error) {
      if (!isStopped()) deps.log.error({ error }, 'the advisories could not be updated');
    }
    await delay(pollMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** Fetches, and where the revision is another one lets the connections that use the database match again. */
async function updateOnce(deps: UpdateDependencies, pending: Set<AdvisorySource['name']>, signal: AbortSignal): Promise<void> {
  const users = await usersOf(deps);
  const names = await sourcesNeeded(deps.db, users);
  for (const name of names) pending.add(name);
  deps.events.publish({ type: 'advisory-sources' });
  await deps.feeds.update(
    names,
    (name, done) => {
      if (done && pending.delete(name)) deps.events.publish({ type: 'advisory-sources' });
    },
    signal,
  );
  for (const id of users) if (!signal.aborted) await deps.follow(id);
}

/** Connections that are matched against this database, and those that have not been discovered yet. */
async function usersOf({ db, folder }: UpdateDependencies): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('connection')
    .select('id')
    .where('configured', '=', true)
    .where('paused', '=', false)
    .where('kind', 'in', ['aks', 'kubernetes'])
    .where((eb) => eb.or([eb('advisory_folder', '=', folder), eb('advisory_folder', 'is', null)]))
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
}
