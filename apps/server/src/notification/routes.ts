import type { Webhook } from '@nodeward/api';
import { refusalOfUrl } from '@nodeward/providers';
import { inTransaction } from '../database/in-transaction.ts';
import { ConflictError, InvalidRequestError, NotFoundError } from '../http/errors.ts';
import type { Handlers } from '../http/handlers.ts';
import type { NotificationDependencies } from './notification-dependencies.ts';
import { SecretUnreadableError } from '../secret/secret-box.ts';
import { sendTest } from './send-test.ts';
import { newWebhookSecret } from './sign.ts';
import { deliveriesOf, listWebhooks } from './webhook-store.ts';

type WebhookHandlers = Pick<Handlers, 'listWebhooks' | 'createWebhook' | 'changeWebhook' | 'deleteWebhook' | 'testWebhook' | 'listWebhookDeliveries'>;

export function notificationHandlers(deps: NotificationDependencies): WebhookHandlers {
  const { db } = deps;
  const changed = (): void => deps.events.publish({ type: 'webhooks' });
  return {
    listWebhooks: async () => ({ webhooks: await listWebhooks(db) }),

    async createWebhook({ body }) {
      checkUrl(body.url, deps.allowLoopback);
      await checkKey(deps);
      const id = deps.newId();
      const secret = newWebhookSecret(deps.randomBytes);
      const sealed = await withReadableKey(() => deps.secrets.seal(id, secret));
      await db.insertInto('webhook').values({ id, name: body.name, url: body.url, types: JSON.stringify(body.types), enabled: body.enabled, secret: sealed, created_at: deps.clock() }).execute();
      changed();
      return { ...(await needWebhook(deps, id)), secret };
    },

    async changeWebhook({ parameters: { webhookId }, body }) {
      checkUrl(body.url, deps.allowLoopback);
      await db.updateTable('webhook').set({ name: body.name, url: body.url, types: JSON.stringify(body.types), enabled: body.enabled }).where('id', '=', webhookId).execute();
      changed();
      return needWebhook(deps, webhookId);
    },

    async deleteWebhook({ parameters: { webhookId } }) {
      const { numDeletedRows } = await db.deleteFrom('webhook').where('id', '=', webhookId).executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) throw new NotFoundError('webhook', webhookId);
      changed();
      return { id: webhookId };
    },

    async testWebhook({ parameters: { webhookId } }) {
      const webhook = await db.selectFrom('webhook').select(['id', 'url', 'secret']).where('id', '=', webhookId).executeTakeFirst();
      if (webhook === undefined) throw new NotFoundError('webhook', webhookId);
      const delivery = await sendTest(deps, webhook);
      changed();
      return delivery;
    },

    async listWebhookDeliveries({ parameters: { webhookId } }) {
      await needWebhook(deps, webhookId);
      return { deliveries: await inTransaction(db, (transaction) => deliveriesOf(transaction, webhookId)) };
    },
  };
}

async function needWebhook(deps: NotificationDependencies, webhookId: string): Promise<Webhook> {
  const [webhook] = await listWebhooks(deps.db, webhookId);
  if (webhook === undefined) throw new NotFoundError('webhook', webhookId);
  return webhook;
}

function checkUrl(url: string, allowLoopback: boolean): void {
  const refusal = refusalOfUrl(url, allowLoopback);
  if (refusal !== undefined) throw new InvalidRequestError(`the address of the webhook is refused: ${refusal}`, [{ path: 'body.url', message: refusal }]);
}

/** A secret under a second key would make a mixture that no one key opens. */
async function checkKey(deps: NotificationDependencies): Promise<void> {
  const known = await deps.db.selectFrom('webhook').select(['id', 'secret']).limit(1).executeTakeFirst();
  if (known !== undefined) await withReadableKey(() => deps.secrets.open(known.id, known.secret));
}

/** Wrong as this installation stands, and somebody can put it right: that is for the user to read. */
async function withReadableKey<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SecretUnreadableError) throw new ConflictError(error.message, { cause: error });
    throw error;
  }
}
