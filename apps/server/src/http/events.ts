import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { UnavailableError } from './errors.ts';
import type { EventBus } from './event-bus.ts';

const maxClients = 100;
const heartbeatMs = 15_000;
/** A client that reads slower than this is cut off; it comes back and reads everything again. */
const maxUnsentBytes = 256 * 1024;

/** `GET /api/events`: what changed, as server-sent events, until the client or the server goes. */
export function registerEvents(app: FastifyInstance, bus: EventBus): void {
  const clients = new Set<ServerResponse>();
  app.get('/api/events', (_request, reply) => {
    if (clients.size >= maxClients) throw new UnavailableError(`already ${maxClients} clients listen to events`);
    const headers = Object.fromEntries(Object.entries(reply.getHeaders()).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
    reply.hijack();
    const stream = reply.raw;
    stream.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    const stop = follow(stream, bus);
    clients.add(stream);
    stream.on('close', () => {
      stop();
      clients.delete(stream);
    });
  });
  // before the listener closes: an open stream would hold it for ever
  app.addHook('preClose', async () => {
    for (const stream of clients) stream.end();
  });
}

function follow(stream: ServerResponse, bus: EventBus): () => void {
  const send = (text: string): void => {
    if (stream.writableLength > maxUnsentBytes) stream.destroy();
    else stream.write(text);
  };
  stream.on('error', () => stream.destroy()); // the client is gone: its `close` follows
  send('retry: 2000\n\n');
  const heartbeat = setInterval(() => send(': heartbeat\n\n'), heartbeatMs);
  const unsubscribe = bus.subscribe((event) => send(`data: ${JSON.stringify(event)}\n\n`));
  return () => {
    clearInterval(heartbeat);
    unsubscribe();
  };
}
