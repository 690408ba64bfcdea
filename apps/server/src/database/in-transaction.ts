import type { Transaction } from 'kysely';
import type { Database, Schema } from './schema.ts';

/** Runs `work` in the caller's transaction, or in one of its own. No HTTP and no DBOS call inside. */
export async function inTransaction<T>(db: Database, work: (transaction: Transaction<Schema>) => Promise<T>): Promise<T> {
  return isTransaction(db) ? work(db) : db.transaction().execute(work);
}

function isTransaction(db: Database): db is Transaction<Schema> {
  return db.isTransaction;
}
