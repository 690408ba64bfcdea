import type { Notification, WebhookDelivery } from '@nodeward/api';
import { inTransaction } from '../database/in-transaction.ts';
import { attempt, type AttemptResult, type Receiver } from './attempt.ts';
import type { NotificationDependencies } from './notification-dependencies.ts';
import { messageId } from './outbox.ts';
import { findDelivery } from './webhook-store.ts';

/** One notification of type `test`, now, whether or not the webhook is switched on; nobody sends it again. */
export async function sendTest(deps: NotificationDependencies, webhook: Receiver): Promise<WebhookDelivery> {
  const at = deps.clock();
  const key = `test ${deps.newId()}`;
  const id = deps.newId();
  const notification = emptyNotification(at);
  await inTransaction(deps.db, async (db) => {
    await db.insertInto('notification').values({ id: messageId(key), key, type: 'test', body: JSON.stringify(notification), created_at: at }).execute();
    await db
      .insertInto('webhook_delivery')
      .values({ id, webhook_id: webhook.id, notification_id: messageId(key), state: 'failed', attempts: 1, next_attempt_at: null, delivered_at: null, last_status: null, last_error: 'the server ended before an answer came', created_at: at })
      .execute();
  });
  const result = await attempt(deps, webhook, messageId(key), notification);
  const told = result.kind === 'delivered' ? { state: 'delivered' as const, delivered_at: deps.clock(), last_error: null } : { last_error: errorOf(result) };
  await deps.db.updateTable('webhook_delivery').set({ ...told, last_status: result.kind === 'postponed' ? null : result.status }).where('id', '=', id).execute();
  const delivery = await findDelivery(deps.db, id);
  if (delivery === undefined) throw new Error('the test delivery has gone from the database');
  return delivery;
}

function errorOf(result: Exclude<AttemptResult, { kind: 'delivered' }>): string {
  return result.kind === 'gone' ? 'HTTP 410: the receiver is gone' : result.error;
}

function emptyNotification(at: Date): Notification {
  const nothing = { clusterId: null, cluster: null, poolId: null, pool: null, jobId: null, jobState: null, failure: null, vulnerabilityCount: 0, vulnerabilities: [], link: null };
  return { type: 'test', timestamp: at.toISOString(), data: nothing };
}
