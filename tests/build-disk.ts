import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A file's text or bytes, or the target of a symbolic link. */
export type DiskFile = string | Uint8Array | { readonly link: string };

export interface DiskOptions {
  /** Path in the root file system → what lies there. */
  readonly files: Readonly<Record<string, DiskFile>>;
  readonly out: string;
  readonly sizeMiB?: number;
  readonly partitionName?: string;
}

const partitionStartMiB = 1;
const backupTableMiB = 1;
const tools = ['sgdisk', 'mke2fs'] as const;

/** The foreign tools that are missing on this machine; the formats never come from our own writer. */
export function missingDiskTools(): readonly string[] {
  return tools.filter((tool) => toolPath(tool) === undefined);
}

/** A sparse raw image: GPT, one Linux partition, ext4 as mke2fs makes it by default. */
export function buildDisk({ files, out, sizeMiB = 64, partitionName = 'rootfs' }: DiskOptions): void {
  const root = mkdtempSync(join(tmpdir(), 'nodeward-root-'));
  try {
    for (const [path, content] of Object.entries(files)) writeInto(root, path, content);
    rmSync(out, { force: true });
    writeFileSync(out, '');
    truncateSync(out, sizeMiB * 1024 * 1024);
    run('sgdisk', ['-n', `1:${partitionStartMiB}MiB:0`, '-t', '1:8300', '-c', `1:${partitionName}`, out]);
    const blocksKiB = (sizeMiB - partitionStartMiB - backupTableMiB) * 1024;
    run('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', root, '-E', `offset=${partitionStartMiB * 1024 * 1024}`, out, `${blocksKiB}k`]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function writeInto(root: string, path: string, content: DiskFile): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  if (typeof content === 'string' || content instanceof Uint8Array) writeFileSync(file, content);
  else symlinkSync(content.link, file);
}

function run(tool: (typeof tools)[number], parameters: readonly string[]): void {
  execFileSync(toolPath(tool) ?? tool, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Debian keeps these in sbin, which an ordinary user's PATH leaves out. */
export function toolPath(tool: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, tool)).find((path) => existsSync(path));
}
