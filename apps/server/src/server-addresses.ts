import type { ServerConfig } from './config.ts';
import type { RunningServer } from './running-server.ts';

export type ServerAddresses = Pick<RunningServer, 'origin' | 'local'>;

/** Where browsers reach the server that listens on `port`, and where a proxy stands before it, how this machine does. */
export function addressesOf(port: number, { host, hostNames, tls, behindProxy }: Pick<ServerConfig, 'host' | 'hostNames' | 'tls' | 'behindProxy'>): ServerAddresses {
  const [named] = hostNames;
  const isWildcard = host === '0.0.0.0' || host === '::';
  const at = (name: string): string => `${tls === undefined ? 'http' : 'https'}://${name.includes(':') ? `[${name}]` : name}:${port}`;
  if (behindProxy && named !== undefined) return { origin: `https://${named}`, local: at(isWildcard ? 'localhost' : host) };
  return { origin: at(isWildcard ? (named ?? 'localhost') : host) };
}
