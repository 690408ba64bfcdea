import type { Headers } from 'undici';

/**
 * The checksums that publishers send along: `x-goog-hash: md5=…` (Google Cloud Storage, where osv.dev and Go publish),
 * `content-md5` and `repr-digest: sha-256=:…:` (RFC 9530). The name of the one that does not hold.
 */
export function checksumFailure(headers: Headers, digests: { readonly sha256: string; readonly md5: string }): string | undefined {
  // They speak of the bytes as they are stored; what was decoded on the way cannot be compared.
  if (headers.has('content-encoding') || headers.get('x-goog-stored-content-encoding') === 'gzip') return undefined;
  const google = /(?:^|[\s,])md5=([A-Za-z0-9+/=]+)/.exec(headers.get('x-goog-hash') ?? '')?.[1];
  if (google !== undefined && google !== digests.md5) return 'x-goog-hash';
  const md5 = headers.get('content-md5');
  if (md5 !== null && md5 !== digests.md5) return 'content-md5';
  const sha256 = /(?:^|[\s,])sha-256=:([A-Za-z0-9+/=]+):/.exec(headers.get('repr-digest') ?? '')?.[1];
  return sha256 === undefined || Buffer.from(sha256, 'base64').toString('hex') === digests.sha256 ? undefined : 'repr-digest';
}
