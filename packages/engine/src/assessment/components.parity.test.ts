import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdvisoryDatabase } from '../advisory-db/open-advisory-database.ts';
import { openSharedDatabase, sharedData } from '../advisory-db/shared-database-for-tests.ts';
import { parseSourceNames, type SourceNames } from '../image-catalog/source-names.ts';
import { matchInventory } from '../matcher/match.ts';
import type { Assessment } from '../model/assessment.ts';
import { createInventory } from '../model/inventory.ts';
import { assessManifest } from './assess-manifest.ts';

const hasData = existsSync(join(sharedData, 'feeds/go-osv.zip'));
const fixable = 'affected-fix-available';
const [jammy, windows] = [{ id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04' }, { id: 'windows', versionId: '10.0.20348', prettyName: 'Windows Server 2022' }];

describe.skipIf(!hasData)('components of published node images and the real feeds', () => {
  let database: AdvisoryDatabase | undefined;
  let sourceNames: SourceNames;
  beforeAll(async () => {
    database = await openSharedDatabase();
    sourceNames = parseSourceNames(readFileSync(join(sharedData, 'node-images/ubuntu-binary-to-source.json'), 'utf8'), 'names');
  });
  afterAll(() => database?.close());

  function assess(list: string, kubeletVersion?: string): Assessment {
    if (database === undefined) throw new Error('no database');
    const bytes = readFileSync(join(sharedData, 'node-images/AKSUbuntu/gen2', `${list}.txt`));
    return assessManifest(bytes, list, database, { sourceNames, facts: kubeletVersion === undefined ? {} : { kubeletVersion } });
  }

  function componentRows({ matches }: Assessment): string[] {
    return matches.filter(({ component }) => component !== null).map(({ vulnerability, packageFamily, state }) => `${vulnerability} ${packageFamily} ${state}`);
  }

  it.each<[string, string, readonly string[]]>([
    ['seven', '2404containerd/202605.27.0', [
      `CVE-2026-41579 runc ${fixable}`, ...['46680', '47262', '50195', '53488', '53489', '53492'].map((number) => `CVE-2026-${number} containerd ${fixable}`),
    ]],
    ['none', '2404containerd/202607.02.0', []],
    ['three that nobody fixes in that line', '2204containerd/202608.20.0', ['50195', '53489', '53492'].map((number) => `CVE-2026-${number} containerd affected-no-fix`)],
  ])('are %s on %s', (_what, list, expected) => {
    expect(componentRows(assess(list))).toEqual(expected);
  });

  it('leave a list complete whose kubelet the cluster chooses, and say so', () => {
    const assessment = assess('2204containerd/202402.12.0');

    expect(assessment.complete).toBe(true);
    expect(assessment.coverage).toContainEqual(expect.objectContaining({ subject: 'component kubelet', state: 'out-of-scope', reason: 'component-chosen-by-cluster' }));
  });

  it('hold the kubelet that the Node object names, and then tell of its class', () => {
    const assessment = assess('2204containerd/202402.12.0', 'v1.26.3');

    expect(componentRows(assessment).filter((row) => row.includes('kubelet'))).toEqual([`CVE-2023-2431 kubelet ${fixable}`]);
    expect(assessment.coverage).toContainEqual({ subject: 'component kubelet', state: 'read', reason: 'read' });
    expect(assessment.coverage).toContainEqual({ subject: 'node-components', state: 'read', reason: 'read' });
  });

  const windowsOnly = ['CVE-2021-25749', 'CVE-2023-3676', 'CVE-2023-3955', 'CVE-2023-5528', 'CVE-2024-5321'];
  it.each([['1.24.4', 'CVE-2024-5321'], ['1.27.1', 'CVE-2021-25749']])('give kubelet %s one row on Linux and four more on Windows, all of the five but %s', (version, notInRange) => {
    const rows = (operatingSystem: typeof jammy): readonly string[] => {
      const inventory = createInventory(operatingSystem, [], [{ family: 'kubelet', name: 'kubelet', path: 'k/kubelet', version }]);
      return database === undefined ? [] : matchInventory(inventory, database).matches.map((match) => match.vulnerability);
    };

    expect(rows(jammy)).toEqual(['CVE-2023-2431']);
    expect(rows(windows).filter((cve) => windowsOnly.includes(cve))).toEqual(windowsOnly.filter((cve) => cve !== notInRange));
  });
});

it.runIf(!hasData)('components and the real feeds are skipped, loudly', () => {
  console.log('SKIPPED (no data): components of published node images and the real feeds');
  expect(hasData).toBe(false);
});
