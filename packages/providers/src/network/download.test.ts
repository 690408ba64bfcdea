import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FeedFault, type FeedServer, startFeedServer } from '../advisory-source/feed-server-for-tests.ts';
import { download, type DownloadAnswer, type DownloadOptions } from './download.ts';
import { type Outbound, openOutbound } from './outbound.ts';

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const containing = (text: string): unknown => expect.stringContaining(text);

const content = Buffer.from('{"records": []}'.repeat(1000));
const now = (): Date => new Date('2026-11-24T12:00:00Z');
const isJson = (start: Buffer): boolean => start.toString('latin1').startsWith('{');

describe('a download', () => {
  let server: FeedServer;
  let outbound: Outbound;
  let pauses: number[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-download-'));
  const file = join(folder, 'feed');

  beforeAll(async () => {
    [server, outbound] = await Promise.all([startFeedServer(), openOutbound({ environment: {} })]);
  });
  afterAll(async () => {
    await Promise.all([server.close(), outbound.close()]);
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    pauses = [];
    server.heal();
    server.set('/feed', content);
  });

  function fetched(more: Partial<DownloadOptions> = {}): Promise<DownloadAnswer> {
    const sleep = async (milliseconds: number): Promise<void> => void pauses.push(milliseconds);
    return download({ outbound, url: `${server.origin}/feed`, file, maxBytes: 100_000, isExpected: isJson, now, sleep, signal: new AbortController().signal, ...more });
  }

  it('writes the bytes, and tells their hash and tag', async () => {
    const answer = await fetched();

    expect(answer).toMatchObject({ kind: 'fresh', bytes: content.length, sha256: createHash('sha256').update(content).digest('hex'), etag: matching(/^"/) });
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('hears that nothing has changed', async () => {
    const first = await fetched();

    expect(await fetched(first.kind === 'fresh' ? { etag: first.etag } : {})).toEqual({ kind: 'unchanged' });
  });

  it('takes a 304 that nobody asked for as a fault', async () => {
    server.fail('/feed', { kind: 'status', status: 304 });

    expect(await fetched()).toMatchObject({ kind: 'failed', failure: { code: 'bad-answer' } });
  });

  const md5 = createHash('md5').update(content).digest('base64');
  const sha256 = createHash('sha256').update(content).digest('base64');
  it.each([
    ['cut once', { kind: 'cut', after: 100 }, 1, [1000]],
    ['busy once', { kind: 'status', status: 429 }, 1, [1000]],
    ['busy, with its own pause', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, 1, [7000]],
    ['busy, with a date', { kind: 'status', status: 503, headers: { 'retry-after': 'Tue, 24 Nov 2026 12:00:09 GMT' } }, 1, [9000]],
    ['broken twice', { kind: 'status', status: 500 }, 2, [1000, 2000]],
    ['behind a gateway that fails thrice', { kind: 'status', status: 502 }, 3, [1000, 2000, 4000]],
    ['sending another checksum once', { kind: 'headers', headers: { 'x-goog-hash': 'crc32c=AAAAAA==,md5=AAAAAAAAAAAAAAAAAAAAAA==' } }, 1, [1000]],
    ['sending its checksum', { kind: 'headers', headers: { 'x-goog-hash': `crc32c=AAAAAA==,md5=${md5}`, 'repr-digest': `sha-256=:${sha256}:`, 'content-md5': md5 } }, 9, []],
  ] satisfies [string, FeedFault, number, number[]][])('succeeds at a source that is %s', async (_, fault, times, expected) => {
    server.fail('/feed', fault, times);

    expect(await fetched()).toMatchObject({ kind: 'fresh', bytes: content.length });
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(pauses).toEqual(expected);
  });

  it.each([
    ['always cut', { kind: 'cut', after: 100 }, 'cut', 4, /ended early/],
    ['always busy', { kind: 'status', status: 429 }, 'busy', 4, /answered 429$/],
    ['busy for an hour', { kind: 'status', status: 429, headers: { 'retry-after': '3600' } }, 'busy', 1, /come back after 2026-11-24T13:00:00Z$/],
    ['out of its hourly requests', { kind: 'status', status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795523400' } }, 'busy', 1, /come back after 2026-11-24T12:30:00Z$/],
    ['always broken', { kind: 'status', status: 500 }, 'bad-answer', 4, /answered 500$/],
    ['gone', { kind: 'status', status: 404 }, 'not-found', 1, /answered 404 for \/feed$/],
    ['closed to us', { kind: 'status', status: 403 }, 'denied', 1, /answered 403$/],
    ['endless', { kind: 'endless' }, 'too-large', 1, /more than the 100000 bytes/],
    ['announcing too much', { kind: 'headers', headers: { 'content-length': '100001' } }, 'too-large', 1, /announces 100001 bytes/],
    ['a page by its type', { kind: 'page', type: 'text/html; charset=utf-8', body: '{}' }, 'wrong-type', 1, /web page/],
    ['a page by its content', { kind: 'page', type: 'application/json', body: '<!DOCTYPE html><html>sign in</html>' }, 'wrong-type', 1, /web page/],
    ['something else', { kind: 'page', type: 'application/json', body: 'PK\u0003\u0004' }, 'wrong-type', 1, /something else/],
    ['empty', { kind: 'page', type: 'application/json', body: '' }, 'wrong-type', 1, /something else/],
    ['lying about its checksum', { kind: 'headers', headers: { 'repr-digest': 'sha-256=:AAAA:' } }, 'checksum', 4, /\(repr-digest\)$/],
    ['a circle', { kind: 'status', status: 302, headers: { location: '/feed' } }, 'redirect-refused', 6, /more than 5 times/],
    ['sending us to plain http elsewhere', { kind: 'status', status: 302, headers: { location: 'http://elsewhere.example/' } }, 'redirect-refused', 1, /not https/],
    ['sending us to a file', { kind: 'status', status: 302, headers: { location: 'file:///etc/passwd' } }, 'redirect-refused', 1, /not https/],
    ['sending us nowhere', { kind: 'status', status: 302, headers: { location: 'http://' } }, 'redirect-refused', 1, /not https/],
  ] satisfies [string, FeedFault, string, number, RegExp][])('gives up, with a reason, at a source that is %s', async (_, fault, code, asked, detail) => {
    server.fail('/feed', fault);
    const before = server.requests.length;

    const answer = await fetched();

    expect(answer).toMatchObject({ kind: 'failed', failure: { code, detail: matching(detail) } });
    expect(server.requests.length - before).toBe(asked);
  });

  it('follows a redirect within the origin', async () => {
    server.fail('/old', { kind: 'status', status: 301, headers: { location: '/feed' } });

    expect(await fetched({ url: `${server.origin}/old` })).toMatchObject({ kind: 'fresh' });
  });

  it('gives name and password to their own origin as a header, and shows them to nobody', async () => {
    server.fail('/feed', { kind: 'status', status: 401 });

    const answer = await fetched({ url: `${server.origin.replace('://', '://user:s%40cret@')}/feed` });

    expect(server.requests.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from('user:s@cret').toString('base64')}`);
    expect(answer).toMatchObject({ kind: 'failed', failure: { code: 'denied' } });
    expect(JSON.stringify(answer)).not.toContain('cret');
  });

  it('waits no longer for a byte than it may', async () => {
    server.fail('/feed', { kind: 'silent' });

    expect(await fetched({ silence: 50 })).toMatchObject({ kind: 'failed', failure: { code: 'timed-out', detail: containing('fell silent') } });
  });

  it('ends at its deadline, also while it pauses', async () => {
    server.fail('/feed', { kind: 'status', status: 500 });

    expect(await fetched({ deadline: 100, sleep: undefined })).toMatchObject({ kind: 'failed', failure: { code: 'bad-answer' } });
  });

  it('names what is not there', async () => {
    const gone = await startFeedServer();
    await gone.close();

    expect(await fetched({ url: `${gone.origin}/feed` })).toMatchObject({ kind: 'failed', failure: { code: 'unreachable', detail: matching(/^127\.0\.0\.1:\d+ cannot be reached: .*ECONNREFUSED/) } });
    expect(pauses).toEqual([1000, 2000, 4000]);
  });

  it("throws the caller's own reason when it is aborted", async () => {
    server.fail('/feed', { kind: 'silent' });
    const abort = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => abort.abort(reason), 30);

    await expect(fetched({ signal: abort.signal })).rejects.toBe(reason);
  });

  it('throws where it cannot write, as that is no fault of the source', async () => {
    await expect(fetched({ file: join(folder, 'absent', 'feed') })).rejects.toThrow(/ENOENT/);
  });
});
