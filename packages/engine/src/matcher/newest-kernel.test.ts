import { describe, expect, it } from 'vitest';
import { newestKernelRelease } from './newest-kernel.ts';

const image = (name: string, version: string) => ({ name, version, architecture: 'amd64', source: 'linux-signed-azure', sourceVersion: version, sourceKnown: true });

describe('newestKernelRelease', () => {
  it.each([
    ['one image is the newest', [image('linux-image-5.15.0-1041-azure', '5.15.0-1041.48')], '5.15.0-1041-azure'],
    ['versions are compared, not names', [image('linux-image-5.15.0-1100-azure', '5.15.0-1100.2'), image('linux-image-5.15.0-999-azure', '5.15.0-999.1')], '5.15.0-1100-azure'],
    ['the order on the disk does not matter', [image('linux-image-5.15.0-1041-azure', '5.15.0-1041.48'), image('linux-image-5.15.0-1049-azure', '5.15.0-1049.56')], '5.15.0-1049-azure'],
    ['a meta package is no kernel', [image('linux-image-azure', '5.15.0.1049.45')], undefined],
    ['an unreadable version leaves it open', [image('linux-image-5.15.0-1041-azure', '5.15.0-1041.48'), image('linux-image-6.2.0-1-azure', 'not a version!')], undefined],
    ['rpm versions have rpm\'s order', [image('kernel', '6.6.96.2-2.azl3'), image('kernel', '6.6.112.1-2.azl3'), image('kernel-devel', '6.6.200.1-1.azl3')], '6.6.112.1-2.azl3'],
    ['images of two lines have no order', [image('kernel', '5.15.107.1-2.cm2'), image('kernel-mshv', '5.15.98.mshv1-3.cm2')], undefined],
    ['images of two package managers have no order', [image('kernel', '6.6.96.2-2.azl3'), image('linux-image-5.15.0-1041-azure', '5.15.0-1041.48')], undefined],
    ['nothing installed', [], undefined],
  ])('%s', (_, packages, expected) => {
    expect(newestKernelRelease(packages)).toBe(expected);
  });
});
