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
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-lookup-'));
  try {
    writeFileSync(join(folder, 'feed.json'), JSON.stringify(records));
    await buildAdvisoryDatabase({ feeds: [{ path: join(folder, 'feed.json') }], folder, purpose: 'production' });
    using database = await openAdvisoryDatabase(folder);
    const answers = (lookup: AdvisoryLookup): unknown => ({
      purpose: lookup.purpose,
      known: [jammy, 'Ubuntu:24.04:LTS'].map((ecosystem) => [lookup.hasEcosystem(ecosystem), lookup.listsBinaries(ecosystem)]),
      sources: ['a1', 'both', 'none'].map((binary) => lookup.sourceOfBinary(jammy, binary)),
      ranges: ['a', 'b', 'c'].map((source) => lookup.ranges(jammy, source).map((range) => {
        return { ...range, packageId: 0, sequence: 0, advisories: lookup.advisories(range) };
      })),
      whole: ['CVE-2023-10001', 'UBUNTU-CVE-2023-10002', 'CVE-1'].map((id) => lookup.advisory(id)),
    });

    expect(answers(createMemoryLookup(records))).toEqual(answers(database));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
