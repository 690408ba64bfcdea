import { type Advisory, type AdvisoryDatabase, buildAdvisoryDatabase, openAdvisoryDatabase } from '@nodeward/engine';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ImageFact, readImageFacts } from './facts.ts';
import { advisoriesPath } from './prepare.ts';

const shared = process.env.NODEWARD_SHARED ?? resolve(import.meta.dirname, '../../../../../shared');
const hasData = existsSync(join(shared, 'data/feeds/ubuntu-osv.zip'));
if (!hasData) console.log('SKIPPED (no data): the typed facts of the sample fleet against their publishers');

const images = readImageFacts();
const ids = z.array(z.object({ id: z.string() })).parse(JSON.parse(readFileSync(advisoriesPath, 'utf8'))).map(({ id }) => id);
/** Kernel images are signed by a source of their own; advisories speak of the kernel's. */
const sources = new Set(images.flatMap(({ packages }) => packages.map(({ source }) => source.replace(/^linux-(signed|meta)-/, 'linux-'))));

describe('the typed facts', () => {
  it('are some 140 packages of each of six images and some 120 advisories', () => {
    expect(images.map(({ packages }) => packages.length)).toEqual([140, 140, 140, 140, 140, 140]);
    expect(new Set(ids).size).toBe(125);
  });

  it('name each package of an image once', () => {
    for (const { packages } of images) expect(new Set(packages.map(({ name }) => name)).size).toBe(packages.length);
  });
});

describe.skipIf(!hasData)('the typed facts, compared with their publishers', () => {
  it.each(images)('has the packages of $image as its list has them', (image) => {
    const listed = readList(image);
    for (const { name, version, architecture } of image.packages) expect(listed.packages.get(name)).toEqual([version, architecture]);
    expect(listed.text).toContain(`PRETTY_NAME="Ubuntu ${image.osVersion} LTS"`);
    expect(listed.text).toContain(`Linux version ${image.kernel} `);
    expect(listed.text).toContain(` ${image.kernelBanner}\n`);
    expect(new Date(/Starting build on {2}(.*)/.exec(listed.text)?.[1] ?? '').toISOString()).toBe(image.builtAt.replace('Z', '.000Z'));
  });

  it('knows the source of every package', () => {
    const names = z.object({ jammy: z.record(z.string(), z.string()) }).parse(JSON.parse(readFileSync(join(shared, 'data/node-images/ubuntu-binary-to-source.json'), 'utf8')));
    const wrong = images.flatMap(({ packages }) => packages.filter(({ name, source }) => !name.startsWith('linux-image-') && (names.jammy[name] ?? name) !== source));
    expect(wrong).toEqual([]);
  });

  it('has every advisory as the feed has it, in other words', { timeout: 60_000 }, async () => {
    const [own, feed] = await Promise.all([build(advisoriesPath), build(join(shared, 'data/feeds/ubuntu-osv.zip'))]);
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
  const ours = affected.filter(({ ecosystem, package: source }) => ecosystem === 'Ubuntu:22.04:LTS' && sources.has(source));
  return { ...facts, affected: ours.toSorted((a, b) => (a.package < b.package ? -1 : 1)) };
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
