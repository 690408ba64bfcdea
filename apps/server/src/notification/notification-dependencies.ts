import type { NotificationOutcome, NotificationRequest } from '@nodeward/providers';
import type { Dependencies } from '../dependencies.ts';
import type { SecretBox } from '../secret/secret-box.ts';

export interface NotificationDependencies extends Pick<Dependencies, 'db' | 'clock' | 'newId' | 'events' | 'log' | 'failpoint'> {
  readonly randomBytes: (size: number) => Buffer;
  readonly secrets: SecretBox;
  /** `postNotification` of the providers. */
  readonly send: (request: NotificationRequest) => Promise<NotificationOutcome>;
  /** The server itself listens on loopback alone: a receiver beside it may be told. */
  readonly allowLoopback: boolean;
  /** Origin under which browsers reach this server, where it is configured. */
  readonly publicAddress: string | undefined;
}
