import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explanation } from '@nodeward/api';
import { explanationReasons } from '@nodeward/engine';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeward, parseForecast, type ProcessResult } from './nodeward-process.ts';
import { repository } from './shared-data.ts';

const list = [
  '=== Installed Packages Begin', 'Listing...', 'libc6/jammy-updates,now 2.35-0ubuntu3.1 amd64 [installed]',
  'linux-image-5.15.0-1041-azure/jammy-updates,now 5.15.0-1041.48 amd64 [installed]', '=== Installed Packages End',
  '=== os-release Begin', 'ID=ubuntu', 'VERSION_ID="22.04"', 'VERSION_CODENAME=jammy', 'PRETTY_NAME="Ubuntu 22.04.3 LTS"', '=== os-release End', '',
].join('\n');
const names = { jammy: { libc6: 'glibc', 'linux-image-5.15.0-1041-azure': 'linux-azure' } };
const ubuntu = [{
  id: 'UBUNTU-CVE-2023-4911', upstream: ['CVE-2023-4911'], severity: [{ type: 'Ubuntu', score: 'high' }],
  affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'glibc' }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2.35-0ubuntu3.4' }] }] }],
}, {
  // a kernel that no advisory names would leave the list partly assessed
  id: 'UBUNTU-CVE-2023-1076', upstream: ['CVE-2023-1076'], severity: [{ type: 'Ubuntu', score: 'high' }],
  affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'linux-azure' }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '5.15.0-1040.47' }] }] }],
}];
const kubernetes = [{
  id: 'CVE-2023-2431', summary: 'A flaw in kubelet', modified: '2024-02-01T00:00:00Z', published: '2023-06-15T00:00:00Z',
  affected: [{ package: { ecosystem: 'kubernetes', name: 'k8s.io/kubelet' }, ranges: [{ type: 'SEMVER', events: [{ introduced: '1.26.0' }, { fixed: '1.26.5' }] }] }],
}];
const go = [{
  schema_version: '1.3.1', id: 'GO-2023-1988', modified: '0001-01-01T00:00:00Z', published: '0001-01-01T00:00:00Z', aliases: ['CVE-2023-3978'],
  affected: [{ package: { name: 'golang.org/x/net', ecosystem: 'Go' }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '0.13.0' }] }] }],
}];

describe('nodeward explain', () => {
  let folder = '';
  const at = (name: string): string => join(folder, name);
  const explain = (...words: readonly string[]): ProcessResult => nodeward(['explain', at('list.txt'), ...words, '--db', at('advisories'), '--source-names', at('names.json')]);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nodeward-explain-'));
    writeFileSync(at('list.txt'), list);
    for (const [name, content] of Object.entries({ names, ubuntu, kubernetes, go })) writeFileSync(at(`${name}.json`), JSON.stringify(content));
    const built = nodeward(['db', 'build', at('ubuntu.json'), at('kubernetes.json'), at('go.json'), '-o', at('advisories')]);
    if (built.status !== 0) throw new Error(built.stderr);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('says in words why a vulnerability is found', () => {
    const { status, stdout, stderr } = explain('CVE-2023-4911');

    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toBe([
      'MATCH    CVE-2023-4911, glibc: fix available',
      '  installed 2.35-0ubuntu3.1',
      '  advisory  UBUNTU-CVE-2023-4911, Ubuntu:22.04:LTS',
      '  affected  all, fixed in 2.35-0ubuntu3.4',
      '  compared  deb, source-older-than-fixed',
      `  evidence  ${at('list.txt')}`,
      '',
    ].join('\n'));
  });

  it.each<[string, readonly string[], readonly (string | null)[]]>([
    ['a match', ['CVE-2023-4911'], [null]],
    ['a kubelet that nobody names', ['CVE-2023-2431'], ['not-read']],
    ['a kubelet that is named', ['CVE-2023-2431', '--kubelet-version', 'v1.26.3'], [null]],
    ['a kubelet that has the fix', ['CVE-2023-2431', 'kubelet', '--kubelet-version', '1.26.6'], ['fixed']],
    ['a module that nobody could read', ['CVE-2023-3978'], ['not-read']],
    ['another package', ['CVE-2023-4911', 'nginx'], ['not-installed']],
    ['a vulnerability that nobody knows', ['CVE-1999-0001'], ['no-such-vulnerability']],
  ])('gives the document of the API for %s', (_what, words, reasons) => {
    const { status, stdout } = explain(...words, '--format', 'json');
    const document: unknown = JSON.parse(stdout);

    expect(status).toBe(0);
    expect(explanation.parse(document)).toEqual(document);
    expect(explanation.parse(document).entries.map(({ reason }) => reason)).toEqual(reasons);
    expect(schemaErrors(document)).toEqual([]);
  });

  it('has no reason that the API does not know', () => {
    expect(explanation.shape.entries.element.shape.reason.unwrap().options).toEqual([...explanationReasons]);
  });

  it.each<[string, readonly string[], number]>([
    ['a path that leads nowhere', ['explain', '/nonexistent', 'CVE-2023-4911'], 2], ['no vulnerability', ['explain', '/nonexistent'], 2],
  ])('ends with 2 for %s, in one line', (_what, words, expected) => {
    const { status, stdout, stderr } = nodeward(words);

    expect([status, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(/^nodeward: [^\n]+\n$/);
  });

  it('ends with 4 without advisories and with 3 where nothing could be read', () => {
    writeFileSync(at('noise'), 'this is not a disk\n'.repeat(1000));

    expect(nodeward(['explain', at('list.txt'), 'CVE-2023-4911', '--db', at('nowhere')])).toMatchObject({ status: 4, stdout: '' });
    const { status, stdout } = nodeward(['explain', at('noise'), 'CVE-2023-4911', '--db', at('advisories'), '--format', 'json']);
    expect([status, explanation.parse(JSON.parse(stdout)).entries]).toEqual([3, []]);
  });

  it('goes with a forecast that says what another kubelet brings', () => {
    const words = ['forecast', at('list.txt'), at('list.txt'), '--db', at('advisories'), '--source-names', at('names.json'), '--format', 'json', '--kubelet-version', '1.26.3'];
    const fixed = (...more: readonly string[]): unknown => parseForecast(nodeward([...words, ...more]).stdout).fixed.map(({ vulnerability }) => vulnerability);

    expect(fixed()).toEqual([]);
    expect(fixed('--to-kubelet-version', '1.26.6')).toEqual(['CVE-2023-2431']);
  });
});

function schemaErrors(document: unknown): readonly unknown[] {
  const schema: unknown = JSON.parse(readFileSync(join(repository, 'docs/schemas/explain.schema.json'), 'utf8'));
  if (typeof schema !== 'object' || schema === null) throw new Error('the schema is no object');
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema);
  return validate(document) ? [] : (validate.errors ?? ['invalid']);
}
