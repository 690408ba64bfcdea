import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent as HttpsAgent } from 'node:https';
import { getCACertificates } from 'node:tls';
import { type Dispatcher, fetch as undiciFetch, type Response } from 'undici';
import { InvalidConfigurationError } from '../errors.ts';
import type { ClientTls } from './client-tls.ts';
import { outboundError } from './outbound-error.ts';
import { readProxyRules, withoutCredentials } from './proxy-rules.ts';
import { RoutedDispatcher } from './routed-dispatcher.ts';

export interface OutboundOptions {
  /** HTTPS_PROXY, HTTP_PROXY, NO_PROXY (either case) and NODEWARD_CA_FILE are read from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Certificates (PEM) that are trusted besides those of the system. Default: NODEWARD_CA_FILE. */
  readonly caFile?: string | undefined;
}

/** As `fetch` takes it, with a body of bytes or text. */
export type OutboundRequest = Pick<RequestInit, 'method' | 'headers' | 'redirect' | 'signal'> & { readonly body?: string | Uint8Array };

/** The one way out: every request to a publisher, a cluster or a cloud goes through it. */
export interface Outbound {
  /** Rejects with `OutboundError` where there is no answer; an abort of the caller's signal passes through as it is. */
  fetch(url: string | URL, request?: OutboundRequest): Promise<Response>;
  /** For clients on undici; picks the proxy by origin. */
  readonly dispatcher: Dispatcher;
  /** Likewise with certificates of its own; the caller closes it. */
  dispatcherWith(tls: ClientTls): Dispatcher;
  /** For clients on `node:https`, for this address only; the caller destroys it. */
  httpsAgent(url: string | URL, tls?: ClientTls): HttpsAgent;
  /** For messages: the proxy of an address, without credentials. */
  proxyOf(url: string | URL): string | undefined;
  /** Trusted certificates, PEM. */
  readonly certificates: readonly string[];
  close(): Promise<void>;
}

/** Throws `InvalidConfigurationError` where a proxy's address or the file of certificates is wrong. */
export async function openOutbound({ environment, caFile = nonEmpty(environment.NODEWARD_CA_FILE) }: OutboundOptions): Promise<Outbound> {
  const rules = readProxyRules(environment);
  const extra = caFile === undefined ? [] : await readCertificates(caFile);
  // Node's own `default` set has what NODE_EXTRA_CA_CERTS and --use-system-ca add.
  const certificates = extra.length === 0 ? [] : [...getCACertificates('default'), ...extra];
  const trust: ClientTls = certificates.length === 0 ? {} : { ca: certificates };
  const dispatcher = new RoutedDispatcher(rules, trust, trust);
  const proxyOf = (url: string | URL): string | undefined => {
    const proxy = rules.proxyFor(new URL(url));
    return proxy === undefined ? undefined : withoutCredentials(proxy);
  };
  return {
    dispatcher,
    dispatcherWith: (tls) => new RoutedDispatcher(rules, { ...trust, ...tls }, trust),
    certificates: certificates.length === 0 ? getCACertificates('default') : certificates,
    proxyOf,
    fetch: (url, request = {}) => send(new URL(url), request, dispatcher, proxyOf),
    httpsAgent: (url, tls = {}) => {
      const proxy = rules.proxyFor(new URL(url));
      const { ca, ...rest } = { ...trust, ...tls };
      return new HttpsAgent({
        keepAlive: true,
        ...rest,
        ...(ca === undefined ? {} : { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }),
        ...(proxy === undefined ? {} : { proxyEnv: { HTTPS_PROXY: proxy.href } }),
      });
    },
    close: () => dispatcher.close(),
  };
}

async function send(url: URL, request: OutboundRequest, dispatcher: Dispatcher, proxyOf: (url: URL) => string | undefined): Promise<Response> {
  try {
    return await undiciFetch(url, { ...request, headers: Object.fromEntries(new Headers(request.headers)), dispatcher });
  } catch (error) {
    request.signal?.throwIfAborted();
    throw outboundError(error, url, proxyOf(url));
  }
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const largestCertificateFile = 16 * 1024 * 1024;

/** OpenSSL would skip a file without certificates in silence, and every connection would fail without a hint. */
async function readCertificates(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new InvalidConfigurationError(file, 0, `certificates cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : String(error)})`, { cause: error });
  });
  const blocks = text.length > largestCertificateFile ? [] : (text.match(certificateBlock) ?? []);
  if (blocks.length === 0) throw new InvalidConfigurationError(file, 0, 'holds no certificate in PEM form');
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch (cause) {
      throw new InvalidConfigurationError(file, 0, `certificate ${index + 1} cannot be read`, { cause });
    }
  }
  return blocks;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text;
}
