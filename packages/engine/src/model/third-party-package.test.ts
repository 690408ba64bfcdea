import { describe, expect, it } from 'vitest';
import { isThirdParty } from './third-party-package.ts';

describe('a package of another vendor', () => {
  it.each(['moby-containerd', 'moby-runc', 'docker-ce', 'docker-ce-cli', 'containerd.io', 'nvidia-container-toolkit', 'libnvidia-container1', 'packages-microsoft-prod',
    'msft-prod', 'azcopy', 'aznfs', 'blobfuse', 'blobfuse2', 'dcgm-exporter', 'kubelet', 'acr-mirror', 'ig'])('%s is told apart', (name) => {
    expect(isThirdParty({ name, version: '1.7.5-1' })).toBe(true);
  });

  it.each(['containerd', 'runc', 'docker.io', 'containerdxio', 'nvidia-settings', 'ignition', 'libig', 'kubelet-extra', 'openssl'])('%s is not', (name) => {
    expect(isThirdParty({ name, version: '1.7.5-1' })).toBe(false);
  });

  it.each([['moby-containerd', '1.6.26-4.cm2'], ['kubernetes-cri-tools', '1.32.0-3.azl3'], ['ig', '0.45.0-1.azl3']])('%s %s is Azure Linux\'s own', (name, version) => {
    expect(isThirdParty({ name, version })).toBe(false);
  });
});
