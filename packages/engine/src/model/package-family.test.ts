import { describe, expect, it } from 'vitest';
import { kernelReleaseOf, kernelSourceOf, packageFamilyOf } from './package-family.ts';

describe('the family of a source package', () => {
  it.each([
    ['openssl', undefined, 'openssl'], ['linux-firmware', undefined, 'linux-firmware'], ['linux-base', undefined, 'linux-base'],
    ['linux-base-sgx', undefined, 'linux-base-sgx'], ['linux-atm', undefined, 'linux-atm'], ['linuxptp', undefined, 'linuxptp'],
    ['linux', 'linux', 'linux'], ['linux-signed', 'linux', 'linux'], ['linux-meta', 'linux', 'linux'], ['linux-hwe-6.2', 'linux-hwe-6.2', 'linux'],
    ['linux-signed-hwe-5.19', 'linux-hwe-5.19', 'linux'], ['linux-lts-xenial', 'linux-lts-xenial', 'linux'], ['linux-fips', 'linux-fips', 'linux'],
    ['linux-azure', 'linux-azure', 'linux-azure'], ['linux-signed-azure', 'linux-azure', 'linux-azure'], ['linux-meta-azure', 'linux-azure', 'linux-azure'],
    ['linux-azure-6.2', 'linux-azure-6.2', 'linux-azure'], ['linux-signed-azure-6.2', 'linux-azure-6.2', 'linux-azure'],
    ['linux-azure-fips', 'linux-azure-fips', 'linux-azure'], ['linux-azure-fde', 'linux-azure-fde', 'linux-azure'],
    ['linux-azure-fde-5.15', 'linux-azure-fde-5.15', 'linux-azure'], ['linux-aws-6.5', 'linux-aws-6.5', 'linux-aws'],
    ['linux-gke', 'linux-gke', 'linux-gke'], ['linux-gkeop-5.15', 'linux-gkeop-5.15', 'linux-gkeop'], ['linux-gcp', 'linux-gcp', 'linux-gcp'],
    ['linux-oracle-6.5', 'linux-oracle-6.5', 'linux-oracle'], ['linux-intel-iotg-5.15', 'linux-intel-iotg-5.15', 'linux-intel-iotg'],
    ['kernel', 'kernel', 'kernel'], ['kernel-signed-x86_64', 'kernel', 'kernel'], ['kernel-signed-aarch64', 'kernel', 'kernel'], ['kernel-headers', 'kernel', 'kernel'],
    ['kernel-hwe', 'kernel-hwe', 'kernel'], ['kernel-hwe-signed-x86_64', 'kernel-hwe', 'kernel'], ['kernel-64k', 'kernel-64k', 'kernel'], ['kernel-uki-signed-x86_64', 'kernel', 'kernel'],
    ['kernel-azure', 'kernel-azure', 'kernel'], ['kernel-mshv', 'kernel-mshv', 'kernel-mshv'], ['kernel-mshv-signed', 'kernel-mshv', 'kernel-mshv'],
    ['kernel-uvm', undefined, 'kernel-uvm'], ['kernel-srpm-macros', undefined, 'kernel-srpm-macros'], ['kernelshark', undefined, 'kernelshark'],
  ])('%s: kernel source %s, family %s', (source, kernel, family) => {
    expect(kernelSourceOf(source)).toBe(kernel);
    expect(packageFamilyOf(source)).toBe(family);
  });

  it.each([
    ['linux-image-5.15.0-1041-azure', '5.15.0-1041-azure'], ['linux-image-unsigned-6.2.0-1014-azure', '6.2.0-1014-azure'],
    ['linux-image-azure', undefined], ['linux-image-azure-lts-22.04', undefined], ['linux-image-unsigned-azure', undefined],
    ['linux-modules-5.15.0-1041-azure', undefined], ['linux-image-5.15.0-1041-azure-dbgsym', undefined],
  ])('%s holds kernel %s', (name, release) => {
    expect(kernelReleaseOf(name)).toBe(release);
  });

  it.each([
    ['kernel', '6.6.57.1-6.azl3', '6.6.57.1-6.azl3'], ['kernel', '0:6.6.57.1-6.azl3', '6.6.57.1-6.azl3'], ['kernel-hwe', '6.12.57.1-1.azl3', '6.12.57.1-1.azl3'],
    ['kernel-mshv', '5.15.110.mshv2-3.cm2', '5.15.110.mshv2-3.cm2'], ['kernel-64k', '6.6.57.1-6.azl3', '6.6.57.1-6.azl3'],
    ['kernel', undefined, undefined], ['kernel-devel', '6.6.57.1-6.azl3', undefined], ['kernel-headers', '6.6.57.1-6.azl3', undefined], ['kernel-tools', '6.6.57.1-6.azl3', undefined],
    ['kernel-drivers-sound', '6.6.57.1-6.azl3', undefined], ['kernel-hwe-devel', '6.12.57.1-1.azl3', undefined], ['kernel-uvm', '5.15.110.mshv2-2.cm2', undefined],
  ])('the rpm %s %s holds kernel %s', (name, version, release) => {
    expect(kernelReleaseOf(name, version)).toBe(release);
  });
});
