// Row 1: a 128 GB node disk with 30 GB allocated and more than 100,000 files, assessed warm.
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { assessDisk, openAdvisoryDatabase, openFileSource } from '@nodeward/engine';
import { missingDiskTools, toolPath } from '../tests/build-disk.ts';
import { nodeDiskFiles } from '../tests/build-node-disk.ts';
import { sharedData } from '../tests/shared-data.ts';
import { nodeward } from '../tests/nodeward-process.ts';
import { median, print, printSkipped } from './figure.ts';

const gigabyte = 1000 ** 3;
const diskBytes = 128 * gigabyte;
const allocatedGigabytes = 30;
const directories = 400;
const filesPerDirectory = 260;
const blockSize = 4096;
const partitionStart = 1024 * 1024;
const repetitions = 11;
/** Part of the name of the cached disk: raise it when the disk is built differently. */
const recipe = 1;

if (process.argv[2] === 'once') await assessOnce(process.argv[3] ?? '', process.argv[4] ?? '');
else measure();

function measure(): void {
  const data = sharedData();
  const missing = [...missingDiskTools(), ...(toolPath('debugfs') === undefined ? ['debugfs'] : [])];
  if (data === undefined || missing.length > 0) {
    printSkipped('assess a 128 GB node disk', data === undefined ? 'no data' : `no ${missing.join(', ')}`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-bench-'));
  try {
    const disk = cachedDisk(data);
    const built = nodeward(['db', 'build', join(data, 'feeds/ubuntu-osv.zip'), '-o', folder]);
    if (built.status !== 0) throw new Error(built.stderr);
    report(Array.from({ length: repetitions }, () => inOwnProcess(disk, folder)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Run {
  readonly seconds: number;
  readonly peakBytes: number;
  readonly matches: number;
  readonly bytesRead: number;
}

function report(runs: readonly Run[]): void {
  const [first] = runs;
  if (first === undefined || first.matches < 200) throw new Error(`the assessment found ${first?.matches ?? 0} rows: the figure would mean nothing`);
  print('assess a 128 GB node disk, 30 GB allocated, 104,000 files', median(runs.map((run) => run.seconds)), 's', 0.4);
  print('assess a 128 GB node disk, peak memory', median(runs.map((run) => run.peakBytes)) / 1e6, 'MB', 120);
  print('assess a 128 GB node disk, bytes read', first.bytesRead / 1e6, 'MB', 64);
}

function inOwnProcess(disk: string, advisories: string): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, 'once', disk, advisories], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const [seconds = 0, peakBytes = 0, matches = 0, bytesRead = 0] = stdout.trim().split(' ').map(Number);
  return { seconds, peakBytes, matches, bytesRead };
}

async function assessOnce(disk: string, folder: string): Promise<void> {
  const before = performance.now();
  using advisories = await openAdvisoryDatabase(folder);
  const source = await openFileSource(disk);
  const assessment = await assessDisk(source, disk, advisories);
  const seconds = (performance.now() - before) / 1000;
  await source.close();
  if (!assessment.complete) throw new Error(JSON.stringify(assessment.coverage));
  process.stdout.write(`${seconds} ${process.resourceUsage().maxRSS * 1024} ${assessment.matches.length} ${assessment.bytesRead}\n`);
}

/** Built once and kept: writing a hundred thousand files takes longer than all measurements together. */
function cachedDisk(data: string): string {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'nodeward');
  const path = join(cache, `bench-node-disk-${recipe}.raw`);
  if (existsSync(path) && statSync(path).size === diskBytes) return path;
  process.stderr.write('building the 128 GB disk (sparse), once…\n');
  mkdirSync(cache, { recursive: true });
  const root = mkdtempSync(join(tmpdir(), 'nodeward-bench-root-'));
  try {
    writeTree(root, data);
    buildLargeDisk(`${path}.new`, root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  renameSync(`${path}.new`, path);
  return path;
}

function writeTree(root: string, data: string): void {
  const files = nodeDiskFiles({
    manifestPath: join(data, 'node-images/AKSUbuntu/gen2/2204containerd/202309.06.0.txt'),
    sourceNamesPath: join(data, 'node-images/ubuntu-binary-to-source.json'),
  });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  for (let directory = 0; directory < directories; directory += 1) {
    const folder = join(root, 'usr/share/doc', `package-${directory}`);
    mkdirSync(folder, { recursive: true });
    for (let file = 0; file < filesPerDirectory; file += 1) closeSync(openSync(join(folder, `file-${file}`), 'w'));
  }
}

function buildLargeDisk(path: string, root: string): void {
  rmSync(path, { force: true });
  writeFileSync(path, '');
  truncateSync(path, diskBytes);
  const run = (tool: string, ...parameters: readonly string[]): void => void execFileSync(toolPath(tool) ?? tool, parameters, { stdio: ['ignore', 'ignore', 'pipe'] });
  run('sgdisk', '-n', '1:1MiB:0', '-t', '1:8300', '-c', '1:rootfs', path);
  const blocks = Math.floor((diskBytes - 2 * partitionStart) / blockSize);
  run('mke2fs', '-q', '-F', '-t', 'ext4', '-b', String(blockSize), '-E', `offset=${partitionStart},lazy_itable_init=1`, '-d', root, path, String(blocks));
  // Allocates the blocks in the file system without writing them: what is read must not depend on them.
  const last = Math.floor((allocatedGigabytes * gigabyte) / blockSize) - 1;
  const target = `${path}?offset=${partitionStart}`;
  run('debugfs', '-w', '-R', 'write /dev/null var/lib/large', target);
  run('debugfs', '-w', '-R', `fallocate var/lib/large 0 ${last}`, target);
}

