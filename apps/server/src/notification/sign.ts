import { createHmac } from 'node:crypto';

/** Standard Webhooks: `whsec_` and the base64 of 24 to 64 bytes. */
export function newWebhookSecret(randomBytes: (size: number) => Buffer): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** The headers of one attempt; https://github.com/standard-webhooks/standard-webhooks, "Webhook metadata" and "Signature scheme". */
export function signedHeaders(secret: string, messageId: string, at: Date, body: string): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${messageId}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': messageId, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
