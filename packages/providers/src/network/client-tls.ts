import type { SecureContextOptions } from 'node:tls';

/** Of one client: a cluster's own certificates, a client certificate. What is absent is as for everybody. */
export interface ClientTls extends Pick<SecureContextOptions, 'cert' | 'key' | 'pfx' | 'passphrase'> {
  /** In place of the usual ones. */
  readonly ca?: string | Buffer | readonly string[];
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}
