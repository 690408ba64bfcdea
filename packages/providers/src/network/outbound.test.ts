import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { request } from 'undici';
import { startFeedServer } from '../advisory-source/feed-server-for-tests.ts';
import { makeTestCertificates } from './certificates-for-tests.ts';
import { type ConnectProxy, startConnectProxy } from './connect-proxy-for-tests.ts';
import { type Outbound, openOutbound } from './outbound.ts';

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const containing = (text: string): unknown => expect.stringContaining(text);

const certificates = makeTestCertificates();
afterAll(() => {
  if (certificates !== undefined) rmSync(certificates.folder, { recursive: true, force: true });
});

async function opened(environment: Record<string, string>, caFile?: string): Promise<Outbound> {
  const outbound = await openOutbound({ environment, caFile });
  onTestFinished(() => outbound.close());
  return outbound;
}

async function proxied(credentials?: string): Promise<ConnectProxy> {
  const proxy = await startConnectProxy(credentials);
  onTestFinished(() => proxy.close());
  return proxy;
}

async function publisher(isSecure: boolean): Promise<string> {
  const server = await startFeedServer(isSecure && certificates !== undefined ? { tls: certificates } : {});
  onTestFinished(() => server.close());
  server.set('/feed', 'advisories');
  return server.origin;
}

describe.skipIf(certificates === undefined)('over TLS, through a proxy', () => {
  const caFile = certificates?.caFile ?? '';

  it('fetches by CONNECT, with the extra authority and the credentials of the proxy', async () => {
    const origin = await publisher(true);
    const proxy = await proxied('user:p@ss word');
    const outbound = await opened({ HTTPS_PROXY: `http://user:p%40ss%20word@127.0.0.1:${proxy.port}`, NODEWARD_CA_FILE: caFile });

    const response = await outbound.fetch(`${origin}/feed`);

    expect(await response.text()).toBe('advisories');
    expect(proxy.requests).toEqual([`CONNECT ${origin.slice('https://'.length)}`]);
    expect(outbound.proxyOf(origin)).toBe(`http://127.0.0.1:${proxy.port}`);
  });

  it('carries clients on undici and on node:https the same way', async () => {
    const origin = await publisher(true);
    const proxy = await proxied('user:secret');
    const outbound = await opened({ HTTPS_PROXY: `http://user:secret@127.0.0.1:${proxy.port}` }, caFile);
    const agent = outbound.httpsAgent(origin);
    onTestFinished(() => agent.destroy());

    const { body } = await request(`${origin}/feed`, { dispatcher: outbound.dispatcher });
    const status = await new Promise((resolve, reject) => void get(`${origin}/feed`, { agent }, (answer) => resolve(answer.resume().statusCode)).on('error', reject));

    expect(await body.text()).toBe('advisories');
    expect(status).toBe(200);
    expect(proxy.requests).toHaveLength(2);
  });

  it('goes directly where NO_PROXY says so', async () => {
    const origin = await publisher(true);
    const proxy = await proxied();
    const outbound = await opened({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: '127.0.0.0/8' }, caFile);
    const agent = outbound.httpsAgent(origin);
    onTestFinished(() => agent.destroy());

    expect((await outbound.fetch(`${origin}/feed`)).status).toBe(200);
    expect(await new Promise((resolve, reject) => void get(`${origin}/feed`, { agent }, (answer) => resolve(answer.resume().statusCode)).on('error', reject))).toBe(200);
    expect(proxy.requests).toEqual([]);
  });

  it('trusts nobody without the extra authority, and says so', async () => {
    const origin = await publisher(true);
    const outbound = await opened({});

    await expect(outbound.fetch(`${origin}/feed`)).rejects.toMatchObject({ code: 'OUTBOUND', message: matching(/^127\.0\.0\.1:\d+ cannot be reached: .*certificate/) });
  });

  it('lets one client trust a cluster of its own, and that client only', async () => {
    const origin = await publisher(true);
    const outbound = await opened({});
    const dispatcher = outbound.dispatcherWith({ ca: readFileSync(caFile, 'utf8') });
    onTestFinished(() => dispatcher.close());

    expect((await request(`${origin}/feed`, { dispatcher })).statusCode).toBe(200);
    await expect(outbound.fetch(`${origin}/feed`)).rejects.toMatchObject({ code: 'OUTBOUND' });
  });

  it('names the proxy that refuses, and never its password', async () => {
    const origin = await publisher(true);
    const proxy = await proxied('user:right');
    const outbound = await opened({ HTTPS_PROXY: `http://user:wrongsecret@127.0.0.1:${proxy.port}` }, caFile);

    const error: unknown = await outbound.fetch(`${origin}/feed`).catch((reason: unknown) => reason);

    expect(error).toMatchObject({ code: 'OUTBOUND', message: containing(`through the proxy http://127.0.0.1:${proxy.port}: `) });
    expect(error).toMatchObject({ message: containing('407') });
    expect(inspected(error)).not.toMatch(/wrongsecret|dXNlcjp3cm9uZ3NlY3JldA/);
  });

  it('names a proxy that is not there', async () => {
    const outbound = await opened({ HTTPS_PROXY: 'http://user:secret@127.0.0.1:1' });

    await expect(outbound.fetch('https://a.example/')).rejects.toThrow(/^a\.example cannot be reached through the proxy http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
  });
});

/** All that a log would show. */
function inspected(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.message, error.stack, JSON.stringify(error), inspected(error.cause ?? '')].join(' ');
}

describe('in the clear', () => {
  it('goes through HTTP_PROXY', async () => {
    const origin = await publisher(false);
    const proxy = await proxied('user:secret');
    const outbound = await opened({ http_proxy: `http://user:secret@127.0.0.1:${proxy.port}` });

    expect(await (await outbound.fetch(`${origin}/feed`)).text()).toBe('advisories');
    expect(proxy.requests).toEqual([`GET ${origin}/feed`]);
  });

  it("passes the caller's own abort through", async () => {
    const outbound = await opened({});
    const reason = new Error('enough');

    await expect(outbound.fetch('http://127.0.0.1:1/', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('a file of certificates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-ca-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['is not there', undefined, /certificates cannot be read \(ENOENT\)$/],
    ['is empty', '', /holds no certificate in PEM form$/],
    ['is damaged', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /certificate 1 cannot be read$/],
  ])('that %s is refused at once', async (_, content, expected) => {
    const file = join(folder, `bad-${String(content?.length)}.pem`);
    if (content !== undefined) writeFileSync(file, content);

    await expect(openOutbound({ environment: { NODEWARD_CA_FILE: file } })).rejects.toThrow(expected);
  });
});
