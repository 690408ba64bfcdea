import { type ApiClient, createApiClient } from '@nodeward/api';
import type { NodewardServer } from './nodeward-server.ts';

/** The API of a running server, and the cookie by which a browser is let in too. */
export interface EnteredServer extends ApiClient {
  readonly cookie: { readonly name: string; readonly value: string };
}

/** Uses up the one-time address that the server printed. */
export async function enter({ link, origin }: Pick<NodewardServer, 'link' | 'origin'>): Promise<EnteredServer> {
  const response = await fetch(link, { redirect: 'manual' });
  const [name = '', value = ''] = (response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '').split('=', 2);
  return { ...createApiClient({ origin, headers: { cookie: `${name}=${value}` } }), cookie: { name, value } };
}
