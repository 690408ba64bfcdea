import * as z from 'zod';
import { count, identifier, instant } from './vocabulary.ts';

/** What can be told; `test` is sent by the button alone. */
export const notificationType = z.enum(['finding.exploited', 'finding.critical', 'finding.regressed', 'job.succeeded', 'job.failed', 'test']);
export type NotificationType = z.infer<typeof notificationType>;

export const webhookRequest = z.object({
  name: z.string().trim().min(1).max(100),
  url: z.url({ protocol: /^https?$/ }).max(2000),
  types: z.array(notificationType.exclude(['test'])).min(1),
  enabled: z.boolean().default(true),
});

export const webhookDelivery = z.object({
  id: identifier,
  /** The same in every attempt: receivers drop what they have seen. */
  messageId: identifier,
  type: notificationType,
  state: z.enum(['waiting', 'delivered', 'failed']),
  attempts: count,
  createdAt: instant,
  nextAttemptAt: instant.nullable(),
  deliveredAt: instant.nullable(),
  /** HTTP status of the last attempt; null where there was no answer. */
  lastStatus: z.int().nullable(),
  lastError: z.string().nullable(),
});
export type WebhookDelivery = z.infer<typeof webhookDelivery>;

export const webhook = z.object({
  id: identifier,
  name: z.string(),
  url: z.string(),
  types: z.array(notificationType),
  enabled: z.boolean(),
  createdAt: instant,
  lastDelivery: webhookDelivery.nullable(),
});
export type Webhook = z.infer<typeof webhook>;

/** The signing secret is shown once, when it is made. */
export const webhookWithSecret = webhook.extend({ secret: z.string() });
export type WebhookWithSecret = z.infer<typeof webhookWithSecret>;

/** The body that a receiver gets, signed as the Standard Webhooks specification says. */
export const notification = z.object({
  type: notificationType,
  timestamp: instant,
  data: z.object({
    clusterId: identifier.nullable(),
    cluster: z.string().nullable(),
    poolId: identifier.nullable(),
    pool: z.string().nullable(),
    jobId: identifier.nullable(),
    jobState: z.string().nullable(),
    /** Code of a failure. */
    failure: z.string().nullable(),
    /** CVEs in all; `vulnerabilities` names the worst of them, at most 100, once for each package family. */
    vulnerabilityCount: count,
    vulnerabilities: z.array(z.object({ vulnerability: z.string(), packageFamily: z.string(), severity: z.string(), exploited: z.boolean().nullable(), fixedVersion: z.string().nullable() })),
    /** Where to look, on this server; null where no public address is configured. */
    link: z.string().nullable(),
  }),
});
export type Notification = z.infer<typeof notification>;
