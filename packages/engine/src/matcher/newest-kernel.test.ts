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
    ['nothing installed', [], undefined],
  ])('%s', (_, packages, expected) => {
    expect(newestKernelRelease(packages)).toBe(expected);
  });
});
