// Row 2: the disk of row 1 behind a shared access signature, 5 ms and 60 MB/s away, with the footer and the list of pages that Azure gives.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assessDisk, openAdvisoryDatabase, openFileSource } from '@nodeward/engine';
import { openOutbound, openRangeSource } from '@nodeward/providers';
import { z } from 'zod';
import { type Page, startPageBlobServer } from '../packages/providers/src/range-source/page-blob-server-for-tests.ts';
import { missingDiskTools, toolPath } from '../tests/build-disk.ts';
import { nodeward } from '../tests/nodeward-process.ts';
import { sharedData } from '../tests/shared-data.ts';
import { median, print, printSkipped } from './figure.ts';
import { cachedDisk } from './large-disk.ts';

const link = { roundTrip: 5, bytesPerSecond: 60e6 };
const repetitions = 5;
const extents = z.array(z.object({ start: z.number(), length: z.number(), data: z.boolean() }));

if (process.argv[2] === 'serve') await serve(process.argv[3] ?? '');
else await measure();

async function measure(): Promise<void> {
  const data = sharedData();
  const missing = [...missingDiskTools(), ...['debugfs', 'qemu-img'].filter((tool) => toolPath(tool) === undefined)];
  if (data === undefined || missing.length > 0) {
    printSkipped('assess a 128 GB disk over HTTP ranges', data === undefined ? 'no data' : `no ${missing.join(', ')}`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-bench-'));
  const server = fork(import.meta.filename, ['serve', cachedDisk(data)]);
  try {
    const built = nodeward(['db', 'build', ...['ubuntu-osv.zip', 'go-osv.zip', 'kubernetes-osv.zip'].map((name) => join(data, 'feeds', name)), '-o', folder]);
    if (built.status !== 0) throw new Error(built.stderr);
    const [address] = z.tuple([z.string()]).rest(z.unknown()).parse(await once(server, 'message'));
    await report('assess a 128 GB disk over HTTP ranges, 5 ms and 60 MB/s away', () => assess(address, folder, true));
    await report('the same from a server that lists no pages', () => assess(address, folder, false));
  } finally {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function report(what: string, run: () => Promise<Run>): Promise<void> {
  await run();
  const runs: Run[] = [];
  for (let nth = 0; nth < repetitions; nth += 1) runs.push(await run());
  print(what, median(runs.map(({ seconds }) => seconds)), 's', 10);
  print(`${what}, bytes`, median(runs.map(({ bytes }) => bytes)) / 1e6, 'MB', 64);
  print(`${what}, requests`, median(runs.map(({ requests }) => requests)), '', 200);
}

interface Run {
  readonly seconds: number;
  readonly bytes: number;
  readonly requests: number;
}

async function assess(address: string, folder: string, pageList: boolean): Promise<Run> {
  const before = performance.now();
  using advisories = await openAdvisoryDatabase(folder);
  const outbound = await openOutbound({ environment: {} });
  const source = await openRangeSource(address, { outbound, pageList });
  const assessment = await assessDisk(source, 'disk', advisories);
  const seconds = (performance.now() - before) / 1000;
  const { bytes, requests } = source.statistics;
  await source.close();
  await outbound.close();
  if (!assessment.complete || assessment.matches.length < 200) throw new Error(`${assessment.matches.length} rows: the figure would mean nothing ${JSON.stringify(assessment.coverage)}`);
  return { seconds, bytes, requests };
}

/** In a process of its own, as the other end of a network is. */
async function serve(disk: string): Promise<void> {
  const server = await startPageBlobServer({ link });
  server.addDisk('md-bench/disk', await openFileSource(disk), { pages: pagesOf(disk) });
  process.send?.(server.grant('md-bench/disk', 3600));
}

/** What was ever written of a sparse file. */
function pagesOf(disk: string): readonly Page[] {
  const text = execFileSync(toolPath('qemu-img') ?? 'qemu-img', ['map', '-f', 'raw', '--output=json', disk], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return extents.parse(JSON.parse(text)).filter(({ data }) => data).map(({ start, length }) => ({ start, end: start + length - 1 }));
}
