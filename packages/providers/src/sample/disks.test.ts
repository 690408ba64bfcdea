import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encryptedDisk, type SampleDisk, sampleDisks } from './disk-catalog.ts';
import { bundledDiskPath, installDisk } from './disk-file.ts';

/** Where the build script puts the root partition. */
const rootOffset = 8192 * 512;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nodeward-disks-'));
  for (const name of [...sampleDisks().map((disk) => disk.name), encryptedDisk]) await installDisk(bundledDiskPath(name), path(name), 0);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function path(name: string): string {
  return join(folder, `${name}.img`);
}

function has(tool: string): boolean {
  const found = !('error' in spawnSync(tool, ['--version'], { stdio: 'ignore' }));
  if (!found) console.log(`SKIPPED (no ${tool}): the sample disks as ${tool} sees them`);
  return found;
}

function readFromDisk({ name }: SampleDisk, file: string): string {
  return execFileSync('debugfs', ['-R', `cat ${file}`, `${path(name)}?offset=${rootOffset}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

it('ships exactly the disks of the catalogue, each of at most 300 KB', () => {
  const shipped = readdirSync(join(import.meta.dirname, 'disks')).filter((name) => name.endsWith('.zst'));
  expect(shipped.toSorted()).toEqual([...sampleDisks().map(({ name }) => name), encryptedDisk].map((name) => `${name}.img.zst`).toSorted());
  for (const name of shipped) expect(statSync(join(import.meta.dirname, 'disks', name)).size).toBeLessThan(300_000);
});

describe('the sample disks', () => {
  it.skipIf(!has('sgdisk')).each([...sampleDisks(), { name: encryptedDisk }])('have a sound GPT: $name', ({ name }) => {
    expect(execFileSync('sgdisk', ['-v', path(name)], { encoding: 'utf8' })).toContain('No problems found');
  });

  it.skipIf(!has('e2fsck')).each(sampleDisks())('have a sound ext4: $name', ({ name }) => {
    const checked = spawnSync('e2fsck', ['-fn', `${path(name)}?offset=${rootOffset}`], { encoding: 'utf8' });
    expect(`${checked.status} ${checked.stdout}`).toMatch(/^0 Pass 1/);
  });

  it.skipIf(!has('debugfs') || !has('dpkg-query')).each(sampleDisks())('hold the typed facts as dpkg reads them: $name', (disk) => {
    const admin = mkdtempSync(join(folder, 'dpkg-'));
    writeFileSync(join(admin, 'status'), readFromDisk(disk, '/var/lib/dpkg/status'));
    const shown = execFileSync('dpkg-query', [`--admindir=${admin}`, '-W', '-f', '${Package}\t${source:Package}\t${Architecture}\t${Version}\t${db:Status-Status}\n'], { encoding: 'utf8' });
    expect(shown.trimEnd().split('\n').toSorted()).toEqual(disk.packages.map((fact) => [fact.name, fact.source, fact.architecture, fact.version, 'installed'].join('\t')).toSorted());
    expect(spawnSync('dpkg', [`--admindir=${admin}`, '--audit'], { encoding: 'utf8' }).stderr).toBe('');
  });

  it.skipIf(!has('debugfs')).each(sampleDisks())('say which kernel runs and which would run next: $name', (disk) => {
    expect(readFromDisk(disk, '/var/log/kern.log')).toContain(`Linux version ${disk.kernels[0] ?? ''} `);
    const link = execFileSync('debugfs', ['-R', 'stat /boot/vmlinuz', `${path(disk.name)}?offset=${rootOffset}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    expect(link).toContain(`Fast link dest: "vmlinuz-${disk.kernels.at(-1) ?? ''}"`);
  });

  it.skipIf(!has('cryptsetup'))('have a real LUKS2 header where the disk is encrypted', () => {
    const container = join(folder, 'container.img');
    execFileSync('dd', [`if=${path(encryptedDisk)}`, `of=${container}`, 'bs=4096', `skip=${rootOffset / 4096}`], { stdio: 'ignore' });
    expect(spawnSync('cryptsetup', ['isLuks', '--type', 'luks2', container]).status).toBe(0);
    expect(spawnSync('cryptsetup', ['open', '--test-passphrase', container], { input: 'sample fleet' }).status).toBe(0);
  });
});
