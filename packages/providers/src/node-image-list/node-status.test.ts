import { describe, expect, it } from 'vitest';
import { nodeStatusEvidence } from './node-status.ts';

describe('what a cluster tells of a node', () => {
  it.each([
    ['Ubuntu 22.04.3 LTS', '5.15.0-1041-aws', 'ubuntu', '22.04'],
    ['Microsoft Azure Linux 3.0', '6.6.57.1-7.azl3', 'azurelinux', '3.0'],
    ['CBL-Mariner/Linux', '5.15.135.1-2.cm2', 'mariner', '2.0'],
    ['CBL-Mariner/Linux', '5.15.135.1-2', 'mariner', ''],
    ['Amazon Linux 2', '5.10.235-227.919.amzn2.x86_64', 'amzn', '2'],
  ])('%s under %s names the system that advisories speak of', (osImage, kernelRelease, id, versionId) => {
    const { inventory, coverage } = nodeStatusEvidence({ origin: 'Node n', osImage, kernelRelease }, 'node-image-unknown', osImage);

    expect(inventory.operatingSystem).toEqual({ id, versionId, prettyName: osImage });
    expect(inventory.packages).toEqual([]);
    expect(coverage.filter(({ subject }) => subject === 'kernel')).toEqual([{ subject: 'kernel', state: 'out-of-scope', reason: 'node-status-only', detail: kernelRelease }]);
  });
});
