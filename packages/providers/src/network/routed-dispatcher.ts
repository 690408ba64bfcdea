import { Agent, Dispatcher, ProxyAgent } from 'undici';
import type { ClientTls } from './client-tls.ts';
import type { ProxyRules } from './proxy-rules.ts';

/** One pool of connections per way out: directly, and through each proxy. */
export class RoutedDispatcher extends Dispatcher {
  readonly #rules: ProxyRules;
  readonly #tls: ClientTls;
  readonly #proxyTls: ClientTls;
  readonly #ways = new Map<string, Dispatcher>();

  /** `proxyTls`: for the connection to a proxy that speaks TLS itself. */
  constructor(rules: ProxyRules, tls: ClientTls, proxyTls: ClientTls) {
    super();
    this.#rules = rules;
    this.#tls = tls;
    this.#proxyTls = proxyTls;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const origin = options.origin === undefined ? undefined : new URL(options.origin);
    return this.#way(origin === undefined ? undefined : this.#rules.proxyFor(origin)).dispatch(options, handler);
  }

  override async close(): Promise<void> {
    await Promise.all([...this.#ways.values()].map((way) => way.close()));
  }

  override async destroy(): Promise<void> {
    await Promise.all([...this.#ways.values()].map((way) => way.destroy()));
  }

  #way(proxy: URL | undefined): Dispatcher {
    const key = proxy?.href ?? '';
    const known = this.#ways.get(key);
    if (known !== undefined) return known;
    const way = proxy === undefined ? new Agent({ allowH2: false, connect: tlsOptions(this.#tls) }) : new ProxyAgent(proxyOptions(proxy, this.#tls, this.#proxyTls));
    this.#ways.set(key, way);
    return way;
  }
}

/** The credentials go into a header, so that no message of the library can repeat them as part of an address. */
function proxyOptions(proxy: URL, tls: ClientTls, proxyTls: ClientTls): ProxyAgent.Options {
  const { username, password } = proxy;
  const token = username === '' && password === '' ? {} : { token: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}` };
  return { allowH2: false, uri: `${proxy.protocol}//${proxy.host}`, ...token, requestTls: tlsOptions(tls), proxyTls: tlsOptions(proxyTls) };
}

function tlsOptions({ ca, ...rest }: ClientTls): Omit<ClientTls, 'ca'> & { ca?: string | Buffer | string[] } {
  if (ca === undefined) return rest;
  return { ...rest, ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] };
}
