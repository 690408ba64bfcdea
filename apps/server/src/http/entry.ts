import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { EntryLinks } from './entry-links.ts';
import { entryRefusedPage } from './entry-page.ts';
import { TooManyRequestsError, UnauthorizedError } from './errors.ts';
import { createFailedEntries, type FailureLimit } from './failed-entries.ts';
import { problemOf, sendProblem } from './problems.ts';
import { type Sessions, sessionLifeMs } from './sessions.ts';

export interface EntryOptions {
  readonly links: EntryLinks;
  readonly sessions: Sessions;
  readonly now: () => number;
  /** Browsers keep cookies by host, not by port: two servers on one host need two names. */
  readonly cookieName: string;
  /** True where browsers reach the server by TLS, its own or a proxy's. */
  readonly secure: boolean;
}

const failureLimit: FailureLimit = { most: 20, windowMs: 60_000 };

/**
 * `GET /enter?token=…` turns a one-time link into a session, and `POST /leave` ends it. Every path
 * under `/api/` needs the session; pages are static and need none.
 */
export async function registerEntry(app: FastifyInstance, options: EntryOptions): Promise<void> {
  await app.register(cookie);
  const failedEntries = createFailedEntries(failureLimit, options.now);
  const hasSession = (request: FastifyRequest): boolean => options.sessions.isValid(request.cookies[options.cookieName]);

  app.addHook('onRequest', async (request) => {
    if (isApi(request.url) && !hasSession(request)) throw new UnauthorizedError('open the link that `nodeward serve` or `nodeward link` prints');
  });

  app.get('/enter', async (request, reply) => {
    void reply.header('cache-control', 'no-store');
    if (hasSession(request)) return reply.redirect('/', 303);
    const attempt = failedEntries.attempt(request.ip);
    if (typeof attempt === 'number') return sendProblem(reply.header('retry-after', attempt), problemOf(new TooManyRequestsError(`too many wrong links; try again in ${attempt} s`)));
    const token = tokenOf(request.query);
    if (token === undefined || !(await options.links.redeem(token))) return reply.code(401).type('text/html; charset=utf-8').send(entryRefusedPage);
    attempt.succeeded();
    const session = await options.sessions.start();
    const attributes = { path: '/', httpOnly: true, sameSite: 'strict', secure: options.secure, maxAge: sessionLifeMs / 1000 } as const;
    return reply.setCookie(options.cookieName, session, attributes).redirect('/', 303);
  });

  app.post('/leave', async (request, reply) => {
    await options.sessions.end(request.cookies[options.cookieName]);
    return reply.clearCookie(options.cookieName, { path: '/' }).code(204).send();
  });
}

function isApi(url: string): boolean {
  return url === '/api' || url.startsWith('/api/') || url.startsWith('/api?');
}

function tokenOf(query: unknown): string | undefined {
  if (typeof query !== 'object' || query === null || !('token' in query)) return undefined;
  return typeof query.token === 'string' && query.token.length <= 200 ? query.token : undefined;
}
