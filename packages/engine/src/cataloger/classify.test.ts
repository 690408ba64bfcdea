import { describe, expect, it } from 'vitest';
import { Coverage } from '../base/coverage.ts';
import { createMemoryTree, type MemoryFile } from '../filesystem/memory-tree-for-tests.ts';
import type { Component } from '../model/component.ts';
import { loadFixture } from '../source/load-fixture-for-tests.ts';
import { catalog } from './catalog.ts';
import { catalogers } from './registry.ts';

const load = (name: string): Uint8Array => loadFixture(new URL(`node-component/fixtures/${name}.zst`, import.meta.url));
const [stamped, trimpath] = [load('stamped'), load('trimpath')];
const unit = '/etc/systemd/system/kubelet.service';
const service = { [unit]: '[Service]\nExecStart=/usr/local/bin/kubelet\n' };

interface Found {
  readonly components: readonly Component[];
  readonly files: readonly string[];
  readonly coverage: readonly string[];
  readonly evidence: unknown;
}

async function read(files: Readonly<Record<string, MemoryFile>>, openStaged = false): Promise<Found> {
  const coverage = new Coverage();
  const { components, componentFiles, evidencePaths } = await catalog(createMemoryTree(files), catalogers, coverage, { openStaged });
  return {
    components,
    files: componentFiles.map(({ path, size, state, namedBy }) => [state, path, size, namedBy].filter((word) => word !== undefined).join(' ')),
    coverage: coverage.entries.filter(({ subject }) => /component|go-modules/.test(subject)).map((entry) => Object.values(entry).join(' ')),
    evidence: evidencePaths,
  };
}

const modules = [{ path: 'github.com/example/fork', version: 'v1.1.0' }, { path: 'golang.org/x/net', version: 'v0.7.0' }];
const known = { family: 'kubelet', name: 'kubelet', path: 'usr/local/bin/kubelet', mainModule: 'k8s.io/kubernetes', goVersion: 'go1.26.8', modules };
const classesRead = ['node-components read read', 'go-modules read read'];

describe('a component', () => {
  it('that a unit names is opened; the one beside it is recorded by name and size', async () => {
    const { components, files, coverage, evidence } = await read({ ...service, '/usr/local/bin/kubelet': stamped, '/opt/bin/kubelet-1.27.1': stamped });

    expect(components).toEqual([{ ...known, version: '1.24.4', versionFrom: 'linker-flags' }]);
    expect(files).toEqual([`active usr/local/bin/kubelet ${stamped.length} ${unit}`, `staged opt/bin/kubelet-1.27.1 ${stamped.length}`]);
    expect(coverage).toEqual(['staged components out-of-scope component-staged 1 files', ...classesRead]);
    expect(evidence).toEqual({ 'node-components': unit, 'go-modules': '/usr/local/bin/kubelet' });
  });

  it('that nothing names is opened where the user asks for it', async () => {
    const { components, files } = await read({ ...service, '/usr/local/bin/kubelet': stamped, '/opt/bin/kubelet-1.27.1': trimpath }, true);

    expect(components.map(({ path, version, versionFrom }) => `${path} ${version} ${versionFrom}`)).toEqual(['usr/local/bin/kubelet 1.24.4 linker-flags', 'opt/bin/kubelet-1.27.1 1.27.1 file-name']);
    expect(files[1]).toMatch(/^staged /);
  });

  it('built as real kubelets are has no version of its own', async () => {
    const { components, coverage } = await read({ ...service, '/usr/local/bin/kubelet': trimpath });

    expect(components).toEqual([known]);
    expect(coverage).toEqual(classesRead);
  });

  it('has the version of the package whose file list holds it, which its name alone does not prove', async () => {
    const status = (version: string): string => `Package: kubelet\nStatus: install ok installed\nVersion: ${version}\nArchitecture: amd64\n`;
    const files = { ...service, '/usr/local/bin/kubelet': { link: '/usr/bin/kubelet' }, '/usr/bin/kubelet': trimpath, '/bin': { link: 'usr/bin' }, '/var/lib/dpkg/status': status('1.27.3-1.1') };

    expect((await read({ ...files, '/var/lib/dpkg/info/kubelet.list': '/.\n/bin\n/bin/kubelet\n' })).components).toMatchObject([{ version: '1.27.3-1.1', versionFrom: 'package', package: 'kubelet' }]);
    expect((await read({ ...files, '/var/lib/dpkg/info/kubelet:amd64.list': '/usr/bin/kubelet\n' })).components).toMatchObject([{ package: 'kubelet' }]);
    expect((await read({ ...files, '/var/lib/dpkg/info/kubelet.list': '/opt/kubelet\n' })).components[0]).not.toHaveProperty('package');
    expect((await read({ ...files, '/usr/bin/kubelet': stamped, '/var/lib/dpkg/info/kubelet.list': '/usr/bin/kubelet\n' })).components).toMatchObject([{ version: '1.24.4', versionFrom: 'linker-flags', package: 'kubelet' }]);
  });

  it('has the version of its file name where nothing better says it', async () => {
    const { components } = await read({ ...service, '/usr/local/bin/kubelet': { link: '/opt/bin/kubelet-1.26.6-akslts' }, '/opt/bin/kubelet-1.26.6-akslts': trimpath });

    expect(components).toMatchObject([{ path: 'opt/bin/kubelet-1.26.6-akslts', version: '1.26.6-akslts', versionFrom: 'file-name' }]);
  });

  it('of another word size and byte order is read', async () => {
    for (const name of ['stamped-386', 'stamped-mips', 'stamped-s390x', 'no-sections', 'pointers']) {
      expect((await read({ ...service, '/usr/local/bin/kubelet': load(name) })).components).toMatchObject([{ version: '1.24.4', mainModule: 'k8s.io/kubernetes' }]);
    }
  });
});

describe('a component that is not read to the end leaves its classes open', () => {
  it.each([
    ['is not Go', load('not-go'), 'unreadable component-not-a-go-binary'],
    ['is text', 'hello', 'unreadable component-not-a-go-binary'],
    ['is empty', '', 'unreadable component-not-a-go-binary'],
    ['is cut', stamped.subarray(0, 300_000), 'unreadable corrupt-structure'],
    ['has too many sections', stamped.with(60, 0xff).with(61, 0xff), 'over-limit limit-exceeded'],
  ])('where it %s', async (_, bytes, why) => {
    const { components, coverage } = await read({ ...service, '/usr/local/bin/kubelet': bytes });

    expect(components).toEqual([{ family: 'kubelet', name: 'kubelet', path: 'usr/local/bin/kubelet' }]);
    expect(coverage).toEqual([`component /usr/local/bin/kubelet ${why}`, `node-components ${why} /usr/local/bin/kubelet`, `go-modules ${why} /usr/local/bin/kubelet`]);
  });

  it('where a module was replaced by a folder of somebody\'s machine', async () => {
    const { components, coverage } = await read({ ...service, '/usr/local/bin/kubelet': load('forked') });

    expect(components).toMatchObject([{ modules: [] }]);
    expect(coverage).toEqual(['component /usr/local/bin/kubelet unreadable component-version-unknown golang.org/x/text', 'node-components read read', 'go-modules unreadable component-version-unknown /usr/local/bin/kubelet']);
  });

  it('where its unit cannot be followed', async () => {
    const { coverage } = await read({ [unit]: '[Service]\nExecStart=/bin/sh -c "exec $KUBELET"\n', '/usr/local/bin/kubelet': stamped });

    expect(coverage).toEqual([
      `component kubelet unreadable component-configuration-unreadable ${unit}`, 'staged components out-of-scope component-staged 1 files',
      `node-components unreadable component-configuration-unreadable ${unit}`, `go-modules unreadable component-configuration-unreadable ${unit}`,
    ]);
  });

  it('and a damaged one that is only staged leaves neither open', async () => {
    const { coverage } = await read({ ...service, '/usr/local/bin/kubelet': stamped, '/opt/bin/kubelet-1.27.1': 'hello' }, true);

    expect(coverage).toEqual(['component /opt/bin/kubelet-1.27.1 unreadable component-not-a-go-binary', ...classesRead]);
  });
});

it('a disk on which kubelets only lie ready waits for its cluster to choose', async () => {
  const { components, files, coverage } = await read({ '/opt/bin/kubelet-1.27.1': stamped, '/opt/bin/kubelet-1.26.0': stamped });

  expect(components).toEqual([]);
  expect(files).toEqual([`staged opt/bin/kubelet-1.27.1 ${stamped.length}`, `staged opt/bin/kubelet-1.26.0 ${stamped.length}`]);
  expect(coverage).toEqual([
    'staged components out-of-scope component-staged 2 files', 'component kubelet out-of-scope component-chosen-by-cluster',
    'node-components out-of-scope component-chosen-by-cluster kubelet', 'go-modules out-of-scope go-modules-not-in-evidence kubelet',
  ]);
});

it('a disk without components is read', async () => {
  expect(await read({ '/etc/x': '' })).toMatchObject({ components: [], files: [], coverage: classesRead });
});
