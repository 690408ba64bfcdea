// The disk of rows 1 and 2: 128 GB with 30 GB allocated and more than 100,000 files, built once and kept.
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { toolPath } from '../tests/build-disk.ts';
import { nodeComponentFiles } from '../tests/build-kubelet.ts';
import { nodeDiskFiles } from '../tests/build-node-disk.ts';

const gigabyte = 1000 ** 3;
const diskBytes = 128 * gigabyte;
const allocatedGigabytes = 30;
const directories = 400;
const filesPerDirectory = 260;
const blockSize = 4096;
const partitionStart = 1024 * 1024;
/** Part of the name of the cached disk: raise it when the disk is built differently. */
const recipe = 2;

/** Built once and kept: writing a hundred thousand files takes longer than all measurements together. */
export function cachedDisk(data: string): string {
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
  for (const [path, text] of Object.entries({ ...files, ...nodeComponentFiles() })) {
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
