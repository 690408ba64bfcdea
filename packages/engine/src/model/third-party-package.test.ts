import { describe, expect, it } from 'vitest';
import { isThirdParty } from './third-party-package.ts';

describe('a package of another vendor', () => {
  it.each(['moby-containerd', 'moby-runc', 'docker-ce', 'docker-ce-cli', 'containerd.io', 'nvidia-container-toolkit', 'libnvidia-container1', 'packages-microsoft-prod',
    'msft-prod', 'azcopy', 'aznfs', 'blobfuse', 'blobfuse2', 'dcgm-exporter', 'kubelet', 'acr-mirror', 'ig'])('%s is told apart', (name) => {
    expect(isThirdParty(name)).toBe(true);
  });

  it.each(['containerd', 'runc', 'docker.io', 'containerdxio', 'nvidia-settings', 'ignition', 'libig', 'kubelet-extra', 'openssl'])('%s is not', (name) => {
    expect(isThirdParty(name)).toBe(false);
  });
});
