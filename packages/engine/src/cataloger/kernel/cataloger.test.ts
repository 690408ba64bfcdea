import { describe, expect, it } from 'vitest';
import { Coverage } from '../../base/coverage.ts';
import { createMemoryTree, type MemoryFile } from '../../filesystem/memory-tree-for-tests.ts';
import type { Package } from '../../model/inventory.ts';
import { kernelCataloger } from './cataloger.ts';
import { kernelReleaseOf } from '../../model/package-family.ts';
import { settleKernel } from './settle-kernel.ts';

const boot = (release: string): string => `Aug 1 kernel: [    0.000000] Linux version ${release} (buildd@x) (gcc 11) #1 SMP\n`;
const noise = 'Aug 1 kernel: [    1.000000] something else\n'.repeat(60_000);

async function running(files: Readonly<Record<string, MemoryFile>>): Promise<string | undefined> {
  const found = await kernelCataloger.catalog(createMemoryTree(files), new Coverage());
  return found?.runningKernel === undefined ? undefined : `${found.runningKernel.release} ${found.runningKernel.from}`;
}

describe('the running kernel', () => {
  it.each([
    ['the last boot in kern.log', { '/var/log/kern.log': boot('5.15.0-1038-azure') + noise + boot('5.15.0-1041-azure') }, '5.15.0-1041-azure kern-log'],
    ['a boot megabytes before the end', { '/var/log/kern.log': boot('5.15.0-1041-azure') + noise }, '5.15.0-1041-azure kern-log'],
    ['dmesg', { '/var/log/dmesg': boot('6.8.0-1012-azure') }, '6.8.0-1012-azure dmesg'],
    ['both, agreeing', { '/var/log/kern.log': boot('6.8.0-1'), '/var/log/dmesg': boot('6.8.0-1') }, '6.8.0-1 kern-log'],
  ])('is told by %s', async (_, files, expected) => {
    expect(await running(files)).toBe(expected);
  });

  it.each([
    ['the link in /boot', { '/boot/vmlinuz': { link: 'vmlinuz-5.15.0-1041-azure' }, '/boot/vmlinuz-5.15.0-1041-azure': 'x' }],
    ['the boot loader', { '/boot/grub/grub.cfg': 'linux /boot/vmlinuz-5.15.0-1041-azure' }],
    ['two logs of different boots', { '/var/log/kern.log': boot('5.15.0-1'), '/var/log/dmesg': boot('5.15.0-2') }],
    ['a log without a boot', { '/var/log/kern.log': noise }],
    ['an empty log', { '/var/log/kern.log': '' }],
  ])('is not guessed from %s', async (_, files: Readonly<Record<string, MemoryFile>>) => {
    expect(await running(files)).toBeUndefined();
  });

  it('is found where a step of the search cuts its line', async () => {
    const line = boot('5.15.0-1041-azure');
    for (const cut of [10, 30, 45, 60]) {
      const after = 'x'.repeat(1024 * 1024 - (line.length - cut));
      expect(await running({ '/var/log/kern.log': `${'y'.repeat(1000)}\n${line}${after}` })).toBe('5.15.0-1041-azure kern-log');
    }
  });
});

function named(...names: readonly string[]): readonly Package[] {
  return names.map((name) => ({ name, version: '1', architecture: 'amd64', source: name, sourceVersion: '1', sourceKnown: true }));
}

describe('installed kernel images', () => {
  it.each([
    ['linux-image-5.15.0-1041-azure', '5.15.0-1041-azure'],
    ['linux-image-unsigned-5.15.0-1041-azure', '5.15.0-1041-azure'],
    ['linux-image-azure', undefined],
    ['linux-image-unsigned-azure', undefined],
    ['linux-modules-5.15.0-1041-azure', undefined],
    ['linux-headers-5.15.0-1041-azure', undefined],
  ])('%s is an image of %s', (name, release) => {
    expect(kernelReleaseOf(name)).toBe(release);
  });

  it.each([
    ['kernel', '5.15.148.2-2.cm2', '5.15.148.2-2.cm2'],
    ['kernel', '6.6.96.2-2.azl3', '6.6.96.2-2.azl3'],
    ['kernel-hwe', '6.12.57.1-1.azl3', '6.12.57.1-1.azl3'],
    ['kernel-headers', '6.6.96.2-2.azl3', undefined],
    ['kernel-devel', '6.6.96.2-2.azl3', undefined],
    ['kernel-tools', '6.6.96.2-2.azl3', undefined],
    ['kernel-drivers-gpu', '6.6.96.2-2.azl3', undefined],
  ])('of rpm, %s %s is an image of %s', (name, version, release) => {
    const settled = settleKernel(named('bash', name).map((entry) => ({ ...entry, version })), undefined);

    expect(settled.runningKernel).toEqual(release === undefined ? undefined : { release, from: 'only-kernel-image' });
    expect(settled.coverage.state).toBe(release === undefined ? 'unreadable' : 'read');
  });

  it('the only image runs, where nothing better is known', () => {
    expect(settleKernel(named('linux-image-5.15.0-1-azure', 'linux-image-azure'), undefined)).toEqual({
      runningKernel: { release: '5.15.0-1-azure', from: 'only-kernel-image' },
      coverage: { subject: 'kernel', state: 'read', reason: 'read' },
    });
  });

  it('of several nothing is guessed', () => {
    expect(settleKernel(named('linux-image-5.15.0-1-azure', 'linux-image-5.15.0-2-azure'), undefined)).toEqual({
      coverage: { subject: 'kernel', state: 'read', reason: 'read' },
    });
  });

  it.each([
    ['none is there', named('bash'), undefined, 'kernel-image-missing'],
    ['the running one is not installed', named('linux-image-5.15.0-1-azure'), '5.15.0-2-azure', 'running-kernel-not-installed'],
  ])('where %s the kernel stays open', (_, packages, release, reason) => {
    const settled = settleKernel(packages, release === undefined ? undefined : { release, from: 'kern-log' });

    expect(settled.coverage).toMatchObject({ subject: 'kernel', state: 'unreadable', reason });
  });
});
