import type { Notification } from '@nodeward/api';
import { sql } from 'kysely';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database } from '../database/schema.ts';
import { attempt, type AttemptResult, type Receiver } from './attempt.ts';
import type { NotificationDependencies } from './notification-dependencies.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
/** After the first attempt, after the second, …; when all are used up the delivery has failed: a bit more than two days. */
export const retryDelaysMs = [5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute, hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour] as const;
const maxAttempts = retryDelaysMs.length + 1;
/** For a secret that cannot be read: somebody has to put the key back. */
const postponeMs = 5 * minute;
/** An attempt of which nothing was heard for so long died with its process. */
const lostAttemptMs = 2 * minute;
const atOnce = 8;

interface DueDelivery extends Receiver {
  readonly deliveryId: string;
  readonly notificationId: string;
  readonly attempts: number;
  readonly body: Notification;
}

/** Makes one attempt at each delivery that is due; returns how many there were. */
export async function deliverDue(deps: NotificationDependencies): Promise<number> {
  const due = await claimDue(deps.db, deps.clock());
  await Promise.all(due.map((delivery) => deliver(deps, delivery)));
  if (due.length > 0) deps.events.publish({ type: 'webhooks' });
  return due.length;
}

/**
 * Books the attempt before it is made: a process that dies in between has used one up, and the next attempt is due as if
 * the receiver had not answered. So a notification may arrive twice, with one message id, and is never forgotten.
 */
async function claimDue(db: Database, now: Date): Promise<readonly DueDelivery[]> {
  return inTransaction(db, async (transaction) => {
    const { rows } = await sql<DueDelivery>`
      select d.id as "deliveryId", d.attempts, d.notification_id as "notificationId", w.id, w.url, w.secret, n.body
      from webhook_delivery d join webhook w on w.id = d.webhook_id and w.enabled join notification n on n.id = d.notification_id
      where d.state = 'waiting' and d.next_attempt_at <= ${now}::timestamptz
      order by d.next_attempt_at, d.id limit ${atOnce} for update of d skip locked`.execute(transaction);
    for (const { deliveryId, attempts } of rows) {
      const next = new Date(now.getTime() + Math.max(lostAttemptMs, retryDelaysMs[attempts] ?? 0));
      await transaction.updateTable('webhook_delivery').set({ attempts: attempts + 1, next_attempt_at: next }).where('id', '=', deliveryId).execute();
    }
    return rows.map((row) => ({ ...row, attempts: row.attempts + 1 }));
  });
}

async function deliver(deps: NotificationDependencies, delivery: DueDelivery): Promise<void> {
  if (delivery.attempts > maxAttempts) {
    // the process died in the last attempt
    await settle(deps, delivery, { kind: 'failed', status: null, error: 'the server ended before an answer came' });
    return;
  }
  await deps.failpoint('notify:before-send');
  const result = await attempt(deps, delivery, delivery.notificationId, delivery.body);
  await deps.failpoint('notify:after-send');
  await settle(deps, delivery, result);
}

async function settle(deps: NotificationDependencies, delivery: DueDelivery, result: AttemptResult): Promise<void> {
  const { db } = deps;
  const now = deps.clock();
  const row = db.updateTable('webhook_delivery').where('id', '=', delivery.deliveryId).where('state', '=', 'waiting');
  switch (result.kind) {
    case 'delivered':
      await row.set({ state: 'delivered', delivered_at: now, next_attempt_at: null, last_status: result.status, last_error: null }).execute();
      return;
    case 'gone':
      await row.set({ state: 'failed', next_attempt_at: null, last_status: result.status, last_error: 'HTTP 410: the receiver is gone; the webhook was switched off' }).execute();
      await db.updateTable('webhook').set({ enabled: false }).where('id', '=', delivery.id).execute();
      return;
    case 'postponed':
      // an attempt that could not be made is none
      await row.set({ attempts: delivery.attempts - 1, next_attempt_at: new Date(now.getTime() + postponeMs), last_error: result.error }).execute();
      deps.log.error({ webhook: delivery.id }, result.error);
      return;
    case 'failed': {
      const delay = retryDelaysMs[delivery.attempts - 1];
      const next = delay === undefined ? null : new Date(now.getTime() + delay);
      await row.set({ state: next === null ? 'failed' : 'waiting', next_attempt_at: next, last_status: result.status, last_error: result.error }).execute();
      if (next === null) deps.log.warn({ webhook: delivery.id, delivery: delivery.deliveryId, attempts: delivery.attempts }, 'a notification could not be delivered');
      return;
    }
  }
}

const keptDays = 30;

/** Forgets what was told long ago; what still waits is kept. */
export async function forgetOldNotifications(db: Database, now: Date): Promise<void> {
  const before = new Date(now.getTime() - keptDays * 24 * hour);
  await sql`
    delete from notification n where n.created_at < ${before}::timestamptz
      and not exists (select from webhook_delivery d where d.notification_id = n.id and d.state = 'waiting')`.execute(db);
}
