import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type NotificationOutcome, postNotification, refusalOfUrl } from './post.ts';

interface Received {
  readonly method: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function listen(answer: RequestListener): Promise<{ readonly port: number; readonly received: readonly Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      received.push({ method: request.method, headers: request.headers, body });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, received };
}

function detailOf(outcome: NotificationOutcome): string | undefined {
  return outcome.kind === 'answered' ? undefined : outcome.detail;
}

const given = { headers: { 'webhook-id': 'msg_1' }, body: '{"名":1}', allowLoopback: true, timeoutMs: 2000 };

describe('a notification', () => {
  it('arrives with its headers and its bytes', async () => {
    const { port, received } = await listen((_, response) => response.writeHead(204).end());

    expect(await postNotification({ ...given, url: `http://localhost:${port}/hook?a=b` })).toEqual({ kind: 'answered', status: 204 });

    expect(received).toMatchObject([{ method: 'POST', body: given.body, headers: { 'webhook-id': 'msg_1', 'content-type': 'application/json; charset=utf-8' } }]);
  });

  it('does not follow a redirect', async () => {
    const target = await listen((_, response) => response.writeHead(200).end());
    const { port } = await listen((_, response) => response.writeHead(307, { location: `http://127.0.0.1:${target.port}/` }).end());

    expect(await postNotification({ ...given, url: `http://127.0.0.1:${port}/` })).toEqual({ kind: 'answered', status: 307 });

    expect(target.received).toEqual([]);
  });

  it.each([
    ['by name', 'localhost', 'localhost is (127.0.0.1|::1)'],
    ['by number', '127.0.0.1', '127.0.0.1'],
    ['by a number written otherwise', '0x7f.1', '127.0.0.1'],
    ['by IPv6', '[::1]', '::1'],
  ])('is not sent to this machine where that is not allowed: %s', async (_, host, detail) => {
    const { port, received } = await listen((__, response) => response.writeHead(200).end());

    const outcome = await postNotification({ ...given, allowLoopback: false, url: `http://${host}:${port}/` });

    expect(outcome.kind).toBe('refused');
    expect(detailOf(outcome)).toMatch(new RegExp(`^${detail}$`));
    expect(received).toEqual([]);
  });

  it('is never sent to a metadata service', async () => {
    expect(await postNotification({ ...given, url: 'http://169.254.169.254/latest/api/token' })).toEqual({ kind: 'refused', detail: '169.254.169.254' });
    expect(await postNotification({ ...given, url: 'http://[::ffff:169.254.169.254]/' })).toMatchObject({ kind: 'refused' });
  });

  it('waits no longer than it may', async () => {
    const { port } = await listen(() => undefined);

    expect(await postNotification({ ...given, timeoutMs: 100, url: `http://127.0.0.1:${port}/` })).toEqual({ kind: 'no-answer', detail: 'timed out' });
  });

  it('waits no longer than it may for an answer that never ends, and reads no more of it than it needs', async () => {
    const { port } = await listen((_, response) => void response.writeHead(200).write('x'));
    const endless = await listen((_, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.writeHead(200).on('drain', write);
      write();
    });

    expect(await postNotification({ ...given, timeoutMs: 200, url: `http://127.0.0.1:${port}/` })).toEqual({ kind: 'no-answer', detail: 'timed out' });
    expect(await postNotification({ ...given, url: `http://127.0.0.1:${endless.port}/` })).toEqual({ kind: 'answered', status: 200 });
  });

  it('says in one line why nobody answers', async () => {
    expect(detailOf(await postNotification({ ...given, url: 'http://127.0.0.1:1/' }))).toMatch(/^[^\n]*ECONNREFUSED[^\n]*$/);
    expect(detailOf(await postNotification({ ...given, url: 'http://receiver.invalid/' }))).toMatch(/^[^\n]*receiver\.invalid[^\n]*$/);
  });
});

describe('the address of a receiver', () => {
  it.each([
    ['ftp://receiver.example/', 'not-http'],
    ['receiver.example', 'not-http'],
    ['https://user:word@receiver.example/', 'credentials-in-url'],
    ['http://169.254.169.254/', 'address-refused'],
    ['http://2852039166/', 'address-refused'],
    ['http://localhost/', undefined],
    ['https://10.1.2.3/hook', undefined],
    ['https://receiver.example/hook', undefined],
  ])('%s: %s', (url, expected) => {
    expect(refusalOfUrl(url, false)).toBe(expected);
  });
});
