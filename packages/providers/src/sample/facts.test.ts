import { type Advisory, type AdvisoryDatabase, buildAdvisoryDatabase, openAdvisoryDatabase } from '@nodeward/engine';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ImageFact, readImageFacts } from './facts.ts';
import { controlPlaneUpgrades } from './kubernetes-versions.ts';
import { feedPaths } from './prepare.ts';

const shared = process.env.NODEWARD_SHARED ?? resolve(import.meta.dirname, '../../../../../shared');
const hasData = existsSync(join(shared, 'data/feeds/ubuntu-osv.zip'));
if (!hasData) console.log('SKIPPED (no data): the typed facts of the sample fleet against their publishers');

const kevSchema = z.object({ vulnerabilities: z.array(z.object({ cveID: z.string(), dateAdded: z.string(), knownRansomwareCampaignUse: z.string() })) });
const images = readImageFacts();
const recordSchema = z.object({ id: z.string(), upstream: z.array(z.string()).optional(), aliases: z.array(z.string()).optional() });
const kinds = ['ubuntu', 'go', 'kubernetes'] as const;
const records = kinds.map((kind) => ({ kind, ids: recordsOf(kind).map(({ id }) => id) }));
/** Kernel images are signed by a source of their own; advisories speak of the kernel's. */
const sources = new Set(images.flatMap(({ packages }) => packages.map(({ source }) => source.replace(/^linux-(signed|meta)-/, 'linux-'))));

describe('the typed facts', () => {
  it('are some 140 packages of each of eight images and as many advisories', () => {
    expect(images.map(({ packages }) => packages.length)).toEqual([141, 140, 140, 140, 140, 140, 140, 140]);
    expect(records.map(({ kind, ids }) => [kind, new Set(ids).size])).toEqual([['ubuntu', 125], ['go', 9], ['kubernetes', 4]]);
  });

  it('give a probability for every vulnerability that has a number', () => {
    const scored = new Set(Array.from(feedText('epss.csv').matchAll(/^(CVE-[\d-]+),/gm), ([, id]) => id));
    const named = records.flatMap(({ kind }) => recordsOf(kind).flatMap(({ id, upstream = [], aliases = [] }) => [id, ...upstream, ...aliases])).filter((id) => id.startsWith('CVE-'));
    expect(named.length).toBeGreaterThan(130);
    expect(named.filter((id) => !scored.has(id))).toEqual([]);
  });

  it('name each package of an image once', () => {
    for (const { packages } of images) expect(new Set(packages.map(({ name }) => name)).size).toBe(packages.length);
  });
});

describe.skipIf(!hasData)('the typed facts, compared with their publishers', () => {
  it.each(images)('has the packages of $image as its list has them', (image) => {
    const listed = readList(image);
    for (const { name, version, architecture } of image.packages) expect(listed.packages.get(name)).toEqual([version, architecture]);
    expect(listed.text).toContain(image.osVersion === '22.04' ? 'Ubuntu version: 22.04' : `PRETTY_NAME="Ubuntu ${image.osVersion} LTS"`);
    expect(listed.text).toContain(`[installed] containerd v${image.containerd}\n`);
    expect(listed.text).toContain(`runc version ${image.runc}\n`);
    expect(listed.text).toContain(`Linux version ${image.kernel} `);
    expect(listed.text).toContain(` ${image.kernelBanner}\n`);
    expect(new Date(/Starting build on {2}(.*)/.exec(listed.text)?.[1] ?? '').toISOString()).toBe(image.builtAt.replace('Z', '.000Z'));
  });

  it('knows the source of every package', () => {
    const names = z.object({ jammy: z.record(z.string(), z.string()) }).parse(JSON.parse(readFileSync(join(shared, 'data/node-images/ubuntu-binary-to-source.json'), 'utf8')));
    const wrong = images.flatMap(({ packages }) => packages.filter(({ name, source }) => !name.startsWith('linux-image-') && (names.jammy[name] ?? name) !== source));
    expect(wrong).toEqual([]);
  });

  it('has the kubelet of every version that the fleet offers on its newest image', () => {
    const kubelets = readFileSync(join(shared, 'data/node-images/AKSUbuntu/gen2/2204containerd/202402.26.0.txt'), 'utf8');
    expect([...controlPlaneUpgrades('1.26.3'), ...controlPlaneUpgrades('1.28.3')].filter((version) => !kubelets.includes(`/kubelet-${version}\n`))).toEqual([]);
  });

  it('has exploited vulnerabilities and probabilities as their catalogues have them', () => {
    const [ours, theirs] = [feedText('epss.csv').trimEnd().split('\n'), new Set(gunzipSync(readFileSync(join(shared, 'data/feeds/epss.csv.gz'))).toString('utf8').split('\n'))];
    expect(ours.filter((line) => !theirs.has(line))).toEqual([]);
    const all = new Set(ours.map((line) => line.split(',')[0]));
    const catalogue = kevSchema.parse(JSON.parse(readFileSync(join(shared, 'data/feeds/kev.json'), 'utf8')));
    expect(kevSchema.parse(JSON.parse(feedText('kev.json'))).vulnerabilities).toEqual(catalogue.vulnerabilities.filter(({ cveID }) => all.has(cveID)));
  });

  it.each(records)('has every $kind advisory as the feed has it, in other words', async ({ kind, ids }) => {
    const [own, feed] = await Promise.all([build(feedPath(`${kind}.json`)), build(join(shared, `data/feeds/${kind}-osv.zip`))]);
    for (const id of ids) {
      const [ours, theirs] = [own.advisory(id), feed.advisory(id)];
      if (ours === undefined || theirs === undefined) throw new Error(`no advisory ${id}`);
      expect(factsOf(ours)).toEqual(factsOf(theirs));
      expect(ours.details.length).toBeGreaterThan(40);
      expect(ours.details).not.toBe(theirs.details);
    }
    own.close();
    feed.close();
  });
});

/** All but prose and links; of the ranges those that can concern a disk of the sample. */
function factsOf({ id, vulnerabilities, related, published, modified, withdrawn, vendorSeverity, cvss, affected }: Advisory): unknown {
  const facts = { id, vulnerabilities, related, published, modified, withdrawn, vendorSeverity, cvss };
  const ours = affected.filter(({ ecosystem, package: source }) => !ecosystem.startsWith('Ubuntu') || (ecosystem === 'Ubuntu:22.04:LTS' && sources.has(source)));
  return { ...facts, affected: ours.toSorted((a, b) => (a.package < b.package ? -1 : 1)) };
}

function feedPath(name: string): string {
  return feedPaths.find((path) => path.endsWith(`/${name}`)) ?? name;
}

function feedText(name: string): string {
  return readFileSync(feedPath(name), 'utf8');
}

function recordsOf(kind: string): readonly z.infer<typeof recordSchema>[] {
  return z.array(recordSchema).parse(JSON.parse(feedText(`${kind}.json`)));
}

function readList({ image }: ImageFact): { text: string; packages: ReadonlyMap<string, readonly string[]> } {
  const version = image.replace('AKSUbuntu-2204gen2containerd-', '');
  const text = readFileSync(join(shared, `data/node-images/AKSUbuntu/gen2/2204containerd/${version}.txt`), 'utf8');
  const lines = text.matchAll(/^([^/\s]+)\/\S+ (\S+) (\S+) \[installed/gm);
  return { text, packages: new Map(Array.from(lines, ([, name = '', found = '', architecture = '']) => [name, [found, architecture]])) };
}

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

async function build(path: string): Promise<AdvisoryDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'nodeward-facts-'));
  folders.push(folder);
  await buildAdvisoryDatabase({ feeds: [{ path }], folder, purpose: 'production' });
  return openAdvisoryDatabase(folder);
}
