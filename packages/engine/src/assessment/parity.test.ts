import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { AdvisoryDatabase } from '../advisory-db/open-advisory-database.ts';
import { openSharedDatabase, sharedData } from '../advisory-db/shared-database-for-tests.ts';
import { forecast } from '../forecast/forecast.ts';
import { parseSourceNames, type SourceNames } from '../image-catalog/source-names.ts';
import type { Assessment } from '../model/assessment.ts';
import type { NodeMatch } from '../model/match.ts';
import { assessManifest } from './assess-manifest.ts';

const expectedRow = z.object({
  family: z.string(),
  version: z.string(),
  channel: z.string().optional(),
  relation: z.string(),
  cves: z.number(),
  fixable: z.array(z.tuple([z.string(), z.string()])),
});
type Expected = z.infer<typeof expectedRow>;

const expectedFile = join(sharedData, 'parity/fixable.jsonl');
const hasData = existsSync(expectedFile);
const expected: readonly Expected[] = hasData ? readExpected() : [];

function readExpected(): Expected[] {
  return readFileSync(expectedFile, 'utf8').trim().split('\n').map((line) => expectedRow.parse(JSON.parse(line)))
    .filter(({ relation, channel }) => relation === 'equal' && channel === 'Ubuntu:22.04:LTS')
    .toSorted((a, b) => orderOf(a.version).localeCompare(orderOf(b.version)));
}

/** `2023.01.10` and `202301.10.0` are both used. */
function orderOf(version: string): string {
  return version.replaceAll('.', '').padEnd(12, '0');
}

/** The separate program knows packages only. */
function packageRows(assessment: Assessment | undefined): readonly NodeMatch[] {
  return (assessment?.matches ?? []).filter(({ component }) => component === null);
}

function pairsOf(assessment: Assessment): string[] {
  return packageRows(assessment).filter((match) => match.state === 'affected-fix-available')
    .map((match) => `${match.vulnerability} ${match.sourcePackage}`).toSorted();
}

function sorted(pairs: Expected['fixable']): string[] {
  return pairs.map((pair) => pair.join(' ')).toSorted();
}

/** Independent of the code under test: the keys that follow from the expected pairs. */
function familyKeys({ fixable }: Expected): Set<string> {
  return new Set(fixable.map(([cve, source]) => `${cve} ${source.startsWith('linux-azure') ? 'linux-azure' : source}`));
}

function cvesOf({ fixable }: Expected): Set<string> {
  return new Set(fixable.map(([cve]) => cve));
}

function without<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): T[] {
  return [...a].filter((entry) => !b.has(entry)).toSorted();
}

describe.skipIf(!hasData)('parity with a separate program on published node images', () => {
  let database: AdvisoryDatabase | undefined;
  let sourceNames: SourceNames;
  const assessments = new Map<string, Assessment>();

  beforeAll(async () => {
    database = await openSharedDatabase();
    sourceNames = parseSourceNames(readFileSync(join(sharedData, 'node-images/ubuntu-binary-to-source.json'), 'utf8'), 'names');
    for (const { family, version } of expected) {
      const bytes = readFileSync(join(sharedData, 'node-images', family, `${version}.txt`));
      if (database !== undefined) assessments.set(version, assessManifest(bytes, `${version}.txt`, database, { sourceNames }));
    }
  });
  afterAll(() => database?.close());

  it('covers all 53 lists', () => {
    expect(expected).toHaveLength(53);
    expect(assessments.size).toBe(53);
  });

  it.each(expected)('finds exactly the fixable vulnerabilities of $version', (row) => {
    const assessment = assessments.get(row.version);

    expect(assessment?.notMatched).toBeUndefined();
    expect(assessment?.complete).toBe(true);
    expect(assessment === undefined ? [] : pairsOf(assessment)).toEqual(sorted(row.fixable));
    expect(cvesOf(row).size).toBe(row.cves);
  });

  it('says so in one line', () => {
    const equal = expected.filter((row) => {
      const assessment = assessments.get(row.version);
      return assessment !== undefined && JSON.stringify(pairsOf(assessment)) === JSON.stringify(sorted(row.fixable));
    });
    console.log(`parity: ${equal.length} of ${expected.length}`);

    expect(equal).toHaveLength(53);
  });

  const steps = expected.slice(1).map((to, index) => ({ from: expected[index] ?? to, to, name: `${expected[index]?.version} → ${to.version}` }));

  it.each(steps)('forecasts $name as it follows from both lists', ({ from, to }) => {
    const result = forecast(packageRows(assessments.get(from.version)), packageRows(assessments.get(to.version)));
    const keys = (rows: typeof result.fixed): string[] => rows.map((row) => `${row.vulnerability} ${row.packageFamily}`).toSorted();
    const [before, after] = [familyKeys(from), familyKeys(to)];

    expect(keys(result.fixed)).toEqual(without(before, after));
    expect(keys(result.introduced)).toEqual(without(after, before));
    expect(keys(result.remaining)).toEqual([...after].filter((key) => before.has(key)).toSorted());
    expect(result.undetermined).toEqual([]);
    const [cvesBefore, cvesAfter] = [cvesOf(from), cvesOf(to)];
    expect(result.counts).toEqual({
      now: cvesBefore.size,
      after: cvesAfter.size,
      fixed: without(cvesBefore, cvesAfter).length,
      introduced: without(cvesAfter, cvesBefore).length,
      remaining: cvesBefore.size - without(cvesBefore, cvesAfter).length,
      undetermined: 0,
    });
  });

  it('has 52 steps', () => {
    expect(steps).toHaveLength(52);
  });

  it.each([
    ['2023.01.25', 4], ['202307.12.0', 6], ['202308.16.0', 6], ['202310.09.0', 10], ['202310.19.2', 11], ['202310.26.0', 2],
  ])('sees that %s makes matters worse by %i vulnerabilities', (version, introduced) => {
    const step = steps.find(({ to }) => to.version === version);
    const result = forecast(packageRows(assessments.get(step?.from.version ?? '')), packageRows(assessments.get(version)));

    expect(result.counts.introduced).toBe(introduced);
  });

  it.each([
    ['202309.06.0', '202310.04.0', { fixed: 84, introduced: 0, rows: 143 }],
    ['202310.04.0', '202310.09.0', { fixed: 24, introduced: 10, rows: undefined }],
    ['202310.19.0', '202310.19.2', { fixed: 36, introduced: 11, rows: undefined }],
  ])('forecasts %s → %s with the published figures', (from, to, figures) => {
    const result = forecast(packageRows(assessments.get(from)), packageRows(assessments.get(to)));

    expect(result.counts).toMatchObject({ fixed: figures.fixed, introduced: figures.introduced });
    if (figures.rows !== undefined) expect(result.remaining).toHaveLength(figures.rows);
  });
});

it.runIf(!hasData)('parity is skipped, loudly', () => {
  console.log('parity: SKIPPED (no data)');
  expect(expected).toEqual([]);
});
