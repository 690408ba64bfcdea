import { describe, expect, it } from 'vitest';
import { Coverage } from '../../base/coverage.ts';
import { createMemoryTree, type MemoryFile } from '../../filesystem/memory-tree-for-tests.ts';
import { nodeComponentCataloger } from './cataloger.ts';

type Files = Readonly<Record<string, MemoryFile>>;
const elf = '\x7fELF';
const kubelet = { '/usr/local/bin/kubelet': elf, '/opt/bin/kubelet-1.26.0': elf };
const unit = (command: string): string => `[Service]\nExecStart=${command}\n`;

/** `active PATH by FILE` and `staged PATH` of each binary, and the gaps. */
async function search(files: Files): Promise<{ binaries: readonly string[]; gaps: readonly string[] }> {
  const { componentEvidence } = (await nodeComponentCataloger.catalog(createMemoryTree(files), new Coverage())) ?? {};
  return {
    binaries: (componentEvidence?.binaries ?? []).map(({ path, namedBy }) => (namedBy === undefined ? `staged ${path}` : `active ${path} by ${namedBy}`)).toSorted(),
    gaps: (componentEvidence?.gaps ?? []).map(({ subject, state, detail }) => `${subject} ${state} ${detail}`),
  };
}

const etc = '/etc/systemd/system/kubelet.service';
const active = (by: string): readonly string[] => [`active /usr/local/bin/kubelet by ${by}`, 'staged /opt/bin/kubelet-1.26.0'];
const staged = ['staged /opt/bin/kubelet-1.26.0', 'staged /usr/local/bin/kubelet'];

describe('a kubelet is active', () => {
  it.each<[string, Files, string]>([
    ['by the administrator\'s unit', { [etc]: unit('/usr/local/bin/kubelet --v=2') }, etc],
    ['by the vendor\'s unit, enabled or not', { '/usr/lib/systemd/system/kubelet.service': unit('/usr/local/bin/kubelet') }, '/usr/lib/systemd/system/kubelet.service'],
    ['by a unit in /lib, which is /usr/lib', { '/lib': { link: 'usr/lib' }, '/usr/lib/systemd/system/kubelet.service': unit('/usr/local/bin/kubelet') }, '/usr/lib/systemd/system/kubelet.service'],
    ['by a drop-in that replaces the command', { [etc]: unit('/opt/bin/kubelet-1.26.0'), [`${etc}.d/10-x.conf`]: '[Service]\nExecStart=\nExecStart=/usr/local/bin/kubelet\n' }, `${etc}.d/10-x.conf`],
    ['by the last drop-in, whatever folder it is in', {
      [etc]: unit('/bin/true'), [`${etc}.d/10-x.conf`]: '[Service]\nExecStart=\nExecStart=/opt/bin/kubelet-1.26.0\n',
      '/usr/lib/systemd/system/kubelet.service.d/20-x.conf': '[Service]\nExecStart=\nExecStart=/usr/local/bin/kubelet\n',
    }, '/usr/lib/systemd/system/kubelet.service.d/20-x.conf'],
    ['by the administrator\'s drop-in of the same name as the vendor\'s', {
      [etc]: unit('/bin/true'), [`${etc}.d/10-x.conf`]: '[Service]\nExecStart=\nExecStart=/usr/local/bin/kubelet\n',
      '/usr/lib/systemd/system/kubelet.service.d/10-x.conf': '[Service]\nExecStart=\nExecStart=/opt/bin/kubelet-1.26.0\n',
    }, `${etc}.d/10-x.conf`],
    ['by a unit of another name', { '/etc/systemd/system/node-agent.service': unit('/usr/local/bin/kubelet') }, '/etc/systemd/system/node-agent.service'],
    ['by a link to a unit elsewhere', { [etc]: { link: '/opt/units/k.service' }, '/opt/units/k.service': unit('/usr/local/bin/kubelet') }, '/opt/units/k.service'],
    ['through a shell', { [etc]: unit('/bin/sh -c "exec /usr/local/bin/kubelet $KUBELET_ARGS"') }, etc],
    ['through a shell that searches for it', { [etc]: unit("/bin/bash -ec 'kubelet --v=2'") }, etc],
    ['through env', { [etc]: unit('/usr/bin/env A=b /usr/local/bin/kubelet') }, etc],
    ['through a script', { [etc]: unit('/opt/start.sh'), '/opt/start.sh': '#!/bin/sh\n. /etc/default/kubelet\nexec /usr/local/bin/kubelet "$@"\n', '/etc/default/kubelet': 'A=b' }, etc],
    ['through a shell with a script', { [etc]: unit('/bin/bash /opt/start.sh'), '/opt/start.sh': '#!/bin/bash\nexec kubelet "$@"\n' }, etc],
    ['through a script of a script', { [etc]: unit('/opt/a.sh'), '/opt/a.sh': '#!/bin/sh\n/opt/bin/kubelet', '/opt/bin/kubelet': '#!/bin/sh\nexec /usr/local/bin/kubelet' }, etc],
  ])('%s', async (_, files, by) => {
    const { binaries, gaps } = await search({ ...kubelet, ...files });

    expect(binaries.filter((line) => line !== 'staged /opt/bin/kubelet')).toEqual(active(by));
    expect(gaps).toEqual([]);
  });

  it('under the name that its link leads to, once', async () => {
    const files = { [etc]: unit('/usr/local/bin/kubelet'), '/usr/local/bin/kubelet': { link: '../../../opt/bin/kubelet-1.26.6' }, '/opt/bin/kubelet-1.26.6': elf };
    const { componentEvidence } = (await nodeComponentCataloger.catalog(createMemoryTree(files), new Coverage())) ?? {};

    expect(componentEvidence?.binaries).toEqual([{ family: 'kubelet', name: 'kubelet', path: '/opt/bin/kubelet-1.26.6', size: 4, nameVersion: '1.26.6', namedBy: etc }]);
  });
});

describe('a kubelet is only staged', () => {
  it.each<[string, Files]>([
    ['where no unit is', {}],
    ['where its unit is masked by a link', { [etc]: { link: '/dev/null' }, '/usr/lib/systemd/system/kubelet.service': unit('/usr/local/bin/kubelet') }],
    ['where its unit is masked by an empty file', { [etc]: '', '/usr/lib/systemd/system/kubelet.service': unit('/usr/local/bin/kubelet') }],
    ['where an irrelevant unit mentions it as a parameter', { '/etc/systemd/system/watch.service': unit('/usr/bin/watch /usr/local/bin/kubelet'), '/usr/bin/watch': elf }],
    ['where a comment mentions it', { '/etc/systemd/system/watch.service': unit('/opt/x.sh'), '/opt/x.sh': '#!/bin/sh\n# /usr/local/bin/kubelet\n' }],
    ['where its unit names a binary that is not there and nothing enables it', { [etc]: unit('/usr/bin/kubelet') }],
  ])('%s', async (_, files) => {
    expect(await search({ ...kubelet, ...files })).toEqual({ binaries: staged, gaps: [] });
  });
});

describe('a kubelet that cannot be followed is a gap, never silence', () => {
  it.each<[string, Files, string]>([
    ['a path with a variable', { [etc]: unit('/bin/sh -c "exec /opt/bin/kubelet-${VERSION}"') }, `component kubelet unreadable ${etc} /bin/sh`],
    ['a script that names none', { [etc]: unit('/opt/start.sh'), '/opt/start.sh': '#!/bin/sh\nexec "$1"\n' }, `component kubelet unreadable ${etc}`],
    ['a script that is not there', { [etc]: unit('/opt/start.sh') }, `component kubelet unreadable ${etc} /opt/start.sh`],
    ['another program', { [etc]: unit('/opt/agent'), '/opt/agent': elf }, `component kubelet unreadable ${etc}`],
    ['scripts in a circle', { [etc]: unit('/opt/kubelet'), '/opt/kubelet': '#!/bin/sh\nexec /opt/kubelet\n' }, `component kubelet unreadable ${etc} /opt/kubelet`],
    ['a unit without a command', { [etc]: '[Unit]\nDescription=x\n' }, `component kubelet unreadable ${etc}`],
    ['a binary that is missing although its unit is enabled', {
      [etc]: unit('/usr/bin/kubelet'), '/etc/systemd/system/multi-user.target.wants/kubelet.service': { link: etc },
    }, `component kubelet unreadable ${etc} /usr/bin/kubelet`],
    ['a snap', { '/etc/systemd/system/snap.kubelet-eks.daemon.service': unit('/usr/bin/snap run kubelet-eks.daemon') }, 'component kubelet unreadable /etc/systemd/system/snap.kubelet-eks.daemon.service /usr/bin/snap'],
    ['a distribution with a kubelet inside', { '/etc/systemd/system/k3s.service': unit('/usr/local/bin/k3s server'), '/usr/local/bin/k3s': elf }, 'component kubelet unreadable /etc/systemd/system/k3s.service /usr/local/bin/k3s'],
    ['a unit in a circle of links', { [etc]: { link: 'kubelet.service' } }, 'component kubelet unreadable /etc/systemd/system'],
    ['a unit of megabytes', { [etc]: unit('x'.repeat(2_000_000)) }, 'component kubelet over-limit /etc/systemd/system'],
  ])('%s', async (_, files, gap) => {
    const { binaries, gaps } = await search({ ...kubelet, ...files });

    expect(gaps).toEqual([gap]);
    expect(binaries).toEqual(expect.arrayContaining(['staged /opt/bin/kubelet-1.26.0']));
  });

  it('carries no control characters on', async () => {
    expect((await search({ [etc]: unit(`/bin/sh\u001b[2J${'x'.repeat(5000)}`) })).gaps).toEqual([`component kubelet unreadable ${etc} /bin/sh?[2J${'x'.repeat(300 - etc.length - 12)}`]);
  });
});

const service = '/lib/systemd/system/containerd.service';
const config = '/etc/containerd/config.toml';
const runtime = { '/usr/bin/containerd': elf, '/usr/bin/containerd-shim-runc-v2': elf, '/usr/bin/runc': elf, '/usr/bin/containerd-shim': elf, '/opt/x/runc': elf, [service]: unit('/usr/bin/containerd') };
const defaults = [`active /usr/bin/containerd by ${service}`, `active /usr/bin/containerd-shim-runc-v2 by ${config}`, `active /usr/bin/runc by ${config}`, 'staged /usr/bin/containerd-shim'];

describe('what containerd runs is active', () => {
  it('by its defaults, where nothing is configured', async () => {
    expect(await search(runtime)).toEqual({ binaries: defaults, gaps: [] });
  });

  it('and so is the runc of CRI-O', async () => {
    const { binaries } = await search({ ...runtime, [service]: '', '/usr/lib/systemd/system/crio.service': unit('/usr/bin/crio'), '/usr/bin/crio': elf });

    expect(binaries.filter((line) => line.startsWith('active'))).toEqual(['active /usr/bin/runc by /usr/lib/systemd/system/crio.service']);
  });

  it('and without containerd only staged', async () => {
    const { binaries } = await search({ ...runtime, [service]: { link: '/dev/null' } });

    expect(binaries).toEqual(['staged /usr/bin/containerd', 'staged /usr/bin/containerd-shim', 'staged /usr/bin/containerd-shim-runc-v2', 'staged /usr/bin/runc']);
  });

  it.each([
    ['version 2', 'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.own.options]\nBinaryName = "/opt/x/runc"\n'],
    ['version 3', "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.own.options]\nBinaryName = '/opt/x/runc'\n"],
    ['version 1', '[plugins.cri.containerd.default_runtime.options]\nBinaryName = "/opt/x/runc"\n'],
    ['an import', 'imports = ["/etc/containerd/conf.d/*.toml"]\n'],
    ['an import beside it', 'imports = ["conf.d/a.toml", "config.toml"]\n'],
  ])('by the options of a runtime: %s', async (_, text) => {
    const imported = '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.own.options]\nBinaryName = "/opt/x/runc"\n';
    const { binaries, gaps } = await search({ ...runtime, [config]: text, '/etc/containerd/conf.d/a.toml': imported });

    expect(binaries.filter((line) => line.includes('/opt/x/runc'))).toEqual([`active /opt/x/runc by ${text.startsWith('imports') ? '/etc/containerd/conf.d/a.toml' : config}`]);
    expect(gaps).toEqual([]);
  });

  it('by the type of a runtime, and by the file that the command line gives', async () => {
    const own = '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.spin]\nruntime_type = "io.containerd.spin.v2"\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kata]\nruntime_path = "/opt/kata/containerd-shim-kata-v2"\n';
    const { binaries, gaps } = await search({
      ...runtime, [service]: unit('/usr/bin/containerd --config /etc/own.toml'), '/etc/own.toml': own,
      '/usr/local/bin/containerd-shim-spin-v2': elf, '/opt/kata/containerd-shim-kata-v2': elf,
    });

    expect(binaries).toEqual(expect.arrayContaining(['active /usr/local/bin/containerd-shim-spin-v2 by /etc/own.toml', 'active /opt/kata/containerd-shim-kata-v2 by /etc/own.toml', 'active /usr/bin/runc by /etc/own.toml']));
    expect(gaps).toEqual([]);
  });

  it.each([
    ['is no TOML', 'version = = 2', `component containerd unreadable ${config}`],
    ['names a shim that is not there', '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.a]\nruntime_type = "io.containerd.spin.v2"', `component containerd-shim-spin-v2 unreadable ${config} containerd-shim-spin-v2`],
    ['names a runc that is not there', '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.a.options]\nBinaryName = "/opt/runc"', `component runc unreadable ${config} /opt/runc`],
  ])('and a configuration that %s is a gap', async (_, text, gap) => {
    expect((await search({ ...runtime, [config]: text })).gaps).toEqual([gap]);
  });

  it.each(['plugins = 3', '[plugins]\n"io.containerd.grpc.v1.cri" = [1]', 'imports = 7', '__proto__ = { x = 1 }'])('and odd values are passed over: %s', async (text) => {
    expect(await search({ ...runtime, [config]: text })).toEqual({ binaries: defaults, gaps: [] });
  });
});

const list = (...types: readonly string[]): string => JSON.stringify({ cniVersion: '1.0.0', name: 'x', plugins: types.map((type) => ({ type, ipam: { type: `${type}-ipam` } })) });
const plugins = Object.fromEntries(['azure-vnet', 'azure-vnet-ipam', 'bridge', 'bridge-ipam', 'host-local', 'loopback', 'README.md'].map((name) => [`/opt/cni/bin/${name}`, elf]));
const activePlugins = async (files: Files): Promise<readonly string[]> => (await search({ ...plugins, ...files })).binaries.filter((line) => line.startsWith('active'));

describe('a CNI plug-in is active', () => {
  it('by the first configuration and its address management', async () => {
    expect(await activePlugins({ '/etc/cni/net.d/20-b.conflist': list('bridge'), '/etc/cni/net.d/10-a.conflist': list('azure-vnet'), '/etc/cni/net.d/00-note.txt': 'x' })).toEqual([
      'active /opt/cni/bin/azure-vnet by /etc/cni/net.d/10-a.conflist', 'active /opt/cni/bin/azure-vnet-ipam by /etc/cni/net.d/10-a.conflist',
    ]);
  });

  it.each([
    ['of the old kind', '10-a.conf', JSON.stringify({ type: 'bridge' }), ['bridge']],
    ['that hands over', '10-a.conflist', JSON.stringify({ plugins: [{ type: 'multus', delegates: [{ type: 'bridge', ipam: { type: 'host-local' } }] }] }), ['bridge', 'host-local']],
    ['of flannel, which hands over by itself', '10-a.conflist', JSON.stringify({ plugins: [{ type: 'flannel' }] }), ['bridge', 'host-local']],
  ])('by a configuration %s', async (_, name, text, expected) => {
    expect(await activePlugins({ [`/etc/cni/net.d/${name}`]: text })).toEqual(expected.map((type) => `active /opt/cni/bin/${type} by /etc/cni/net.d/${name}`));
  });

  it('in the folders that containerd configures', async () => {
    const cni = '[plugins."io.containerd.grpc.v1.cri".cni]\nbin_dir = "/home/kubernetes/bin"\nconf_dir = "/home/net.d"\nmax_conf_num = 0\n';
    const found = await activePlugins({ ...runtime, [config]: cni, '/home/net.d/a.conflist': list('ptp'), '/home/net.d/b.conflist': list('bridge'), '/home/kubernetes/bin/ptp': elf, '/home/kubernetes/bin/ptp-ipam': elf, '/home/kubernetes/bin/bridge': elf, '/home/kubernetes/bin/bridge-ipam': elf });

    expect(found.filter((line) => line.includes('/home/kubernetes'))).toHaveLength(4);
  });

  it('as every pod\'s loopback, where containerd runs', async () => {
    expect(await activePlugins(runtime)).toContain(`active /opt/cni/bin/loopback by ${service}`);
    expect(await activePlugins({})).toEqual([]);
  });

  it.each([
    ['is no JSON', '{', 'component cni-plugins unreadable /etc/cni/net.d/10-a.conflist'],
    ['is empty', '', 'component cni-plugins unreadable /etc/cni/net.d/10-a.conflist'],
    ['names no plug-in', '{"plugins": [{"type": "../../bin/sh"}]}', 'component cni-plugins unreadable /etc/cni/net.d/10-a.conflist'],
    ['names one that is not there', '{"type": "calico"}', 'component calico unreadable /etc/cni/net.d/10-a.conflist'],
    ['is deeper than any', `${'{"type":"bridge","delegate":'.repeat(3000)}{}${'}'.repeat(3000)}`, undefined],
  ])('and a configuration that %s is a gap', async (_, text, gap) => {
    expect((await search({ ...plugins, '/etc/cni/net.d/10-a.conflist': text })).gaps).toEqual(gap === undefined ? [] : [gap]);
  });
});
