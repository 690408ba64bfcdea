import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfiguration } from './configuration.ts';
import { makeFolder, wholeConfiguration, wholeFolder } from './folder-under-test.ts';

async function complaint(content: string | Uint8Array): Promise<{ line: number; what: string }> {
  await using folder = await makeFolder({ ...wholeFolder, 'nodeward.yaml': content });
  try {
    await readConfiguration(folder.path);
    return { line: -1, what: 'no complaint' };
  } catch (error) {
    if (!(error instanceof Error) || !('line' in error) || !('file' in error)) throw error;
    expect(error).toMatchObject({ code: 'INVALID_CONFIGURATION', file: join(folder.path, 'nodeward.yaml') });
    expect(error.message).not.toContain('\n');
    const place = Number(error.line) > 0 ? `:${String(error.line)}` : '';
    expect(error.message.startsWith(`${String(error.file)}${place}: `)).toBe(true);
    return { line: Number(error.line), what: error.message.slice(String(error.file).length + place.length + 2) };
  }
}

function changed(from: string | RegExp, to: string): string {
  const text = wholeConfiguration.replace(from, to);
  if (text === wholeConfiguration) throw new Error('nothing was changed');
  return text;
}

describe('nodeward.yaml', () => {
  it('is accepted when it is whole', async () => {
    expect(await complaint(wholeConfiguration)).toEqual({ line: -1, what: 'no complaint' });
  });

  it.each([
    ['an unknown key', changed('    kubernetesVersion', '    kubernetesVersoin'), 5, 'clusters[0].kubernetesVersoin: unknown key'],
    ['an unknown key at the top', changed('clusters:', 'colour: red\nclusters:'), 3, 'colour: unknown key'],
    ['an unknown key of a node', changed('kubelet:', 'cubelet:'), 18, 'clusters[0].pools[0].nodes[0].cubelet: unknown key'],
    ['a missing key', changed('advisoryDatabase: advisories\n', ''), 1, 'advisoryDatabase: is missing'],
    ['a pool without an image', changed(/ {8}image: .*\n/, ''), 7, 'clusters[0].pools[0].image: is missing'],
    ['a number where text is due', changed('"1.26.3"', '1.26'), 5, 'clusters[0].kubernetesVersion: must be text: put it into quotes'],
    ['text where a list is due', changed(/pools:[^]*/, 'pools: none\n'), 6, 'clusters[0].pools: must be a list'],
    ['a list where keys are due', changed(/clusters:[^]*/, 'clusters:\n  - [1, 2]\n'), 4, 'clusters[0]: must be keys and values'],
    ['nothing where a list is due', changed(/pools:[^]*/, 'pools:\n'), 6, 'clusters[0].pools: must be a list'],
    ['an empty name', changed('name: prod', 'name: ""'), 4, /^clusters\[0\]\.name: /],
    ['a name with a slash', changed('name: prod', 'name: ../prod'), 4, 'clusters[0].name: may not contain spaces, slashes or control characters'],
    ['a kubelet that is no version', changed('kubelet: v1.26.3', 'kubelet: newest'), 18, 'clusters[0].pools[0].nodes[0].kubelet: must be a version such as v1.26.3'],
    ['a kubelet without its patch', changed('kubelet: v1.26.3', 'kubelet: v1.26'), 18, /kubelet: must be a version/],
    ['a kubelet that YAML takes for a number', changed('kubelet: v1.26.3', 'kubelet: 1.26'), 18, 'clusters[0].pools[0].nodes[0].kubelet: must be text: put it into quotes'],
    ['a wrong kubelet of a whole pool', changed('        newerImages:', '        kubelet: "1.26.x"\n        newerImages:'), 9, 'clusters[0].pools[0].kubelet: must be a version such as v1.26.3'],
    ['a Kubernetes version with a v', changed('"1.26.3"', 'v1.26.3'), 5, 'clusters[0].kubernetesVersion: must be a version such as 1.26.3, without a v'],
    ['two nodes of one name', changed('aks-userpool01-2', 'aks-userpool01-0'), 22, 'node aks-userpool01-0 is named twice'],
    ['two images of one name', changed('202310.09.0\n', '202310.04.0\n'), 12, 'image AKSUbuntu-2204gen2containerd-202310.04.0 is named twice'],
    ['a newer image that is the current one', changed('- name: AKSUbuntu-2204gen2containerd-202310.09.0', '- name: AKSUbuntu-2204gen2containerd-202309.06.0'), 12, 'image AKSUbuntu-2204gen2containerd-202309.06.0 is named twice'],
    ['two clusters of one name', `${wholeConfiguration}  - name: prod\n    pools: []\n`, 23, 'cluster prod is named twice'],
    ['two pools of one name', `${wholeConfiguration}      - name: userpool01\n        image: x\n        nodes: []\n`, 23, 'node pool userpool01 is named twice'],
    ['a node of another pool of the same name', `${wholeConfiguration}      - name: other\n        image: x\n        nodes: [{ name: aks-userpool01-2 }]\n`, 25, 'node aks-userpool01-2 is named twice'],
    ['a key that stands twice', changed('name: my-fleet', 'name: my-fleet\nname: other'), 2, /^not YAML: /],
    ['a path that leaves the folder', changed('path: node0.img', 'path: images/../../node0.img'), 16, 'images/../../node0.img lies outside the folder; give an absolute path'],
    ['a newer image outside the folder', changed('images/202310.04.0.img', '../x.img'), 11, /lies outside the folder/],
    ['a newer image that does not exist', changed('images/202310.04.0.img', 'images/absent.img'), 11, /absent\.img does not exist$/],
    ['an advisory database that does not exist', changed('advisoryDatabase: advisories', 'advisoryDatabase: ../absent'), 2, /absent does not exist$/],
    ['source names that do not exist', changed('clusters:', 'sourceNames: absent.json\nclusters:'), 3, /absent\.json does not exist$/],
    ['no text at all', '', 1, 'the file is empty'],
    ['comments only', '# nothing\n\n', 1, 'the file is empty'],
    ['a bare word', 'hello\n', 1, 'must be keys and values'],
    ['a list', '- 1\n', 1, 'must be keys and values'],
    ['what is not YAML', changed('clusters:', 'clusters: [\n'), 5, /^not YAML: /],
    ['a tab as indentation', changed('  - name: prod', '\t- name: prod'), 4, /^not YAML: /],
    ['an unknown tag', changed('name: my-fleet', 'name: !secret my-fleet'), 1, /^not YAML: /],
    ['a second document', `${wholeConfiguration}---\nname: second\n`, 23, 'a second document is not allowed'],
    ['an alias to nothing', changed('name: prod', 'name: *nothing'), 4, 'the alias *nothing has no anchor before it'],
    ['a disk image by mistake', new Uint8Array([0xff, 0xfe, 0, 1]), 0, 'not UTF-8 text'],
    ['a file of five megabytes', `#${'x'.repeat(5 * 1024 * 1024)}`, 0, 'larger than 4194304 bytes'],
  ])('is refused with the line of %s', async (_name, content, line, what) => {
    const found = await complaint(content);
    if (typeof what === 'string') expect(found).toEqual({ line, what });
    else {
      expect(found.line).toBe(line);
      expect(found.what).toMatch(what);
    }
  });

  it('is refused where aliases multiply without end', { timeout: 60_000 }, async () => {
    const level = (name: string, of: string): string => `${name}: &${name} [${Array.from({ length: 10 }, () => `*${of}`).join(', ')}]\n`;
    const bomb = `a: &a [1, 2, 3]\n${level('b', 'a')}${level('c', 'b')}${level('d', 'c')}${level('e', 'd')}${level('f', 'e')}${level('g', 'f')}`;
    expect((await complaint(bomb)).what).toMatch(/alias/i);
    const many = `a: &a 1\nb: [${'*a, '.repeat(100_000)}]\n`;
    expect(await complaint(many)).toEqual({ line: 2, what: 'more than 100 aliases' });
  });

  it('is refused where it is missing, and where it is a folder', async () => {
    await using folder = await makeFolder({ 'sub/nodeward.yaml/x': '' });
    await expect(readConfiguration(folder.path)).rejects.toThrow(/nodeward\.yaml: the file is missing$/);
    await expect(readConfiguration(join(folder.path, 'sub'))).rejects.toThrow(/nodeward\.yaml: cannot be read: EISDIR$/);
  });

  it('takes absolute paths for disks, and any path for the advisory database', async () => {
    await using elsewhere = await makeFolder({ 'node.img': 'x' });
    await using folder = await makeFolder({
      ...wholeFolder,
      'nodeward.yaml': changed('path: node0.img', `path: ${elsewhere.path}/node.img`).replace('advisoryDatabase: advisories', 'advisoryDatabase: images/../advisories'),
    });
    const { advisoryDatabase, clusters } = await readConfiguration(folder.path);
    expect(advisoryDatabase).toBe(join(folder.path, 'advisories'));
    expect(clusters[0]?.pools[0]?.nodes[0]?.path).toBe(join(elsewhere.path, 'node.img'));
  });
});
