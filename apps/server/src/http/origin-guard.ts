import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { ForbiddenError } from './errors.ts';

export interface OriginGuardOptions {
  /** False: only this machine's own names. True: any address, as literal, and `hostNames`. */
  readonly beyondLoopback: boolean;
  readonly hostNames: readonly string[];
}

const loopbackNames: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];
const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Refuses what a foreign page could make a browser send: a request under a host name that is not
 * ours (DNS rebinding), and a changing request from another origin. An address literal cannot be rebound.
 */
export function registerOriginGuard(app: FastifyInstance, options: OriginGuardOptions): void {
  const names = new Set([...loopbackNames, ...options.hostNames.map((name) => name.toLowerCase())]);
  app.addHook('onRequest', async (request) => {
    const host = hostNameOf(request.host);
    if (host === undefined || !(names.has(host) || (options.beyondLoopback && isAddress(host)))) {
      throw new ForbiddenError('this server does not answer under that host name (see --host-name)');
    }
    if (!safeMethods.includes(request.method) && isForeign(request.host, request.headers.origin, request.headers['sec-fetch-site'])) {
      throw new ForbiddenError('the request comes from another page');
    }
  });
}

function hostNameOf(host: string): string | undefined {
  return URL.parse(`http://${host}`)?.hostname;
}

function isAddress(host: string): boolean {
  return isIP(host.replace(/^\[|\]$/g, '')) !== 0;
}

/** Programs send neither header; browsers send both with every changing request. */
function isForeign(host: string, origin: string | undefined, fetchSite: string | string[] | undefined): boolean {
  if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none') return true;
  return origin !== undefined && URL.parse(origin)?.host !== URL.parse(`http://${host}`)?.host;
}
