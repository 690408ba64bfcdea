import { DomainError } from '@nodeward/engine';
import type { Discovery } from '@nodeward/providers';
import { rematchConnection } from '../assessment/rematch.ts';
import { messageOf } from '../database/database-errors.ts';
import type { ConfiguredConnection, Dependencies } from '../dependencies.ts';
import { reconcilePools } from '../finding/reconcile.ts';
import { NotFoundError } from '../http/errors.ts';
import { observeChanges } from '../ledger/observed-upgrade.ts';
import { readAdvisoryState } from './advisory-state.ts';
import { assessDue } from './assess-due.ts';
import { failConnection, poolsOfConnection } from './store.ts';
import { flatten, storeDiscovery, type WriteRights } from './store-discovery.ts';

export interface SyncOptions {
  /** False where the caller assesses the nodes itself. */
  readonly assess?: boolean;
  /** Ends the discovery before its time. */
  readonly signal?: AbortSignal;
}

/**
 * Asks the provider what there is, makes the database follow it, matches again where the advisories are new, and queues
 * the assessments that are due. A provider that fails makes the connection failed; nothing that was known is lost.
 */
export async function syncConnection(deps: Dependencies, connectionId: string, options: SyncOptions = {}): Promise<void> {
  const connection = deps.providers.get(connectionId);
  if (connection === undefined) throw new NotFoundError('connection', connectionId);
  if (await isPaused(deps, connectionId)) return;
  const discovered = await discover(deps, connection, options.signal);
  if (options.signal?.aborted === true) return;
  // its settings were changed meanwhile: what was found by the old ones counts no more, and it is discovered once more
  if (deps.providers.get(connectionId) !== connection) return;
  if (discovered.kind === 'failed') {
    await failConnection(deps.db, connectionId, discovered.code, discovered.detail);
  } else {
    await follow(deps, connection, discovered);
  }
  deps.events.publish({ type: 'connection', connectionId });
  if (options.assess !== false) await assessDue(deps, connectionId);
}

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
  const { changedPools, advisoriesChanged } = await storeDiscovery(deps.db, connection.id, discovery, advisories, rights, at, changes);
  const isMatchedAgain = advisoriesChanged && (await rematchConnection(deps, connection.id));
  const touched = advisoriesChanged ? await poolsOfConnection(deps.db, connection.id) : changedPools;
  // a rematch has settled everything but what the discovery itself has changed
  await reconcilePools(deps.db, isMatchedAgain ? changedPools : touched, at);
  for (const poolId of touched) deps.events.publish({ type: 'pool', poolId });
}
