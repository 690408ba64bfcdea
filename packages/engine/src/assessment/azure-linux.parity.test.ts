import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildAdvisoryDatabase } from '../advisory-db/build-advisory-database.ts';
import { type AdvisoryDatabase, openAdvisoryDatabase } from '../advisory-db/open-advisory-database.ts';
import { sharedData } from '../advisory-db/shared-database-for-tests.ts';
import { parseAksManifest } from '../image-catalog/aks-manifest.ts';
import { matchInventory } from '../matcher/match.ts';
import { newestKernelRelease } from '../matcher/newest-kernel.ts';
import type { Assessment } from '../model/assessment.ts';
import { createInventory } from '../model/inventory.ts';
import { isLive, type NodeMatch } from '../model/match.ts';
import { kernelReleaseOf, kernelSourceOf } from '../model/package-family.ts';
import { assessManifest } from './assess-manifest.ts';
import { assessReading } from './assess-reading.ts';

const containedRow = z.object({ family: z.string(), version: z.string(), relation: z.string(), cves: z.number(), fixable: z.array(z.tuple([z.string(), z.string()])) });
const scannedRow = z.object({
  family: z.string(), version: z.string(),
  osFindings: z.array(z.object({ id: z.string(), pkg: z.string(), installed: z.string(), fixed: z.string() })),
});

const feeds = ['azurelinux-3.0-oval.xml.gz', 'cbl-mariner-2.0-oval.xml.gz'].map((name) => ({ path: join(sharedData, 'feeds', name) }));
const [containedFile, scannedFile] = [join(sharedData, 'parity/fixable.jsonl'), join(sharedData, 'parity/expected.jsonl')];
const hasData = [containedFile, scannedFile, ...feeds.map(({ path }) => path)].every((file) => existsSync(file));
const contained = hasData ? readLines(containedFile, containedRow).filter(({ relation }) => relation === 'contains') : [];
const scanned = hasData ? readLines(scannedFile, scannedRow).filter(({ family, osFindings }) => family.startsWith('AKSCBLMariner') && osFindings.length > 0) : [];

function readLines<T>(file: string, row: z.ZodType<T>): T[] {
  return readFileSync(file, 'utf8').trim().split('\n').map((line) => row.parse(JSON.parse(line)));
}

function pairOf({ vulnerability, sourcePackage }: Pick<NodeMatch, 'vulnerability' | 'sourcePackage'>): string {
  return `${vulnerability} ${sourcePackage}`;
}

describe.skipIf(!hasData)('parity on Azure Linux', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-azure-linux-'));
  let database: AdvisoryDatabase;

  beforeAll(async () => {
    await buildAdvisoryDatabase({ feeds, folder, purpose: 'production' });
    database = await openAdvisoryDatabase(folder);
  });
  afterAll(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** As on a node that has booted: its newest kernel runs. */
  function assess({ family, version }: { readonly family: string; readonly version: string }): Assessment {
    const bytes = readFileSync(join(sharedData, 'node-images', family, `${version}.txt`));
    const release = newestKernelRelease(parseAksManifest(bytes, { name: version }).inventory?.packages ?? []);
    return assessManifest(bytes, version, database, { facts: release === undefined ? {} : { runningKernel: { release, from: 'node-object' } } });
  }

  const fixableOf = ({ matches }: Assessment): readonly NodeMatch[] => matches.filter(({ component, state }) => component === null && state === 'affected-fix-available');

  it('covers nine lists and twenty-nine scanned images', () => {
    expect(contained).toHaveLength(9);
    expect(scanned.map(({ version }) => version)).toHaveLength(29);
  });

  it.each(contained)('contains the fixable vulnerabilities of $version, and every further one comes through its source rpm', (row) => {
    const assessment = assess(row);
    const found = fixableOf(assessment);
    const [ours, theirs] = [new Set(found.map(pairOf)), new Set(row.fixable.map((pair) => pair.join(' ')))];
    const further = found.filter((match) => !theirs.has(pairOf(match)));

    expect(assessment.notMatched).toBeUndefined();
    expect([...theirs].filter((pair) => !ours.has(pair))).toEqual([]);
    // No binary of the source's own name is installed in that version, so equality of names cannot see it.
    expect(further.filter(({ packages, sourcePackage }) => packages.some(({ name }) => name === sourcePackage))).toEqual([]);
    for (const { packages, sourcePackage } of further) {
      for (const { name } of packages) {
        expect(assessment.inventory?.packages.filter((installed) => installed.name === name)).toEqual([expect.objectContaining({ source: sourcePackage, sourceKnown: true })]);
      }
    }
  });

  it.each([['202501.05.0', 255], ['202501.22.0', 249], ['202502.26.0', 1], ['202503.13.0', 0]])('%s has %i fixable vulnerabilities', (version, count) => {
    const found = fixableOf(assess({ family: 'AKSAzureLinuxV3/gen2', version })).filter(isLive);

    expect(new Set(found.map(({ vulnerability }) => vulnerability)).size).toBe(count);
  });

  it('finds CVE-2025-1094 through postgresql-libs', () => {
    const found = fixableOf(assess({ family: 'AKSAzureLinuxV3/gen2', version: '202501.05.0' })).filter(({ vulnerability }) => vulnerability === 'CVE-2025-1094');

    expect(found).toMatchObject([{ sourcePackage: 'postgresql', packages: [{ name: 'postgresql-libs', version: '16.5-1.azl3' }], fixedVersion: '16.7-1.azl3' }]);
  });

  it('does not call a list clean whose sources nobody knows', () => {
    const assessment = assess({ family: 'AKSAzureLinuxV3/gen2', version: '202503.13.0' });

    expect(assessment.complete).toBe(false);
    expect(assessment.coverage.find(({ subject }) => subject === 'os-packages')).toMatchObject({ state: 'unknown-source', reason: 'source-package-unknown' });
  });

  /** Azure Linux 3's published lists, with the kernel that a Node object would name in place of all packages. */
  it('judges a kernel by its release alone as it does by the list', () => {
    const lists = readdirSync(join(sharedData, 'node-images/AKSAzureLinuxV3'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.txt'));
    const kernelRows = ({ matches }: Assessment): readonly unknown[] => matches.filter((match) => match.factClass === 'kernel' && isLive(match))
      .map(({ vulnerability, sourcePackage, installedVersion, fixedVersion, state }) => [vulnerability, sourcePackage, installedVersion, fixedVersion, state]);
    let rows = 0;
    for (const path of lists) {
      const listed = assess({ family: 'AKSAzureLinuxV3', version: path.slice(0, -'.txt'.length) });
      const { inventory, facts } = listed;
      if (inventory === undefined || facts.runningKernel === undefined) throw new Error(`${path}: no kernel`);
      const reading = { inventory: createInventory(inventory.operatingSystem, []), facts: { grade: 'node-status', runningKernel: facts.runningKernel, evidencePaths: {} }, coverage: [], bytesRead: 0, requests: 0 } as const;
      const reported = assessReading(reading, path, database);

      expect(reported.coverage, path).toEqual([{ subject: 'kernel', state: 'read', reason: 'node-status-only', detail: facts.runningKernel.release }]);
      expect(kernelRows(reported), path).toEqual(kernelRows(listed));
      rows += kernelRows(listed).length;
    }
    expect(lists).toHaveLength(67);
    expect(rows).toBeGreaterThan(400);
  });

  /** The scanner counts a kernel's vulnerability again for each of its packages. */
  it.each(scanned)('finds what a scanner found on Mariner $version', ({ family, version, osFindings }) => {
    const { inventory } = parseAksManifest(readFileSync(join(sharedData, 'parity/images', family, `${version}.txt`)), { name: version, advisories: database });
    const matches = inventory === undefined ? [] : matchInventory(inventory, database).matches;
    const ours = new Set(matches.filter(({ state }) => state === 'affected-fix-available').map(({ vulnerability, sourcePackage, installedVersion }) => `${vulnerability} ${sourcePackage} ${installedVersion}`));
    const images = new Set(inventory?.packages.flatMap(({ name, version: installed }) => kernelReleaseOf(name, installed) ?? []));
    // CVE-2014-9940 has since left the feed.
    const expected = osFindings.filter(({ id }) => id !== 'CVE-2014-9940').map(({ id, pkg, installed }) => ({ pair: `${id} ${kernelSourceOf(pkg.replace(/-devel$/, '')) ?? pkg} ${installed}`, installed }));

    expect(expected.filter(({ installed }) => !images.has(installed))).toEqual([]);
    expect(expected.filter(({ pair }) => !ours.has(pair))).toEqual([]);
  });
});

it.runIf(!hasData)('parity on Azure Linux is skipped, loudly', () => {
  console.log('SKIPPED (no data): parity on Azure Linux');
  expect(hasData).toBe(false);
});
