import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import helmet from '@fastify/helmet';
import { InvalidInputError } from '@nodeward/engine';
import Fastify, { type FastifyInstance } from 'fastify';
import { type EntryOptions, registerEntry } from './entry.ts';
import type { EventBus } from './event-bus.ts';
import { registerEvents } from './events.ts';
import type { Handlers } from './handlers.ts';
import { type OriginGuardOptions, registerOriginGuard } from './origin-guard.ts';
import { registerPortal } from './portal.ts';
import { problemOf, sendProblem } from './problems.ts';
import { registerRoutes } from './routes.ts';

/** The largest body of the contract is a few hundred bytes. */
const maxBodyBytes = 64 * 1024;

export interface HttpServerOptions {
  readonly handlers: Handlers;
  readonly events: EventBus;
  readonly entry: EntryOptions;
  readonly guard: OriginGuardOptions;
  /** The built portal; undefined: the API alone. */
  readonly portal: string | undefined;
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  /** Believe the forwarding headers of the proxy in front. */
  readonly behindProxy: boolean;
  /** Fails where the server cannot do its work (the database does not answer). */
  readonly checkReady: () => Promise<void>;
  readonly openApi: unknown;
  readonly log: (message: string, error: unknown) => void;
}

/** The whole HTTP side: guards, entry, API, events, portal. Not yet listening. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const app = createFastify(options);
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    // the route, never the address: an entry link's token stands in it
    if (problem.status >= 500) options.log(`${request.method} ${request.routeOptions.url ?? '(no route)'}: ${problem.code}`, error);
    return sendProblem(reply, problem);
  });
  await registerHelmet(app, options.entry.secure);
  registerOriginGuard(app, options.guard);
  await registerEntry(app, options.entry);
  registerHealth(app, options);
  app.get('/openapi.json', (_request, reply) => reply.send(options.openApi));
  registerEvents(app, options.events);
  registerRoutes(app, options.handlers);
  await registerPortal(app, options.portal);
  return app;
}

function createFastify(options: HttpServerOptions): FastifyInstance {
  const settings = {
    logger: false,
    bodyLimit: maxBodyBytes,
    trustProxy: options.behindProxy,
    // a browser holds its connections open; at shutdown those that are idle are not waited for
    forceCloseConnections: 'idle',
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 600 },
  } as const;
  if (options.tls === undefined) return Fastify(settings);
  return Fastify({ ...settings, https: readTls(options.tls) });
}

/** Throws `InvalidInputError` where the two files are no certificate with its key. */
function readTls({ certificate, key }: NonNullable<HttpServerOptions['tls']>): { readonly cert: Buffer; readonly key: Buffer } {
  try {
    const pair = { cert: readFileSync(certificate), key: readFileSync(key) };
    createSecureContext(pair);
    return pair;
  } catch (cause) {
    throw new InvalidInputError(`--tls-cert ${certificate} and --tls-key ${key} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Fluent UI writes its style sheets at run time; nothing else comes from elsewhere than here. */
async function registerHelmet(app: FastifyInstance, secure: boolean): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        objectSrc: ["'none'"],
      },
    },
    strictTransportSecurity: secure ? { maxAge: 31_536_000, includeSubDomains: false } : false,
  });
}

function registerHealth(app: FastifyInstance, options: HttpServerOptions): void {
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    try {
      await options.checkReady();
      return { status: 'ok' };
    } catch (error) {
      options.log('not ready', error);
      return reply.code(503).send({ status: 'unavailable' });
    }
  });
}
