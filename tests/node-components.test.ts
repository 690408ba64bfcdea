import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createBufferSource, readDisk } from '@nodeward/engine';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSharedDatabase } from '../packages/engine/src/advisory-db/shared-database-for-tests.ts';
import { buildDisk, type DiskFile, missingDiskTools } from './build-disk.ts';
import { buildKubelet, committedKubelet, goToolchain, nodeComponentFiles } from './build-kubelet.ts';
import { nodeFiles } from './build-node-disk.ts';
import { nodeward, parseAssessments, type ProcessResult } from './nodeward-process.ts';
import { noteSkipped, sharedData } from './shared-data.ts';

const osRelease = 'PRETTY_NAME="Ubuntu 22.04.3 LTS"\nNAME="Ubuntu"\nID=ubuntu\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\n';
const kernel = { name: 'linux-image-5.15.0-1041-azure', version: '5.15.0-1041.48', architecture: 'amd64', source: 'linux-signed-azure' };
const unit = '[Unit]\nDescription=Kubernetes node agent\n\n[Service]\nExecStart=/usr/local/bin/kubelet \\\n    --v=2\nRestart=always\n\n[Install]\nWantedBy=multi-user.target\n';
const active = 'usr/local/bin/kubelet';
const cached = 'opt/bin/kubelet-1.27.1';

/** Ranges of the official feed; it has no field for the operating system, the last five hold for Windows by their own text. */
const kubernetesFeed = [
  kubernetes('CVE-2023-2431', ['0', '1.24.14'], ['1.25.0', '1.25.10'], ['1.26.0', '1.26.5'], ['1.27.0', '1.27.2']),
  kubernetes('CVE-2021-25749', ['1.20.0', '1.22.14'], ['1.23.0', '1.23.11'], ['1.24.0', '1.24.5']),
  kubernetes('CVE-2023-3676', ['0', '1.24.17'], ['1.25.0', '1.25.13'], ['1.26.0', '1.26.8'], ['1.27.0', '1.27.5']),
  kubernetes('CVE-2023-3955', ['0', '1.24.17'], ['1.25.0', '1.25.13'], ['1.26.0', '1.26.8'], ['1.27.0', '1.27.5']),
  kubernetes('CVE-2023-5528', ['1.8.0', '1.25.16'], ['1.26.0', '1.26.11'], ['1.27.0', '1.27.8']),
  kubernetes('CVE-2024-5321', ['1.27.0', '1.27.16']),
];
const goFeed = [
  {
    schema_version: '1.3.1', id: 'GO-2023-1988', modified: '0001-01-01T00:00:00Z', published: '0001-01-01T00:00:00Z', aliases: ['CVE-2023-3978'],
    affected: [{ package: { name: 'golang.org/x/net', ecosystem: 'Go' }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '0.13.0' }] }] }],
  },
];
const ubuntuFeed = [
  {
    schema_version: '1.7.0', id: 'UBUNTU-CVE-2023-20569', upstream: ['CVE-2023-20569'], modified: '2024-02-01T00:00:00Z', severity: [{ type: 'Ubuntu', score: 'high' }],
    affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'linux-azure' }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '5.15.0-1040.47' }] }] }],
  },
];

const go = goToolchain();
const data = sharedData();
const missing = missingDiskTools();
if (missing.length > 0) noteSkipped('node components on real disks', `no ${missing.join(', ')}`);
if (go === undefined) noteSkipped('kubelets built on this machine', 'no Go toolchain; the committed ones are used');
if (data === undefined) noteSkipped('node components against the published feeds', 'no data');

describe.skipIf(missing.length > 0)('node components on disks', () => {
  let folder = '';
  const at = (name: string): string => join(folder, name);
  const kubelet = (version: string, trimpath: boolean): Uint8Array =>
    go === undefined ? committedKubelet(trimpath ? 'trimpath' : 'stamped') : buildKubelet(go, { version, trimpath }).bytes;
  const disk = (name: string, files: Readonly<Record<string, DiskFile>>): void => buildDisk({ out: at(name), files: { ...nodeFiles(osRelease, [kernel]), ...files } });
  const assess = (name: string, words: readonly string[] = [], database = 'advisories'): ProcessResult => nodeward(['assess', at(name), '--db', resolve(folder, database), '--format', 'json', ...words]);
  /** `CVE component state` of each row of a component, and whether the assessment is complete. */
  const rows = ({ status, stdout }: ProcessResult): { readonly status: number | null; readonly rows: readonly string[] } => ({
    status,
    rows: (parseAssessments(stdout)[0]?.matches ?? []).flatMap(({ vulnerability, component, state }) => (component === null ? [] : [`${vulnerability} ${component.path} ${component.state} ${state}`])).toSorted(),
  });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nodeward-components-'));
    const feeds = Object.entries({ ubuntu: ubuntuFeed, kubernetes: kubernetesFeed, go: goFeed }).map(([name, records]) => {
      writeFileSync(at(`${name}.json`), JSON.stringify(records));
      return at(`${name}.json`);
    });
    for (const words of [[...feeds, '-o', at('advisories')], [feeds[0] ?? '', '-o', at('ubuntu-only')]]) {
      const built = nodeward(['db', 'build', ...words]);
      if (built.status !== 0) throw new Error(built.stderr);
    }
    const [stamped, newer, trimpath] = [kubelet('v1.24.4', false), kubelet('v1.27.1', false), kubelet('v1.24.4', true)];
    const service = { 'etc/systemd/system/kubelet.service': unit };
    disk('stamped.raw', { ...service, [active]: stamped, [cached]: newer });
    disk('no-unit.raw', { [active]: stamped, [cached]: newer });
    disk('masked.raw', { 'etc/systemd/system/kubelet.service': { link: '/dev/null' }, 'lib/systemd/system/kubelet.service': unit, [active]: stamped, [cached]: newer });
    disk('trimpath.raw', { ...service, [active]: trimpath, [cached]: newer });
    disk('linked.raw', { ...service, [active]: { link: '/opt/bin/kubelet-1.24.4' }, 'opt/bin/kubelet-1.24.4': trimpath });
    disk('newer.raw', { ...service, [active]: go === undefined ? { link: '/opt/bin/kubelet-1.27.1' } : newer, [cached]: go === undefined ? trimpath : newer });
    disk('not-go.raw', { ...service, [active]: '#!/usr/bin/python3\nprint("kubelet")\n' });
    disk('cut.raw', { ...service, [active]: stamped.subarray(0, 200_000) });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const kubeletRows = [`CVE-2023-2431 ${active} active affected-fix-available`, `CVE-2023-3978 ${active} active affected-fix-available`];
  const cachedRows = [`CVE-2023-2431 ${cached} staged affected-fix-available`, `CVE-2023-3978 ${cached} staged affected-fix-available`];

  it('the kubelet that a unit names gives rows, the cached one none', () => {
    const result = assess('stamped.raw');

    expect(rows(result)).toEqual({ status: 0, rows: kubeletRows });
    expect(parseAssessments(result.stdout)[0]).toMatchObject({ complete: true });
    expect(parseAssessments(result.stdout)[0]?.coverage).toEqual(expect.arrayContaining([
      expect.objectContaining({ subject: 'node-components', state: 'read' }), expect.objectContaining({ subject: 'go-modules', state: 'read' }), expect.objectContaining({ subject: 'staged components', state: 'out-of-scope' }),
    ]));
    expect(parseAssessments(result.stdout)[0]?.matches.map(({ sourcePackage, installedVersion, fixedVersion, factClass }) => [sourcePackage, installedVersion, fixedVersion, factClass])).toEqual(
      expect.arrayContaining([['k8s.io/kubelet', '1.24.4', '1.24.14', 'node-components'], ['golang.org/x/net', '0.7.0', '0.13.0', 'go-modules']]),
    );
  });

  it('--all gives both', () => {
    expect(rows(assess('stamped.raw', ['--all']))).toEqual({ status: 0, rows: [...cachedRows, ...kubeletRows].toSorted() });
  });

  it.each(['no-unit.raw', 'masked.raw'])('without a unit that could run, both are only staged: %s', (name) => {
    expect(rows(assess(name))).toEqual({ status: 0, rows: [] });
    expect(rows(assess(name, ['--all']))).toEqual({ status: 0, rows: [...cachedRows, ...kubeletRows.map((row) => row.replace(' active ', ' staged '))].toSorted() });
  });

  it('1.27.1 is vulnerable too, and never by what holds for Windows only', () => {
    expect(rows(assess('newer.raw'))).toMatchObject({ status: 0, rows: [expect.stringMatching(/^CVE-2023-2431 .* active affected-fix-available$/), expect.stringMatching(/^CVE-2023-3978 /)] });
  });

  it('built as real kubelets are, it is undetermined and exit 3, never nothing', () => {
    const result = assess('trimpath.raw');

    expect(rows(result)).toEqual({ status: 3, rows: [`CVE-2023-2431 ${active} active undetermined`, `CVE-2023-3978 ${active} active affected-fix-available`] });
    expect(parseAssessments(result.stdout)[0]?.complete).toBe(false);
  });

  it.each([
    ['v1.24.4', kubeletRows],
    ['v1.27.1', kubeletRows],
    ['v1.24.14', kubeletRows.slice(1)],
    ['v1.27.3-eks-a5565ad', kubeletRows.slice(1)],
  ])('with a Node object of %s it gives the rows of that version', (version, expected) => {
    expect(rows(assess('trimpath.raw', ['--kubelet-version', version]))).toEqual({ status: 0, rows: expected });
  });

  it('says its version by the file that its link leads to', () => {
    expect(rows(assess('linked.raw'))).toEqual({ status: 0, rows: kubeletRows.map((row) => row.replace(active, 'opt/bin/kubelet-1.24.4')) });
  });

  it.each(['not-go.raw', 'cut.raw'])('that cannot be read is exit 3: %s', (name) => {
    const { status, stdout } = assess(name);

    expect(status).toBe(3);
    expect(parseAssessments(stdout)[0]?.coverage).toContainEqual(expect.objectContaining({ subject: 'node-components', state: 'unreadable' }));
  });

  it('a whole node shows what its units and its configuration use, and nothing else', () => {
    disk('whole.raw', nodeComponentFiles());
    const paths = (...words: readonly string[]): readonly string[] => [...new Set(rows(assess('whole.raw', words)).rows.map((row) => row.split(' ').slice(1, 3).join(' ')))].toSorted();

    expect(paths()).toEqual([
      'opt/cni/bin/azure-vnet active', 'opt/cni/bin/azure-vnet-ipam active', 'opt/cni/bin/loopback active', 'opt/cni/bin/portmap active',
      'usr/bin/containerd active', 'usr/bin/containerd-shim-runc-v2 active', 'usr/bin/runc active', 'usr/local/bin/kubelet active',
    ]);
    expect(paths('--all')).toHaveLength(8 + 32);
  });

  it('without advisories for components it is exit 3, never clean', () => {
    expect(assess('stamped.raw', [], 'ubuntu-only').status).toBe(3);
  });

  it.skipIf(data === undefined)('the published feeds say the same', async () => {
    const published = (await buildSharedDatabase()) ?? '';
    const of = (words: readonly string[]): readonly string[] => rows(assess('trimpath.raw', words, published)).rows.filter((row) => /^CVE-\d+-\d+ usr\/local/.test(row)).map((row) => row.split(' ')[0] ?? '');

    for (const version of ['1.24.4', '1.27.1']) {
      const found = of(['--kubelet-version', version]);
      expect(found).toContain('CVE-2023-2431');
      for (const windowsOnly of ['CVE-2021-25749', 'CVE-2023-3676', 'CVE-2023-3955', 'CVE-2023-5528', 'CVE-2024-5321']) expect(found).not.toContain(windowsOnly);
    }
  });

  it.skipIf(go === undefined).each(['amd64', '386', 'arm64', 's390x', 'mips'])('a kubelet for %s is what `go version -m` says', async (architecture) => {
    const { bytes, described } = buildKubelet(go ?? '', { version: 'v1.24.4', trimpath: false, architecture });
    disk(`${architecture}.raw`, { 'etc/systemd/system/kubelet.service': unit, [active]: bytes });

    const { inventory } = await readDisk(createBufferSource(await readFile(at(`${architecture}.raw`))));

    expect(described).toContain(`GOARCH=${architecture}`);
    expect(inventory?.components).toEqual([
      {
        family: 'kubelet', name: 'kubelet', path: active, version: '1.24.4', versionFrom: 'linker-flags', mainModule: /mod\t(\S+)/.exec(described)?.[1],
        goVersion: /^kubelet: (.*)$/m.exec(described)?.[1], modules: [{ path: 'golang.org/x/net', version: /golang\.org\/x\/net\t(\S+)/.exec(described)?.[1] }],
      },
    ]);
  });
});

function kubernetes(id: string, ...ranges: readonly (readonly [string, string])[]): object {
  return {
    id, summary: `A flaw in kubelet: ${id}`, modified: '2024-02-01T00:00:00Z', published: '2023-06-15T00:00:00Z',
    affected: [
      {
        package: { ecosystem: 'kubernetes', name: 'k8s.io/kubelet' },
        severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:N' }],
        ranges: [{ type: 'SEMVER', events: ranges.flatMap(([introduced, fixed]) => [{ introduced }, { fixed }]) }],
      },
    ],
  };
}
