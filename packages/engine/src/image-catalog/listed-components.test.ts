import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sharedData } from '../advisory-db/shared-database-for-tests.ts';
import type { Package } from '../model/inventory.ts';
import { parseAksManifest } from './aks-manifest.ts';
import { readListedComponents, unlistedFamilies } from './listed-components.ts';

const installed = (name: string, version: string): Package => ({ name, version, architecture: 'amd64', source: name, sourceVersion: version, sourceKnown: false });
const moby = [installed('moby-containerd', '1.7.5-ubuntu22.04u1'), installed('moby-runc', '1.1.9-ubuntu22.04u1')];
const components = (lines: readonly string[], packages: readonly Package[] = []): readonly string[] =>
  readListedComponents(lines, packages).components.map(({ family, version, versionFrom, package: owner }) => [family, version, versionFrom, owner].filter((word) => word !== undefined).join(' '));

describe('the components of a published list', () => {
  it.each([
    ['  - [installed] containerd v1.7.5-1', 'containerd 1.7.5-1 manifest'],
    ['  - containerd version 2.1.7-ubuntu24.04u2', 'containerd 2.1.7-ubuntu24.04u2 manifest'],
    ['  - runc version 1.1.9-1', 'runc 1.1.9-1 manifest'],
    ['  - CNI plugin version 1.1.1', 'cni-plugins 1.1.1 manifest'],
  ])('%s is %s', (line, expected) => {
    expect(components([line])).toEqual([expected]);
  });

  it.each([
    '  - [cached] runc 1.0.0-rc95', '  - runc version unknown', '  - containerd-wasm-shims v0.3.0', '  - Azure CNI version 1.5.5', 'containerd images pre-pulled:',
    '  - mcr.microsoft.com/containernetworking/azure-cns:v1.4.44.3', '  - kubelet version 1.34.7-ubuntu24.04u1', '',
  ])('%j is none', (line) => {
    expect(components([line])).toEqual([]);
  });

  it('that are packages have the package\'s version, whatever archives lie beside them', () => {
    expect(components(['  - runc version 1.1.9-1', '  - containerd version 1.7.4', '  - CNI plugin version 1.6.2', '  - CNI plugin version 1.4.1'], [...moby, installed('containernetworking-plugins', '1.9.0-ubuntu22.04u1')])).toEqual([
      'containerd 1.7.5-ubuntu22.04u1 package moby-containerd', 'runc 1.1.9-ubuntu22.04u1 package moby-runc', 'cni-plugins 1.9.0-ubuntu22.04u1 package containernetworking-plugins',
    ]);
  });

  it('that lie there in two versions are both named', () => {
    expect(components(['  - CNI plugin version 1.6.2', '  - CNI plugin version 1.4.1', '  - CNI plugin version 1.6.2'])).toEqual(['cni-plugins 1.6.2 manifest', 'cni-plugins 1.4.1 manifest']);
  });

  it('of which it says nothing are named as such', () => {
    expect(unlistedFamilies(readListedComponents([], []))).toEqual(['containerd', 'runc']);
    expect(unlistedFamilies(readListedComponents([], moby))).toEqual([]);
  });

  it.each([
    ['-rwxr-xr-x 1 root root 116095704 Jun 12 19:26 /usr/local/bin/kubelet-1.24.9', 'kubelet kubelet usr/local/bin/kubelet-1.24.9 116095704'],
    ['-rwxr-xr-x 1 root root  77320472 Sep 26  2025 /opt/bin/kubelet-1.31.13-akslts', 'kubelet kubelet opt/bin/kubelet-1.31.13-akslts 77320472'],
    ['-rwxr-xr-x 1 root root 1 Sep 26  2025 /usr/local/bin/kubelet-v1.27.3', 'kubelet kubelet usr/local/bin/kubelet-v1.27.3 1'],
    ['-rwxr-xr-x 1 root root  36014944 Sep  6 17:35 /usr/local/bin/containerd-shim-spin-v0-3-0-v1', 'containerd containerd-shim-spin-v0-3-0-v1 usr/local/bin/containerd-shim-spin-v0-3-0-v1 36014944'],
    ['-rwxr-xr-x 1 root root  45752320 Jun 12 19:26 /usr/local/bin/kubectl-1.24.9', undefined],
    ['-r-xr--r-- 1 root root      2462 Sep  6 17:29 /usr/local/bin/health-monitor.sh', undefined],
    ['/dev/root        29G   23G  6.6G  78% /', undefined],
    ['-rwxr-xr-x 1 root root many Jun 12 19:26 /opt/bin/kubelet', undefined],
  ])('%s is the cached binary %s', (line, expected) => {
    const files = readListedComponents([line], []).files.map(({ family, name, path, size, state }) => ({ line: `${family} ${name} ${path} ${size}`, state }));

    expect(files).toEqual(expected === undefined ? [] : [{ line: expected, state: 'staged' }]);
  });
});

const folder = join(sharedData, 'node-images/AKSUbuntu/gen2');
const hasData = existsSync(folder);

/** Per release: lists, those with a containerd, a runc, CNI plug-ins as a package and by line, and with cached kubelets. */
const published = [
  { release: '2204containerd', lists: 154, containerd: 154, runc: 154, pluginPackage: 24, pluginLine: 130, kubelets: 154 },
  { release: '2404containerd', lists: 66, containerd: 66, runc: 66, pluginPackage: 24, pluginLine: 42, kubelets: 66 },
  { release: '2604minimalcontainerd', lists: 4, containerd: 4, runc: 4, pluginPackage: 4, pluginLine: 0, kubelets: 4 },
];

describe.skipIf(!hasData)('the components of the published lists', () => {
  it.each(published)('$release', ({ release, ...expected }) => {
    const readings = readdirSync(join(folder, release)).filter((name) => name.endsWith('.txt')).map((name) => parseAksManifest(readFileSync(join(folder, release, name)), { name }));
    const having = (test: (family: string, versionFrom: string | undefined) => boolean): number =>
      readings.filter(({ inventory }) => inventory?.components.some(({ family, versionFrom }) => test(family, versionFrom))).length;

    expect({
      lists: readings.length,
      containerd: having((family, from) => family === 'containerd' && from === 'package'),
      runc: having((family, from) => family === 'runc' && from === 'package'),
      pluginPackage: having((family, from) => family === 'cni-plugins' && from === 'package'),
      pluginLine: having((family, from) => family === 'cni-plugins' && from === 'manifest'),
      kubelets: readings.filter(({ facts }) => facts.componentFiles?.some(({ family }) => family === 'kubelet')).length,
    }).toEqual(expected);
  });

  it.each([
    ['2204containerd/202309.06.0', ['cni-plugins 1.1.1', 'containerd 1.7.5-ubuntu22.04u1', 'runc 1.1.9-ubuntu22.04u1'], 12],
    ['2404containerd/202605.27.0', ['cni-plugins 1.9.0-ubuntu24.04u1', 'containerd 2.1.7-ubuntu24.04u2', 'runc 1.4.1-ubuntu24.04u1'], 16],
  ])('%s', (name, expected, kubelets) => {
    const { inventory, facts } = parseAksManifest(readFileSync(join(folder, `${name}.txt`)), { name });

    expect(inventory?.components.map(({ family, version }) => `${family} ${version}`)).toEqual(expected);
    expect(facts.componentFiles?.filter(({ family, state, size }) => family === 'kubelet' && state === 'staged' && size > 50_000_000)).toHaveLength(kubelets);
  });
});

it.runIf(!hasData)('the published lists are skipped, loudly', () => {
  console.log('SKIPPED (no data): the components of the published lists');
  expect(hasData).toBe(false);
});
