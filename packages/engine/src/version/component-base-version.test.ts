import { describe, expect, it } from 'vitest';
import { componentBaseVersion } from './component-base-version.ts';
import { semverScheme } from './semver/scheme.ts';

describe('the version that a vendor built a component from', () => {
  it.each([
    ['an AKS LTS kubelet', '1.26.6-akslts', '1.26.6'],
    ['another AKS LTS kubelet', '1.28.103-akslts', '1.28.103'],
    ['an EKS kubelet', '1.27.3-eks-a5565ad', '1.27.3'],
    ['an EKS kubelet as the Node object names it', 'v1.27.3-eks-a5565ad', '1.27.3'],
    ['a GKE kubelet', 'v1.29.1-gke.1589018', '1.29.1'],
    ['a k3s kubelet', 'v1.28.2+k3s1', '1.28.2'],
    ['moby-containerd for Ubuntu', '2.1.7-ubuntu24.04u2', '2.1.7'],
    ['moby-containerd with build metadata', '1.6.20+azure-ubuntu22.04u1', '1.6.20'],
    ['a Debian revision', '1.7.5-1', '1.7.5'],
    ['an Ubuntu revision', '1.7.27-0ubuntu1~22.04.1', '1.7.27'],
    ['an rpm release', '2.0.0-6.azl3', '2.0.0'],
    ['an epoch', '1:1.7.5-1', '1.7.5'],
    ['a repacked source', '1.1.12~ds1-5', '1.1.12'],
    ['commits after a release', 'v1.7.0-123-gabcdef0', '1.7.0'],
    ['a plain release', '1.7.20', '1.7.20'],
    ['two numbers', '1.20', '1.20'],
    ['a release candidate', '1.27.0-rc.1', '1.27.0-rc.1'],
    ['a release candidate without a dot', 'v1.0.0-rc93', '1.0.0-rc93'],
    ['a beta', '2.0.0-beta.0', '2.0.0-beta.0'],
    ['an alpha with a count of commits', '1.31.0-alpha.3.45+0f1e2d3c', '1.31.0-alpha.3.45'],
    ['a vendor\'s build of a release candidate', '1.27.0-rc.1-eks-a5565ad', '1.27.0-rc.1'],
    ['Debian\'s release candidate', '1.2.0~rc1-1', '1.2.0-rc1'],
    ['a development version', '1.1.0-dev', '1.1.0-dev'],
    ['a suffix that only begins like a pre-release', '1.2.3-preview7ubuntu1', '1.2.3'],
    ['a word that begins like a pre-release', '1.2.3-development', '1.2.3'],
    ['a pseudo-version before the first tag', 'v0.0.0-20230101000000-abcdef123456', '0.0.0-20230101000000-abcdef123456'],
    ['a pseudo-version after a tag', 'v1.7.2-0.20230101000000-abcdef123456+dirty', '1.7.2-0.20230101000000-abcdef123456'],
  ])('is read from %s', (_what, text, base) => {
    expect(componentBaseVersion(text)).toBe(base);
    expect(semverScheme.parse(base)).toBeDefined();
  });

  it.each([
    ['nothing', ''], ['a word', '(devel)'], ['one number', '7'], ['a letter after the numbers', '1.2.3a'], ['a fourth number that is glued on', '1.2.3_4'],
    ['a megabyte of digits', '1.'.repeat(1 << 19)], ['a prototype key', '__proto__'], ['a toolchain', 'go1.20.6'],
  ])('is not made up of %s', (_what, text) => {
    expect(componentBaseVersion(text)).toBeUndefined();
  });

  it('keeps a vendor\'s build at its release, and a pre-release before it', () => {
    const order = ['1.27.2-eks-1', '1.27.3-rc.1', '1.27.3-eks-a5565ad', '1.27.4-akslts'].map((text) => semverScheme.parse(componentBaseVersion(text) ?? ''));
    const sorted = order.flatMap((version) => (version === undefined ? [] : [version])).toSorted((a, b) => semverScheme.compare(a, b));

    expect(sorted).toEqual(order);
  });
});
