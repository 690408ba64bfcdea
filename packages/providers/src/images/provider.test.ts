import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeProviderContract } from '../provider.contract.ts';
import type { DiscoveredNode, Evidence, Provider } from '../provider.ts';
import { makeFolder, wholeConfiguration, wholeFolder } from './folder-under-test.ts';
import { openImagesProvider } from './provider.ts';

const signal = new AbortController().signal;
const pool = { cluster: 'prod', pool: 'userpool01' };
const newer = 'AKSUbuntu-2204gen2containerd-202310.04.0';

describeProviderContract('images', async () => {
  const folder = await makeFolder(wholeFolder);
  return {
    provider: await openImagesProvider({ folder: folder.path }),
    readableNode: { ...pool, node: 'aks-userpool01-0' },
    readableImage: newer,
    dispose: async () => folder[Symbol.asyncDispose](),
  };
});

function containing(text: string): unknown {
  return expect.stringContaining(text);
}

async function nodes(provider: Provider): Promise<readonly DiscoveredNode[]> {
  return (await provider.reader.discover(signal)).clusters[0]?.pools[0]?.nodes ?? [];
}

async function nodeEvidence(provider: Provider, node: string): Promise<Evidence> {
  return provider.reader.nodeEvidence({ ...pool, node }, signal);
}

describe('a folder of disk images', () => {
  it('is discovered as its file says', async () => {
    await using folder = await makeFolder(wholeFolder);
    const provider = await openImagesProvider({ folder: folder.path });
    const discovery = await provider.reader.discover(signal);
    expect(discovery).toMatchObject({
      name: 'my-fleet',
      advisoryDatabase: { folder: join(folder.path, 'advisories'), purpose: 'production' },
      clusters: [{ name: 'prod', kubernetesVersion: '1.26.3', pools: [{ newerImages: [newer, 'AKSUbuntu-2204gen2containerd-202310.09.0'], operations: [] }] }],
    });
    expect((await nodes(provider)).map(({ image, kernelRelease, kubeletVersion }) => [image.slice(-11), kernelRelease, kubeletVersion])).toEqual([
      ['202309.06.0', '5.15.0-1041-azure', 'v1.26.3'],
      ['202310.04.0', undefined, undefined],
      ['202309.06.0', undefined, undefined],
    ]);
  });

  it('is called by its own name where the file gives none', async () => {
    await using folder = await makeFolder({ ...wholeFolder, 'nodeward.yaml': wholeConfiguration.replace('name: my-fleet\n', '') });
    const provider = await openImagesProvider({ folder: folder.path });
    expect((await provider.reader.discover(signal)).name).toMatch(/^nodeward-images-/);
  });

  it('has no disk where no path is given and where the file is absent, and has one once it is there', async () => {
    await using folder = await makeFolder(wholeFolder);
    const provider = await openImagesProvider({ folder: folder.path });
    const before = await nodes(provider);
    expect(await nodeEvidence(provider, 'aks-userpool01-1')).toMatchObject({ kind: 'refused', cause: 'unreachable', detail: containing('not-there.img: ENOENT') });
    expect(await nodeEvidence(provider, 'aks-userpool01-2')).toMatchObject({ kind: 'refused', cause: 'unreachable' });
    await folder.write('not-there.img', new Uint8Array(512));
    expect(await nodeEvidence(provider, 'aks-userpool01-1')).toMatchObject({ kind: 'disk', grade: 'disk' });
    expect((await nodes(provider)).map(({ evidenceToken }, index) => evidenceToken === before[index]?.evidenceToken)).toEqual([true, false, true]);
  });

  it('gives a folder, or anything else that is no file, no evidence', async () => {
    await using folder = await makeFolder(wholeFolder);
    await mkdir(join(folder.path, 'not-there.img'));
    const provider = await openImagesProvider({ folder: folder.path });
    expect(await nodeEvidence(provider, 'aks-userpool01-1')).toMatchObject({ kind: 'refused', cause: 'unreachable', detail: containing('not a regular file') });
  });

  it('gives a new token to a disk that was replaced by one of the same size and time', async () => {
    await using folder = await makeFolder(wholeFolder);
    const provider = await openImagesProvider({ folder: folder.path });
    const [before] = await nodes(provider);
    const disk = join(folder.path, 'node0.img');
    const { atime, mtime } = await stat(disk);
    await folder.write('new.img', new Uint8Array(8192).fill(3));
    await utimes(join(folder.path, 'new.img'), atime, mtime);
    await rename(join(folder.path, 'new.img'), disk);
    expect((await nodes(provider))[0]?.evidenceToken).not.toBe(before?.evidenceToken);
  });

  it('gives a new token where the file names another kernel', async () => {
    await using folder = await makeFolder(wholeFolder);
    const provider = await openImagesProvider({ folder: folder.path });
    const [before] = await nodes(provider);
    await folder.write('nodeward.yaml', wholeConfiguration.replace('1041', '1049'));
    const [after] = await nodes(provider);
    expect(after?.kernelRelease).toBe('5.15.0-1049-azure');
    expect(after?.evidenceToken).not.toBe(before?.evidenceToken);
  });

  it('has the kubelet and the version of its pool where a node gives none, and a new token with them', async () => {
    await using folder = await makeFolder(wholeFolder);
    const provider = await openImagesProvider({ folder: folder.path });
    const before = await nodes(provider);
    await folder.write('nodeward.yaml', wholeConfiguration.replace('        newerImages:', '        kubernetesVersion: "1.25.6"\n        kubelet: 1.25.6+build.1\n        newerImages:'));
    const after = await nodes(provider);
    expect((await provider.reader.discover(signal)).clusters[0]).toMatchObject({ kubernetesVersion: '1.26.3', pools: [{ kubernetesVersion: '1.25.6' }] });
    expect(after.map(({ kubeletVersion }) => kubeletVersion)).toEqual(['v1.26.3', '1.25.6+build.1', '1.25.6+build.1']);
    expect(after.map(({ evidenceToken }, index) => evidenceToken === before[index]?.evidenceToken)).toEqual([true, false, false]);
  });

  it('recovers once a wrong file is put right', async () => {
    await using folder = await makeFolder({ ...wholeFolder, 'nodeward.yaml': '' });
    const provider = await openImagesProvider({ folder: folder.path });
    await expect(provider.reader.discover(signal)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    await folder.write('nodeward.yaml', wholeConfiguration);
    expect(await nodes(provider)).toHaveLength(3);
  });
});

describe('a published node-image list', () => {
  const list = { ...pool, image: 'AKSUbuntu-2204gen2containerd-202310.09.0' };

  it('is an inventory of grade manifest, told by its content', async () => {
    await using folder = await makeFolder(wholeFolder);
    const provider = await openImagesProvider({ folder: folder.path });
    const evidence = await provider.reader.imageEvidence(list, signal);
    expect(evidence).toMatchObject({ kind: 'inventory', grade: 'manifest', origin: '202310.09.0.txt', inventory: { operatingSystem: { id: 'ubuntu', versionId: '22.04' } } });
    const coverage = evidence.kind === 'inventory' ? evidence.coverage : [];
    expect(coverage.find(({ subject }) => subject === 'os-packages')).toMatchObject({ state: 'unknown-source', reason: 'source-package-unknown' });
  });

  it('takes its source names from the file that the configuration names', async () => {
    const configuration = wholeConfiguration.replace('clusters:', 'sourceNames: names.json\nclusters:');
    const names = JSON.stringify({ jammy: { 'libnghttp2-14': 'nghttp2', 'linux-image-6.2.0-1014-azure': 'linux-signed-azure-6.2' } });
    await using folder = await makeFolder({ ...wholeFolder, 'nodeward.yaml': configuration, 'names.json': names });
    const provider = await openImagesProvider({ folder: folder.path });
    const evidence = await provider.reader.imageEvidence(list, signal);
    expect(evidence).toMatchObject({ inventory: { packages: [{ source: 'nghttp2' }, { source: 'linux-signed-azure-6.2' }] } });
    await folder.write('names.json', '{"jammy": 1}');
    await expect(provider.reader.imageEvidence(list, signal)).rejects.toThrow(/names\.json: .*jammy/);
  });

  it.each([
    ['without its end', (text: string) => text.slice(0, text.indexOf('=== Installed Packages End'))],
    ['without an operating system', (text: string) => text.slice(0, text.indexOf('=== os-release Begin'))],
    ['without packages', (text: string) => text.replace(/^lib.*\n|^linux.*\n/gm, '')],
  ])('is refused as unsupported %s', async (_name, change) => {
    await using folder = await makeFolder(wholeFolder);
    const provider = await openImagesProvider({ folder: folder.path });
    await folder.write('images/202310.09.0.txt', change(wholeFolder['images/202310.09.0.txt']));
    expect(await provider.reader.imageEvidence(list, signal)).toMatchObject({ kind: 'refused', cause: 'unsupported' });
  });

  it('is a disk where it is no list, whatever its name says', async () => {
    await using folder = await makeFolder(wholeFolder);
    const provider = await openImagesProvider({ folder: folder.path });
    await folder.write('images/202310.09.0.txt', 'no list at all');
    expect(await provider.reader.imageEvidence(list, signal)).toMatchObject({ kind: 'disk', grade: 'reference-image' });
    await rm(join(folder.path, 'images/202310.09.0.txt'));
    await expect(provider.reader.imageEvidence(list, signal)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', line: 13 });
  });
});
