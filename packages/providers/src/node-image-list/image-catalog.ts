import { type Advisory, type AdvisoryLookup, assessReading, type Assessment, ecosystemOf, factsAfterBoot, type HistoricImage, imageHistories, type ImageHistories, type ImageHistory, isLive, nodeImageDirectory, nodeImageSkus, parseAksManifest, parseNodeImageLabel, type SourceNames } from '@nodeward/engine';
import { imagePublishedAt } from './image-published-at.ts';
import type { NodeImageLists } from './node-image-lists.ts';

export interface ImageCatalogOptions {
  readonly lists: Pick<NodeImageLists, 'find' | 'versions'>;
  /** `AKSUbuntu-2204gen2containerd`. */
  readonly families: readonly string[];
  readonly advisories: AdvisoryLookup;
  readonly sourceNames?: SourceNames | undefined;
}

/** Every published image of a family, and how each vulnerability came and went over them. */
export interface CatalogFamily {
  readonly family: string;
  /** `Ubuntu 22.04.5 LTS`, as the newest list that could be read says; empty where none could. */
  readonly operatingSystem: string;
  /** Oldest first. */
  readonly images: readonly CatalogImage[];
  readonly histories: ImageHistories;
  /** Set where nobody can say which images there are; then there are none here. */
  readonly failure?: string;
}

export interface CatalogImage {
  readonly label: string;
  readonly version: string;
  /** RFC 3339. */
  readonly publishedAt?: string;
  /** Why nothing can be told of it; absent where it was matched. */
  readonly reason?: string;
}

/** Reads and matches all images of these families: some 25 ms each, and what is fetched is kept. */
export async function readImageCatalog(options: ImageCatalogOptions, onProgress: (family: string, done: number, of: number) => void, signal: AbortSignal): Promise<readonly CatalogFamily[]> {
  const families: CatalogFamily[] = [];
  for (const family of options.families) families.push(await readFamily(family, options, onProgress, signal));
  return families;
}

/** "Which image fixes this?", for one family. */
export interface FamilyAnswer {
  readonly family: string;
  readonly operatingSystem: string;
  readonly failure: string | null;
  /** Images that could be told. */
  readonly images: number;
  readonly oldest: ShownImage | null;
  readonly newest: ShownImage | null;
  readonly state: ImageHistory['state'];
  readonly fixIsOut: boolean;
  readonly firstFixed: ShownImage | null;
  readonly cameBack: readonly ShownImage[];
  readonly goneSince: ShownImage | null;
  readonly undetermined: readonly (ShownImage & { readonly reason: string })[];
  readonly withoutFix: readonly ShownImage[];
}

export interface ShownImage {
  readonly version: string;
  readonly publishedAt: string | null;
}

/** What lists of packages leave open of a vulnerability: they name no Go modules, and which kubelet runs is not theirs to say. */
export type UntoldPart = 'go-modules' | 'kubelet' | 'go-advisories' | 'kubernetes-advisories';

/** `about`: every advisory that speaks of it. Without the advisories of an ecosystem nobody knows whether it speaks of it too. */
export function untoldOf(about: readonly Advisory[], advisories: Pick<AdvisoryLookup, 'hasEcosystem'>): readonly UntoldPart[] {
  const told = (ecosystem: 'Go' | 'kubernetes', part: UntoldPart, missing: UntoldPart): readonly UntoldPart[] => {
    if (!advisories.hasEcosystem(ecosystem)) return [missing];
    return about.some(({ affected }) => affected.some((range) => range.ecosystem === ecosystem)) ? [part] : [];
  };
  return [...told('Go', 'go-modules', 'go-advisories'), ...told('kubernetes', 'kubelet', 'kubernetes-advisories')];
}

/**
 * What the images hold says that they are without a vulnerability only where an advisory knows it, and `untold` is empty;
 * the images named beside that speak of packages all the same.
 */
export function familyAnswer(catalog: CatalogFamily, vulnerability: string, about: readonly Advisory[], untold: readonly UntoldPart[]): FamilyAnswer {
  const { family, operatingSystem, failure = null, images } = catalog;
  const byVersion = new Map(images.map((image) => [image.version, image]));
  const shown = (version: string): ShownImage => ({ version, publishedAt: byVersion.get(version)?.publishedAt ?? null });
  const orNull = (version: string | null | undefined): ShownImage | null => (version === null || version === undefined ? null : shown(version));
  const { state: seen, fixIsOut, firstFixed, cameBack, goneSince, undetermined, withoutFix } = catalog.histories.of(vulnerability);
  const isTold = about.length > 0 && untold.length === 0;
  const state = (seen === 'never' || seen === 'clean') && !isTold ? 'unknown' : seen;
  return {
    family,
    operatingSystem,
    failure,
    images: images.filter(({ reason }) => reason === undefined).length,
    oldest: orNull(images[0]?.version),
    newest: orNull(images.at(-1)?.version),
    state,
    fixIsOut,
    firstFixed: orNull(firstFixed),
    cameBack: cameBack.map(shown),
    goneSince: orNull(goneSince),
    undetermined: undetermined.map((version) => ({ ...shown(version), reason: byVersion.get(version)?.reason ?? 'not-comparable' })),
    withoutFix: withoutFix.map(shown),
  };
}

/** Nobody can say which images there are, and why. */
export function unreadFamily(family: string, failure: string): CatalogFamily {
  return { family, operatingSystem: '', images: [], histories: imageHistories([]), failure };
}

async function readFamily(family: string, options: ImageCatalogOptions, onProgress: (family: string, done: number, of: number) => void, signal: AbortSignal): Promise<CatalogFamily> {
  const listed = await options.lists.versions(family, signal);
  if (listed.kind !== 'versions') return unreadFamily(family, 'detail' in listed ? listed.detail : listed.kind);
  const images: ReadImage[] = [];
  for (const [index, label] of listed.labels.entries()) {
    signal.throwIfAborted();
    onProgress(family, index, listed.labels.length);
    images.push(await readImage(label, options, signal));
  }
  return {
    family,
    operatingSystem: images.findLast(({ operatingSystem }) => operatingSystem !== undefined)?.operatingSystem ?? '',
    images: images.map(({ image }) => image),
    histories: imageHistories(images),
  };
}

interface ReadImage extends HistoricImage {
  readonly image: CatalogImage;
  readonly operatingSystem?: string;
}

async function readImage(label: string, { lists, advisories, sourceNames }: ImageCatalogOptions, signal: AbortSignal): Promise<ReadImage> {
  const version = parseNodeImageLabel(label)?.version ?? label;
  const publishedAt = imagePublishedAt(label);
  const image = { label, version, ...(publishedAt === undefined ? {} : { publishedAt }) };
  const found = await lists.find(label, signal);
  if (found.kind !== 'list') return { version, image: { ...image, reason: found.kind === 'unreachable' ? found.detail : found.kind } };
  const reading = parseAksManifest(found.bytes, { name: found.name, sourceNames, advisories });
  if (reading.inventory === undefined) return { version, image: { ...image, reason: reading.coverage.find(({ subject }) => subject === 'os-packages')?.reason ?? 'unreadable' } };
  const { operatingSystem: system } = reading.inventory;
  const operatingSystem = system.prettyName;
  const ecosystem = ecosystemOf(system);
  if (ecosystem === undefined || !advisories.hasEcosystem(ecosystem)) return { version, operatingSystem, image: { ...image, reason: 'no-advisories' } };
  // a node that moves to an image boots it: the newest kernel runs
  const assessment = assessReading({ ...reading, facts: factsAfterBoot(reading.inventory, reading.facts) }, found.name, advisories);
  if (assessment.notMatched !== undefined) return { version, operatingSystem, image: { ...image, reason: assessment.notMatched } };
  return { version, operatingSystem, image, side: sideOf(assessment) };
}

function sideOf({ matches, coverage, inventory }: Assessment): NonNullable<HistoricImage['side']> {
  return { matches: matches.filter(isLive), coverage, packages: inventory?.packages };
}

/** Families of which there are lists: of a mirror those that it holds, of the publisher all. */
export async function nodeImageFamilies(lists: Pick<NodeImageLists, 'versions'>, signal: AbortSignal): Promise<readonly string[]> {
  const found: string[] = [];
  for (const sku of nodeImageSkus) {
    const directory = nodeImageDirectory(sku);
    if (directory?.hasPackages !== true) continue;
    // labels carry the system without its major version: `AKSAzureLinux-V3gen2`
    const family = `${(directory.directory.split('/', 1)[0] ?? '').replace(/V\d+$/, '')}-${sku}`;
    const listed = await lists.versions(family, signal);
    if (listed.kind === 'versions' && listed.labels.length > 0) found.push(family);
  }
  return found;
}
