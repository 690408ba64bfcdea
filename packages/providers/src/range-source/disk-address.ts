import { isIPv4 } from 'node:net';
import { RangeSourceError } from './range-source-error.ts';

/** An address that is fit to be asked, and what of it may be shown. */
export interface DiskAddress {
  readonly url: URL;
  readonly authorization: string | undefined;
}

/** What may be printed, logged and stored of an address: no credentials, no query, no fragment. */
export function shownAddress(text: string | URL): string {
  const url = URL.parse(String(text));
  return url === null ? 'an address that is none' : `${url.protocol}//${url.host}${url.pathname}`;
}

/** https, or http on this machine: a signature in the query must not cross a network in the clear. */
export function parseDiskAddress(text: string): DiskAddress {
  const url = URL.parse(text);
  if (url === null || !isSafe(url)) throw new RangeSourceError('address-refused', `${shownAddress(text)}: disks are read over https only`);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.hash = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url, authorization: username === '' && password === '' ? undefined : `Basic ${Buffer.from(pair).toString('base64')}` };
}

export function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isThisMachine(hostname));
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}
