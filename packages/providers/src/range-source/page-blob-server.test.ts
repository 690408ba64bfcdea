import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnonymousCredential, BlobSASPermissions, ContainerClient, type PageBlobClient, PageBlobClient as OfficialClient, RestError, StorageSharedKeyCredential } from '@azure/storage-blob';
import { createBufferSource } from '@nodeward/engine';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openOutbound, type Outbound } from '../network/outbound.ts';
import { openRangeSource } from './open-range-source.ts';
import { type PageBlobServer, startPageBlobServer } from './page-blob-server-for-tests.ts';

const disk = Buffer.alloc(4 * 1024 * 1024);
disk.fill('first', 0, 1024);
disk.fill('second', 1024 * 1024, 1024 * 1024 + 8192);
disk.fill('last', disk.length - 512);

let outbound: Outbound;
beforeAll(async () => {
  outbound = await openOutbound({ environment: {} });
});
afterAll(() => outbound.close());

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => undefined, (reason: unknown) => reason);
  if (!(error instanceof RestError)) throw new Error(`not an error of the service: ${String(error)}`);
  return `${error.statusCode} ${error.code ?? ''}`;
}

/** The official client believes the emulator: it cannot drift into our own misunderstandings. */
describe('the emulator, asked by the official client', () => {
  let server: PageBlobServer;
  let client: PageBlobClient;
  beforeEach(async () => {
    server = await startPageBlobServer();
    server.addDisk('md-1/abcd', createBufferSource(disk));
    client = officialClient(server.grant('md-1/abcd', 3600));
  });
  afterEach(() => server.close());
  const officialClient = (url: string): PageBlobClient => new OfficialClient(url, new AnonymousCredential(), { retryOptions: { maxTries: 1 } });

  it('has the length of the disk with its footer, and is a page blob', async () => {
    expect(await client.getProperties()).toMatchObject({ contentLength: disk.length + 512, blobType: 'PageBlob' });
  });

  it('gives ranges of bytes', async () => {
    expect((await client.downloadToBuffer(1024 * 1024 - 10, 500)).equals(disk.subarray(1024 * 1024 - 10, 1024 * 1024 + 490))).toBe(true);
    expect((await client.downloadToBuffer(disk.length, 512)).subarray(0, 8).toString()).toBe('conectix');
  });

  it('lists the pages that hold something, by marker', async () => {
    const pages: [number, number][] = [];
    for await (const page of client.listPageRanges(0, disk.length + 512).byPage({ maxPageSize: 1 })) {
      for (const { start, end } of page.pageRange ?? []) pages.push([start, end]);
    }

    expect(pages).toEqual([[0, 1023], [1024 * 1024, 1024 * 1024 + 8191], [disk.length - 512, disk.length + 511]]);
  });

  it('sums ranges of up to four mebibytes and no more', async () => {
    const { contentMD5 } = await client.download(0, 512, { rangeGetContentMD5: true });

    expect(contentMD5?.length).toBe(16);
    expect(await codeOf(client.download(0, 4 * 1024 * 1024 + 1, { rangeGetContentMD5: true }))).toMatch(/^400/);
  });

  it.each<readonly [string, string, () => Promise<unknown>]>([
    ['an older version', '412 ConditionNotMet', () => client.download(0, 512, { conditions: { ifMatch: '"0x1"' } })],
    ['a range behind the end', '416 InvalidRange', () => client.download(disk.length + 512, 512)],
    ['a revoked signature', '403 AuthenticationFailed', () => { server.revoke('md-1/abcd'); return client.download(0, 512); }],
    ['a signature of another disk', '403 AuthenticationFailed', () => officialClient(server.grant('md-2/abcd', 60).replace('md-2', 'md-1')).download(0, 512)],
    ['a path that nobody knows', '404 BlobNotFound', () => officialClient(server.grant('md-3/abcd', 60)).download(0, 512)],
    ['a busy moment', '503 ServerBusy', () => { server.fail({ kind: 'busy', times: 1 }); return client.download(0, 512); }],
    ['an attempt to write', '405 UnsupportedHttpVerb', () => client.uploadPages(Buffer.alloc(512), 0, 512)],
  ])('refuses %s as the service does', async (_, code, ask) => {
    expect(await codeOf(ask())).toBe(code);
  });

  it('remembers what it was asked, without the signature', async () => {
    await client.getProperties();

    expect(server.requests).toMatchObject([{ method: 'HEAD', path: '/md-1/abcd', status: 200 }]);
    expect(JSON.stringify(server.requests)).toContain('sig=redacted');
  });
});

/** Well known: the account that every Azurite has. */
const account = 'devstoreaccount1';
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

function azuriteProgram(): string | undefined {
  try {
    const require = createRequire(import.meta.url);
    return require.resolve('azurite/dist/src/blob/main.js');
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === 'object' ? address.port : 0;
}

describe('Azurite, as a second opinion', () => {
  const program = azuriteProgram();
  let process_: ChildProcess | undefined;
  let folder: string | undefined;
  let address = '';
  beforeAll(async () => {
    if (program === undefined) return;
    folder = mkdtempSync(join(tmpdir(), 'nodeward-azurite-'));
    const port = await freePort();
    const started = spawn(process.execPath, [program, '--blobPort', String(port), '--location', folder, '--skipApiVersionCheck', '--disableTelemetry'], { stdio: ['ignore', 'pipe', 'inherit'] });
    process_ = started;
    await new Promise<void>((resolve, reject) => {
      started.stdout.on('data', (text: Buffer) => { if (text.toString().includes('successfully')) resolve(); });
      started.once('exit', (code) => { reject(new Error(`Azurite ended with ${code}`)); });
    });
    address = `http://127.0.0.1:${port}/${account}`;
  });
  afterAll(async () => {
    const ended = process_ === undefined ? undefined : new Promise((resolve) => process_?.once('exit', resolve));
    process_?.kill('SIGKILL');
    await ended;
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  it('gives a page blob by its signature, pages and ranges to the range source', async (context) => {
    if (program === undefined) {
      console.warn('SKIPPED (no azurite): page blobs by Azurite');
      return context.skip();
    }
    const container = new ContainerClient(`${address}/disks`, new StorageSharedKeyCredential(account, key));
    await container.create();
    const blob = container.getPageBlobClient('disk');
    await blob.create(disk.length);
    await blob.uploadPages(disk.subarray(0, 1024), 0, 1024);
    await blob.uploadPages(disk.subarray(1024 * 1024, 1024 * 1024 + 8192), 1024 * 1024, 8192);
    await blob.uploadPages(disk.subarray(disk.length - 512), disk.length - 512, 512);
    const signed = await blob.generateSasUrl({ permissions: BlobSASPermissions.parse('r'), expiresOn: new Date(Date.now() + 600_000) });

    const source = await openRangeSource(signed, { outbound });

    expect(Buffer.from(await source.read(0, source.size)).equals(disk)).toBe(true);
    expect(source.statistics.bytes).toBeLessThan(400_000);
    await blob.uploadPages(Buffer.alloc(512, 1), 2 * 1024 * 1024, 512);
    await expect(source.read(1024 * 1024, 512)).rejects.toMatchObject({ failure: 'changed' });
    await source.close();
  });
});
