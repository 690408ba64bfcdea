import { DomainError } from '@nodeward/engine';
import type { Discovery } from '@nodeward/providers';
import { expireUnmatchedImages } from '../assessment/image-reading.ts';
import { rematchConnection } from '../assessment/rematch.ts';
import { messageOf } from '../database/database-errors.ts';
import type { ConfiguredConnection, Dependencies } from '../dependencies.ts';
import { reconcilePools } from '../finding/reconcile.ts';
import { NotFoundError } from '../http/errors.ts';
import { observeChanges } from '../ledger/observed-upgrade.ts';
import { readAdvisoryState } from './advisory-state.ts';
import { assessDue } from './assess-due.ts';
import { failConnection, poolsOfConnection } from './store.ts';
import { flatten, noteRevision, storeDiscovery, type WriteRights } from './store-discovery.ts';

export interface SyncOptions {
  /** False where the caller assesses the nodes itself. */
  readonly assess?: boolean;
  /** Ends the discovery before its time. */
  readonly signal?: AbortSignal;
}

/**
 * Asks the provider what there is, makes the database follow it, matches again where the advisories are new, and queues
 * the assessments that are due. A provider that fails makes the connection failed; nothing that was known is lost. True
 * where the database stands now as the provider has just told, or as it has told somebody who asked even later.
 */
export async function syncConnection(deps: Dependencies, connectionId: string, options: SyncOptions = {}): Promise<boolean> {
  const connection = deps.providers.get(connectionId);
  if (connection === undefined) throw new NotFoundError('connection', connectionId);
  if (await isPaused(deps, connectionId)) return false;
  begun += 1;
  const turn = begun;
  const discovered = await discover(deps, connection, options.signal);
  if (options.signal?.aborted === true) return false;
  // its settings were changed meanwhile: what was found by the old ones counts no more, and it is discovered once more
  if (deps.providers.get(connectionId) !== connection) return false;
  // one that began later has ended sooner: what was found here is older, and the database stands as told once that one is stored
  const newest = newestFollowed.get(connection);
  if (newest !== undefined && turn < newest.turn) {
    await newest.followed;
    return true;
  }
  try {
    if (discovered.kind === 'failed') {
      await failConnection(deps.db, connectionId, discovered.code, discovered.detail);
    } else {
      const followed = follow(deps, connection, discovered);
      newestFollowed.set(connection, { turn, followed });
      await followed;
    }
  } finally {
    // a matching that fails again and again keeps no node from being read
    deps.events.publish({ type: 'connection', connectionId });
    if (options.assess !== false) await assessDue(deps, connectionId);
  }
  return discovered.kind === 'found';
}

/** Discoveries are counted as they begin. */
let begun = 0;
/** Of those that the database has followed or is following, the one that began last. */
const newestFollowed = new WeakMap<ConfiguredConnection, { readonly turn: number; readonly followed: Promise<void> }>();

export type Discovered = { readonly kind: 'found'; readonly discovery: Discovery; readonly rights: WriteRights } | { readonly kind: 'failed'; readonly code: string; readonly detail: string };

/** A connection that has been removed meanwhile is discovered no more either. */
async function isPaused({ db }: Dependencies, id: string): Promise<boolean> {
  const row = await db.selectFrom('connection').select('paused').where('id', '=', id).executeTakeFirst();
  return row?.paused !== false;
}

/** Of one environment, however many clusters it has: Azure lets a subscription ask so many questions a minute. */
const discoveryMs = 600_000;

export async function discover(deps: Pick<Dependencies, 'log'>, connection: ConfiguredConnection, signal?: AbortSignal): Promise<Discovered> {
  const limit = AbortSignal.timeout(discoveryMs);
  try {
    const provider = await connection.open();
    return { kind: 'found', discovery: await provider.reader.discover(signal === undefined ? limit : AbortSignal.any([limit, signal])), rights: { canUpgrade: provider.writer !== undefined, canChangeAutoUpgrade: provider.writer?.setAutoUpgrade !== undefined } };
  } catch (error) {
    if (!(error instanceof DomainError) && signal?.aborted !== true) deps.log.error({ connection: connection.id, error }, 'a provider broke its promise');
    return { kind: 'failed', code: codeOf(error), detail: messageOf(error).replace(/\s+/g, ' ').trim() };
  }
}

export function codeOf(error: unknown): string {
  if (error instanceof DomainError) return error.code;
  return error instanceof DOMException && error.name === 'TimeoutError' ? 'PROVIDER_TIMEOUT' : 'UNEXPECTED';
}

async function follow(deps: Dependencies, connection: ConfiguredConnection, { discovery, rights }: Extract<Discovered, { kind: 'found' }>): Promise<void> {
  const at = deps.clock();
  const advisories = await readAdvisoryState(connection.kind, discovery.advisoryDatabase);
  const changes = await observeChanges(deps, connection.id, flatten(connection.id, discovery).nodes);
  const { changedPools, foreignPools, advisoriesChanged } = await storeDiscovery(deps.db, connection.id, discovery, advisories, rights, at, changes);
  await reconcilePools(deps.db, foreignPools, at);
  const touched = advisoriesChanged ? await poolsOfConnection(deps.db, connection.id) : changedPools;
  if (advisoriesChanged) {
    const isMatchedAgain = await matchAgain(deps, connection.id, advisories.revision);
    if (!isMatchedAgain) await reconcilePools(deps.db, touched, at);
    await expireUnmatchedImages(deps.db, connection.id);
    await noteRevision(deps.db, connection.id, advisories.revision);
  }
  for (const poolId of [...touched, ...foreignPools]) deps.events.publish({ type: 'pool', poolId });
}

/** By connection and revision: whoever sees the same new advisories meanwhile waits for the same matching. */
const matching = new Map<string, Promise<boolean>>();

function matchAgain(deps: Dependencies, connectionId: string, revision: string | null): Promise<boolean> {
  const key = `${connectionId} ${revision}`;
  const running = matching.get(key);
  if (running !== undefined) return running;
  const rematch = rematchConnection(deps, connectionId).finally(() => matching.delete(key));
  matching.set(key, rematch);
  return rematch;
}
