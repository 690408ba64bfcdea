import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import { buildAdvisoryDatabase } from './build-advisory-database.ts';
import { createMemoryLookup, osvRecords } from './memory-lookup-for-tests.ts';
import { openAdvisoryDatabase } from './open-advisory-database.ts';

it('the lookup of other tests answers as the real database does', async () => {
  const jammy = 'Ubuntu:22.04:LTS';
  const records = osvRecords([
    { cve: 'CVE-2023-10001', source: 'a', fixed: '2', severity: 'high', binaries: ['a1', 'both'] },
    { cve: 'CVE-2023-10001', source: 'b', fixed: null, binaries: ['both'] },
    { cve: 'CVE-2023-10002', source: 'a', fixed: '3' },
  ]);
  const range = { ranges: [{ type: 'SEMVER', events: [{ introduced: '1.0.0' }, { fixed: '1.2.0' }, { introduced: '1.3.0-0' }] }] };
  const others = [
    [{ id: 'GO-2023-1', aliases: ['CVE-2023-10003'], affected: [{ package: { ecosystem: 'Go', name: 'stdlib' }, ...range, ecosystem_specific: { imports: [{ path: 'os', goos: ['darwin'] }] } }] }],
    [{ id: 'CVE-2023-10003', affected: [{ package: { ecosystem: 'kubernetes', name: 'k8s.io/kubelet' }, ...range, severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:N' }] }] }],
  ];
  const kev = { catalogVersion: '1', dateReleased: '2025-08-25T17:04:19Z', vulnerabilities: [{ cveID: 'CVE-2023-10001', dateAdded: '2023-11-21', knownRansomwareCampaignUse: 'Known' }] };
  const epss = '#model_version:v1,score_date:2026-08-16T00:00:00+0000\ncve,epss,percentile\nCVE-2023-10001,0.5,0.75\n';
  const threats = new Map([['CVE-2023-10001', { exploited: true, exploitedSince: '2023-11-21', ransomware: true, epss: 0.5, epssPercentile: 0.75, epssDate: '2026-08-16' }]]);
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-lookup-'));
  try {
    const paths = [records, ...others, kev].map((content, index) => {
      writeFileSync(join(folder, `feed-${index}.json`), JSON.stringify(content));
      return join(folder, `feed-${index}.json`);
    });
    writeFileSync(join(folder, 'epss.csv'), epss);
    await buildAdvisoryDatabase({ feeds: [...paths, join(folder, 'epss.csv')].map((path) => ({ path })), folder, purpose: 'production' });
    using database = await openAdvisoryDatabase(folder);
    const answers = (lookup: AdvisoryLookup): unknown => ({
      purpose: lookup.purpose,
      known: [jammy, 'Ubuntu:24.04:LTS', 'Go', 'kubernetes'].map((ecosystem) => [lookup.hasEcosystem(ecosystem), lookup.listsBinaries(ecosystem)]),
      sources: ['a1', 'both', 'none'].map((binary) => lookup.sourceOfBinary(jammy, binary)),
      ranges: ['a', 'b', 'c'].map((source) => lookup.ranges(jammy, source).map((range) => {
        return { ...range, packageId: 0, sequence: 0, advisories: lookup.advisories(range) };
      })),
      components: [lookup.ranges('Go', 'stdlib'), lookup.ranges('kubernetes', 'k8s.io/kubelet')].map((ranges) => ranges.map((found) => {
        return { ...found, packageId: 0, sequence: 0, advisories: lookup.advisories(found) };
      })),
      threats: ['CVE-2023-10001', 'GO-2023-1'].map((id) => lookup.threat(id)),
      whole: ['CVE-2023-10001', 'UBUNTU-CVE-2023-10002', 'CVE-2023-10003', 'GO-2023-1', 'CVE-1'].map((id) => lookup.advisory(id)),
    });

    expect(answers(createMemoryLookup([...records, ...others.flat()], 'production', threats))).toEqual(answers(database));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
