import { describe, expect, it } from 'vitest';
import type { ComponentFamily } from '../../model/component.ts';
import { builtVersion } from './component-version.ts';
import { componentNameOf, pluginNameOf } from './component-name.ts';
import { parseGoModuleText } from './go-module-text.ts';

function version(family: ComponentFamily, flags: string, main = '(devel)'): string | undefined {
  const found = builtVersion(family, parseGoModuleText(`mod\texample.com/main\t${main}\nbuild\t-ldflags=${JSON.stringify(flags)}\n`));
  return found === undefined ? undefined : `${found.version} ${found.versionFrom}`;
}

describe('the version that a build stamps', () => {
  it.each([
    ['kubelet', '-s -w -X k8s.io/component-base/version.gitVersion=v1.26.6', '1.26.6 linker-flags'],
    ['kubelet', "-X 'k8s.io/kubernetes/vendor/k8s.io/component-base/version.gitVersion=v1.27.3-eks-a5565ad'", '1.27.3-eks-a5565ad linker-flags'],
    ['kubelet', '-X=k8s.io/component-base/version.gitVersion=v1.26.6-akslts', '1.26.6-akslts linker-flags'],
    ['kubelet', '-X k8s.io/client-go/pkg/version.gitVersion=v1.0.0 -X k8s.io/component-base/version.gitVersion=v1.1.0', '1.1.0 linker-flags'],
    ['kubelet', '-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitCommit=abc', undefined],
    ['containerd', '-X github.com/containerd/containerd/version.Version=v1.7.5 -X github.com/containerd/containerd/version.Package=x', '1.7.5 linker-flags'],
    ['containerd', '-X github.com/containerd/containerd/v2/version.Version=2.1.7-ubuntu24.04u2', '2.1.7-ubuntu24.04u2 linker-flags'],
    ['runc', '-X main.gitCommit=abc -X main.version=1.1.9', '1.1.9 linker-flags'],
    ['runc', '-X main.version=1.1.8 -X main.version=1.1.9', '1.1.9 linker-flags'],
    ['cni-plugins', '-X github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion=v1.3.0', '1.3.0 linker-flags'],
    ['cni-plugins', '-X main.version=v1.5.38', '1.5.38 linker-flags'],
    ['cni-plugins', '-X example.com/main/internal/buildinfo.version=v1.5.38', '1.5.38 linker-flags'],
    ['cni-plugins', '-X github.com/example/library.Version=v9.9.9', undefined],
    ['runc', '-X main.version=unknown', undefined],
    ['runc', "-X 'main.version=1.2.3; rm'", undefined],
    ['runc', '-X', undefined],
    ['runc', '', undefined],
  ] as const)('of %s with %s is %s', (family, flags, expected) => {
    expect(version(family, flags)).toBe(expected);
  });

  it.each([
    ['v1.7.5', '1.7.5 main-module'],
    ['v1.3.0+dirty', '1.3.0+dirty main-module'],
    ['v1.26.7-0.20230614120000-abcdefabcdef', '1.26.7-0.20230614120000-abcdefabcdef main-module'],
    ['(devel)', undefined],
    ['', undefined],
    ['v0.0.0-20230614120000-abcdefabcdef', undefined],
  ])('is else the main module\'s: %s', (main, expected) => {
    expect(version('runc', '', main)).toBe(expected);
  });
});

describe('a file name', () => {
  it.each([
    ['kubelet', 'kubelet kubelet'],
    ['kubelet-1.27.1', 'kubelet kubelet 1.27.1'],
    ['kubelet-v1.26.6-akslts', 'kubelet kubelet 1.26.6-akslts'],
    ['kubelet_1.30.100-akslts', 'kubelet kubelet 1.30.100-akslts'],
    ['containerd', 'containerd containerd'],
    ['containerd-1.7.5', 'containerd containerd 1.7.5'],
    ['containerd-shim-runc-v2', 'containerd containerd-shim-runc-v2'],
    ['containerd-shim-spin-v0-5-1-v1', 'containerd containerd-shim-spin-v0-5-1-v1'],
    ['runc', 'runc runc'],
    ['runc-1.1.9', 'runc runc 1.1.9'],
  ])('%s is %s', (file, expected) => {
    const found = componentNameOf(file);
    expect([found?.family, found?.name, found?.version].filter((word) => word !== undefined).join(' ')).toBe(expected);
  });

  it.each(['kubectl', 'kubelet-1.27.1.tgz', 'kubelet.service', 'kubelet-monitor.sh', 'truncate', 'runcon', 'runc.8', 'containerd.sock', 'containerd-rootless.sh', 'mykubelet', ''])('%j is no component', (file) => {
    expect(componentNameOf(file)).toBeUndefined();
  });

  it.each([['host-local', true], ['azure-vnet', true], ['LICENSE', false], ['README.md', false], ['cni-plugins.tgz', false], ['.hidden', false]])('%s beside plug-ins is one: %s', (file, expected) => {
    expect(pluginNameOf(file) !== undefined).toBe(expected);
  });
});
