import { BlockList, isIP } from 'node:net';
import { InvalidConfigurationError } from '../errors.ts';

/** Which proxy a request goes through, by the variables that every command line tool reads. */
export interface ProxyRules {
  /** The proxy for this address, with its credentials; undefined: directly. */
  proxyFor(url: URL): URL | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * HTTPS_PROXY for https, HTTP_PROXY for http, NO_PROXY for what is reached directly; the lower-case name wins where both are set.
 * NO_PROXY: `*`, `host` and all below it, `.suffix`, `*.suffix`, `host:port`, address, `address/bits`; separated by commas or blanks.
 */
export function readProxyRules(environment: Environment): ProxyRules {
  const https = proxyOf('HTTPS_PROXY', environment);
  const http = proxyOf('HTTP_PROXY', environment);
  const isDirect = directRule(valueOf('NO_PROXY', environment));
  return {
    proxyFor: (url) => {
      const proxy = url.protocol === 'https:' ? https : url.protocol === 'http:' ? http : undefined;
      return proxy === undefined || isDirect(url) ? undefined : proxy;
    },
  };
}

/** For messages and logs: scheme, host and port. */
export function withoutCredentials(url: URL): string {
  return `${url.protocol}//${url.host}`;
}

function valueOf(name: string, environment: Environment): string {
  const lower = environment[name.toLowerCase()];
  return (lower === undefined || lower === '' ? environment[name] : lower)?.trim() ?? '';
}

function proxyOf(name: string, environment: Environment): URL | undefined {
  const text = valueOf(name, environment);
  if (text === '') return undefined;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  // The text may hold a password, so no message repeats it.
  if (url === null || url.hostname === '') throw new InvalidConfigurationError(name, 0, 'is not the address of a proxy (http://host:port)');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new InvalidConfigurationError(name, 0, `names a ${url.protocol} proxy; only http: and https: are spoken`);
  return url;
}

interface NamedHost {
  readonly host: string;
  readonly port: string;
}

function directRule(text: string): (url: URL) => boolean {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '');
  if (entries.includes('*')) return () => true;
  const networks = new BlockList();
  const names: NamedHost[] = [];
  for (const entry of entries) if (!addNetwork(networks, entry)) names.push(namedHost(entry));
  return (url) => {
    const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
    const family = isIP(host);
    if (family !== 0 && networks.check(host, family === 4 ? 'ipv4' : 'ipv6')) return true;
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    return names.some((name) => (name.port === '' || name.port === port) && (host === name.host || (family === 0 && host.endsWith(`.${name.host}`))));
  };
}

function addNetwork(networks: BlockList, entry: string): boolean {
  const [address = '', bits, more] = entry.split('/');
  const family = isIP(address);
  if (bits === undefined || more !== undefined || family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
  networks.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return true;
}

function namedHost(entry: string): NamedHost {
  const plain = entry.toLowerCase().replace(/^\*?\.+/, '');
  if (isIP(plain) !== 0) return { host: plain, port: '' };
  const match = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(plain);
  return { host: match?.[1] ?? plain, port: match?.[2] ?? '' };
}
