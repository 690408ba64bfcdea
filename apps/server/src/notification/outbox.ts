import { createHash } from 'node:crypto';
import type { Notification, NotificationType } from '@nodeward/api';
import { sql } from 'kysely';
import type { Database } from '../database/schema.ts';

export interface Fact {
  /** Names what has happened, the same in every repetition. */
  readonly key: string;
  readonly type: NotificationType;
  /** Without `link`, which the delivery adds. */
  readonly data: Omit<Notification['data'], 'link'>;
}

/**
 * Writes down what is to be told, in the transaction that makes it true, with one waiting delivery for each webhook that
 * wants it. Where none does, nothing is kept: a webhook hears of what happens after it was made.
 */
export async function tell(db: Database, facts: readonly Fact[], at: Date): Promise<void> {
  if (facts.length === 0) return;
  const rows = facts.map(({ key, type, data }) => ({ id: messageId(key), key, type, body: { type, timestamp: at.toISOString(), data: { ...data, link: null } } satisfies Notification }));
  await sql`
    with wanted as (
      select w.id as webhook_id, t.* from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as t (id text, key text, type text, body jsonb)
      join webhook w on w.enabled and w.types @> to_jsonb(t.type)
    ), told as (
      insert into notification (id, key, type, body, created_at) select distinct id, key, type, body, ${at}::timestamptz from wanted
      on conflict do nothing returning id
    )
    insert into webhook_delivery (id, webhook_id, notification_id, state, next_attempt_at, created_at)
    select 'dlv_' || md5(w.webhook_id || w.id), w.webhook_id, w.id, 'waiting', ${at}::timestamptz, ${at}::timestamptz from wanted w join told on told.id = w.id
    on conflict do nothing`.execute(db);
}

/** Stable over repetitions and attempts: receivers drop what they have seen. */
export function messageId(key: string): string {
  return `msg_${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}
