// Row 1: a 128 GB node disk with 30 GB allocated and more than 100,000 files, raw and as a fixed VHD, assessed warm.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingDiskTools, toolPath } from '../tests/build-disk.ts';
import { sharedData } from '../tests/shared-data.ts';
import { nodeward } from '../tests/nodeward-process.ts';
import { median, print, printSkipped } from './figure.ts';
import { cachedDisk } from './large-disk.ts';

const repetitions = 11;

measure();

function measure(): void {
  const data = sharedData();
  const missing = [...missingDiskTools(), ...(toolPath('debugfs') === undefined ? ['debugfs'] : [])];
  if (data === undefined || missing.length > 0) {
    printSkipped('assess a 128 GB node disk', data === undefined ? 'no data' : `no ${missing.join(', ')}`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-bench-'));
  try {
    const raw = cachedDisk(data);
    const built = nodeward(['db', 'build', ...['ubuntu-osv.zip', 'go-osv.zip', 'kubernetes-osv.zip'].map((name) => join(data, 'feeds', name)), '-o', folder]);
    if (built.status !== 0) throw new Error(built.stderr);
    report('a 128 GB node disk', raw, folder);
    if (toolPath('qemu-img') === undefined) printSkipped('assess a 128 GB fixed VHD', 'no qemu-img');
    else report('a 128 GB fixed VHD', cachedVhd(raw), folder);
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

function report(what: string, disk: string, advisories: string): void {
  const runs = Array.from({ length: repetitions }, () => inOwnProcess(disk, advisories));
  const [first] = runs;
  if (first === undefined || first.matches < 200) throw new Error(`the assessment found ${first?.matches ?? 0} rows: the figure would mean nothing`);
  print(`assess ${what}, 30 GB allocated, 104,000 files`, median(runs.map((run) => run.seconds)), 's', 0.4);
  print(`assess ${what}, peak memory`, median(runs.map((run) => run.peakBytes)) / 1e6, 'MB', 120);
  print(`assess ${what}, bytes read`, first.bytesRead / 1e6, 'MB', 64);
}

function inOwnProcess(disk: string, advisories: string): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'assess-disk-process.ts'), disk, advisories], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const [seconds = 0, peakBytes = 0, matches = 0, bytesRead = 0] = stdout.trim().split(' ').map(Number);
  return { seconds, peakBytes, matches, bytesRead };
}

/** The same disk as Azure would export it; as sparse as the raw one. */
function cachedVhd(raw: string): string {
  const path = raw.replace(/raw$/, 'vhd');
  if (existsSync(path) && statSync(path).mtimeMs >= statSync(raw).mtimeMs) return path;
  process.stderr.write('converting the disk to a fixed VHD (sparse), once…\n');
  execFileSync(toolPath('qemu-img') ?? 'qemu-img', ['convert', '-f', 'raw', '-O', 'vpc', '-o', 'subformat=fixed,force_size', raw, `${path}.new`]);
  renameSync(`${path}.new`, path);
  return path;
}
