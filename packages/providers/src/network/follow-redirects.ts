import type { Response } from 'undici';
import type { DownloadFailure } from './download-failure.ts';
import type { Outbound } from './outbound.ts';

export interface FollowedAnswer {
  readonly response: Response;
  /** Where the answer came from in the end, without credentials. */
  readonly url: URL;
}

const mostRedirects = 5;

/** Follows redirects to https, or within the same origin; credentials stay with the origin that they were given for. */
export async function followRedirects(outbound: Outbound, text: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<FollowedAnswer | { readonly failure: DownloadFailure }> {
  const { url: first, credentials } = splitCredentials(text);
  let url = first;
  for (let followed = 0; ; followed += 1) {
    const isOwn = url.origin === first.origin;
    const { authorization, ...others } = { ...headers, ...credentials };
    const response = await outbound.fetch(url, { headers: isOwn && authorization !== undefined ? { ...others, authorization } : others, redirect: 'manual', signal });
    const location = [301, 302, 303, 307, 308].includes(response.status) ? response.headers.get('location') : null;
    if (location === null) return { response, url };
    await response.body?.cancel();
    if (followed === mostRedirects) return refused(`${url.host} redirects more than ${mostRedirects} times`);
    const next = URL.parse(location, url.href);
    if (next === null || (next.protocol !== 'https:' && next.origin !== url.origin)) return refused(`${url.host} redirects to something that is not https`);
    url = splitCredentials(next.href).url;
  }
}

/** `fetch` refuses an address that holds a user name or a password. */
function splitCredentials(text: string): { readonly url: URL; readonly credentials: { readonly authorization?: string } } {
  const url = new URL(text);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  if (username === '' && password === '') return { url, credentials: {} };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url, credentials: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

function refused(detail: string): { readonly failure: DownloadFailure } {
  return { failure: { code: 'redirect-refused', detail } };
}
