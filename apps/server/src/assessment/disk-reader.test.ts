import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { createBufferSource } from '@nodeward/engine';
import { openOutbound, openRangeSource } from '@nodeward/providers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DiskReaderOptions, defaultDiskReaderOptions, type Log } from '../dependencies.ts';
import { readDiskInChild } from './disk-reader.ts';
import { findSandbox } from './sandbox.ts';

const logged: { readonly output?: unknown }[] = [];
const record = (fields: { readonly output?: unknown }): void => void logged.push(fields);
const log: Log = { info: record, warn: record, error: record };
const disk = { source: createBufferSource(new Uint8Array(1024 * 1024)), grade: 'disk' } as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodeward-reader-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function readWith(parser: string, options: Partial<DiskReaderOptions> = {}): Promise<Awaited<ReturnType<typeof readDiskInChild>>> {
  const file = join(folder, `parser-${Math.random().toString(36).slice(2)}.mjs`);
  await writeFile(file, parser);
  return readDiskInChild(disk, { ...defaultDiskReaderOptions, ...options, entry: pathToFileURL(file) }, log);
}

/** Sends what `expression` gives (or the code of its error) as the name of a coverage subject: the only way out. */
function telling(expression: string): string {
  return `const tell = (subject) => process.send({ type: 'reading', reading: { facts: { evidencePaths: {} }, coverage: [{ subject, state: 'unreadable', reason: 'read-error' }] } });
process.once('message', async () => { try { tell(String(await (${expression}))); } catch (error) { tell('refused ' + error.code); } });`;
}

describe('the disk reader', () => {
  it('reads an empty disk in a child and says so', async () => {
    const reading = await readDiskInChild(disk, defaultDiskReaderOptions, log);

    expect(reading.inventory).toBeUndefined();
    expect(reading.coverage).toMatchObject([{ subject: 'disk', state: 'unreadable', reason: 'empty-disk' }]);
    expect(reading.bytesRead).toBeGreaterThan(0);
  });

  it('reads a disk behind an address: the child asks, and only its parent has the address', async () => {
    const path = new URL('../../../../packages/engine/src/filesystem/ext4/fixtures/journal-ext4/volume.img.zst', import.meta.url);
    const image = zstdDecompressSync(await readFile(path));
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      const [, from = '0', to = '0'] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
      const end = Math.min(Number(to), image.length - 1);
      asked.push(request.headers.range);
      response.writeHead(206, { etag: '"1"', 'content-range': `bytes ${from}-${end}/${image.length}` }).end(image.subarray(Number(from), end + 1));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const outbound = await openOutbound({ environment: {} });
    const source = await openRangeSource(`http://127.0.0.1:${port}/disk?sig=secret`, { outbound });

    const reading = await readDiskInChild({ source, grade: 'disk' }, defaultDiskReaderOptions, log);
    await source.close();
    await outbound.close();
    server.close();

    expect(reading.inventory?.packages.length).toBe(62);
    expect(reading.coverage.map(({ reason }) => reason)).toContain('journal-replayed');
    expect(asked.length).toBe(source.statistics.requests);
  });

  it('kills a parser that allocates a gigabyte of buffers', async () => {
    const parser = `const kept = []; process.once('message', () => setInterval(() => kept.push(Buffer.alloc(16 * 1024 * 1024, 1)), 5));`;

    const reading = await readWith(parser, { memoryLimit: 200 * 1024 * 1024 });

    expect(reading.coverage).toMatchObject([{ subject: 'disk', state: 'over-limit', reason: 'reader-killed-memory' }]);
  });

  it('ends a parser that fills the heap', async () => {
    const parser = `const kept = []; process.once('message', () => { for (;;) kept.push({ a: [1, 2, 3] }); });`;

    const reading = await readWith(parser, { memoryLimit: 200 * 1024 * 1024 });

    expect(reading.inventory).toBeUndefined();
    expect(reading.coverage[0]?.reason).toMatch(/^reader-(died|killed-memory)$/);
  });

  it.each([
    ['never answers', `process.on('message', () => {}); setInterval(() => {});`],
    ['never yields', `process.on('message', () => { for (;;); });`],
  ])('kills a parser that %s at its deadline', async (_, parser) => {
    const reading = await readWith(parser, { deadline: 1500 });

    expect(reading.coverage).toMatchObject([{ subject: 'disk', state: 'over-limit', reason: 'reader-killed-deadline' }]);
  });

  it.each([
    ['ends', `process.once('message', () => process.exit(0));`],
    ['throws', `process.once('message', () => { throw new Error('no'); });`],
    ['answers with nonsense', `process.once('message', () => process.send({ type: 'reading', reading: { coverage: 'clean' } }));`],
    ['names a text with a NUL', telling(`'a\\0b'`)],
    ['reads with a negative offset', `process.once('message', () => process.send({ type: 'read', id: 1, offset: -1, length: 4 }));`],
    ['asks for too much at once', `process.once('message', () => process.send({ type: 'read', id: 1, offset: 0, length: 2 ** 30 }));`],
    ['claims the inventory of another', telling(`0`).replace('facts:', `inventory: { id: 'x', operatingSystem: 1 }, facts:`)],
  ])('turns a parser that %s into a coverage reason', async (_, parser) => {
    const reading = await readWith(parser);

    expect(reading.inventory).toBeUndefined();
    expect(reading.coverage).toMatchObject([{ subject: 'disk', state: 'unreadable', reason: 'reader-died' }]);
  });

  it('lets no parser learn the environment', async () => {
    process.env.NODEWARD_SECRET_OF_THE_TEST = 'secret';

    const reading = await readWith(telling('JSON.stringify(process.env)'));

    expect(reading.coverage).toMatchObject([{ subject: '{}' }]);
  });

  it.each([
    ['read a file', `(await import('node:fs')).readFileSync('/etc/passwd', 'utf8')`],
    ['read the memory of its parent', `(await import('node:fs')).readFileSync('/proc/' + process.ppid + '/environ', 'utf8')`],
    ['write a file', `(await import('node:fs')).writeFileSync('/tmp/nodeward-hostile', 'x')`],
    ['start a program', `(await import('node:child_process')).execFileSync('/bin/true')`],
    ['start a thread', `new (await import('node:worker_threads')).Worker('1', { eval: true })`],
  ])('lets no parser %s', async (_, expression) => {
    const reading = await readWith(telling(expression));

    expect(reading.coverage).toMatchObject([{ subject: 'refused ERR_ACCESS_DENIED' }]);
  });

  it('lets no parser reach the network where the system offers a namespace', async (context) => {
    if (!(await findSandbox()).networkClosed) return context.skip('SKIPPED (no network namespace on this system)');
    const net = await import('node:net');
    const server = net.createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const connect = `new Promise(async (resolve, reject) => { const socket = (await import('node:net')).connect(${port}, '127.0.0.1', () => resolve('connected')); socket.on('error', reject); })`;

    const reading = await readWith(telling(connect));
    server.close();

    expect(reading.coverage[0]?.subject).toMatch(/^refused (ENETUNREACH|ECONNREFUSED|EPERM)$/);
  });

  it('keeps what the parser printed in the log, bounded, and out of the result', async () => {
    const reading = await readWith(`process.once('message', () => { process.stdout.write('printed '.repeat(10_000), () => process.exit(3)); });`);

    expect(JSON.stringify(reading)).not.toContain('printed');
    expect(reading.coverage[0]?.detail).toBe('exit 3');
    expect(String(logged.at(-1)?.output)).toMatch(/^printed /);
    expect(String(logged.at(-1)?.output).length).toBeLessThanOrEqual(4096);
  });
});
