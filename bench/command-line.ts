// Row 3's whole process from a published list, and help as a user waits for it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostNode } from '../tests/host-node.ts';
import { nodeward, nodewardCommand } from '../tests/nodeward-process.ts';
import { sharedData } from '../tests/shared-data.ts';
import { median, print, printSkipped } from './figure.ts';

const repetitions = 15;
const bytesPerKibibyte = 1024;
/** Written by the measured process itself when it ends; nobody else sees its peak. */
const tellPeak = `data:text/javascript,process.on('exit',()=>process.stderr.write('peak '+process.resourceUsage().maxRSS))`;

measureHelp('the pinned Node', process.execPath);
const host = hostNode();
if (host === undefined) printSkipped('nodeward --help, on the Node of this host', 'the host has no other');
else measureHelp(`the host's Node ${host.version}`, host.path);
measureList();

function measureHelp(where: string, node: string): void {
  const runs = Array.from({ length: repetitions }, () => timed(node, ['--help']).milliseconds);
  print(`nodeward --help on ${where}`, median(runs), 'ms', 100);
}

function measureList(): void {
  const data = sharedData();
  if (data === undefined) {
    printSkipped('whole process from a published list', 'no data');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-bench-'));
  try {
    const built = nodeward(['db', 'build', ...['ubuntu-osv.zip', 'go-osv.zip', 'kubernetes-osv.zip'].map((name) => join(data, 'feeds', name)), '-o', folder]);
    if (built.status !== 0) throw new Error(built.stderr);
    const list = join(data, 'node-images/AKSUbuntu/gen2/2204containerd/202309.06.0.txt');
    const words = ['assess', list, '--db', folder, '--source-names', join(data, 'node-images/ubuntu-binary-to-source.json'), '--format', 'json'];
    const runs = Array.from({ length: repetitions }, () => timed(process.execPath, words));
    print('nodeward assess, whole process from a published list', median(runs.map((run) => run.milliseconds)), 'ms', 100);
    const peaks = runs.map(() => peakBytes(words));
    print('nodeward assess, peak memory of that process', median(peaks) / 1e6, 'MB', 80);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function timed(node: string, words: readonly string[]): { readonly milliseconds: number } {
  const before = performance.now();
  const { status, stderr } = spawnSync(node, [nodewardCommand, ...words], { encoding: 'utf8' });
  const milliseconds = performance.now() - before;
  if (status !== 0) throw new Error(stderr);
  return { milliseconds };
}

function peakBytes(words: readonly string[]): number {
  const { stderr } = spawnSync(process.execPath, ['--import', tellPeak, nodewardCommand, ...words], { encoding: 'utf8' });
  const kibibytes = /peak (\d+)$/.exec(stderr)?.[1];
  if (kibibytes === undefined) throw new Error(stderr);
  return Number(kibibytes) * bytesPerKibibyte;
}
