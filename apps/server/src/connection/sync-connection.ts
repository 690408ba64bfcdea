import { DomainError } from '@nodeward/engine';
import type { Discovery } from '@nodeward/providers';
import { rematchConnection } from '../assessment/rematch.ts';
import { messageOf } from '../database/database-errors.ts';
import type { ConfiguredConnection, Dependencies } from '../dependencies.ts';
import { reconcilePools } from '../finding/reconcile.ts';
import { NotFoundError } from '../http/errors.ts';
import { readAdvisoryState } from './advisory-state.ts';
import { assessDue } from './assess-due.ts';
import { failConnection, poolsOfConnection } from './store.ts';
import { storeDiscovery } from './store-discovery.ts';

export interface SyncOptions {
  /** False where the caller assesses the nodes itself. */
  readonly assess?: boolean;
}

/**
 * Asks the provider what there is, makes the database follow it, matches again where the advisories are new, and queues
 * the assessments that are due. A provider that fails makes the connection failed; nothing that was known is lost.
 */
export async function syncConnection(deps: Dependencies, connectionId: string, options: SyncOptions = {}): Promise<void> {
  const connection = deps.providers.get(connectionId);
  if (connection === undefined) throw new NotFoundError('connection', connectionId);
  const discovered = await discover(deps, connection);
  if (discovered.kind === 'failed') {
    await failConnection(deps.db, connectionId, discovered.code, discovered.detail);
  } else {
    await follow(deps, connection, discovered);
  }
  deps.events.publish({ type: 'connection', connectionId });
  if (options.assess !== false) await assessDue(deps, connectionId);
}

type Discovered = { readonly kind: 'found'; readonly discovery: Discovery; readonly canUpgrade: boolean } | { readonly kind: 'failed'; readonly code: string; readonly detail: string };

async function discover(deps: Dependencies, connection: ConfiguredConnection): Promise<Discovered> {
  try {
    const provider = await connection.open();
    return { kind: 'found', discovery: await provider.reader.discover(AbortSignal.timeout(60_000)), canUpgrade: provider.writer !== undefined };
  } catch (error) {
    if (!(error instanceof DomainError)) deps.log.error({ connection: connection.id, error }, 'a provider broke its promise');
    return { kind: 'failed', code: codeOf(error), detail: messageOf(error).replace(/\s+/g, ' ').trim() };
  }
}

function codeOf(error: unknown): string {
  if (error instanceof DomainError) return error.code;
  return error instanceof DOMException && error.name === 'TimeoutError' ? 'PROVIDER_TIMEOUT' : 'UNEXPECTED';
}

async function follow(deps: Dependencies, connection: ConfiguredConnection, { discovery, canUpgrade }: Extract<Discovered, { kind: 'found' }>): Promise<void> {
  const at = deps.clock();
  const advisories = await readAdvisoryState(connection.kind, discovery.advisoryDatabase);
  const { changedPools, advisoriesChanged } = await storeDiscovery(deps.db, connection.id, discovery, advisories, canUpgrade, at);
  if (advisoriesChanged) await rematchConnection(deps, connection.id);
  const touched = advisoriesChanged ? await poolsOfConnection(deps.db, connection.id) : changedPools;
  await reconcilePools(deps.db, touched, at);
  for (const poolId of touched) deps.events.publish({ type: 'pool', poolId });
}
