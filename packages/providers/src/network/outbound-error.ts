import { DomainError } from '@nodeward/engine';
import { redact } from './redact.ts';

/** There was no answer: no name, no connection, no trust, a proxy that refuses, or no end in time. One line, without credentials. */
export class OutboundError extends DomainError {
  readonly code = 'OUTBOUND';
}

/** `target` and `proxy` are shown without credentials; so is whatever the socket said. */
export function outboundError(error: unknown, target: URL, proxy: string | undefined): OutboundError {
  const through = proxy === undefined ? '' : ` through the proxy ${proxy}`;
  return new OutboundError(`${target.host} cannot be reached${through}: ${reasonOf(error)}`);
}

/** The innermost cause says most: `fetch failed` says nothing. The error itself is not kept, as it may hold the proxy's password. */
export function reasonOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return redact(String(error));
  if (error.name === 'TimeoutError') return 'timed out';
  if (error instanceof AggregateError && error.errors.length > 0) return [...new Set(error.errors.map((inner) => reasonOf(inner, depth + 1)))].join(', ');
  if (error.cause instanceof Error && depth < 5) return reasonOf(error.cause, depth + 1);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = redact(error.message.replaceAll(/\s+/g, ' ').trim());
  return message.includes(code) || code === '' ? message || error.name : `${message} (${code})`;
}
