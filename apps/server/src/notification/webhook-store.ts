import type { NotificationType, Webhook, WebhookDelivery } from '@nodeward/api';
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Database, WebhookTable } from '../database/schema.ts';

export interface DeliveryRow {
  readonly id: string;
  readonly webhook_id: string;
  readonly notification_id: string;
  readonly type: NotificationType;
  readonly state: WebhookDelivery['state'];
  readonly attempts: number;
  readonly created_at: Date;
  readonly next_attempt_at: Date | null;
  readonly delivered_at: Date | null;
  readonly last_status: number | null;
  readonly last_error: string | null;
}

export async function listWebhooks(db: Database, webhookId?: string): Promise<readonly Webhook[]> {
  const webhooks = await db
    .selectFrom('webhook')
    .selectAll()
    .where((where) => (webhookId === undefined ? where.lit(true) : where('id', '=', webhookId)))
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const last = await deliveriesWhere(db, sql`d.id in (
    select (select x.id from webhook_delivery x where x.webhook_id = w.id order by x.created_at desc, x.id limit 1) from webhook w)`, 1000);
  const byWebhook = new Map(last.map((row) => [row.webhook_id, row]));
  return webhooks.map((row) => toWebhook(row, byWebhook.get(row.id)));
}

const shownDeliveries = 100;

export async function deliveriesOf(db: Database, webhookId: string): Promise<readonly WebhookDelivery[]> {
  return (await deliveriesWhere(db, sql`d.webhook_id = ${webhookId}`, shownDeliveries)).map(toDelivery);
}

export async function findDelivery(db: Database, id: string): Promise<WebhookDelivery | undefined> {
  const [row] = await deliveriesWhere(db, sql`d.id = ${id}`, 1);
  return row === undefined ? undefined : toDelivery(row);
}

async function deliveriesWhere(db: Database, condition: RawBuilder<unknown>, limit: number): Promise<readonly DeliveryRow[]> {
  const { rows } = await sql<DeliveryRow>`
    select d.*, n.type from webhook_delivery d join notification n on n.id = d.notification_id where ${condition} order by d.created_at desc, d.id limit ${limit}`.execute(db);
  return rows;
}

/** The secret stays where it is. */
function toWebhook({ id, name, url, types, enabled, created_at: createdAt }: Selectable<WebhookTable>, last: DeliveryRow | undefined): Webhook {
  return { id, name, url, types: [...types], enabled, createdAt: createdAt.toISOString(), lastDelivery: last === undefined ? null : toDelivery(last) };
}

function toDelivery(row: DeliveryRow): WebhookDelivery {
  return {
    id: row.id,
    messageId: row.notification_id,
    type: row.type,
    state: row.state,
    attempts: row.attempts,
    createdAt: row.created_at.toISOString(),
    nextAttemptAt: row.next_attempt_at?.toISOString() ?? null,
    deliveredAt: row.delivered_at?.toISOString() ?? null,
    lastStatus: row.last_status,
    lastError: row.last_error,
  };
}
