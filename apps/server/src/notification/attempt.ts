import type { Notification } from '@nodeward/api';
import type { NotificationDependencies } from './notification-dependencies.ts';
import { SecretUnreadableError } from '../secret/secret-box.ts';
import { signedHeaders } from './sign.ts';

export interface Receiver {
  readonly id: string;
  readonly url: string;
  readonly secret: Buffer;
}

export type AttemptResult =
  | { readonly kind: 'delivered'; readonly status: number }
  /** 410: the receiver wants no more (Standard Webhooks). */
  | { readonly kind: 'gone'; readonly status: number }
  | { readonly kind: 'failed'; readonly status: number | null; readonly error: string }
  /** Nothing was tried, and nothing is lost: this installation cannot sign. */
  | { readonly kind: 'postponed'; readonly error: string };

const timeoutMs = 10_000;

/** Sends a notification once. Neither the secret nor the answer's text goes anywhere. */
export async function attempt(deps: NotificationDependencies, receiver: Receiver, messageId: string, notification: Notification): Promise<AttemptResult> {
  const secret = await deps.secrets.open(receiver.id, receiver.secret).catch((error: unknown) => {
    if (error instanceof SecretUnreadableError) return error;
    throw error;
  });
  if (secret instanceof SecretUnreadableError) return { kind: 'postponed', error: secret.message };
  const body = JSON.stringify({ ...notification, data: { ...notification.data, link: linkOf(notification, deps.publicAddress) } } satisfies Notification);
  const headers = signedHeaders(secret, messageId, deps.clock(), body);
  const outcome = await deps.send({ url: receiver.url, headers, body, allowLoopback: deps.allowLoopback, timeoutMs });
  if (outcome.kind === 'refused') return { kind: 'failed', status: null, error: `nothing was sent: this server sends nothing to such an address (${outcome.detail})` };
  if (outcome.kind === 'no-answer') return { kind: 'failed', status: null, error: outcome.detail };
  const { status } = outcome;
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  if (status === 410) return { kind: 'gone', status };
  return { kind: 'failed', status, error: status >= 300 && status < 400 ? `HTTP ${status}: redirects are not followed` : `HTTP ${status}` };
}

/** The portal's own paths. */
function linkOf({ data: { jobId, poolId } }: Notification, publicAddress: string | undefined): string | null {
  if (publicAddress === undefined) return null;
  if (jobId !== null) return `${publicAddress}/upgrade-jobs/${encodeURIComponent(jobId)}`;
  return poolId === null ? publicAddress : `${publicAddress}/recommendations/${encodeURIComponent(poolId)}`;
}
