import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAdvisoryDatabase } from '../advisory-db/build-advisory-database.ts';
import { osvRecords } from '../advisory-db/memory-lookup-for-tests.ts';
import { type AdvisoryDatabase, openAdvisoryDatabase } from '../advisory-db/open-advisory-database.ts';
import type { SourceNames } from '../image-catalog/source-names.ts';
import type { Assessment } from '../model/assessment.ts';
import { assessManifest } from './assess-manifest.ts';

/** Facts of the AKS node image AKSUbuntu-2204gen2containerd 202309.06.0: binary, version, source. */
const installed: readonly (readonly [string, string, string])[] = [
  ['bash', '5.1-6ubuntu1', 'bash'],
  ['busybox-static', '1:1.30.1-7ubuntu3', 'busybox'],
  ['coreutils', '8.32-4.1ubuntu1', 'coreutils'],
  ['curl', '7.81.0-1ubuntu1.13', 'curl'],
  ['git', '1:2.34.1-1ubuntu1.10', 'git'],
  ['libc-bin', '2.35-0ubuntu3.1', 'glibc'],
  ['libc6', '2.35-0ubuntu3.1', 'glibc'],
  ['libcurl4', '7.81.0-1ubuntu1.13', 'curl'],
  ['libkrb5-3', '1.19.2-2ubuntu0.2', 'krb5'],
  ['libmount1', '2.37.2-4ubuntu3', 'util-linux'],
  ['libnghttp2-14', '1.43.0-1build3', 'nghttp2'],
  ['libpam0g', '1.4.0-11ubuntu2.3', 'pam'],
  ['libssl3', '3.0.2-0ubuntu1.10', 'openssl'],
  ['libsystemd0', '249.11-0ubuntu3.9', 'systemd'],
  ['libx11-6', '2:1.7.5-1ubuntu0.2', 'libx11'],
  ['linux-headers-5.15.0-1041-azure', '5.15.0-1041.48', 'linux-azure'],
  ['linux-image-5.15.0-1041-azure', '5.15.0-1041.48', 'linux-azure'],
  ['linux-image-azure', '5.15.0.1041.37', 'linux-meta-azure'],
  ['linux-libc-dev', '5.15.0-83.92', 'linux'],
  ['linux-modules-5.15.0-1041-azure', '5.15.0-1041.48', 'linux-azure'],
  ['linux-tools-5.15.0-1041-azure', '5.15.0-1041.48', 'linux-azure'],
  ['moby-containerd', '1.7.5-ubuntu22.04u1', 'moby-containerd'],
  ['moby-runc', '1.1.9-ubuntu22.04u1', 'moby-runc'],
  ['openssh-client', '1:8.9p1-3ubuntu0.3', 'openssh'],
  ['openssl', '3.0.2-0ubuntu1.10', 'openssl'],
  ['procps', '2:3.3.17-6ubuntu2', 'procps'],
  ['python3.10', '3.10.12-1~22.04.2', 'python3.10'],
  ['sudo', '1.9.9-1ubuntu2.4', 'sudo'],
  ['tar', '1.34+dfsg-1ubuntu0.1.22.04.1', 'tar'],
  ['vim', '2:8.2.3995-1ubuntu2.11', 'vim'],
  ['vim-common', '2:8.2.3995-1ubuntu2.11', 'vim'],
  ['xz-utils', '5.2.5-2ubuntu1', 'xz-utils'],
  ['zlib1g', '1:1.2.11.dfsg-2ubuntu9.2', 'zlib'],
];

/** Facts of the Ubuntu CVE Tracker for 22.04, and whether this image is affected. */
const advisories = [
  { cve: 'CVE-2016-2781', source: 'coreutils', fixed: null, severity: 'low', found: 'affected-no-fix' },
  { cve: 'CVE-2022-3715', source: 'bash', fixed: null, severity: 'low', found: 'affected-no-fix' },
  { cve: 'CVE-2023-22809', source: 'sudo', fixed: '1.9.9-1ubuntu2.2', severity: 'medium', found: null },
  { cve: 'CVE-2023-2975', source: 'openssl', fixed: '3.0.2-0ubuntu1.12', severity: 'low', found: 'affected-fix-available' },
  { cve: 'CVE-2023-31248', source: 'linux-azure', fixed: '5.15.0-1042.49', severity: 'high', found: 'affected-fix-available' },
  { cve: 'CVE-2023-31248', source: 'linux', fixed: '5.15.0-78.85', severity: 'high', found: null },
  { cve: 'CVE-2023-36054', source: 'krb5', fixed: '1.19.2-2ubuntu0.3', severity: 'medium', found: 'affected-fix-available' },
  { cve: 'CVE-2023-38408', source: 'openssh', fixed: '1:8.9p1-3ubuntu0.3', severity: 'medium', found: null },
  { cve: 'CVE-2023-38545', source: 'curl', fixed: '7.81.0-1ubuntu1.14', severity: 'high', found: 'affected-fix-available' },
  { cve: 'CVE-2023-4016', source: 'procps', fixed: '2:3.3.17-6ubuntu2.1', severity: 'low', found: 'affected-fix-available' },
  { cve: 'CVE-2023-40217', source: 'python3.10', fixed: '3.10.12-1~22.04.3', severity: 'medium', found: 'affected-fix-available' },
  { cve: 'CVE-2023-43785', source: 'libx11', fixed: '2:1.7.5-1ubuntu0.3', severity: 'medium', found: 'affected-fix-available' },
  { cve: 'CVE-2023-44487', source: 'nghttp2', fixed: '1.43.0-1ubuntu0.1', severity: 'medium', found: 'affected-fix-available' },
  { cve: 'CVE-2023-4781', source: 'vim', fixed: '2:8.2.3995-1ubuntu2.13', severity: 'medium', found: 'affected-fix-available' },
  { cve: 'CVE-2023-4911', source: 'glibc', fixed: '2.35-0ubuntu3.4', severity: 'high', found: 'affected-fix-available' },
  { cve: 'CVE-2023-51385', source: 'openssh', fixed: '1:8.9p1-3ubuntu0.6', severity: 'medium', found: 'affected-fix-available' },
  { cve: 'CVE-2023-5363', source: 'openssl', fixed: '3.0.2-0ubuntu1.12', severity: 'medium', found: 'affected-fix-available' },
] as const;

/** The image's runc is 1.1.9. */
const runcAdvisory = {
  schema_version: '1.3.1', id: 'GO-2024-2491', modified: '0001-01-01T00:00:00Z', published: '0001-01-01T00:00:00Z', aliases: ['CVE-2024-21626'],
  affected: [{ package: { name: 'github.com/opencontainers/runc', ecosystem: 'Go' }, ranges: [{ type: 'SEMVER', events: [{ introduced: '1.0.0-rc93' }, { fixed: '1.1.12' }] }] }],
};

const list = Buffer.from([
  '=== Installed Packages Begin', 'Listing...',
  ...installed.map(([name, version]) => `${name}/jammy-updates,now ${version} amd64 [installed]`),
  '=== Installed Packages End',
  '=== os-release Begin', 'ID=ubuntu', 'VERSION_ID="22.04"', 'VERSION_CODENAME=jammy', 'PRETTY_NAME="Ubuntu 22.04.3 LTS"', '=== os-release End', '',
].join('\n'));
const sourceNames: SourceNames = new Map([['jammy', new Map(installed.map(([name, , source]) => [name, { source }]))]]);

describe('the facts of one node image, from a feed file to an assessment', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-facts-'));
  let database: AdvisoryDatabase;
  let assessment: Assessment;

  beforeAll(async () => {
    const path = join(folder, 'feed.json');
    writeFileSync(path, JSON.stringify(osvRecords(advisories)));
    writeFileSync(join(folder, 'go.json'), JSON.stringify([runcAdvisory]));
    await buildAdvisoryDatabase({ feeds: [{ path }, { path: join(folder, 'go.json') }], folder, purpose: 'production' });
    database = await openAdvisoryDatabase(folder);
    assessment = assessManifest(list, '202309.06.0.txt', database, { sourceNames });
  });
  afterAll(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('holds every package', () => {
    expect(assessment.inventory?.packages).toHaveLength(installed.length);
    expect(assessment.complete).toBe(true);
  });

  it.each(advisories)('$cve in $source is $found', ({ cve, source, fixed, severity, found }) => {
    const rows = assessment.matches.filter((match) => match.vulnerability === cve && match.sourcePackage === source);
    const expected = { state: found, fixedVersion: fixed, severity, severitySource: 'vendor', evidence: '202309.06.0.txt', kernel: source === 'linux-azure' ? 'running' : null };

    expect(rows).toMatchObject(found === null ? [] : [expected]);
  });

  it('CVE-2024-21626 is found in runc, which a package of another vendor brought', () => {
    expect(assessment.matches.filter((match) => match.component !== null)).toMatchObject([
      { vulnerability: 'CVE-2024-21626', packageFamily: 'runc', sourcePackage: 'github.com/opencontainers/runc', installedVersion: '1.1.9-ubuntu22.04u1', state: 'affected-fix-available', fixedVersion: '1.1.12', factClass: 'node-components' },
    ]);
  });

  it('finds nothing else', () => {
    expect(assessment.matches).toHaveLength(advisories.filter(({ found }) => found !== null).length + 1);
  });
});
