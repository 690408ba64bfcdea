import { type ImageFact, type PackageFact, readImageFacts } from './facts.ts';

/** What lies on one disk of `disks/`: the build script writes it, the provider relies on it. */
export interface SampleDisk {
  /** File name in `disks/`, without `.img.zst`. */
  readonly name: string;
  /** The image from which the disk once booted. */
  readonly image: ImageFact;
  readonly packages: readonly PackageFact[];
  /** `uname -r` of every kernel image on the disk, oldest first; the first one runs. */
  readonly kernels: readonly string[];
}

const family = 'AKSUbuntu-2204gen2containerd';

/** Node images by their short version. */
export function imageName(version: string): string {
  return `${family}-${version}`;
}

/** Packages of 202402.26.0 on a node that booted 202402.12.0 and has not been booted since. */
export const patchedDisk = `${imageName('202402.12.0')}-patched-not-rebooted`;
/** 202402.26.0 with curl as 202311.22.0 had it: for tests of an image that does not keep its promise. */
export const curlLeftOldDisk = `${imageName('202402.26.0')}-curl-left-old`;
/** A LUKS2 container where the root file system would be. */
export const encryptedDisk = 'encrypted-in-guest';

/** Published as a list only: no node of the fleet that has a disk ever boots it. */
const listedOnly = new Set([imageName('2023.01.10')]);

const known: { images?: readonly ImageFact[]; disks?: readonly SampleDisk[] } = {};

/** Every image of the sample, oldest first; its facts are read once. */
export function sampleImages(): readonly ImageFact[] {
  known.images ??= readImageFacts();
  return known.images;
}

/** Every disk with a file system; `encryptedDisk` has none that could be described. */
export function sampleDisks(): readonly SampleDisk[] {
  known.disks ??= describeDisks(sampleImages());
  return known.disks;
}

function describeDisks(images: readonly ImageFact[]): readonly SampleDisk[] {
  const plain = images.filter(({ image }) => !listedOnly.has(image)).map((image) => ({ name: image.image, image, packages: image.packages, kernels: [image.kernel] }));
  return [...plain, patched(images), curlLeftOld(images)];
}

function patched(images: readonly ImageFact[]): SampleDisk {
  const booted = imageFact(images, imageName('202402.12.0'));
  const installed = imageFact(images, imageName('202402.26.0'));
  const oldKernel = booted.packages.filter(({ name }) => name.includes('-5.15.0-1054'));
  return { name: patchedDisk, image: booted, packages: byName([...installed.packages, ...oldKernel]), kernels: [booted.kernel, installed.kernel] };
}

function curlLeftOld(images: readonly ImageFact[]): SampleDisk {
  const image = imageFact(images, imageName('202402.26.0'));
  const old = imageFact(images, imageName('202311.22.0')).packages.filter(({ source }) => source === 'curl');
  const rest = image.packages.filter(({ source }) => source !== 'curl');
  return { name: curlLeftOldDisk, image, packages: byName([...rest, ...old]), kernels: [image.kernel] };
}

function imageFact(images: readonly ImageFact[], name: string): ImageFact {
  const found = images.find(({ image }) => image === name);
  if (found === undefined) throw new Error(`no facts of image ${name}`);
  return found;
}

function byName(packages: readonly PackageFact[]): readonly PackageFact[] {
  return packages.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
