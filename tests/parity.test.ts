import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingDiskTools } from './build-disk.ts';
import { buildNodeDisk } from './build-node-disk.ts';
import { type MatchRow, nodeward, parseAssessments, parseForecast } from './nodeward-process.ts';
import { familyOf, fixablePairs, type ParityImage, parityImages } from './parity-data.ts';
import { noteSkipped, sharedData } from './shared-data.ts';

const data = sharedData();
const images = data === undefined ? [] : parityImages(data);
const sourceNames = join(data ?? '', 'node-images/ubuntu-binary-to-source.json');
/** Lists name components, which are incomplete without advisories for them. */
const feeds = ['ubuntu-osv.zip', 'go-osv.zip', 'kubernetes-osv.zip'].map((name) => join(data ?? '', 'feeds', name));
/** The image whose kernel line changes, the two around it, one of the first and one of the last. */
const onDisks = ['2023.01.10', '202309.06.0', '202310.04.0', '202310.09.0', '202402.12.0'];
/** Images after which a node has vulnerabilities that it did not have before: how many. */
const worse: Readonly<Record<string, number>> = {
  '2023.01.25': 4,
  '202307.12.0': 6,
  '202308.16.0': 6,
  '202310.09.0': 10,
  '202310.19.2': 11,
  '202310.26.0': 2,
};
/** The engine's own parity test has all 52 steps; the command is asked for these: what gets worse, and the one step that only repairs most. */
const pairs = images
  .map((to, index) => [images[index - 1]?.version ?? '', to.version, images[index - 1] ?? to, to] as const)
  .filter(([from, to]) => from !== '' && (to in worse || to === '202310.04.0'));

if (data === undefined) noteSkipped('parity with the published lists', 'no data');

describe.skipIf(data === undefined)('the full Ubuntu feed and the published lists', () => {
  let folder = '';
  const assessed = new Map<string, readonly string[]>();
  const database = (): string => join(folder, 'advisories');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nodeward-parity-'));
    const built = nodeward(['db', 'build', ...feeds, '-o', database()]);
    if (built.status !== 0) throw new Error(built.stderr);
    const run = nodeward(['assess', ...images.map(({ manifestPath }) => manifestPath), '--db', database(), '--source-names', sourceNames, '--format', 'json']);
    for (const { target, matches } of parseAssessments(run.stdout)) assessed.set(target, fixablePairs(matches));
  });

  afterAll(() => {
    const equal = images.filter((image) => assessed.get(image.manifestPath)?.join('\n') === image.fixable.join('\n'));
    process.stdout.write(`parity: ${equal.length} of ${images.length}\n`);
    rmSync(folder, { recursive: true, force: true });
  });

  it('are 53', () => expect(images).toHaveLength(53));

  it.each(images)('agree on $version: nothing missing, nothing extra', ({ manifestPath, fixable, cves }) => {
    expect(assessed.get(manifestPath)).toEqual(fixable);
    expect(new Set(fixable.map((pair) => pair.split(' ')[0])).size).toBe(cves);
  });

  it('are asked for seven steps', () => expect(pairs).toHaveLength(images.length === 0 ? 0 : 7));

  it.each(pairs)('foretell what moving from %s to %s does', (_, version, from, to) => {
    const { status, stdout } = nodeward(['forecast', from.manifestPath, to.manifestPath, '--db', database(), '--source-names', sourceNames, '--format', 'json']);
    const forecast = parseForecast(stdout);

    expect(status).toBe(0);
    expect(keys(forecast.fixed)).toEqual(without(from, to));
    expect(keys(forecast.introduced)).toEqual(without(to, from));
    expect(keys(forecast.remaining)).toEqual(both(from, to));
    expect(forecast.undetermined).toEqual([]);
    expect(new Set(keys(forecast.introduced).map((key) => key.split(' ')[0])).size).toBe(worse[version] ?? 0);
  });

  const missing = missingDiskTools();
  if (missing.length > 0) noteSkipped('node disks made of the published lists', `no ${missing.join(', ')}`);

  it.skipIf(missing.length > 0).each(onDisks)('agree on a disk with the packages of %s', (version) => {
    const image = images.find((candidate) => candidate.version === version);
    const disk = join(folder, `${version}.raw`);
    buildNodeDisk({ manifestPath: image?.manifestPath ?? '', sourceNamesPath: sourceNames, out: disk });

    const run = nodeward(['assess', disk, '--db', database(), '--format', 'json']);
    const [assessment] = parseAssessments(run.stdout);

    expect(run.status).toBe(0);
    expect(assessment).toMatchObject({ grade: 'disk', complete: true });
    expect(fixablePairs(assessment?.matches ?? [])).toEqual(image?.fixable);
  });
});

/** "CVE family", sorted. */
function keys(rows: readonly MatchRow[]): readonly string[] {
  return rows.filter(({ component }) => component === null).map(({ vulnerability, sourcePackage }) => `${vulnerability} ${familyOf(sourcePackage)}`).toSorted();
}

function expected({ fixable }: ParityImage): ReadonlySet<string> {
  return new Set(fixable.map((pair) => pair.split(' ')).map(([cve = '', source = '']) => `${cve} ${familyOf(source)}`));
}

function without(image: ParityImage, other: ParityImage): readonly string[] {
  const others = expected(other);
  return [...expected(image)].filter((key) => !others.has(key)).toSorted();
}

function both(image: ParityImage, other: ParityImage): readonly string[] {
  const others = expected(other);
  return [...expected(image)].filter((key) => others.has(key)).toSorted();
}
