import { lookup as resolveName, type LookupAddress } from 'node:dns';
import { type IncomingMessage, request as requestHttp, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isRefusedAddress } from './address.ts';

export interface NotificationRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether a receiver on this machine may be told. */
  readonly allowLoopback: boolean;
  /** For everything, from the look-up of the name to the last byte that is read. */
  readonly timeoutMs: number;
}

export type NotificationOutcome =
  | { readonly kind: 'answered'; readonly status: number }
  /** Nothing was sent: the address is one that is never told anything. */
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'no-answer'; readonly detail: string };

/** As much of an answer as is read; what it says is not used. */
const maxAnswerBytes = 16 * 1024;

class RefusedAddressError extends Error {}

/**
 * Sends one notification and waits for the status. Redirects are not followed: they would lead round the check of the
 * address, which is made on what the name resolves to and holds for the connection that is then opened.
 */
export async function postNotification(request: NotificationRequest): Promise<NotificationOutcome> {
  const url = new URL(request.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && isRefusedAddress(host, request.allowLoopback)) return { kind: 'refused', detail: host };
  try {
    return { kind: 'answered', status: await send(url, request) };
  } catch (error) {
    if (error instanceof RefusedAddressError) return { kind: 'refused', detail: error.message };
    return { kind: 'no-answer', detail: reasonOf(error) };
  }
}

/** What stands in the way of an address before anything is sent; what a name resolves to is looked at when it is sent. */
export function refusalOfUrl(text: string, allowLoopback: boolean): 'not-http' | 'credentials-in-url' | 'address-refused' | undefined {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return 'not-http';
  if (url.username !== '' || url.password !== '') return 'credentials-in-url';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) !== 0 && isRefusedAddress(host, allowLoopback) ? 'address-refused' : undefined;
}

function send(url: URL, { headers, body, allowLoopback, timeoutMs }: NotificationRequest): Promise<number> {
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body), 'user-agent': 'nodeward' },
    lookup: checkedLookup(allowLoopback),
    signal: AbortSignal.timeout(timeoutMs),
    // a connection that is kept might outlive what its name resolves to
    agent: false,
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, (answer) => {
      drain(answer).then(() => resolve(answer.statusCode ?? 0), reject);
    });
    request.once('error', reject);
    request.end(body);
  });
}

/** Reads up to the bound; what is longer is cut off, not an error. */
async function drain(answer: IncomingMessage): Promise<void> {
  let bytes = 0;
  for await (const piece of answer) {
    bytes += Buffer.byteLength(String(piece));
    if (bytes > maxAnswerBytes) break;
  }
}

/** All addresses of the name must be allowed: which of them is taken is not ours to say. */
function checkedLookup(allowLoopback: boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolveName(hostname, { ...options, all: true }, (error, addresses) => {
      const bad = error === null ? addresses.find(({ address }) => isRefusedAddress(address, allowLoopback)) : undefined;
      if (error !== null) callback(error, []);
      else if (bad !== undefined) callback(new RefusedAddressError(`${hostname} is ${bad.address}`), []);
      else answerLookup(addresses, options.all === true, callback);
    });
  };
}

function answerLookup(addresses: readonly LookupAddress[], all: boolean, callback: Parameters<LookupFunction>[2]): void {
  const [first] = addresses;
  if (all || first === undefined) callback(null, [...addresses]);
  else callback(null, first.address, first.family);
}

/** One line, of what the socket or the name server said; never of the answer. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) return 'timed out';
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message.replace(/\s+/g, ' ') : String(error);
}
