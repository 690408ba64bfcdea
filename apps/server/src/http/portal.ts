import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import serveStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { NotFoundError } from './errors.ts';
import { problemOf, sendProblem } from './problems.ts';

/** Whether the portal has been built into this folder. */
export async function isPortalBuilt(folder: string): Promise<boolean> {
  return stat(join(folder, 'index.html')).then((found) => found.isFile(), () => false);
}

/**
 * Serves the built portal. Files under `assets/` carry a hash in their name and never change;
 * a path that is no file is a page of the portal and gets its shell.
 */
export async function registerPortal(app: FastifyInstance, folder: string | undefined): Promise<void> {
  if (folder !== undefined) await app.register(serveStatic, { root: folder, cacheControl: false, dotfiles: 'ignore', setHeaders: setCacheHeaders });
  app.setNotFoundHandler((request, reply) => {
    const isPage = (request.method === 'GET' || request.method === 'HEAD') && folder !== undefined && isPagePath(request.url);
    return isPage ? reply.sendFile('index.html') : sendProblem(reply, problemOf(new NotFoundError('page', pathOf(request.url))));
  });
}

function setCacheHeaders(reply: FastifyReply, file: string): void {
  const hashed = /[\\/]assets[\\/][^\\/]+$/.test(file);
  void reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
}

function isPagePath(url: string): boolean {
  const path = pathOf(url);
  return !path.startsWith('/api/') && path !== '/api' && !path.startsWith('/assets/');
}

function pathOf(url: string): string {
  return url.replace(/[?#].*$/, '');
}
