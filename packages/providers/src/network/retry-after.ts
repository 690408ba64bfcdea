import type { Headers } from 'undici';

/** Milliseconds that the answer asks to wait: `retry-after` (seconds or a date, RFC 9110 §10.2.3), or GitHub's `x-ratelimit-reset` (Unix seconds). */
export function retryAfter(headers: Headers, now: Date): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (text !== undefined && /^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = text === undefined ? Number.NaN : Date.parse(text);
  if (!Number.isNaN(date)) return Math.max(0, date - now.getTime());
  const reset = headers.get('x-ratelimit-remaining') === '0' ? headers.get('x-ratelimit-reset') : null;
  return reset !== null && /^\d{1,12}$/.test(reset) ? Math.max(0, Number(reset) * 1000 - now.getTime()) : undefined;
}
