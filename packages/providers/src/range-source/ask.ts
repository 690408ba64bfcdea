import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Outbound } from '../network/outbound.ts';
import { OutboundError } from '../network/outbound-error.ts';
import { retryAfter } from '../network/retry-after.ts';
import { type DiskAddress, isSafe, shownAddress } from './disk-address.ts';
import { RangeSourceError } from './range-source-error.ts';

type Answer = Awaited<ReturnType<Outbound['fetch']>>;

/** How one address is asked again and again. */
export interface Asker {
  readonly address: DiskAddress;
  readonly outbound: Pick<Outbound, 'fetch'>;
  /** For the address's own origin only. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Milliseconds for one request, its redirects and its body. */
  readonly deadline: number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly count: (bytes: number, requests: number) => void;
}

export interface Question {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** What goes wrong for a while is tried again; `read` must take the whole body or cancel it. */
type Read<Value> = (answer: Answer) => Promise<Value>;

const attempts = 5;
const firstPause = 250;
const longestPause = 60_000;
const mostRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const passing: ReadonlySet<RangeSourceError['failure']> = new Set(['busy', 'server-error', 'unreachable', 'timed-out', 'answer-cut']);

export const realSleep = (milliseconds: number, signal: AbortSignal): Promise<void> => sleepFor(milliseconds, undefined, { signal });

/** Throws `RangeSourceError`, or the reason of the caller's own abort. */
export async function ask<Value>(asker: Asker, question: Question, read: Read<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await askOnce(asker, question, read);
    } catch (error) {
      asker.signal.throwIfAborted();
      if (!(error instanceof RangeSourceError) || !passing.has(error.failure)) throw error;
      const pause = error instanceof PassingError && error.after !== undefined ? error.after : firstPause * 2 ** (attempt - 1);
      if (attempt === attempts || pause > longestPause) throw error;
      await asker.sleep(pause, asker.signal);
    }
  }
}

/** With what the answer asked to wait, in milliseconds. */
class PassingError extends RangeSourceError {
  readonly after: number | undefined;

  constructor(failure: RangeSourceError['failure'], message: string, status: number, after: number | undefined) {
    super(failure, message, status);
    this.after = after;
    this.name = 'RangeSourceError';
  }
}

async function askOnce<Value>(asker: Asker, question: Question, read: Read<Value>): Promise<Value> {
  const timeout = AbortSignal.timeout(asker.deadline);
  const signal = AbortSignal.any([asker.signal, timeout]);
  const shown = shownAddress(asker.address.url);
  try {
    const answer = await follow(asker, question, signal);
    if (answer.status === 200 || answer.status === 206) return await read(answer);
    await answer.body?.cancel();
    throw refusal(shown, answer);
  } catch (error) {
    if (asker.signal.aborted) throw error;
    if (error instanceof RangeSourceError) throw error;
    if (timeout.aborted) throw new RangeSourceError('timed-out', `${shown}: no answer within ${asker.deadline} ms`);
    if (error instanceof OutboundError) throw new RangeSourceError('unreachable', error.message);
    throw new RangeSourceError('answer-cut', `${shown}: the connection ended before the answer did`);
  }
}

/** Only to https, or within the same origin; headers of ours stay with the origin that they were given for. */
async function follow(asker: Asker, { query = {}, headers }: Question, signal: AbortSignal): Promise<Answer> {
  const { url: first, authorization } = asker.address;
  let url = withQuery(first, query);
  for (let followed = 0; ; followed++) {
    const own = url.origin === first.origin ? { ...asker.headers, ...(authorization === undefined ? {} : { authorization }) } : {};
    asker.count(0, 1);
    const answer = await asker.outbound.fetch(url, { headers: { ...own, 'accept-encoding': 'identity', ...headers }, redirect: 'manual', signal });
    const location = redirects.has(answer.status) ? answer.headers.get('location') : null;
    if (location === null) return answer;
    await answer.body?.cancel();
    const next = URL.parse(location, url.href);
    if (followed === mostRedirects) throw new RangeSourceError('redirect-refused', `${shownAddress(first)}: more than ${mostRedirects} redirects`, answer.status);
    if (next === null || !isSafe(next) || (url.protocol === 'https:' && next.protocol !== 'https:')) {
      throw new RangeSourceError('redirect-refused', `${shownAddress(first)}: redirects to something that is not https`, answer.status);
    }
    url = next;
  }
}

/** What is signed stays as it was written: the query is only added to. */
function withQuery(url: URL, query: Readonly<Record<string, string>>): URL {
  const more = new URLSearchParams(query).toString();
  if (more === '') return url;
  const result = new URL(url);
  result.search = result.search === '' ? more : `${result.search}&${more}`;
  return result;
}

function refusal(shown: string, answer: Answer): RangeSourceError {
  const { status } = answer;
  const code = answer.headers.get('x-ms-error-code') ?? '';
  const said = code === '' ? `${status}` : `${status} ${code.slice(0, 100)}`;
  const after = retryAfter(answer.headers, new Date(answer.headers.get('date') ?? 0));
  const fail = (failure: RangeSourceError['failure'], what: string): RangeSourceError => new PassingError(failure, `${shown}: ${what} (${said})`, status, after);
  // A shared access signature that has expired or was revoked, and one that never was valid, get the same answer.
  if (status === 403 && code === 'AuthenticationFailed') return fail('access-expired', 'the signature in the address has expired, was revoked, or is wrong');
  if (status === 401 || status === 403) return fail('access-denied', 'access denied');
  if (status === 404 || status === 410) return fail('not-found', 'there is nothing at this address');
  if (status === 412) return fail('changed', 'the disk was changed while it was read');
  if (status === 416) return fail('range-refused', 'the range lies outside of what is there');
  if (status === 429 || status === 503) return fail('busy', 'the server is busy');
  if (status === 408 || status >= 500) return fail('server-error', 'the server failed');
  return fail('answer-invalid', 'the server gave an answer that is none');
}
