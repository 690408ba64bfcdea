import { sql } from 'kysely';
import { cancelAssessments } from '../assessment/store.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database } from '../database/schema.ts';
import { ConflictError } from '../http/errors.ts';
import type { DescribedConnection } from './describe-request.ts';
import type { StoredConnection } from './open-stored.ts';

export interface KnownConnection extends StoredConnection {
  readonly name: string;
  readonly location: string | null;
}

/** Those that were added while a server ran, in that order. */
export async function storedConnections(db: Database): Promise<readonly KnownConnection[]> {
  return db.selectFrom('connection').select(['id', 'kind', 'name', 'location', 'settings', 'secret']).where('origin', '=', 'stored').orderBy('created_at').orderBy('id').execute();
}

/** Encrypts the secret of the connection with that id; null where there is none. */
export type Seal = (id: string) => Promise<Buffer | null>;

/** Returns the id. Throws `ConflictError` where the environment is connected already; two requests at the same time take turns. */
export async function insertConnection(db: Database, connection: DescribedConnection, seal: Seal, named: boolean, at: Date): Promise<string> {
  return inTransaction(db, async (transaction) => {
    const others = await refuseSameEnvironment(transaction, connection);
    const id = freeId(connection.id, (taken) => others.some((other) => other.id === taken && other.origin === 'stored'));
    // a folder that an earlier configuration named takes its history along
    await transaction
      .insertInto('connection')
      .values({
        id,
        kind: connection.kind,
        name: connection.name,
        location: connection.location,
        origin: 'stored',
        identity: connection.identity,
        settings: JSON.stringify(connection.settings),
        environment: [...connection.environment],
        secret: await seal(id),
        named,
        created_at: at,
      })
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet((eb) => ({
          name: eb.ref('excluded.name'),
          location: eb.ref('excluded.location'),
          origin: 'stored',
          identity: eb.ref('excluded.identity'),
          settings: eb.ref('excluded.settings'),
          environment: eb.ref('excluded.environment'),
          secret: eb.ref('excluded.secret'),
          named: eb.ref('excluded.named'),
          configured: true,
          paused: false,
          state: 'discovering',
          created_at: eb.ref('excluded.created_at'),
        })),
      )
      .execute();
    return id;
  });
}

/**
 * Gives a stored connection other settings and keeps its id, and with it everything that was found through it. It is discovered
 * anew. Throws `ConflictError` where another connection has that environment.
 */
export async function changeStoredConnection(db: Database, id: string, connection: DescribedConnection, seal: Seal, named: boolean): Promise<void> {
  await inTransaction(db, async (transaction) => {
    await refuseSameEnvironment(transaction, connection, id);
    const { name, location, identity, settings, environment } = connection;
    const changed = { name, location, identity, settings: JSON.stringify(settings), environment: [...environment], secret: await seal(id), named };
    await transaction.updateTable('connection').set({ ...changed, state: 'discovering' }).where('id', '=', id).execute();
  });
}

/** The first of `id`, `id:2`, … that is not taken: a connection whose settings were changed keeps the id of its first environment. */
export function freeId(id: string, isTaken: (id: string) => boolean): string {
  let free = id;
  for (let count = 2; isTaken(free); count += 1) free = `${id}:${count}`;
  return free;
}

/** Holds off other requests until the transaction ends; returns the connections of the same kind. */
async function refuseSameEnvironment(db: Database, connection: DescribedConnection, self?: string) {
  await sql`select pg_advisory_xact_lock(hashtext('nodeward connections'))`.execute(db);
  const others = await db.selectFrom('connection').select(['id', 'name', 'environment', 'configured', 'origin']).where('kind', '=', connection.kind).execute();
  const isSame = (other: (typeof others)[number]): boolean =>
    other.origin === 'stored' ? isSameEnvironment(other.environment, connection.environment) : other.configured && other.id === connection.id;
  const same = others.find((other) => other.id !== self && isSame(other));
  if (same !== undefined) throw new ConflictError(`${connection.location} is connected already, as “${same.name}” (${same.id}): change or remove that connection`);
  return others;
}

/** `*`: everything of its kind that there is. */
function isSameEnvironment(one: readonly string[], other: readonly string[]): boolean {
  return one.some((part) => other.includes(part)) || (one.includes('*') && other.length > 0) || (other.includes('*') && one.length > 0);
}

export interface ConnectionChange {
  readonly name?: string | undefined;
  readonly paused?: boolean | undefined;
}

/** What is queued of a paused connection is cancelled in the same transaction; its nodes are due again once it is resumed. */
export async function updateConnection(db: Database, id: string, { name, paused }: ConnectionChange, at: Date): Promise<void> {
  await inTransaction(db, async (transaction) => {
    await sql`
      update connection set name = coalesce(${name ?? null}::text, name), named = named or ${name !== undefined}::boolean, paused = coalesce(${paused ?? null}::boolean, paused)
      where id = ${id}`.execute(transaction);
    if (paused === true) await cancelAssessments(transaction, await queuedOf(transaction, id), null, at);
  });
}

async function queuedOf(db: Database, connectionId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ readonly id: string }>`
    select a.id from assessment a join node n on n.id = a.node_id join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id
    where c.connection_id = ${connectionId} and a.state = 'queued' order by a.id`.execute(db);
  return rows.map(({ id }) => id);
}
