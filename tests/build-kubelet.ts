import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { repository } from './shared-data.ts';

/** The Go toolchain of this machine; undefined where there is none. */
export function goToolchain(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/local/go/bin'];
  return folders.map((folder) => join(folder, 'go')).find((path) => existsSync(path));
}

/** A small real program whose main module, package and one dependency bear the names of a kubelet's. */
const sources: Readonly<Record<string, string>> = {
  'go.mod': 'module k8s.io/kubernetes\n\ngo 1.21\n\nrequire (\n\tgolang.org/x/net v0.7.0\n\tk8s.io/api v0.0.0\n)\n\nreplace k8s.io/api => ./staging/api\n',
  'vendor/modules.txt': '# golang.org/x/net v0.7.0\n## explicit; go 1.21\ngolang.org/x/net\n# k8s.io/api v0.0.0 => ./staging/api\n## explicit; go 1.21\nk8s.io/api\n# k8s.io/api => ./staging/api\n',
  'vendor/golang.org/x/net/value.go': 'package net\n\nvar Value = 1\n',
  'vendor/k8s.io/api/value.go': 'package api\n\nvar Value = 1\n',
  'cmd/kubelet/main.go': 'package main\n\nimport (\n\t"golang.org/x/net"\n\t"k8s.io/api"\n)\n\nfunc main() { println(net.Value, api.Value) }\n',
};

export interface KubeletOptions {
  /** Stamped as Kubernetes' own build stamps it. */
  readonly version: string;
  /** As real kubelets are built: then the program does not say which version it is. */
  readonly trimpath: boolean;
  readonly architecture?: string;
}

/** Builds one with the Go toolchain, without network; and what `go version -m` says of it. */
export function buildKubelet(go: string, { version, trimpath, architecture = 'amd64' }: KubeletOptions): { readonly bytes: Uint8Array; readonly described: string } {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-kubelet-'));
  try {
    for (const [path, text] of Object.entries(sources)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const flags = ['-ldflags', `-s -w -X k8s.io/component-base/version.gitVersion=${version}`, ...(trimpath ? ['-trimpath'] : [])];
    const environment = { ...process.env, GOFLAGS: '-mod=vendor', GOPROXY: 'off', GOTOOLCHAIN: 'local', GOOS: 'linux', GOARCH: architecture, CGO_ENABLED: '0' };
    execFileSync(go, ['build', '-o', 'kubelet', ...flags, './cmd/kubelet'], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    return { bytes: readFileSync(join(folder, 'kubelet')), described: execFileSync(go, ['version', '-m', 'kubelet'], { cwd: folder, encoding: 'utf8' }) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A committed one, for machines without Go: `stamped` and `trimpath` are 1.24.4; `other` is a program of nobody's. */
export function committedKubelet(name: 'stamped' | 'trimpath' | 'other'): Uint8Array {
  return zstdDecompressSync(readFileSync(join(repository, `packages/engine/src/cataloger/node-component/fixtures/${name}.zst`)));
}

/**
 * A node as an image leaves it: kubelet and containerd with their units and configuration, CNI
 * plug-ins, and cached kubelets that nothing names. The binaries are small; none is read whole.
 */
export function nodeComponentFiles(): Readonly<Record<string, string | Uint8Array>> {
  const [kubelet, other] = [committedKubelet('stamped'), committedKubelet('other')];
  const all = (folder: string, names: readonly string[]): readonly (readonly [string, Uint8Array])[] =>
    names.map((name) => [`${folder}/${name}`, name.startsWith('kubelet') ? kubelet : other]);
  return {
    'etc/systemd/system/kubelet.service': '[Service]\nEnvironmentFile=/etc/default/kubelet\nExecStart=/usr/local/bin/kubelet \\\n  --config /etc/kubelet.json $KUBELET_FLAGS\n',
    'etc/systemd/system/kubelet.service.d/10-tls.conf': '[Service]\nEnvironment="KUBELET_TLS=--rotate"\n',
    'lib/systemd/system/containerd.service': '[Service]\nExecStart=/usr/bin/containerd\n',
    'etc/containerd/config.toml': 'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\nBinaryName = "/usr/bin/runc"\n',
    'etc/cni/net.d/10-azure.conflist': JSON.stringify({ cniVersion: '0.3.0', name: 'azure', plugins: [{ type: 'azure-vnet', ipam: { type: 'azure-vnet-ipam' } }, { type: 'portmap' }] }),
    ...Object.fromEntries([
      ...all('usr/local/bin', ['kubelet', 'containerd-shim-spin-v2']),
      ...all('usr/bin', ['containerd', 'containerd-shim', 'containerd-shim-runc-v2', 'runc']),
      ...all('opt/bin', Array.from({ length: 20 }, (_, patch) => `kubelet-1.27.${patch}`)),
      ...all('opt/cni/bin', ['azure-vnet', 'azure-vnet-ipam', 'bridge', 'dhcp', 'firewall', 'host-local', 'ipvlan', 'loopback', 'macvlan', 'portmap', 'ptp', 'sbr', 'tuning', 'vlan']),
    ]),
  };
}
