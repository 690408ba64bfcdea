import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { toolPath } from './build-disk.ts';
import { noteSkipped, repository } from './shared-data.ts';

/** Copied while Linux had it mounted and a package database was being rewritten (packages/engine/scripts/build-journal-fixtures.sh). */
const fixture = join(repository, 'packages/engine/src/filesystem/ext4/fixtures/journal-ext4');
const partitionStart = 1024 * 1024;

/** A whole disk: GPT, and that volume as its only partition. Undefined, and said, without sgdisk. */
export function diskInTheMiddleOfAnUpgrade(): Uint8Array | undefined {
  const sgdisk = toolPath('sgdisk');
  if (sgdisk === undefined) {
    noteSkipped('the walk with disks of Azure', 'no sgdisk');
    return undefined;
  }
  const volume = zstdDecompressSync(readFileSync(join(fixture, 'volume.img.zst')));
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-azure-disk-'));
  try {
    const path = join(folder, 'disk.img');
    writeFileSync(path, '');
    truncateSync(path, partitionStart + volume.length + 1024 * 1024);
    execFileSync(sgdisk, ['-n', `1:${partitionStart / 512}:+${volume.length / 512}`, '-t', '1:8300', path], { stdio: 'pipe' });
    const disk = readFileSync(path);
    disk.set(volume, partitionStart);
    return disk;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** SHA-256 of the package database that Linux showed of another copy of the same bytes, when the fixture was made. */
export function shownDatabase(): string {
  const shown = z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(join(fixture, 'shown.json'), 'utf8')));
  return shown['/var/lib/dpkg/status']?.replace(/^file /, '') ?? '';
}

/** The package database as this machine's kernel shows it after mounting a copy; undefined where it may not. */
export function mountedDatabase(disk: Uint8Array): string | undefined {
  if (process.getuid?.() !== 0 || !existsSync('/dev/loop-control')) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-azure-mount-'));
  const [copy, place] = [join(folder, 'copy.img'), join(folder, 'mounted')];
  writeFileSync(copy, disk);
  mkdirSync(place);
  try {
    execFileSync('mount', ['-o', `loop,offset=${partitionStart}`, copy, place], { stdio: 'pipe' });
    try {
      return readFileSync(join(place, 'var/lib/dpkg/status'), 'utf8');
    } finally {
      execFileSync('umount', [place]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
