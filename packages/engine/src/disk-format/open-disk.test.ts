import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createBufferSource } from '../source/buffer-source.ts';
import { openDisk } from './open-disk.ts';
import { diskFormats } from './registry.ts';

function qemuImage(format: string, options: readonly string[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-format-'));
  try {
    execFileSync('qemu-img', ['create', '-q', '-f', format, ...options, join(folder, 'image'), '4M']);
    return readFileSync(join(folder, 'image'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const hasQemu = (() => {
  try {
    execFileSync('qemu-img', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('SKIPPED (no qemu-img here): foreign disk formats');
    return false;
  }
})();

describe('an image file', () => {
  it.skipIf(!hasQemu).each([
    ['qcow2', 'qcow2', []],
    ['vpc', 'VHD dynamic', []],
    ['vhdx', 'VHDX', []],
    ['vmdk', 'VMDK', []],
    ['vmdk', 'VMDK', ['-o', 'subformat=monolithicFlat']],
    ['vdi', 'VDI', []],
  ])('of qemu-img %s is told as %s, not read as raw (%j)', async (format, name, options) => {
    const opened = await openDisk(createBufferSource(qemuImage(format, options)));

    expect(opened).toEqual({ kind: 'not-read', state: 'unsupported', reason: 'disk-format-not-read-yet', detail: name });
  });

  it('with bytes of its own is raw', async () => {
    expect(await openDisk(createBufferSource(Uint8Array.of(0, 0, 1)))).toMatchObject({ kind: 'disk', format: 'raw' });
  });

  it.each([0, 1, 511, 1024 * 1024])('of %d zeros is empty', async (size) => {
    expect(await openDisk(createBufferSource(new Uint8Array(size)))).toEqual({ kind: 'not-read', state: 'unreadable', reason: 'empty-disk' });
  });
});

it('the registry names every folder of a disk format', () => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true }).filter((entry) => entry.isDirectory());

  expect(diskFormats.map((format) => format.id).toSorted()).toEqual(folders.map((folder) => folder.name).toSorted());
});
