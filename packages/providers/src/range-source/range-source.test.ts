import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createBufferSource, SourceTruncatedError } from '@nodeward/engine';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openOutbound, type Outbound } from '../network/outbound.ts';
import { openRangeSource, type RangeSourceOptions } from './open-range-source.ts';
import { type PageBlobFault, type PageBlobServer, startPageBlobServer } from './page-blob-server-for-tests.ts';
import { RangeSourceError } from './range-source-error.ts';

const mebibyte = 1024 * 1024;
/** Every 16 bytes say where they are; three quarters are zeros, as on a disk that is hardly used. */
const disk = Buffer.alloc(16 * mebibyte);
for (let at = 0; at < disk.length; at += 16) if (Math.floor(at / mebibyte) % 4 === 0) disk.write(String(at).padStart(15, '0') + '\n', at);

let outbound: Outbound;
let server: PageBlobServer;
beforeAll(async () => {
  outbound = await openOutbound({ environment: {} });
});
afterAll(() => outbound.close());
beforeEach(async () => {
  server = await startPageBlobServer();
  server.addDisk('md-1/abcd', createBufferSource(disk));
});
afterEach(() => server.close());

const pauses: number[] = [];
const options = (more: Partial<RangeSourceOptions> = {}): RangeSourceOptions => ({
  outbound,
  sleep: (milliseconds) => {
    pauses.push(milliseconds);
    return Promise.resolve();
  },
  ...more,
});
const open = (more: Partial<RangeSourceOptions> = {}): ReturnType<typeof openRangeSource> => openRangeSource(server.grant('md-1/abcd', 3600), options(more));
const served = (): readonly string[] => server.requests.flatMap(({ range, query }) => (query.includes('comp=pagelist') ? ['pages'] : [range ?? 'all']));

async function failureOf(promise: Promise<unknown>): Promise<RangeSourceError> {
  const error = await promise.then(() => undefined, (reason: unknown) => reason);
  if (!(error instanceof RangeSourceError)) throw new Error(`not the error of a range source: ${String(error)}`);
  return error;
}

describe('a disk behind a shared access signature', () => {
  it('is as long as the disk and its footer, and gives the bytes that were asked for', async () => {
    const source = await open();

    expect(source.size).toBe(disk.length + 512);
    for (const [offset, length] of [[0, 10], [300_000, 5], [mebibyte - 7, 20], [3 * mebibyte, 9 * mebibyte], [disk.length - 1, 1], [5, 0]] as const) {
      expect(Buffer.from(await source.read(offset, length)).equals(disk.subarray(offset, offset + length))).toBe(true);
    }
    expect(Buffer.from(await source.read(disk.length, 8)).toString()).toBe('conectix');
    await expect(source.read(disk.length, 513)).rejects.toBeInstanceOf(SourceTruncatedError);
    await source.close();
  });

  it('costs one request to open, one for its pages, and none for what was never written', async () => {
    const source = await open();
    await source.read(0, 256 * 1024);
    await source.read(mebibyte, 3 * mebibyte);
    await source.read(2 * mebibyte, 100);

    expect(served()).toEqual(['bytes=0-262143', 'pages']);
    expect(source.statistics.requests).toBe(2);
    expect(source.statistics.bytes).toBeGreaterThan(256 * 1024);
    await source.close();
  });

  it('is asked for written pieces only, and long ones in parts', async () => {
    const source = await open();
    await source.read(512 * 1024, 12 * mebibyte);

    expect(served().slice(2).toSorted()).toEqual([`bytes=${12 * mebibyte}-${12.5 * mebibyte - 1}`, `bytes=${4 * mebibyte}-${5 * mebibyte - 1}`, `bytes=${512 * 1024}-${mebibyte - 1}`, `bytes=${8 * mebibyte}-${9 * mebibyte - 1}`]);
    await source.close();
  });

  it('is read without its list of pages where nobody wants it', async () => {
    const source = await open({ pageList: false });

    expect(Buffer.from(await source.read(0, 12 * mebibyte)).equals(disk.subarray(0, 12 * mebibyte))).toBe(true);
    expect(served().toSorted()).toEqual(['bytes=0-262143', 'bytes=0-4194303', 'bytes=4194304-8388607', 'bytes=8388608-12582911']);
    await source.close();
  });

  it('whose list of pages comes in parts is read to its last marker', async () => {
    const pages = Array.from({ length: 10_050 }, (_, nth) => ({ start: nth * 1024, end: nth * 1024 + 511 }));
    server.addDisk('many', createBufferSource(disk), { pages });
    const source = await openRangeSource(server.grant('many', 60), options());

    expect(served().filter((what) => what === 'pages').length).toBe(2);
    expect(Buffer.from(await source.read(10_049 * 1024, 512)).equals(disk.subarray(10_049 * 1024, 10_049 * 1024 + 512))).toBe(true);
    await source.close();
  });

  it('names the version of the first answer in every later request', async () => {
    const source = await open();
    await source.read(4 * mebibyte, 100);

    const [first, ...later] = server.requests.map(({ ifMatch }) => ifMatch);
    expect(first).toBeUndefined();
    expect(new Set(later).size).toBe(1);
    expect(later[0]).toMatch(/^"0x/);
    await source.close();
  });

  it('never asks for more at once than it may', async () => {
    let now = 0;
    let most = 0;
    const counting: Pick<Outbound, 'fetch'> = {
      fetch: async (url, request) => {
        most = Math.max(most, ++now);
        try {
          return await outbound.fetch(url, request);
        } finally {
          now--;
        }
      },
    };
    const source = await open({ parallel: 3, outbound: counting });
    await Promise.all(Array.from({ length: 20 }, (_, nth) => source.read(4 * mebibyte + nth * 4096, 4096)));

    expect(most).toBe(3);
    await source.close();
  });
});

describe('a server that fails for a while is asked again', () => {
  it.each<readonly [string, PageBlobFault]>([
    ['503 ServerBusy', { kind: 'busy', times: 3 }],
    ['429', { kind: 'status', status: 429, times: 2 }],
    ['500', { kind: 'status', status: 500, times: 2 }],
    ['a body that is cut', { kind: 'cut', times: 2 }],
    ['fewer bytes than were asked for', { kind: 'short', times: 2 }],
    ['no answer in time', { kind: 'slow', times: 1, milliseconds: 8000 }],
  ])('%s', async (_, fault) => {
    const source = await open(fault.kind === 'slow' ? { deadline: 3000 } : {});
    server.fail(fault);

    expect(Buffer.from(await source.read(4 * mebibyte, 5000)).equals(disk.subarray(4 * mebibyte, 4 * mebibyte + 5000))).toBe(true);
    expect(source.failure).toBeUndefined();
    await source.close();
  });

  it('as late as it asks for, and later each time where it says nothing', async () => {
    const source = await open();
    server.fail({ kind: 'busy', times: 1, retryAfter: 7 });
    server.fail({ kind: 'busy', times: 2 });
    pauses.length = 0;
    await source.read(4 * mebibyte, 10);

    expect(pauses).toEqual([7000, 500, 1000]);
    await source.close();
  });

  it('but not for ever, and not where it asks for more than a minute', async () => {
    const source = await open();
    server.fail({ kind: 'busy', times: 5 });
    expect((await failureOf(source.read(4 * mebibyte, 10))).failure).toBe('busy');
    server.fail({ kind: 'busy', times: 1, retryAfter: 3600 });
    const requests = server.requests.length;
    expect(await failureOf(source.read(8 * mebibyte, 10))).toMatchObject({ failure: 'busy', status: 503 });

    expect(server.requests.length).toBe(requests + 1);
    expect(source.failure?.failure).toBe('busy');
    await source.close();
  });
});

describe('what cannot be read says why, without the signature', () => {
  it.each<readonly [string, RangeSourceError['failure'], () => string]>([
    ['a signature that was revoked', 'access-expired', () => { const url = server.grant('md-1/abcd', 60); server.revoke('md-1/abcd'); return url; }],
    ['a signature that has ended', 'access-expired', () => server.grant('md-1/abcd', -1)],
    ['a disk that is gone', 'not-found', () => { const url = server.grant('md-1/abcd', 60); server.remove('md-1/abcd'); return url; }],
    ['http to another machine', 'address-refused', () => 'http://disks.example/md-1/abcd?sig=SECRET'],
    ['what is no address', 'address-refused', () => 'https//SECRET'],
  ])('%s', async (_, failure, address) => {
    const error = await failureOf(openRangeSource(address(), options()));

    expect(error.failure).toBe(failure);
    expect(error.message).not.toMatch(/sig=|SECRET|\n/);
  });

  it('a signature that ends in the middle', async () => {
    const source = await open();
    server.revoke('md-1/abcd');

    expect(await failureOf(source.read(4 * mebibyte, 10))).toMatchObject({ failure: 'access-expired', status: 403 });
    await source.close();
  });

  it('a disk that changes while it is read is an error, and never a mixture', async () => {
    const source = await open();
    await source.read(4 * mebibyte, 10);
    server.replaceDisk('md-1/abcd', createBufferSource(Buffer.alloc(disk.length, 7)));

    expect(await failureOf(source.read(4 * mebibyte, 10))).toMatchObject({ failure: 'changed', status: 412 });
    await source.close();
  });

  it('an answer about other bytes than were asked for', async () => {
    const source = await open();
    server.fail({ kind: 'shifted', times: 1 });

    expect((await failureOf(source.read(4 * mebibyte, 10))).failure).toBe('answer-invalid');
    await source.close();
  });

  it('an abort of the caller, as it is', async () => {
    const aborting = new AbortController();
    const source = await open({ signal: aborting.signal });
    server.fail({ kind: 'slow', times: 1, milliseconds: 5000 });
    const reading = source.read(4 * mebibyte, 10);
    aborting.abort(new Error('the user has left'));

    await expect(reading).rejects.toThrow('the user has left');
  });
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function withServer<Value>(handler: Handler, use: (origin: string) => Promise<Value>): Promise<Value> {
  const other = createServer(handler);
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  try {
    return await use(`http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`);
  } finally {
    other.closeAllConnections();
    other.close();
  }
}

/** A server that speaks of one mebibyte; `headers` and `bytes` are what it answers. */
const answering = (headers: Record<string, string>, status = 206): Handler => (request, response) => {
  const [, from = '0', to = '0'] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
  const end = Math.min(Number(to), mebibyte - 1);
  response.writeHead(status, { 'content-range': `bytes ${from}-${end}/${mebibyte}`, ...headers });
  response.end(disk.subarray(Number(from), end + 1));
};

describe('any server that knows ranges', () => {
  it('will do, with an ETag or without', async () => {
    for (const headers of [{ etag: '"1"' }, { etag: 'W/"1"', 'last-modified': 'Tue, 24 Nov 2026 00:00:00 GMT' }, {}]) {
      const bytes = await withServer(answering(headers), async (origin) => (await openRangeSource(`${origin}/disk`, options())).read(300_000, 500_000));

      expect(Buffer.from(bytes).equals(disk.subarray(300_000, 800_000))).toBe(true);
    }
  });

  it.each<readonly [string, RangeSourceError['failure'], Handler]>([
    ['gives whole files only', 'range-ignored', answering({}, 200)],
    ['asks who is there', 'access-denied', answering({}, 401)],
    ['forbids', 'access-denied', answering({}, 403)],
    ['has nothing there', 'not-found', answering({}, 404)],
    ['has an empty file', 'range-refused', answering({ 'content-range': 'bytes */0' }, 416)],
    ['speaks of other bytes', 'answer-invalid', answering({ 'content-range': `bytes 1-262144/${mebibyte}` })],
    ['does not say how long the file is', 'answer-invalid', answering({ 'content-range': 'bytes 0-262143/*' })],
    ['names no range', 'answer-invalid', answering({ 'content-range': 'pages 0-262143/1048576' })],
    ['packs what it sends', 'answer-invalid', answering({ 'content-encoding': 'br' })],
    ['sends more than it should', 'answer-invalid', (_, response) => { response.writeHead(206, { 'content-range': `bytes 0-262143/${mebibyte}` }); response.end(Buffer.alloc(400_000)); }],
    ['answers with a teapot', 'answer-invalid', answering({}, 418)],
    ['leads in a circle', 'redirect-refused', (_, response) => { response.writeHead(302, { location: '/again' }); response.end(); }],
    ['leads to an address in the clear', 'redirect-refused', (_, response) => { response.writeHead(307, { location: 'http://elsewhere.example/disk?sig=SECRET' }); response.end(); }],
    ['leads to a file', 'redirect-refused', (_, response) => { response.writeHead(302, { location: 'file:///etc/passwd' }); response.end(); }],
  ])('but not one that %s', async (_, failure, handler) => {
    const error = await withServer(handler, (origin) => failureOf(openRangeSource(`${origin}/disk?sig=SECRET`, options())));

    expect(error.failure).toBe(failure);
    expect(error.message).not.toMatch(/SECRET|\n/);
  });

  it.each([
    ['its ETag', { etag: '"1"' }, { etag: '"2"' }],
    ['its time', { 'last-modified': 'Tue, 24 Nov 2026 00:00:00 GMT' }, { 'last-modified': 'Tue, 24 Nov 2026 00:00:01 GMT' }],
    ['its length', { etag: '"1"' }, { etag: '"1"', 'content-range': 'bytes 300000-300009/2097152' }],
  ])('and one that changes %s without looking at conditions is noticed', async (_, before, after) => {
    let asked = 0;
    const error = await withServer(
      (request, response) => { answering(asked++ === 0 ? before : after)(request, response); },
      async (origin) => failureOf((await openRangeSource(`${origin}/disk`, options())).read(300_000, 10)),
    );

    expect(error.failure).toBe('changed');
  });

  it('gives nothing of ours to the origin that it leads to', async () => {
    const seen: (string | undefined)[] = [];
    await withServer(
      (request, response) => { seen.push(request.headers.authorization, request.headers['x-key']?.toString()); answering({ etag: '"1"' })(request, response); },
      (target) => withServer(
        (request, response) => { seen.push(request.headers.authorization, request.headers['x-key']?.toString()); response.writeHead(302, { location: `${target}/real` }); response.end(); },
        (origin) => openRangeSource(origin.replace('//', '//user:word@') + '/disk', options({ headers: { 'x-key': 'mine' } })),
      ),
    );

    expect(seen).toEqual([`Basic ${Buffer.from('user:word').toString('base64')}`, 'mine', undefined, undefined]);
  });

  it.each([
    ['no list', 'hello'],
    ['a list that is cut', '<PageList><PageRange><Start>0</Start><End>511</End></PageRange>'],
    ['pages behind the end', '<PageList><PageRange><Start>0</Start><End>99999999</End></PageRange></PageList>'],
    ['pages in no order', '<PageList><PageRange><Start>1024</Start><End>1535</End></PageRange><PageRange><Start>0</Start><End>511</End></PageRange></PageList>'],
    ['pages that end before they begin', '<PageList><PageRange><Start>1024</Start><End>511</End></PageRange></PageList>'],
    ['words for numbers', '<PageList><PageRange><Start>zero</Start><End>511</End></PageRange></PageList>'],
    ['a marker that leads nowhere else', '<PageList><NextMarker>1</NextMarker></PageList>'],
  ])('and a list of pages with %s is no list', async (_, body) => {
    const error = await withServer(
      (request, response) => { if (request.url?.includes('pagelist') === true) response.end(body); else answering({ 'x-ms-blob-type': 'PageBlob' })(request, response); },
      (origin) => failureOf(openRangeSource(`${origin}/disk`, options())),
    );

    expect(error.failure).toBe('answer-invalid');
  });
});

it('the emulator gives every byte of a disk by its pages', async () => {
  const source = await open();

  expect(createHash('sha256').update(await source.read(0, disk.length)).digest('hex')).toBe(createHash('sha256').update(disk).digest('hex'));
  await source.close();
});
