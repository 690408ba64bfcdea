import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdvisoryDatabase } from '../advisory-db/open-advisory-database.ts';
import { openSharedDatabase, sharedData } from '../advisory-db/shared-database-for-tests.ts';
import { parseSourceNames, type SourceNames } from '../image-catalog/source-names.ts';
import type { Assessment, Reading } from '../model/assessment.ts';
import { createInventory, type Package } from '../model/inventory.ts';
import { isLive, type NodeMatch } from '../model/match.ts';
import { assessManifest } from './assess-manifest.ts';
import { assessReading } from './assess-reading.ts';

const families = join(sharedData, 'node-images/AKSUbuntu');
const hasData = existsSync(families);
const lists = hasData ? readdirSync(families, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.txt')).toSorted() : [];

/** What is known of the same node without its list. */
function reportedOnly({ inventory, facts }: Assessment): Reading | undefined {
  if (inventory === undefined || facts.runningKernel === undefined) return undefined;
  const coverage = [{ subject: 'os-packages', state: 'unsupported', reason: 'image-list-not-published' }, { subject: 'kernel', state: 'out-of-scope', reason: 'node-status-only' }] as const;
  return { inventory: createInventory(inventory.operatingSystem, []), facts: { grade: 'node-status', runningKernel: facts.runningKernel, evidencePaths: {} }, coverage, bytesRead: 0, requests: 0 };
}

function kernelRows({ matches }: Pick<Assessment, 'matches'>, isIn: (row: NodeMatch) => boolean): string[] {
  return matches.filter((row) => row.factClass === 'kernel' && isLive(row) && isIn(row)).map(({ vulnerability, sourcePackage }) => `${vulnerability} ${sourcePackage}`).toSorted();
}

const isAffected = ({ state }: NodeMatch): boolean => state.startsWith('affected');
const isOpen = ({ state }: NodeMatch): boolean => state !== 'not-affected';

describe.skipIf(!hasData)('a kernel that only the Node object names, beside the list of the same image', () => {
  let database: AdvisoryDatabase | undefined;
  let sourceNames: SourceNames;

  beforeAll(async () => {
    database = await openSharedDatabase();
    sourceNames = parseSourceNames(readFileSync(join(sharedData, 'node-images/ubuntu-binary-to-source.json'), 'utf8'), 'names');
  });
  afterAll(() => database?.close());

  it('is affected by nothing that the list denies, and free of nothing that the list shows', () => {
    if (database === undefined) throw new Error('no advisory database');
    const compared = { judged: 0, withoutAdvisories: 0, rows: 0 };
    for (const path of lists) {
      const listed = assessManifest(readFileSync(join(families, path)), path, database, { sourceNames });
      const reading = reportedOnly(listed);
      expect(reading, path).toBeDefined();
      if (reading === undefined) continue;
      const reported = assessReading(reading, path, database);
      expect(reported.complete, path).toBe(false);
      if (listed.notMatched !== undefined) {
        expect([reported.coverage.find(({ subject }) => subject === 'kernel')?.reason, reported.matches], path).toEqual(['no-advisories-for-system', []]);
        compared.withoutAdvisories += 1;
        continue;
      }
      expect(reported.coverage, path).toContainEqual({ subject: 'kernel', state: 'read', reason: 'node-status-only', detail: reading.facts.runningKernel?.release });
      expectBeside(reported, listed, path);
      compared.judged += 1;
      compared.rows += kernelRows(listed, isAffected).length;
    }
    expect(compared).toMatchObject({ judged: 154, withoutAdvisories: 70 });
    expect(compared.rows).toBeGreaterThan(20_000);
  });

  /** The exact answer has no row that the release denies, and the release no affected row that the exact answer lacks. */
  function expectBeside(reported: Pick<Assessment, 'matches'>, exact: Pick<Assessment, 'matches'>, what: string): void {
    const [affected, told] = [new Set(kernelRows(exact, isAffected)), new Set(kernelRows(reported, isOpen))];
    expect(kernelRows(reported, isAffected).filter((row) => !affected.has(row)), what).toEqual([]);
    expect(kernelRows(exact, isOpen).filter((row) => !told.has(row)), what).toEqual([]);
  }

  /** Release of Ubuntu, source, flavour: what nodes of clouds and of kOps run. */
  it.each([
    ['22.04', 'linux', 'generic'], ['22.04', 'linux-hwe-5.19', 'generic'], ['22.04', 'linux-hwe-6.2', 'generic'], ['22.04', 'linux-hwe-6.5', 'generic'],
    ['22.04', 'linux-aws', 'aws'], ['22.04', 'linux-aws-5.19', 'aws'], ['22.04', 'linux-aws-6.2', 'aws'],
    ['22.04', 'linux-azure', 'azure'], ['22.04', 'linux-azure-5.19', 'azure'], ['22.04', 'linux-azure-6.2', 'azure'], ['22.04', 'linux-azure-fde', 'azure-fde'],
    ['22.04', 'linux-gcp', 'gcp'], ['22.04', 'linux-gcp-6.2', 'gcp'], ['22.04', 'linux-gke', 'gke'], ['22.04', 'linux-gkeop', 'gkeop'],
    ['22.04', 'linux-ibm', 'ibm'], ['22.04', 'linux-kvm', 'kvm'], ['22.04', 'linux-oracle', 'oracle'], ['22.04', 'linux-nvidia', 'nvidia'], ['22.04', 'linux-oem-6.1', 'oem'],
    ['22.04', 'linux-lowlatency', 'lowlatency'], ['22.04', 'linux-lowlatency-hwe-6.2', 'lowlatency'],
    ['20.04', 'linux', 'generic'], ['20.04', 'linux-hwe-5.15', 'generic'], ['20.04', 'linux-aws', 'aws'], ['20.04', 'linux-aws-5.15', 'aws'], ['20.04', 'linux-azure-5.15', 'azure'],
    ['20.04', 'linux-gcp-5.15', 'gcp'], ['20.04', 'linux-gke', 'gke'], ['20.04', 'linux-gke-5.15', 'gke'], ['20.04', 'linux-oracle-5.15', 'oracle'],
  ])('of Ubuntu %s built from %s is judged likewise in every version that an advisory names', (versionId, source, flavour) => {
    if (database === undefined) throw new Error('no advisory database');
    const advisories = database;
    const system = { id: 'ubuntu', versionId, prettyName: `Ubuntu ${versionId}` };
    const versions = new Set(advisories.ranges(`Ubuntu:${versionId}:LTS`, source).flatMap(({ fixed }) => fixed ?? []));
    expect(versions.size).toBeGreaterThan(0);
    for (const version of versions) {
      const abi = /^\d+\.\d+\.\d+-\d+/.exec(version)?.[0] ?? '';
      const release = `${abi}-${flavour}`;
      const facts = { grade: 'disk', runningKernel: { release, from: 'node-object' }, evidencePaths: {} } as const;
      const assess = (packages: readonly Package[]): Assessment => assessReading({ inventory: createInventory(system, packages), facts, coverage: [], bytesRead: 0, requests: 0 }, release, advisories);
      const reported = assess([]);
      expect(new Set(reported.matches.map(({ sourcePackage }) => sourcePackage)), release).toEqual(new Set([source]));
      // an upload of the same ABI before the one that was fixed has the same release
      for (const upload of [version, `${abi}.1`]) {
        expectBeside(reported, assess([{ name: `linux-image-${release}`, version: upload, architecture: 'amd64', source, sourceVersion: upload, sourceKnown: true }]), `${source} ${upload}`);
      }
    }
  });
});

it.runIf(!hasData)('kernels that only a Node object names are not held to real lists, loudly', () => {
  console.log('SKIPPED (no data): kernels that only a Node object names, beside published lists');
  expect(hasData).toBe(false);
});
